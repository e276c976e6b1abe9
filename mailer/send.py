"""Handing over one group after another: decide again and count, build every byte, hand over, record.

No transaction is open while anything is rendered or sent. What is not known to have left is never sent again by itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from mailer.compose import ComposeError, Message, NotDeliverableHere, TemplateError
from mailer.desk import Desk
from mailer.mails import Mails
from mailer.office import Office
from mailer.transport import Outcome, OutcomeKind, Session
from mailer.transport.contract import check_messages
from preferences.store.clock import check_clock
from preferences.store.database import DatabaseAway
from preferences.store.gate import Group, decide_group
from preferences.store.gate_rows import HandOver
from preferences.store.leases import BEGINS_WITHIN, end_lease
from preferences.store.results import Came, Result, give_back, record_results
from preferences.store.transactions import Transaction

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
        self._making: int | None = None  # the attempt whose message is being made
        self._asked: int | None = None  # the attempt whose hand-over was asked for, and not answered

    def run(self, publication_id: int) -> int:
        """Hand over until nothing is due for the publication; answers how many subscribers were decided about.

        Raises `AnyDoubt` and `DatabaseAway`: then nothing more leaves until whoever called tries again.
        """
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
            self._check_clocks()
            group = self._decide(publication_id, after)
            if group is None:
                break
            if group.mails:
                self._hand_over(session, publication_id, group)
            claimed, after = claimed + group.claimed, group.last_subscriber
        return claimed

    def _decide(self, publication_id: int, after: int) -> Group | None:
        """One transaction of the gate. Where nobody knows whether it was committed, nothing of it has begun."""
        group: Group | None = None
        try:
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
        except DatabaseAway:
            if group is not None and group.mails:
                mails = group.mails
                self._write(lambda connection: self._give_back(connection, publication_id, mails))
            raise
        return group

    def _give_back(self, connection: Transaction, publication_id: int, mails: Sequence[HandOver]) -> None:
        give_back(connection, publication_id, mails, self._office.clock.now(), self._office.jitter)

    def _hand_over(self, session: Session, publication_id: int, group: Group) -> None:
        results: list[Result] = []
        self._making = self._asked = None
        try:
            results.extend(self._outcomes(session, publication_id, group))  # what came before an error is kept
        finally:
            self._record(publication_id, group.mails, results)

    def _outcomes(self, session: Session, publication_id: int, group: Group) -> Iterator[Result]:
        """What becomes of each mail; what cannot be made for its reader is not handed over.

        When half the time in which they may begin is over, what was made goes out and the rest is given back: however
        slow making them is, some leave. The time is the machine's: a driven clock stands still while a process that was
        stopped loses its lease.
        """
        started = time.monotonic()
        ready: list[tuple[HandOver, Message]] = []
        desk = self._mails.desk(publication_id)
        made_until = group.begins_until - BEGINS_WITHIN / 2
        for mail in group.mails:
            if ready and self._office.machine_clock.now() > made_until:
                yield self._failed(mail, Came.GIVEN_BACK, "there was no time left to make it")
                continue
            self._making = mail.attempt_id
            made = self._made(desk, mail)
            if isinstance(made, Result):
                yield made
            else:
                ready.append((mail, made))
        self._making = None
        not_after = group.mails[0].committed_at + BEGINS_WITHIN
        outcomes = session.hand_over([message for _, message in ready], not_after=not_after)
        begun = 0
        for mail, _ in ready:
            if self._office.machine_clock.now() > group.begins_until:
                break  # what is not asked for has not begun, and is given back
            self._asked = mail.attempt_id
            outcome = next(outcomes)
            begun += outcome.kind is not OutcomeKind.NOT_BEGUN
            yield _result(mail, outcome)
        self._asked = None
        self._adapt(begun, time.monotonic() - started)

    def _made(self, desk: Desk, mail: HandOver) -> Message | Result:
        """The finished message, safe to hand over; or what becomes of a mail that cannot be made."""
        if not desk.publication.may_send:
            return self._failed(mail, Came.GIVEN_BACK, "the publication has no sender or no postal address any more")
        try:
            message = desk.message(mail)
        except NotDeliverableHere as error:
            return self._failed(mail, Came.NOT_DELIVERABLE, str(error))
        except TemplateError as error:
            log.error("template broken", extra={"delivery": mail.delivery_id})
            return self._failed(mail, Came.TEMPLATE_BROKEN, str(error))
        except ComposeError as error:
            log.warning("template failed", extra={"delivery": mail.delivery_id})
            return self._failed(mail, Came.TEMPLATE_FAILED, str(error))
        unsafe = _why_unsafe(message)
        return message if unsafe is None else self._failed(mail, Came.TEMPLATE_FAILED, unsafe)

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
        """Record what is known. What was asked for and not answered is in doubt; what was not asked for has not begun.

        Of what has not begun, the one at which something failed is tried again later than the others.
        """
        known = {result.attempt_id for result in results}
        left = [mail for mail in mails if mail.attempt_id not in known]
        results += [self._failed(mail, self._broken_off(mail), "the hand-over was broken off") for mail in left]
        self._write(lambda connection: self._record_results(connection, publication_id, results))

    def _broken_off(self, mail: HandOver) -> Came:
        if mail.attempt_id == self._asked:
            return Came.IN_DOUBT
        return Came.FAILED if mail.attempt_id == self._making else Came.GIVEN_BACK

    def _record_results(self, connection: Transaction, publication_id: int, results: Sequence[Result]) -> None:
        record_results(connection, publication_id, results, self._office.clock.now(), self._office.jitter)

    def _write(self, write: Callable[[Transaction], None]) -> None:
        """Write what is known here only: again and again until the database is back, or the process is to end.

        Where it cannot be written the lease is given up, so that what is handing over under it is put in doubt and
        does not stay as it is for as long as this process lives.
        """
        is_written = False
        try:
            while not is_written:
                try:
                    with self._office.database.write() as connection:
                        write(connection)
                    is_written = True
                except DatabaseAway:
                    if not self._may_go_on():
                        raise
                    log.warning("database away while recording")
                    time.sleep(RECORD_AGAIN_SECONDS)
        finally:
            if not is_written:
                self._give_up_lease()

    def _give_up_lease(self) -> None:
        with suppress(DatabaseAway), self._office.database.write() as connection:
            end_lease(connection, self._lease_id, self._office.machine_clock.now())

    def _adapt(self, mails: int, seconds: float) -> None:
        """The next group holds as much as takes a tenth of a second at the pace of this one."""
        fits = round(mails / max(seconds, 1e-6) * GROUP_SECONDS)
        self._size = max(SMALLEST, min(LARGEST, fits, self._size * 2))

    def _check_clocks(self) -> None:
        if not self._office.is_driven:
            check_clock(self._office.clock.now(), self._office.database.own_now(), "the database's")


def _why_unsafe(message: Message) -> str | None:
    """Why a message cannot be handed over safely, which is asked before the connection is touched."""
    try:
        check_messages([message])
    except ValueError as error:
        return str(error)
    return None


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
