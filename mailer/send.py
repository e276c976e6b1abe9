"""Handing over one group after another: decide again and count, build every byte, hand over, record.

No transaction is open while anything is rendered or sent. What is not known to have left is never sent again by itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from mailer.handing import BROKEN_OFF, Handing
from mailer.high_water import without_what_may_have_left
from mailer.mails import Mails
from mailer.making import Making, failed
from mailer.office import Office
from mailer.pace import Pace
from mailer.unanswered import Unanswered
from preferences.errors import AnyDoubt
from preferences.store.clock import check_clock
from preferences.store.database import DatabaseAway
from preferences.store.gate import Group, decide_group
from preferences.store.hand_overs import HandOver
from preferences.store.leases import BEGINS_WITHIN, end_lease
from preferences.store.restorations import Mark, check_not_restored
from preferences.store.results import Came, Result, give_back, record_results
from preferences.store.transactions import Transaction

log = logging.getLogger(__name__)

RECORD_AGAIN_SECONDS = 1.0
# A connection that does not answer for longer is not waited for by the others.
HANGS_SECONDS = 1.0


class Sender:
    """Hands over what is due, group by group, on one lane of so many `connections`; one for each thread."""

    def __init__(
        self,
        office: Office,
        mails: Mails,
        lease_id: int,
        may_go_on: Callable[[], bool],
        pace: Pace | None = None,
        connections: int = 1,
        unanswered: Unanswered | None = None,
    ) -> None:
        self._office = office
        self._mails = mails
        self._lease_id = lease_id
        self._may_go_on = may_go_on
        self._pace = pace or Pace()
        self._connections = connections
        self._unanswered = unanswered or Unanswered()

    def run(self, publication_id: int, *, after: int = 0, until: int | None = None) -> int:
        """Hand over until nothing is due for the publication; answers how many subscribers were decided about.

        Where a ticket names a range, for those subscribers only whose number is greater than `after`, up to `until`.

        Raises `AnyDoubt` and `DatabaseAway`: then nothing more leaves until whoever called tries again.
        """
        with self._handing(publication_id) as handing:
            claimed = self._rounds(handing, publication_id, after, until)
            while self._may_go_on() and self._hangs(handing, publication_id):
                # Whoever else is due is handed over meanwhile: a ticket may name who was served without it.
                claimed += self._rounds(handing, publication_id, 0, None)
        return claimed

    def _rounds(self, handing: Handing, publication_id: int, after: int, until: int | None) -> int:
        claimed = 0
        while self._may_go_on():
            done = self._round(handing, publication_id, after, until)
            claimed += done
            if done == 0:
                break
        return claimed

    def _hangs(self, handing: Handing, publication_id: int) -> bool:
        """Wait a moment for what is under way, and record it; whether something has no answer even then."""
        results: list[Result] = []
        try:
            results.extend(handing.rest(HANGS_SECONDS))
        finally:
            self._record(publication_id, results)
        return not handing.is_empty

    def hand_over_group(self, publication_id: int, group: Group) -> None:
        """Hand over one group that was decided before. Raises as `run` does."""
        with self._handing(publication_id) as handing:
            self._hand_over(handing, publication_id, group, spare=0)

    @contextmanager
    def _handing(self, publication_id: int) -> Iterator[Handing]:
        """A lane; at the end all that is under way on it is waited for and recorded.

        Where something failed, or this is to stop, nothing that waits begins any more.
        """
        with Handing(self._office, self._connections, self._unanswered) as handing:
            try:
                yield handing
            except BaseException:
                handing.hold()
                raise
            finally:
                self._finish(handing, publication_id)

    def _finish(self, handing: Handing, publication_id: int) -> None:
        if not self._may_go_on():
            handing.hold()
        results: list[Result] = []
        try:
            results.extend(handing.rest())
        finally:
            self._record(publication_id, [*results, *handing.broken_off()])

    def _round(self, handing: Handing, publication_id: int, after: int, until: int | None) -> int:
        """Everybody who is due, once, in number order; what somebody else holds is passed over."""
        claimed = 0
        while self._may_go_on():
            self._check_clocks()
            self._office.check_keys()
            self._unanswered.check()
            limit = self._unanswered.limit(self._pace.group(handing.connections))
            group = self._decide(publication_id, after, until, limit)
            if group is None:
                break
            if group.mails:
                spare = handing.connections if limit >= 2 * handing.connections else 0
                self._hand_over(handing, publication_id, group, spare)
            else:
                self._pace.nothing_left()
            claimed, after = claimed + group.claimed, group.last_subscriber
            if group.claimed < limit:
                break
        return claimed

    def _decide(self, publication_id: int, after: int, until: int | None, limit: int) -> Group | None:
        """One transaction of the gate. Where nobody knows whether it was committed, nothing of it has begun."""
        group: Group | None = None
        try:
            with self._office.database.write() as connection:
                written_until = check_not_restored(connection, self._mark)
                group = decide_group(
                    connection,
                    publication_id,
                    self._lease_id,
                    self._office.clock.now(),
                    self._office.machine_clock.now(),
                    limit=limit,
                    after=after,
                    until=until,
                )
                if group is not None and written_until is not None:
                    group = self._without_what_may_have_left(connection, publication_id, group, written_until)
            if group is not None and group.mails:
                self._note(group)
        except (AnyDoubt, DatabaseAway):
            if group is not None and group.mails:
                mails = group.mails
                self._write(lambda connection: self._give_back(connection, publication_id, mails))
            raise
        return group

    @property
    def _mark(self) -> Mark | None:
        return None if self._office.high_water is None else self._office.high_water.known

    def _note(self, group: Group) -> None:
        """Write the newest of what is committed into the high-water mark, before a byte of it is sent."""
        if self._office.high_water is not None:
            newest = max(group.mails, key=lambda mail: mail.attempt_id)
            self._office.high_water.note(Mark(number=newest.attempt_id, at=newest.committed_at))

    def _without_what_may_have_left(
        self, connection: Transaction, publication_id: int, group: Group, until: datetime
    ) -> Group:
        now, jitter = self._office.clock.now(), self._office.jitter
        return without_what_may_have_left(connection, publication_id, group, until, now, jitter)

    def _give_back(self, connection: Transaction, publication_id: int, mails: Sequence[HandOver]) -> None:
        give_back(connection, publication_id, mails, self._office.clock.now(), self._office.jitter)

    def _hand_over(self, handing: Handing, publication_id: int, group: Group, spare: int) -> None:
        """Make and hand over a group, and record what is known by then; up to `spare` mails may wait on the lane."""
        making = Making(self._office)
        results: list[Result] = []
        is_given = False
        started = time.monotonic()
        try:
            making.make(
                self._mails.desk(publication_id, group.mails), group.mails, group.begins_until - BEGINS_WITHIN / 2
            )
            is_given, begins = True, time.monotonic()
            results.extend(handing.results(group, making.ready, spare))  # what came before an error is kept
            wire = time.monotonic() - begins
        finally:
            left = [] if is_given else self._not_made(group.mails, making)
            self._record(publication_id, [*making.results, *left, *results])
        begun = sum(result.came is not Came.GIVEN_BACK for result in results)
        if begun or not results:
            self._pace.left(begun, group, wire)
        else:
            self._pace.none_begun(group)
        if self._office.measures is not None:
            self._office.measures.group(len(group.mails), time.monotonic() - started)

    def _not_made(self, mails: Sequence[HandOver], making: Making) -> list[Result]:
        """Where making broke off nothing has begun; the mail at which it did is tried again later than the others."""
        known = {result.attempt_id for result in making.results}
        return [
            failed(self._office, mail, Came.FAILED if mail.attempt_id == making.at else Came.GIVEN_BACK, BROKEN_OFF)
            for mail in mails
            if mail.attempt_id not in known
        ]

    def _record(self, publication_id: int, results: Sequence[Result]) -> None:
        """Record what is known."""
        if not results:
            return
        self._write(lambda connection: self._record_results(connection, publication_id, results))
        if self._office.measures is not None:
            self._office.measures.recorded(result.came for result in results)

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

    def _check_clocks(self) -> None:
        if not self._office.is_driven:
            check_clock(self._office.clock.now(), self._office.database.own_now(), "the database's")
