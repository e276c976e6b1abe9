"""Topics: what they promise, who is on which version of it, and what another cadence would have meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from werkzeug.wrappers import Response as Answer

from preferences.asked import DAY_NAMES
from preferences.cadence import Cadence, Cap, Period
from preferences.calendar import local_date
from preferences.errors import FieldProblem, Invalid
from preferences.links import Kind
from preferences.store.console_topics import CadenceVersion, cadence_versions, readers_by_topic, sent_on
from preferences.store.issues import choose_sample, chosen_sample, issue_page
from preferences.store.topics import (
    TopicRow,
    change_topic,
    create_topic,
    list_topic,
    state_cadence,
    topic_named,
    topics,
)
from preferences.wording import date_in_words
from webapp.console.desk import Desk, Pages
from webapp.console.replay import Replay, dates_in, opens_on, replay
from webapp.console.words import at_most, times
from webapp.forms import DAYS, Filled

# So many of the newest issues may be chosen as the sample.
_SAMPLES = 50
PERIODS = {
    "day": "a day",
    "week": "a week",
    "two_weeks": "every two weeks",
    "month": "a month",
    "quarter": "a quarter",
    "year": "a year",
}


def add_routes(pages: Pages) -> None:
    """`topics`, a new one, and each of them with its cadence."""
    pages.show("topics", "topics", show_all)
    pages.form("topics/new", "new_topic", show_new, create)
    pages.form("topics/<topic>", "topic", show_one, change)
    pages.post("topics/<topic>/archive", "topic_archive", show_one, change_archive)
    pages.form("topics/<topic>/cadence", "cadence", show_cadence, state)


def show_all(desk: Desk) -> Answer:
    """All topics, with how often they write and how many expect them."""
    readers = readers_by_topic(desk.connection, desk.owner.id)
    lines = [(topic, often(topic.cadence), readers.get(topic.id, 0)) for topic in _topics(desk)]
    return desk.page("topics.html", topics=lines)


def _topics(desk: Desk) -> list[TopicRow]:
    return topics(desk.connection, desk.owner.id)


def often(cadence: Cadence) -> str:
    """A cadence in words, with the number it holds at least where it states one."""
    said = at_most(cadence)
    return said if cadence.at_least is None else f"{said}, and at least {times(cadence.at_least)} in that time"


def show_new(desk: Desk) -> Answer:
    """The form of a new topic."""
    filled = desk.filled if desk.is_typed else Filled([("count", "1"), ("per", "week")])
    return desk.page("topic_new.html", filled=filled, periods=PERIODS, days=DAYS)


def create(desk: Desk) -> Answer:
    """Make the topic."""
    filled = desk.filled
    create_topic(
        desk.connection,
        desk.owner.id,
        slug=filled.one("slug"),
        name=filled.one("name"),
        description=filled.one("description"),
        cadence=_cadence(filled),
        is_notice=filled.has("notice", "yes"),
        by=desk.by,
        now=desk.now,
    )
    return desk.see(f"topics/{filled.one('slug')}")


def _cadence(filled: Filled) -> Cadence:
    """The cadence in a form. Raises `Invalid` with the form's fields."""
    problems = []
    per, count, least = filled.one("per", "week"), filled.number("count"), filled.number("at_least")
    if per not in set(Period):
        problems.append(FieldProblem(field="per", message=f"must be one of {', '.join(Period)}"))
    if count is None or not 1 <= count <= 1000:
        problems.append(FieldProblem(field="count", message="must be a whole number from 1 to 1000"))
    elif filled.one("at_least") and (least is None or not 1 <= least <= count):
        problems.append(FieldProblem(field="at_least", message=f"must be a whole number from 1 to {count}, or empty"))
    if problems or count is None:
        raise Invalid(problems)
    days = frozenset(DAY_NAMES[day] for day in filled.all("day") if day in DAY_NAMES)
    return Cadence(id=0, at_most=Cap(count=count, per=Period(per)), at_least=least, days=days)


def show_one(desk: Desk, topic: str) -> Answer:
    """One topic: the versions of its cadence and who is on which, and its texts to change."""
    row = topic_named(desk.connection, desk.owner.id, topic)
    values = [(name, getattr(row, name) or "") for name in ("name", "description", "sender", "reply_to")]
    dates = sent_on(desk.connection, desk.owner.id, row.id, desk.zone)
    return desk.page(
        "topic.html",
        topic=row,
        often=often,
        versions=_versions(desk, row),
        filled=desk.filled if desk.is_typed else Filled(values),
        missed=replay(row.cadence, dates, desk.zone),
        times=times,
        archived=_archived(desk, row),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """What the form of a topic's archive offers: issues as pairs of public id and title, newest first."""

    issues: list[tuple[str, str]]
    sample: str


def _archived(desk: Desk, row: TopicRow) -> Archived:
    issues = issue_page(desk.connection, desk.owner.id, row.id, limit=_SAMPLES).issues
    chosen = chosen_sample(desk.connection, desk.owner.id, row.id)
    return Archived(
        issues=[
            (desk.id(Kind.CAMPAIGN, one.campaign_id), f"{one.title} ({desk.when(one.scheduled_at)})") for one in issues
        ],
        sample="" if chosen is None else desk.id(Kind.CAMPAIGN, chosen),
    )


def change_archive(desk: Desk, topic: str) -> Answer:
    """List the topic in the archive or not, and choose the issue that is shown to who thinks of signing up."""
    row = topic_named(desk.connection, desk.owner.id, topic)
    chosen = desk.filled.one("sample")
    list_topic(desk.connection, row, desk.by, desk.now, is_unlisted=not desk.filled.has("listed", "yes"))
    campaign = desk.number(Kind.CAMPAIGN, chosen) if chosen else None
    choose_sample(desk.connection, desk.owner.id, row.id, campaign)
    return desk.see(f"topics/{topic}#archive")


def _versions(desk: Desk, row: TopicRow) -> list[CadenceVersion]:
    return cadence_versions(desk.connection, desk.owner.id, row.id)


def change(desk: Desk, topic: str) -> Answer:
    """Change name, description, sender or reply-to."""
    row = topic_named(desk.connection, desk.owner.id, topic)
    names = ("name", "description", "sender", "reply_to")
    change_topic(desk.connection, row, {name: desk.filled.one(name) for name in names})
    return desk.see(f"topics/{topic}")


def show_cadence(desk: Desk, topic: str, shown: Replay | None = None) -> Answer:
    """The form for another cadence; `shown` is what it would have meant."""
    row = topic_named(desk.connection, desk.owner.id, topic)
    return desk.page(
        "cadence.html",
        topic=row,
        often=often,
        filled=desk.filled if desk.is_typed or shown is not None else _filled_from(row.cadence),
        periods=PERIODS,
        days=DAYS,
        sent=len(sent_on(desk.connection, desk.owner.id, row.id, desk.zone)),
        shown=shown,
        full_until=None if shown is None else _full_until(desk, row),
        wanted=None if shown is None else often(_cadence(desk.filled)),
        times=times,
        readers=readers_by_topic(desk.connection, desk.owner.id).get(row.id, 0),
    )


def _full_until(desk: Desk, row: TopicRow) -> str | None:
    """The day until which the cadence in the form is used up by what was sent already; None where it is not."""
    today = local_date(desk.zone, desk.now)
    sent = sent_on(desk.connection, desk.owner.id, row.id, desk.zone)
    opens = opens_on(_cadence(desk.filled), sent, desk.zone, today)
    return None if opens is None else date_in_words(opens, today)


def _filled_from(cadence: Cadence) -> Filled:
    pairs = [("count", str(cadence.at_most.count)), ("per", cadence.at_most.per.value)]
    if cadence.at_least is not None:
        pairs.append(("at_least", str(cadence.at_least)))
    return Filled([*pairs, *(("day", day.name.lower()) for day in sorted(cadence.days))])


def state(desk: Desk, topic: str) -> Answer:
    """Show what a cadence would have meant, or state it."""
    row = topic_named(desk.connection, desk.owner.id, topic)
    cadence = _cadence(desk.filled)
    if desk.filled.one("do") != "state":
        return show_cadence(desk, topic, replay(cadence, _dates(desk, row), desk.zone))
    state_cadence(desk.connection, desk.owner.id, row, cadence, desk.by, desk.now)
    return desk.see(f"topics/{topic}")


def _dates(desk: Desk, row: TopicRow) -> list[date]:
    """The dates that were pasted; without any, those on which the topic was sent."""
    return dates_in(desk.filled.one("dates"), "dates") or sent_on(desk.connection, desk.owner.id, row.id, desk.zone)
