"""Readers of all kinds to whom a letter may be sent at any hour, and the letter: what the measured sends are made of.

Some hundred are made as the store makes them; the rest are their `copies`. Ten in eleven are sent to: with zones, days,
hours, caps and counted mails that are looked at and let the letter through. Everybody else is decided about, and finally
not sent to.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, text

from benchmarks.copies import copy_everybody
from benchmarks.population import ZONES
from benchmarks.servers import DurableServer
from preferences.address import parse_address
from preferences.asked import Asked, AskedTopic
from preferences.cadence import EVERY_DAY, Cadence, Cap, Period, Weekday
from preferences.decision import Outcome, Reason
from preferences.expectation import Arrives, Suppression
from preferences.quiet import Hours
from preferences.store.campaign_values import CampaignValues
from preferences.store.campaigns import create_campaign
from preferences.store.database import Database, open_database
from preferences.store.events import SYSTEM
from preferences.store.expectations import begin_expectation
from preferences.store.foreign import MailState
from preferences.store.installation import found
from preferences.store.openings import recompute
from preferences.store.publications import change_publication
from preferences.store.rows import inserted_key
from preferences.store.subscribers import add_subscriber, next_version
from preferences.store.tables import COUNTED, EXPECTATION, FOREIGN_MAIL, SUBSCRIBER
from preferences.store.topics import create_topic

PUBLICATION = 1
# So many are made, of whom ten in eleven are sent to.
MADE, SENT_TO = 550, 500
_WEEK, _HOUR = timedelta(days=7), timedelta(hours=1)
_NAMES = ("Kim", "Ana María", "Jürgen", "Olu", "Þóra", "Mei", "Noor", "Sam", "Zoë", "Ivan", "李雷", "Maya")
# With these, and with whose copies they are, few of a group are called alike.
_INITIALS = "ABCDEFGHIJKLMNOPQRSTUVWYZ"
# Of eleven, who is decided about and not sent to, in turn.
_FINALLY_NOT = ("web", "suppressed", "unconfirmed", "unsubscribed")
_CAPS = (None, Cap(count=3, per=Period.WEEK), Cap(count=9, per=Period.MONTH), Cap(count=40, per=Period.YEAR))


def populate(database: Database, sent_to: int) -> int:
    """A publication with so many readers who can be sent a letter now; answers how many readers there are in all."""
    now = datetime.now(UTC).replace(microsecond=0)
    found(database, now - 60 * _WEEK)
    copies, rest = divmod(sent_to, SENT_TO)
    assert not rest, f"a multiple of {SENT_TO}, not {sent_to}"
    with database.write() as connection:
        change_publication(
            connection,
            PUBLICATION,
            {"sender": "The Letter <letter@example.org>", "postal_address": "1 Example Street\nExample Town"},
        )
        topics = [_topic(connection, "letter", Period.WEEK, now), _topic(connection, "events", Period.MONTH, now)]
        numbers = [_reader(connection, number, topics, now) for number in range(MADE)]
        recompute(connection, PUBLICATION, numbers, now - _HOUR)
        copy_everybody(connection, copies)
        _number_on(connection)
        total: int = connection.execute(select(func.count()).select_from(SUBSCRIBER)).scalar_one()
    with database.write() as connection:
        connection.execute(text("ANALYZE"))  # as the database itself does within a minute
    return total


def write_letter(database: Database, name: str = "spring") -> int:
    """A campaign that is not scheduled yet, of about eight kilobytes with headers, text and HTML; answers its number."""
    values = CampaignValues(
        name=name,
        subject="What spring brings, {{ name or 'dear reader' }}",
        title="What spring brings",
        summary="Bread, a lamp, and a bench in the sun.",
        topics=("letter",),
        mjml=LETTER,
    )
    now = datetime.now(UTC)
    with database.write() as connection:
        return create_campaign(connection, PUBLICATION, values, SYSTEM, now)


def populated(server: DurableServer, sent_to: int) -> str:
    """The name of a database with so many readers and a letter, to be copied for each send."""
    name = server.create()
    with closing(open_database(server.database_url(name))) as database:
        database.migrate()
        populate(database, sent_to)
        write_letter(database)
    return name


LETTER = """\
<mjml><mj-body><mj-section><mj-column><mj-text>
<h1>Hello {{ name or 'dear reader' }}</h1>
<p>The winter was long, and the bench before the house was under snow until last week. Now it is dry,
and somebody has already left <a href="https://example.org/bread">a loaf of bread with caraway</a> on it.</p>
<p>{{ name or 'You' }}, if you pass by: there is a new lamp in the reading room. It is the green one that we
found in the cellar, and it works.</p>
</mj-text></mj-column></mj-section></mj-body></mjml>
"""


def _topic(connection: Connection, slug: str, per: Period, now: datetime) -> int:
    cadence = Cadence(id=0, at_most=Cap(count=3, per=per))
    since = now - 59 * _WEEK
    return create_topic(connection, PUBLICATION, slug=slug, name=slug.title(), cadence=cadence, by=SYSTEM, now=since)


def _reader(connection: Connection, number: int, topics: list[int], now: datetime) -> int:
    kind = _FINALLY_NOT[number // 11 % len(_FINALLY_NOT)] if number % 11 == 10 else "sent"
    since = now - (2 + number % 50) * _WEEK
    reader = add_subscriber(
        connection,
        PUBLICATION,
        parse_address(f"reader-{number}@{_DOMAINS[number % len(_DOMAINS)]}"),
        since,
        name="" if number % 7 == 6 else f"{_NAMES[number % len(_NAMES)]} {_INITIALS[number % len(_INITIALS)]}.",
        confirmed_at=None if kind == "unconfirmed" else since,
    )
    if kind == "suppressed":
        next_version(connection, reader, suppressed=Suppression.DEAD_ADDRESS.value)
    if kind == "unsubscribed":
        next_version(connection, reader, unsubscribed_at=now - _WEEK)
    zone = ZONES[number % len(ZONES)]
    begin_expectation(connection, PUBLICATION, reader, _asked(number, kind, zone, now), SYSTEM, since, zone=zone)
    for weeks in range(number % 5 if kind == "sent" else 0, 0, -1):
        at = _same_day(now, weeks, timedelta(seconds=number), ZoneInfo(zone))
        if at > since:
            _came_before(connection, reader, topics[0], at)
    return reader


def _same_day(now: datetime, weeks: int, apart: timedelta, zone: ZoneInfo) -> datetime:
    """Some weeks before, on the same day of the week as now there and at nearly the same time: as it was asked for.

    Just before and after a midnight, and where clocks have changed since, one side of it is another day.
    """
    today = now.astimezone(zone).weekday()
    at = now - weeks * _WEEK
    return next(
        one for one in (at - apart, at + apart, at - _HOUR, at + _HOUR) if one.astimezone(zone).weekday() == today
    )


_DOMAINS = ("example.org", "example.com", "mail.example.net", "post.example")


def _asked(number: int, kind: str, zone: str, now: datetime) -> Asked:
    letter = AskedTopic(
        topic="letter",
        arrives=Arrives.WEB if kind == "web" else Arrives.EACH,
        at_most=Cap(count=2, per=Period.WEEK) if number % 3 == 0 and kind != "web" else None,
    )
    others = (Arrives.EACH, Arrives.DAILY, Arrives.WEEKLY, Arrives.MONTHLY, Arrives.WEB)
    events = AskedTopic(topic="events", arrives=others[number % len(others)])
    today = Weekday(now.astimezone(ZoneInfo(zone)).weekday())
    tomorrow = Weekday((now + timedelta(days=1)).astimezone(ZoneInfo(zone)).weekday())
    return Asked(
        topics=(letter, events) if number % 2 else (letter,),
        at_most=_CAPS[number % len(_CAPS)],
        days=frozenset({today, tomorrow, Weekday(number % 7)}) if number % 5 == 1 else EVERY_DAY,
        hours=_hours(now.astimezone(ZoneInfo(zone))) if number % 4 == 1 else None,
    )


def _hours(local: datetime) -> Hours:
    """Hours that began before now and end long after: four before and twelve behind, perhaps past midnight."""
    return Hours(since=time((local - 4 * _HOUR).hour), until=time((local + 12 * _HOUR).hour))


def _came_before(connection: Connection, reader: int, topic: int, at: datetime) -> None:
    """A mail of the system that was used before, reported and counted."""
    about = {"publication_id": PUBLICATION, "subscriber_id": reader, "topic_id": topic}
    told = {"external_id": f"{reader} at {at}", "topics": f"[{topic}]", "state": MailState.REPORTED.value}
    decided = {"outcome": Outcome.SEND.value, "reason": Reason.EXPECTED.value, "occurred_at": at, "recorded_at": at}
    mail = inserted_key(connection.execute(insert(FOREIGN_MAIL).values(**about, **told, **decided)))
    connection.execute(insert(COUNTED).values(**about, foreign_mail_id=mail, counted_at=at, in_total=True))


def _number_on(connection: Connection) -> None:
    """PostgreSQL counts on from the highest number of what was copied; SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        for table in (SUBSCRIBER, EXPECTATION, FOREIGN_MAIL, COUNTED):
            sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
            connection.execute(text(f"SELECT setval({sequence}, (SELECT max(id) FROM {table.name}))"))
