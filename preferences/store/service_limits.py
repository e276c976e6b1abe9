"""Which service mails there are: address confirmation, receipt of a change, goodbye, fresh link, the questions and receipts
of a change of address, and test mails of the console; and how many of them an address gets in a day.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, func, select

from preferences.address import Address
from preferences.expectation import Suppression
from preferences.store.subscribers import suppression_of
from preferences.store.tables import SERVICE_MAIL

# To one address and day at most one confirmation and three others. Counted back from now, so that no edge of a day
# lets more through.
DAY = timedelta(days=1)
CONFIRMATIONS_A_DAY = 1
OTHERS_A_DAY = 3
# So many of them are kept for links: who has changed something twice must still get in.
LINKS_A_DAY = 2
# Whoever writes a campaign looks at it often; a person who is asked for their address is asked once.
TEST_ADDRESSES_A_DAY = 1
TESTS_A_DAY = 50
# A dead address may ask for one confirmation in this time; another suppressed one for none.
DEAD_ADDRESS_WAITS = timedelta(days=30)

_S = SERVICE_MAIL.c


class ServiceKind(StrEnum):
    """Which service mail; the value names its folder of templates."""

    CONFIRM = "confirm"
    CHANGED = "changed"
    GOODBYE = "goodbye"
    FRESH_LINK = "fresh_link"
    NEW_ADDRESS = "new_address"
    OLD_ADDRESS = "old_address"
    ADDRESS_TAKEN = "address_taken"
    MOVED = "moved"
    MOVED_AWAY = "moved_away"
    TEST_ADDRESS = "test_address"
    TEST = "test"


# These go to an address of which nobody knows yet whose it is, because somebody typed it.
CONFIRMATIONS = frozenset({ServiceKind.CONFIRM, ServiceKind.NEW_ADDRESS, ServiceKind.ADDRESS_TAKEN})
_OTHERS = frozenset(
    {
        ServiceKind.CHANGED,
        ServiceKind.GOODBYE,
        ServiceKind.FRESH_LINK,
        ServiceKind.OLD_ADDRESS,
        ServiceKind.MOVED,
        ServiceKind.MOVED_AWAY,
    }
)
# What is limited together, and to how many a day.
_LIMITS = (
    (CONFIRMATIONS, CONFIRMATIONS_A_DAY),
    (_OTHERS, OTHERS_A_DAY),
    (frozenset({ServiceKind.TEST_ADDRESS}), TEST_ADDRESSES_A_DAY),
    (frozenset({ServiceKind.TEST}), TESTS_A_DAY),
)


def may_be_written_to(
    connection: Connection, publication_id: int, kind: ServiceKind, address: Address, now: datetime
) -> bool:
    """Whether one more mail of this kind may go to an address at this instant: limits, and what was stopped."""
    confirms = kind in CONFIRMATIONS
    kinds, a_day = next(limit for limit in _LIMITS if kind in limit[0])
    suppressed = suppression_of(connection, publication_id, address)
    is_dead = suppressed == Suppression.DEAD_ADDRESS.value
    since = now - (DEAD_ADDRESS_WAITS if is_dead else DAY)
    before = _queued_since(connection, publication_id, address, since, kinds)
    if kind is ServiceKind.CHANGED:
        a_day -= LINKS_A_DAY
    if is_dead:
        return confirms and before == 0
    if suppressed is not None and not (confirms and suppressed == Suppression.ERASED.value):
        return False
    return before < a_day


def _queued_since(
    connection: Connection, publication_id: int, address: Address, since: datetime, kinds: Collection[ServiceKind]
) -> int:
    count: int = connection.execute(
        select(func.count()).where(
            (_S.publication_id == publication_id)
            & (_S.address_normalised == address.normalised)
            & (_S.created_at > since)
            & _S.kind.in_([kind.value for kind in kinds])
        )
    ).scalar_one()
    return count
