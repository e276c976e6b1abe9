"""A week of the sandbox's clock with 2,000 readers, against making as many mails and keeping them, and nothing else.

The reference renders the same number of mails, one by one, from one compiled campaign, and inserts each with nothing
beside it. What the week does more is the promise: planning, deciding twice, counting, recording, and finding out at
every instant what is due. The seconds are printed, too: on two idle cores a week takes less than 20.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, insert

from benchmarks import Result
from mailer.compose import Message, compile_campaign
from mailer.compose.content import CampaignContent, Recipient
from preferences.address import parse_address
from preferences.asked import Asked, asked_from_json
from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.expectation import Arrives
from preferences.settings import Settings, prepare_data_dir, read_settings
from preferences.store.campaign_values import CampaignValues
from preferences.store.campaigns import create_campaign
from preferences.store.captured import count_captured
from preferences.store.database import Database, open_database
from preferences.store.events import SYSTEM
from preferences.store.expectations import begin_expectation
from preferences.store.installation import found
from preferences.store.schedules import schedule
from preferences.store.subscribers import add_subscriber
from preferences.store.tables import CAPTURED_MAIL
from preferences.store.topics import create_topic
from webapp.runtime import Started, start_sandbox

READERS = 2_000
BAR = 10.0
PUBLICATION = 1
WEEK = timedelta(days=7)
# Monday at six in Berlin: a week from here begins before its first campaign.
MONDAY = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
ZONES = (
    ("Europe/Berlin",) * 5
    + ("Europe/London", "Europe/Paris", "Europe/Madrid", "Europe/Warsaw", "Europe/Athens", "America/New_York")
    + ("America/Los_Angeles", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney")
)
# Topic, hours after the beginning of the week.
CAMPAIGNS = (("events", 5), ("letter", 27), ("essay", 78), ("events", 80))


def run() -> list[Result]:
    """The claim about moving the clock by a week."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = start_sandbox(settings_in(Path(folder)))
        try:
            drive(sandbox, MONDAY + WEEK)  # what waits, and what was counted, is there when the second week begins
            before = captured(sandbox.database)
            seconds = drive(sandbox, MONDAY + 2 * WEEK)
            mails = captured(sandbox.database) - before
            reference = make_and_keep(sandbox.database, mails)
        finally:
            sandbox.worker.stop()
            sandbox.database.close()
    return [
        Result(
            claim=f"a week with {READERS:,} readers and {mails:,} mails",
            ratio=seconds / reference,
            bar=BAR,
            measured=f"{seconds:.1f} s",
            reference=f"{reference:.1f} s for making and keeping as many",
        )
    ]


def settings_in(folder: Path) -> Settings:
    """The settings of an installation that keeps everything in a folder, with a sandbox on that Monday."""
    settings = prepare_data_dir(read_settings({"TROTH_DATA_DIR": str(folder)}))
    database = open_database(settings.sandbox_database_url)
    database.migrate()
    found(database, MONDAY, driven_from=MONDAY)
    populate(database)
    database.close()
    return settings


def populate(database: Database) -> None:
    """Readers with all kinds of expectations, and two weeks of campaigns."""
    with database.write() as connection:
        for slug, count, per, days in (
            ("letter", 1, Period.WEEK, {Weekday.TUE}),
            ("events", 4, Period.WEEK, set[Weekday]()),
            ("essay", 1, Period.MONTH, set[Weekday]()),
        ):
            cadence = Cadence(id=0, at_most=Cap(count=count, per=per), days=frozenset(days))
            create_topic(connection, PUBLICATION, slug=slug, name=slug.title(), cadence=cadence, by=SYSTEM, now=MONDAY)
    for start in range(0, READERS, 50):
        with database.write() as connection:
            for number in range(start, start + 50):
                _reader(connection, number)
    with database.write() as connection:
        for week in (0, 1):
            for slug, hours in CAMPAIGNS:
                _campaign(connection, slug, MONDAY + week * WEEK + timedelta(hours=hours))


def _reader(connection: Connection, number: int) -> None:
    address = parse_address(f"reader-{number}@example.org")
    reader = add_subscriber(connection, PUBLICATION, address, MONDAY, name="Kim", confirmed_at=MONDAY)
    zone = ZONES[number % len(ZONES)]
    begin_expectation(connection, PUBLICATION, reader, asked(number), SYSTEM, MONDAY, zone=zone)


def asked(number: int) -> Asked:
    """What the reader with that number asked for: half as it comes, the others with wishes of all kinds."""
    kind = number * 37 % 100
    ways = {90: Arrives.DAILY, 91: Arrives.DAILY} | dict.fromkeys(range(80, 90), Arrives.WEEKLY) | {92: Arrives.MONTHLY}
    way = ways.get(kind, Arrives.EACH).value
    chosen = [slug for slug, rest in (("letter", 9), ("events", number % 2), ("essay", number % 3)) if rest]
    given: dict[str, Any] = {"topics": [{"topic": slug, "arrives": way} for slug in chosen]}
    if 20 <= kind < 70:
        given["at_most"] = {"count": 1 + kind % 2, "per": "week"}
    if 60 <= kind < 75:
        given["hours"] = {"from": f"{6 + number % 5:02}:00", "to": f"{18 + number % 4:02}:30"}
    if 70 <= kind < 80:
        given["days"] = ["mon", "wed", "fri", "sat"][number % 2 :]
    if way != "each":
        given["digest"] = {"hour": f"{7 + number % 12:02}:00", "weekday": "fri" if number % 2 else "sun"}
    if 93 <= kind < 96:
        given["paused"] = {"from": "2026-11-20", "until": f"2026-12-{1 + number % 9:02}"}
    if kind % 20 == 7:
        given["overflow"] = "leave_out"
    return asked_from_json(given)


def _campaign(connection: Connection, slug: str, at: datetime) -> None:
    name = f"{slug} of {at:%d %B}"
    values = CampaignValues(
        name=name, subject=name, title=name, summary=f"What {name} is about.", topics=(slug,), markdown=TEXT
    )
    number = create_campaign(connection, PUBLICATION, values, SYSTEM, MONDAY)
    schedule(connection, PUBLICATION, number, at, SYSTEM, MONDAY)


TEXT = "# Hello {{ name }}\n\n" + "Some lines that somebody wrote, with [a link](https://example.org/page).\n\n" * 12


def drive(sandbox: Started, to: datetime) -> float:
    """Seconds that moving the clock takes."""
    advance = sandbox.site.advance
    assert advance is not None
    began = perf_counter()
    advance(to)
    return perf_counter() - began


def captured(database: Database) -> int:
    """How many mails were kept."""
    with database.read() as connection:
        return count_captured(connection)


def make_and_keep(database: Database, mails: int) -> float:
    """Seconds that the same number of mails take that nobody decides about."""
    content = CampaignContent(
        publication="Example", sender="letter@example.org", postal_address="1 Example Street", subject="Letter",
        title="Letter", markdown=TEXT, list_id="letter.example.org", list_name="Letter", feedback_id="letter",
    )  # fmt: skip
    compiled = compile_campaign(content)
    began = perf_counter()
    for number in range(mails):
        _keep(database, compiled.render(_recipient(number)))
    return perf_counter() - began


def _recipient(number: int) -> Recipient:
    url = f"https://example.org/{number}"
    return Recipient(
        email=f"reader-{number}@example.org", message_token=f"m{number}", date=MONDAY, promise="Once a week.",
        name="Kim", preferences_url=url, unsubscribe_url=url, web_url=url,
    )  # fmt: skip


def _keep(database: Database, message: Message) -> None:
    with database.write() as connection:
        connection.execute(
            insert(CAPTURED_MAIL).values(
                publication_id=PUBLICATION,
                sender=message.mail_from,
                recipient=message.rcpt_to,
                subject=message.subject,
                source=message.data,
                captured_at=MONDAY,
            )
        )


if __name__ == "__main__":
    results = run()
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
