"""A life by chance: readers, campaigns, changes of mind, crashes and a mail server that answers as it likes.

After every step the ledger is audited with code of its own, the counts add up, nothing is stuck, and the server's own
log has nothing twice. At the end, when everything has come to rest, every campaign is finished.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mailer import send
from mailer.transport import OutcomeKind
from preferences.asked import asked_from_json
from preferences.cadence import Cadence, Cap, Period
from preferences.expectation import Suppression
from preferences.store.changes import change_expectation
from preferences.store.database import Database, open_database
from preferences.store.doubts import it_arrived, it_did_not_arrive, try_refused_again
from preferences.store.erasures import erase
from preferences.store.events import SYSTEM
from preferences.store.foreign import MailState, reserve, settle_reserved, topic_ids
from preferences.store.read_on_web import leave_out
from preferences.store.schedules import end, pause, resume
from preferences.store.suppressions import suppress
from preferences.store.topics import state_cadence, topic_named
from preferences.store.undo import undo
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Scope
from tests.mailer.town import TUESDAY
from tests.properties import ledger_wants as wanted
from tests.properties.ledger_life import Life
from tests.properties.ledger_watch import Watch
from tests.properties.worlds import effort
from tests.reused import ReusedDatabases

_MOST_READERS = 4
_MOST_CAMPAIGNS = 12


class Ledger(RuleBasedStateMachine):
    """One publication on a database of its own, lived step by step."""

    @staticmethod
    def opened() -> AbstractContextManager[Database]:
        """A database of its own for each life."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.around = ExitStack()
        self.database = self.around.enter_context(self.opened())
        self.life = Life(self.database)
        self.watch = Watch(self.life)
        self.readers: list[int] = []
        self.campaigns: list[int] = []
        self.reserved: list[int] = []

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.life.topic("letter", days={1})
        self.life.topic("events", 5)
        self.life.topic("jobs", 2, "month")
        self.life.topic("notices", 3, "year", notice=True)
        for _ in range(data.draw(st.integers(2, 3))):
            self.add_reader(data)
        self.life.clock.instant = self.life.machine.instant = TUESDAY
        for _ in range(2):
            self.schedule(topics=data.draw(wanted.topic_lists), later=0, data=data)

    def _send(self, *lists: list[str]) -> None:
        """Campaigns that are due now, so that there is something to go wrong with."""
        for topics in lists:
            if len(self.campaigns) < _MOST_CAMPAIGNS:
                self._campaign(topics, self.life.now)

    def _campaign(self, topics: list[str], at: datetime, **values: Any) -> None:
        name = f"c{len(self.campaigns):04d}x"
        self.life.server.names.add(name)
        self.campaigns.append(self.life.campaign(name, *topics, at=at, **values))

    @precondition(lambda self: len(self.readers) < _MOST_READERS)
    @rule(data=st.data())
    def add_reader(self, data: st.DataObject) -> None:
        asked = data.draw(self._wants())
        name = f"reader{len(self.readers)}"
        self.readers.append(self.life.reader(name, {}, zone=data.draw(wanted.zones), asked=asked))

    @precondition(lambda self: len(self.campaigns) < _MOST_CAMPAIGNS)
    @rule(topics=wanted.topic_lists, later=st.sampled_from([0, 0, 0, 1, 30, 170]), data=st.data())
    def schedule(self, topics: list[str], later: int, data: st.DataObject) -> None:
        at = self.life.now + timedelta(hours=later)
        values: dict[str, Any] = {"priority": data.draw(st.sampled_from([0, 0, 5]))}
        if data.draw(st.integers(0, 3)) == 0:
            values["expires_at"] = at + timedelta(hours=data.draw(st.sampled_from([2, 30, 200])))
        if data.draw(st.integers(0, 4)) == 0:
            local_in = timedelta(hours=data.draw(st.sampled_from([1, 30])))
            at = (self.life.now + local_in).replace(minute=0, second=0, microsecond=0, tzinfo=None)
            values.pop("expires_at", None)
        self._campaign(topics, at, **values)

    @rule()
    def hand_over(self) -> None:
        self.life.hand_over()

    @rule(span=wanted.spans)
    def pass_time(self, span: timedelta) -> None:
        self.life.pass_time(span)

    @rule(answers=wanted.answers, topics=wanted.topic_lists, more=wanted.topic_lists)
    def the_server_answers(self, answers: list[OutcomeKind | None], topics: list[str], more: list[str]) -> None:
        self._send(topics, more)
        self.life.server.answers = answers
        self.life.hand_over()

    @rule(data=st.data())
    def change_mind(self, data: st.DataObject) -> None:
        reader = data.draw(st.sampled_from(self.readers))
        if not self.watch.may_change(reader):
            return
        asked = asked_from_json(data.draw(self._wants()))
        zone = data.draw(st.none() | wanted.zones)
        with self.database.write() as connection:
            change_expectation(connection, 1, reader, asked, SYSTEM, self.life.now, zone=zone)

    @rule(data=st.data(), is_all=st.booleans(), is_undone=st.booleans())
    def leave(self, data: st.DataObject, is_all: bool, is_undone: bool) -> None:
        reader = data.draw(st.sampled_from(self.readers))
        if not self.watch.may_change(reader):
            return
        with self.database.write() as connection:
            topic = None if is_all else topic_named(connection, 1, data.draw(st.sampled_from(wanted.SLUGS))).id
            scope = Scope.ALL if is_all else Scope.TOPIC
            left = unsubscribe(connection, 1, reader, scope, SYSTEM, self.life.now, topic_id=topic)
        if is_undone and left.id is not None:
            with self.database.write() as connection:
                undo(connection, 1, left.id, SYSTEM, self.life.now)
        self.watch.left(reader)

    @rule(data=st.data(), reason=st.sampled_from([*Suppression, None]))
    def stop_writing_to(self, data: st.DataObject, reason: Suppression | None) -> None:
        reader = data.draw(st.sampled_from(self.readers))
        if data.draw(st.integers(0, 2)) or not self.watch.may_change(reader):
            return
        with self.database.write() as connection:
            if reason is None or reason is Suppression.ERASED:
                erase(connection, 1, reader, SYSTEM, self.life.now)
            else:
                suppress(connection, 1, reader, reason, SYSTEM, self.life.now)
        self.watch.left(reader)

    @rule(slug=st.sampled_from(wanted.SLUGS), count=st.integers(1, 4), per=st.sampled_from([Period.WEEK, Period.MONTH]))
    def state_a_cadence(self, slug: str, count: int, per: Period) -> None:
        with self.database.write() as connection:
            topic = topic_named(connection, 1, slug)
            cadence = Cadence(id=0, at_most=Cap(count=count, per=per))
            state_cadence(connection, 1, topic, cadence, SYSTEM, self.life.now)

    @rule(data=st.data(), what=st.sampled_from([pause, pause, resume, resume, end]))
    def steer(self, data: st.DataObject, what: Any) -> None:
        possible = self.watch.campaigns_that_may(what)
        if possible:
            with self.database.write() as connection:
                what(connection, 1, data.draw(st.sampled_from(possible)), SYSTEM, self.life.now)

    @rule(data=st.data(), answer=st.sampled_from([it_arrived, it_did_not_arrive, try_refused_again]))
    def a_person_answers(self, data: st.DataObject, answer: Any) -> None:
        possible = self.watch.deliveries_in("refused" if answer is try_refused_again else "in_doubt")
        if possible:
            chosen = data.draw(st.sampled_from(possible))
            if answer is it_did_not_arrive:
                self.watch.did_not_arrive(chosen)
            with self.database.write() as connection:
                answer(connection, 1, chosen, SYSTEM, self.life.now)

    @rule(data=st.data())
    def read_on_the_web(self, data: st.DataObject) -> None:
        possible = self.watch.items_to_come()
        if possible:
            reader, delivery = data.draw(st.sampled_from(possible))
            with self.database.write() as connection:
                leave_out(connection, 1, reader, delivery, SYSTEM, self.life.now)

    @rule(data=st.data(), slug=st.sampled_from(wanted.SLUGS))
    def another_system_reserves(self, data: st.DataObject, slug: str) -> None:
        reader = data.draw(st.sampled_from(self.readers))
        if self.watch.may_change(reader):
            with self.database.write() as connection:
                topics = topic_ids(connection, 1, [slug])
                number, judged = reserve(connection, 1, reader, topics, SYSTEM, self.life.now)
            if judged.decision.outcome == "send":
                self.reserved.append(number)

    @precondition(lambda self: self.reserved)
    @rule(outcome=st.sampled_from([MailState.SENT, MailState.NOT_SENT]))
    def another_system_says_what_came_of_it(self, outcome: MailState) -> None:
        number = self.reserved.pop()
        with self.database.write() as connection:
            settle_reserved(connection, 1, number, outcome=outcome, by=SYSTEM, now=self.life.now)

    @rule(after=st.integers(0, 2), topics=wanted.topic_lists, more=wanted.topic_lists)
    def die_in_the_middle(self, after: int, topics: list[str], more: list[str]) -> None:
        self._send(topics, more)
        self.life.server.answers = [*([OutcomeKind.ACCEPTED] * after), None]
        self.life.hand_over_and_die()
        self.life.server.answers = []

    @rule(topics=wanted.topic_lists)
    def die_before_recording(self, topics: list[str]) -> None:
        self._send(topics)
        self.life.hand_over_and_die()

    @rule(topics=wanted.topic_lists, more=wanted.topic_lists)
    def stop_a_process(self, topics: list[str], more: list[str]) -> None:
        self._send(topics, more)
        self.life.stop_a_process()

    @precondition(lambda self: self.life.stopped)
    @rule(answers=wanted.answers)
    def wake_a_process(self, answers: list[OutcomeKind | None]) -> None:
        self.life.server.answers = answers
        self.life.wake_a_process()

    @rule()
    def end_leases(self) -> None:
        self.life.end_leases()

    @rule(failures=wanted.failures, topics=wanted.topic_lists)
    def the_database_fails(self, failures: list[Any], topics: list[str]) -> None:
        self._send(topics)
        self.life.hand_over_on_shaky_ground(failures)

    @invariant()
    def nothing_is_broken(self) -> None:
        self.watch.check()

    def teardown(self) -> None:
        try:
            if self.readers:
                self._come_to_rest()
        finally:
            self.around.close()

    def _come_to_rest(self) -> None:
        self.life.server.answers = []
        while self.life.stopped:
            self.life.wake_a_process()
        self.life.end_leases()
        for campaign in self.watch.campaigns_that_may(resume):
            with self.database.write() as connection:
                resume(connection, 1, campaign, SYSTEM, self.life.now)
        for _ in range(5):
            if self.watch.is_everything_over():
                break
            self.life.pass_time(timedelta(days=25))
        self.watch.check()
        self.watch.check_everything_is_over()

    def _wants(self) -> st.SearchStrategy[dict[str, Any]]:
        on = self.life.now.date()
        return wanted.wants(on.isoformat(), (on + timedelta(days=9)).isoformat())


@contextmanager
def _on_sqlite(template: Path) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / "life.sqlite3")
        database = open_database(f"sqlite:///{folder}/life.sqlite3")
        with closing(database):
            yield database


@contextmanager
def _on_postgresql(databases: ReusedDatabases) -> Iterator[Database]:
    with databases.lent() as url, closing(open_database(url)) as database:
        yield database


def _live(opened: Callable[[], AbstractContextManager[Database]], *, examples: int, steps: int) -> None:
    machine = type("Machine", (Ledger,), {"opened": staticmethod(opened)})
    how = settings(
        max_examples=effort(examples),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    )
    run_state_machine_as_test(machine, settings=how)


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "RECORD_AGAIN_SECONDS", 0.0)


def test_whatever_happens_nothing_is_broken_lost_stuck_or_sent_twice(migrated_sqlite_file: Path) -> None:
    _live(lambda: _on_sqlite(migrated_sqlite_file), examples=16, steps=25)


@pytest.mark.slow
def test_the_same_in_longer_lives(migrated_sqlite_file: Path) -> None:
    _live(lambda: _on_sqlite(migrated_sqlite_file), examples=24, steps=60)


@pytest.mark.slow
def test_the_same_on_postgresql(reused_databases: ReusedDatabases) -> None:
    _live(lambda: _on_postgresql(reused_databases), examples=10, steps=30)
