"""Test mails: a campaign as it stands, to whoever writes it. No delivery, no decision, nothing counted.

They go only to addresses whose owner has pressed the button in a mail that was sent there once; that this happened is
kept with that mail, and is an event. What is to be written stands in the row, not how: it is composed when it leaves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update

from preferences.address import Address
from preferences.errors import Conflict
from preferences.store.campaigns import CampaignRow
from preferences.store.events import By, record
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import ServiceMailRow, ServiceState, queue, service_mail
from preferences.store.tables import SERVICE_MAIL

_S = SERVICE_MAIL.c
_VERIFIED = "verified_at"
_SHOWN = 5
# As many of a publication's newest test mails are looked through for those of one campaign.
_LOOKED_THROUGH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMail:
    """A test mail as it stands; `reply` is what the next server, or composing, said."""

    __test__ = False

    address: str
    state: ServiceState
    reply: str
    created_at: datetime


def verified_addresses(connection: Connection, publication_id: int) -> list[str]:
    """The addresses that test mails may go to, as they were typed, the newest first."""
    rows = connection.execute(_asked(publication_id).order_by(_S.id.desc())).all()
    found = {row.address_normalised: row.address for row in reversed(rows) if _VERIFIED in json.loads(row.details)}
    return list(reversed(found.values()))


def _asked(publication_id: int) -> Select[Any]:
    mine = (_S.publication_id == publication_id) & (_S.kind == ServiceKind.TEST_ADDRESS.value)
    return select(_S.id, _S.address, _S.address_normalised, _S.details).where(mine & _S.address.is_not(None))


def is_verified(connection: Connection, publication_id: int, address: Address) -> bool:
    """Whether the owner of an address has said that test mails may come there."""
    rows = connection.execute(_asked(publication_id).where(_S.address_normalised == address.normalised))
    return any(_VERIFIED in json.loads(row.details) for row in rows)


def ask_for_address(connection: Connection, publication_id: int, address: Address, now: datetime) -> bool:
    """Send an address the one mail that asks for it; False where it was asked today, or is never written to."""
    return queue(connection, publication_id, ServiceKind.TEST_ADDRESS, address, now) is not None


def address_asked(connection: Connection, publication_id: int, service_mail_id: int) -> ServiceMailRow | None:
    """The mail that asked for an address; None where there is none of that number."""
    row = service_mail(connection, service_mail_id)
    is_one = row is not None and row.kind is ServiceKind.TEST_ADDRESS and row.publication_id == publication_id
    return row if is_one else None


def verify_address(connection: Connection, row: ServiceMailRow, by: By, now: datetime) -> None:
    """The owner of the address has pressed the button; repeating it changes nothing."""
    if _VERIFIED in row.details:
        return
    _note(connection, row, {**row.details, _VERIFIED: now.isoformat()})
    record(connection, row.publication_id, "test_address_verified", by, now, details={"service_mail": row.id})


def _note(connection: Connection, row: ServiceMailRow, details: Mapping[str, Any]) -> None:
    text = json.dumps(details, ensure_ascii=False, sort_keys=True)
    connection.execute(update(SERVICE_MAIL).where(_S.id == row.id).values(details=text))


def ask_for_test(
    connection: Connection, campaign: CampaignRow, subscriber_id: int | None, address: Address, by: By, now: datetime
) -> None:
    """Ask for a test mail of a campaign as it stands, as a subscriber or an example would read it. Raises `Conflict`.

    `subscriber_id` is whom it is written for, and stands in the details only: it is no mail to them.
    """
    details = {"campaign": campaign.id, "revision": campaign.revision, "as": subscriber_id}
    if queue(connection, campaign.publication_id, ServiceKind.TEST, address, now, details=details) is None:
        raise Conflict("no test mail can go to this address today: it had fifty, or it is never written to")
    record(connection, campaign.publication_id, "test_mail_asked", by, now, campaign_id=campaign.id)


def last_tests(connection: Connection, publication_id: int, campaign_id: int) -> list[TestMail]:
    """The last test mails of a campaign, newest first."""
    mine = (_S.publication_id == publication_id) & (_S.kind == ServiceKind.TEST.value) & _S.address.is_not(None)
    columns = (_S.address, _S.state, _S.reply, _S.created_at, _S.details)
    rows = connection.execute(select(*columns).where(mine).order_by(_S.id.desc()).limit(_LOOKED_THROUGH))
    tests = [row for row in rows if json.loads(row.details).get("campaign") == campaign_id]
    return [
        TestMail(address=row.address, state=ServiceState(row.state), reply=row.reply or "", created_at=row.created_at)
        for row in tests[:_SHOWN]
    ]
