"""Handing over one group after another: decide again and count, build every byte, hand over, record.

No transaction is open while anything is rendered or sent. What is not known to have left is never sent again by itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from mailer.compose import ComposeError, Message, NotDeliverableHere
from mailer.mails import Mails
from mailer.office import Office
from mailer.transport import Outcome, OutcomeKind, Session
from preferences.store.clock import check_clock
from preferences.store.database import DatabaseAway
from preferences.store.gate import decide_group
from preferences.store.gate_rows import HandOver
from preferences.store.leases import BEGINS_WITHIN
from preferences.store.results import Came, Result, record_results

log = logging.getLogger(__name__)

# A group is about this much time's worth of messages: short enough that a kill leaves few in doubt.
GROUP_SECONDS = 0.1
SMALLEST, LARGEST = 1, 200
RECORD_AGAIN_SECONDS = 1.0

_CAME = {
    OutcomeKind.ACCEPTED: Came.ACCEPTED,
    OutcomeKind.REFUSED: Came.REFUSED,
    OutcomeKind.DEFERRED: Came.DEFERRED,
    OutcomeKind.IN_DOUBT: Came.IN_DOUBT,
    OutcomeKind.SENDER_REFUSED: Came.SENDER_REFUSED,
    OutcomeKind.NOT_BEGUN: Came.GIVEN_BACK,
    OutcomeKind.RELAY_DOWN: Came.RELAY_DOWN,
    OutcomeKind.NOT_DELIVERABLE_HERE: Came.NOT_DELIVERABLE,
}


class Sender:
    """Hands over what is due, group by group, on one connection; one for each thread."""

    def __init__(self, office: Office, mails: Mails, lease_id: int, may_go_on: Callable[[], bool]) -> None:
        self._office = office
        self._mails = mails
        self._lease_id = lease_id
        self._may_go_on = may_go_on
        self._size = 10

    def run(self, publication_id: int) -> int:
        """Hand over until nothing is due for the publication; answers how many subscribers were decided about.

        Raises `AnyDoubt` and `DatabaseAway`: then nothing more leaves until whoever called tries again.
        """
        self._check_clocks()
        claimed = 0
        with self._office.transport.open() as session:
            while self._may_go_on():
                done = self._round(session, publication_id)
                claimed += done
                if done == 0:
                    break
        return claimed

    def _round(self, session: Session, publication_id: int) -> int:
        """Everybody who is due, once, in number order; what somebody else holds is passed over."""
        claimed, after = 0, 0
        while self._may_go_on():
            with self._office.database.write() as connection:
                group = decide_group(
                    connection,
                    publication_id,
                    self._lease_id,
                    self._office.clock.now(),
                    self._office.machine_clock.now(),
                    limit=self._size,
                    after=after,
                )
            if group is None:
                break
            if group.mails:
                self._hand_over(session, publication_id, group.mails)
            claimed, after = claimed + group.claimed, group.last_subscriber
        return claimed

    def _hand_over(self, session: Session, publication_id: int, mails: Sequence[HandOver]) -> None:
        results: list[Result] = []
        try:
            results.extend(self._outcomes(session, publication_id, mails))  # what came before an error is kept
        finally:
            self._record(publication_id, mails, results)

    def _outcomes(self, session: Session, publication_id: int, mails: Sequence[HandOver]) -> Iterator[Result]:
        """What becomes of each mail; what cannot be made for its reader is not handed over."""
        ready: list[tuple[HandOver, Message]] = []
        desk = self._mails.desk(publication_id)
        for mail in mails:
            try:
                ready.append((mail, desk.message(mail)))
            except NotDeliverableHere as error:
                yield self._failed(mail, Came.NOT_DELIVERABLE, str(error))
            except ComposeError as error:
                log.warning("template failed", extra={"delivery": mail.delivery_id})
                yield self._failed(mail, Came.TEMPLATE_FAILED, str(error))
        if not ready:
            return
        not_after = ready[0][0].committed_at + BEGINS_WITHIN
        outcomes = session.hand_over([message for _, message in ready], not_after=not_after)
        started = time.monotonic()
        for (mail, _), outcome in zip(ready, outcomes, strict=True):
            yield _result(mail, outcome)
        self._adapt(len(ready), time.monotonic() - started)

    def _failed(self, mail: HandOver, came: Came, why: str) -> Result:
        return Result(
            attempt_id=mail.attempt_id,
            delivery_id=mail.delivery_id,
            subscriber_id=mail.subscriber.id,
            came=came,
            ended_at=self._office.clock.now(),
            reply=why,
        )

    def _record(self, publication_id: int, mails: Sequence[HandOver], results: list[Result]) -> None:
        """Record what is known. What was asked for and not answered is in doubt; what was not asked for has not begun."""
        known = {result.attempt_id for result in results}
        rest = [mail for mail in mails if mail.attempt_id not in known]
        for position, mail in enumerate(rest):
            came = Came.IN_DOUBT if position == 0 else Came.GIVEN_BACK
            results.append(self._failed(mail, came, "the hand-over was broken off"))
        while True:
            try:
                with self._office.database.write() as connection:
                    now = self._office.clock.now()
                    record_results(connection, publication_id, results, now, self._office.jitter)
                return
            except DatabaseAway:
                # What happened is known here only: keep it until the database is back, or the process is to end.
                if not self._may_go_on():
                    raise
                log.warning("database away while recording", extra={"results": len(results)})
                time.sleep(RECORD_AGAIN_SECONDS)

    def _adapt(self, mails: int, seconds: float) -> None:
        """The next group holds as much as takes a tenth of a second at the pace of this one."""
        fits = round(mails / max(seconds, 1e-6) * GROUP_SECONDS)
        self._size = max(SMALLEST, min(LARGEST, fits, self._size * 2))

    def _check_clocks(self) -> None:
        if not self._office.is_driven:
            check_clock(self._office.clock.now(), self._office.database.own_now(), "the database's")


def _result(mail: HandOver, outcome: Outcome) -> Result:
    return Result(
        attempt_id=mail.attempt_id,
        delivery_id=mail.delivery_id,
        subscriber_id=mail.subscriber.id,
        came=_CAME[outcome.kind],
        ended_at=outcome.ended_at,
        begun_at=outcome.begun_at,
        code=outcome.code,
        reply=outcome.text,
    )
