"""The shipped example: what is in it, and the five minutes that a new reader and the marketer have with it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.mails import Mails
from mailer.office import Office
from mailer.schedule import tend
from mailer.send import Sender
from mailer.service import write_service_mails
from mailer.transport import MemoryTransport
from preferences.address import parse_address
from preferences.asked import Asked, AskedTopic
from preferences.cadence import Cap, Period
from preferences.decision import Outcome, Reason
from preferences.delivery import AttemptOutcome, CampaignStatus, MadeBy, State
from preferences.links import Links
from preferences.store.agenda import next_instant
from preferences.store.auditing import Audit
from preferences.store.campaigns import CampaignRow, campaigns
from preferences.store.captured import captured_mails, captured_source
from preferences.store.clock import FixedClock
from preferences.store.confirmations import confirm
from preferences.store.console_people import left_over
from preferences.store.database import Database, open_database
from preferences.store.events import By
from preferences.store.leases import begin_lease, renew_lease
from preferences.store.mail_history import HistoryEntry, mail_history
from preferences.store.migrations import differences
from preferences.store.planning import Forecast, forecast, outlook
from preferences.store.publications import publications
from preferences.store.revisions import is_newest
from preferences.store.schedules import schedule
from preferences.store.signups import SignUp, request
from preferences.store.unsubscribes import state_cause, unsubscribe
from preferences.unsubscribe import ASKED, Cause, Route, Scope
from webapp.example.inbox import fill_inbox
from webapp.example.shipped import ends_at, is_usable, unpack

BY_READER = By(made_by=MadeBy.LINK, route=Route.SIGN_UP)
BY_FOOTER = By(made_by=MadeBy.LINK, route=Route.FOOTER_LINK)
BY_MARKETER = By(made_by=MadeBy.PERSON, route=Route.CONSOLE)
KEYS = ("a key of a sandbox that nobody else has",)
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

# What no publication can live through by itself: a reason that says that something is broken, or that a delivery, of
# which there is one for each reader and campaign, came twice; and one that nothing decides yet.
NOT_LIVED_THROUGH = {Reason.DUPLICATE, Reason.ANY_DOUBT, Reason.HELD_FOR_A_PERSON}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's database."""
    assert is_usable(), "the shipped example was made for other tables; make it anew with: troth example build"
    target = tmp_path_factory.mktemp("example") / "sandbox.sqlite3"
    unpack(target)
    with closing(open_database(f"sqlite:///{target}")) as database:
        database.migrate()
    return target


class Sandbox:
    """The example under keys of its own, with a clock to move; everything that is sent is kept."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FixedClock(ends_at())
        self.transport = MemoryTransport(self.clock)
        self.office = Office(
            database=database,
            clock=self.clock,
            links=Links(KEYS),
            base_url="http://127.0.0.1:8642/sandbox",
            list_host="localhost",
            transport=self.transport,
            is_driven=True,
            machine_clock=self.clock,
            jitter=random.Random(1),
        )
        with database.write() as connection:
            self.publication = publications(connection)[0].id
            self._lease = begin_lease(connection, "test", self.clock.now())
        self._sender = Sender(self.office, Mails(self.office), self._lease, lambda: True)

    @property
    def now(self) -> datetime:
        """Where the clock stands."""
        return self.clock.now()

    def work(self) -> None:
        """Do everything that is due now."""
        with self.database.write() as connection:
            renew_lease(connection, self._lease, self.now)
        done = 1
        while done:
            tend(self.office)
            write_service_mails(self.office, self._lease)
            done = self._sender.run(self.publication)
        tend(self.office)

    def go_to(self, instant: datetime) -> None:
        """Move the clock, and do on the way what is due."""
        self.work()
        while True:
            with self.database.read() as connection:
                planned = next_instant(connection, self.now)
            if planned is None or planned > instant:
                break
            self.clock.instant = planned
            self.work()
        self.clock.instant = instant
        self.work()

    def drafts(self) -> list[CampaignRow]:
        """The drafts that wait, oldest first."""
        with self.database.read() as connection:
            there = campaigns(connection, self.publication, 100)
        return [one for one in reversed(there) if one.status is CampaignStatus.DRAFT]

    def forecast(self, campaign: int) -> Forecast:
        """What would become of a campaign that is sent now."""
        with self.database.read() as connection:
            return forecast(connection, self.publication, campaign, self.now, self.now)

    def with_tuesdays_letter(self, campaign: int) -> int:
        """How many would get a campaign that is sent now as a part of Tuesday's letter."""
        with self.database.read() as connection:
            told = outlook(connection, self.publication, campaign, self.now, self.now)
            (letter,) = [one for one in campaigns(connection, self.publication, 100) if one.scheduled_at == TUESDAY]
        assert told is not None
        return sum(count for reach, count in told.later.items() if reach.mail.campaign == letter.id)

    def send(self, campaign: int) -> None:
        """Send a campaign now."""
        with self.database.write() as connection:
            schedule(connection, self.publication, campaign, self.now, BY_MARKETER, self.now)
        self.work()

    def join(self, email: str) -> int:
        """A new reader: letter and events, at most one a week, confirmed."""
        asks = Asked(
            topics=(AskedTopic(topic="tuesday-letter"), AskedTopic(topic="evenings")),
            at_most=Cap(count=1, per=Period.WEEK),
        )
        sign_up = SignUp(address=parse_address(email), asked=asks, zone="Europe/Berlin")
        with self.database.write() as connection:
            asked_for = request(connection, self.publication, sign_up, BY_READER, self.now)
        assert asked_for is not None
        self.work()
        with self.database.write() as connection:
            return confirm(connection, self.publication, asked_for, BY_READER, self.now).subscriber_id

    def history(self, reader: int) -> list[HistoryEntry]:
        """The mail history of a reader, newest first."""
        with self.database.read() as connection:
            return mail_history(connection, self.publication, reader)

    def mails_to(self, email: str) -> list[str]:
        """The text of every mail to an address, in order."""
        return [one.data.decode("ascii") for one in self.transport.messages if one.rcpt_to == email]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A fresh sandbox with the example."""
    target = tmp_path / "sandbox.sqlite3"
    unpack(target)
    database = open_database(f"sqlite:///{target}")
    database.migrate()
    try:
        yield Sandbox(database)
    finally:
        database.close()


def test_the_shipped_file_comes_to_the_newest_revision_and_is_as_the_tables_say(sandbox: Sandbox) -> None:
    assert is_newest(sandbox.database)
    with sandbox.database.read() as connection:
        assert differences(connection) == []


def test_no_mail_and_no_link_is_shipped(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for table in ("captured_mail", "api_token", "console_session", "idempotent_answer"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        dump = "\n".join(connection.iterdump())
    assert "http://127.0.0.1" not in dump
    assert "/sandbox" not in dump


def test_a_town_full_of_readers_lived_eight_weeks(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        (readers,) = connection.execute("SELECT count(*) FROM subscriber").fetchone()
        (zones,) = connection.execute("SELECT count(DISTINCT zone) FROM pattern").fetchone()
        handed_over = dict(connection.execute("SELECT outcome, count(*) FROM attempt GROUP BY outcome").fetchall())
        (first, last) = connection.execute("SELECT min(committed_at), max(committed_at) FROM attempt").fetchone()
    assert readers >= 1900
    assert zones >= 20
    assert sum(handed_over.values()) >= 12_000
    assert set(handed_over) == set(AttemptOutcome)
    assert datetime.fromisoformat(last) - datetime.fromisoformat(first) > timedelta(days=52)


def test_its_readers_answer_vote_bring_others_and_read_on_the_web(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0]
            for what in (
                "answer WHERE words <> ''",
                "vote",
                "referral WHERE confirmed_at IS NOT NULL",
                "event WHERE kind = 'read_on_web'",
            )
        ]
    assert all(count >= 30 for count in counts), counts


def test_every_reason_and_every_outcome_occurs_that_can(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        outcomes = {outcome for (outcome,) in connection.execute("SELECT DISTINCT outcome FROM decision")}
        reasons = {reason for (reason,) in connection.execute("SELECT DISTINCT reason FROM decision")}
        states = {state for (state,) in connection.execute("SELECT DISTINCT state FROM delivery")}
        routes = {route for (route,) in connection.execute("SELECT DISTINCT route FROM unsubscribe")}
        causes = {cause for (cause,) in connection.execute("SELECT DISTINCT cause FROM unsubscribe")}
    assert outcomes == set(Outcome)
    assert reasons == set(Reason) - NOT_LIVED_THROUGH
    # What is due or handing over is under way, and nothing is while the clock stands.
    assert states >= set(State) - {State.DUE, State.HANDING_OVER, State.DEFERRED}
    assert routes == set(Route) - {Route.SIGN_UP, Route.SYSTEM}
    assert causes == set(Cause)


@pytest.mark.slow
def test_the_audit_of_the_example_is_clean(sandbox: Sandbox) -> None:
    with sandbox.database.read() as connection:
        sender = publications(connection)[0]
    audit = Audit(sandbox.database, sender)
    assert list(audit.broken(sandbox.now)) == []
    assert audit.checked.mails >= 12_000


def test_the_last_mails_are_made_anew_with_the_keys_of_the_sandbox(sandbox: Sandbox) -> None:
    kept = fill_inbox(sandbox.office)
    assert kept >= 100
    assert fill_inbox(sandbox.office) == 0  # what is there is there
    with sandbox.database.read() as connection:
        lines = captured_mails(connection, 200)
        sources = [found[1] for line in lines if (found := captured_source(connection, line.id)) is not None]
    assert len(sources) == kept
    assert all(b"http://127.0.0.1:8642/sandbox/" in source.replace(b"=\r\n", b"") for source in sources)
    assert sandbox.now - max(line.captured_at for line in lines) < timedelta(days=2)


@pytest.mark.slow
def test_five_minutes_with_the_example(sandbox: Sandbox) -> None:
    reader = sandbox.join("you@example.org")
    first, second = sandbox.drafts()
    # The first draft counts the new reader in, and reaches some hundreds at once.
    told = sandbox.forecast(first.id)
    assert 200 <= told.by_outcome[Outcome.SEND] <= 700
    sandbox.send(first.id)
    assert _history(sandbox, reader) == [(first.values.title, State.ACCEPTED, Reason.EXPECTED)]
    assert "1 of at most 1 this week" in _plain(sandbox.mails_to("you@example.org")[-1])
    # For the second, some dozens have had what they asked for: they get it with Tuesday's letter.
    told = sandbox.forecast(second.id)
    assert told.by_outcome[Outcome.SEND] > told.by_outcome[Outcome.WAIT]
    assert 30 <= sandbox.with_tuesdays_letter(second.id) <= 160
    sandbox.send(second.id)
    assert _history(sandbox, reader)[0] == (second.values.title, State.WAITING, Reason.TOTAL_CAP)
    sandbox.go_to(TUESDAY)
    letter, along = _history(sandbox, reader)[:2]
    assert letter[1:] == (State.ACCEPTED, Reason.EXPECTED)
    assert along == (second.values.title, State.CAME_ALONG, Reason.EXPECTED)
    assert second.values.summary in _plain(sandbox.mails_to("you@example.org")[-1])
    assert len(sandbox.mails_to("you@example.org")) == 3  # the confirmation, the first draft, the letter
    _leaves_with_one_tap(sandbox, reader)


def _leaves_with_one_tap(sandbox: Sandbox, reader: int) -> None:
    letter = sandbox.history(reader)[0].delivery_id
    here = (sandbox.publication, reader)
    with sandbox.database.write() as connection:
        left = unsubscribe(connection, *here, Scope.ALL, BY_FOOTER, sandbox.now, delivery_id=letter)
        assert left.id is not None
        state_cause(connection, sandbox.publication, left.id, Cause.NOT_RELEVANT, "", ASKED, BY_FOOTER, sandbox.now)
        (newest,) = [one for one in campaigns(connection, sandbox.publication, 100) if one.scheduled_at == TUESDAY]
        said = left_over(connection, newest.id, Cause.NOT_RELEVANT)
    assert reader in [one.subscriber_id for one in said]


def _history(sandbox: Sandbox, reader: int) -> list[tuple[str | None, State, Reason]]:
    """What became of everything meant for a reader, newest first, by its title."""
    return [(one.title, one.state, one.decision.reason) for one in sandbox.history(reader)]


def _plain(source: str) -> str:
    return source.replace("=\r\n", "")
