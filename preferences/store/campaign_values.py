"""What a marketer writes about a campaign, checked field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from preferences.calendar import LAST_YEAR, as_instant
from preferences.errors import FieldProblem, Invalid
from preferences.look import EventCard, Look
from preferences.store.publications import checked_mailbox, one_line
from preferences.store.subscribers import Scalar, checked_fields
from preferences.store.topics import topics

# What composing reads at most (its own limits); longer sources are refused before they are stored.
LONGEST_SOURCE = 300_000
LONGEST_MARKDOWN = 100_000
_PLACEHOLDER = re.compile(r"\{[{%#]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignValues:
    """What a marketer writes: exactly one of `mjml` and `markdown`; `topics` are slugs, in order.

    `title` and `summary` are the line by which it travels in another mail. `expires_at` None is the law's default.
    `segment` names fields that a subscriber must have, and their values; None is everybody. `look` is how Markdown is
    set; that of an event shows what stands in `event`. `question` is asked under it; empty asks nothing.
    """

    name: str
    subject: str
    topics: tuple[str, ...]
    preheader: str = ""
    title: str = ""
    summary: str = ""
    mjml: str | None = None
    markdown: str | None = None
    text: str | None = None
    look: Look = Look.LETTER
    event: EventCard | None = None
    question: str = ""
    sender: str | None = None
    reply_to: str | None = None
    expires_at: datetime | None = None
    priority: int = 0
    segment: Mapping[str, Scalar] | None = None


def checked_campaign(values: CampaignValues) -> CampaignValues:
    """The values, cleaned; a missing title is the subject, or the name where that has placeholders. Raises `Invalid`."""
    problems: list[FieldProblem] = []
    cleaned: dict[str, Any] = {}
    for field, check in _CHECKS.items():
        try:
            cleaned[field] = check(field, getattr(values, field))
        except Invalid as error:
            problems += error.problems
    problems += _problems_together(values)
    if problems:
        raise Invalid(problems)
    checked = replace(values, **cleaned)
    return checked if checked.title else replace(checked, title=_default_title(checked))


def _default_title(values: CampaignValues) -> str:
    return values.name if _PLACEHOLDER.search(values.subject) else values.subject


def _problems_together(values: CampaignValues) -> list[FieldProblem]:
    problems = []
    if (values.mjml is None) == (values.markdown is None):
        problems.append(FieldProblem(field="mjml", message="give either mjml or markdown, and not both"))
    if not values.topics:
        problems.append(FieldProblem(field="topics", message="name at least one topic"))
    if len(set(values.topics)) != len(values.topics):
        problems.append(FieldProblem(field="topics", message="a topic stands in the list once"))
    if values.look is Look.EVENT and values.mjml is None and values.event is None:
        problems.append(FieldProblem(field="event.date", message="say when it is, such as Saturday 14 March"))
    return problems


def _line(longest: int) -> Callable[[str, str], str]:
    def check(field: str, value: str) -> str:
        if len(value) > longest:
            raise Invalid.one(field, f"must be at most {longest} characters long")
        return one_line(field, value)

    return check


def _line_or_nothing(longest: int) -> Callable[[str, str | None], str]:
    check = _line(longest)
    return lambda field, value: check(field, value) if value and value.strip() else ""


def _source(field: str, value: str | None, longest: int = LONGEST_SOURCE) -> str | None:
    if value is None:
        return None
    if not value.strip():
        raise Invalid.one(field, "must not be empty; leave the field out instead")
    if len(value) > longest:
        raise Invalid.one(field, f"has {len(value)} characters; at most {longest} are read")
    if "\x00" in value:
        raise Invalid.one(field, "must not hold the character NUL")
    return value


def _summary(field: str, value: str | None) -> str:
    text = " ".join((value or "").split())
    return _line(2000)(field, text) if text else ""


def _instant_or_nothing(field: str, value: datetime | None) -> datetime | None:
    try:
        return None if value is None else as_instant(value, field)
    except (ValueError, OverflowError) as error:
        raise Invalid.one(field, f"must have an offset, and lie before the year {LAST_YEAR + 1}") from error


def _priority(field: str, value: int) -> int:
    if not -100 <= value <= 100:
        raise Invalid.one(field, "must be a whole number from -100 to 100; 0 is usual")
    return value


def _segment(field: str, value: Mapping[str, Scalar] | None) -> Mapping[str, Scalar] | None:
    try:
        return checked_fields(value) if value else None
    except Invalid as error:
        raise Invalid.one(field, error.problems[0].message) from error


def _event(field: str, value: EventCard | None) -> EventCard | None:
    if value is None:
        return None
    problems: list[FieldProblem] = []
    cleaned: dict[str, str] = {}
    for name, check in _IN_CARD.items():
        try:
            cleaned[name] = check(f"{field}.{name}", getattr(value, name))
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(problems)
    if bool(cleaned["button"]) != bool(cleaned["url"]):
        name, missing = ("url", "link") if cleaned["button"] else ("button", "words")
        raise Invalid.one(f"{field}.{name}", f"a button needs its {missing}, too; or leave both out")
    return EventCard(**cleaned)


def _link(field: str, value: str) -> str:
    text = _line_or_nothing(2000)(field, value)
    if text and not _LINK.match(text):
        raise Invalid.one(field, "must be a link that begins with https:// or mailto:, without spaces")
    return text


_LINK = re.compile(r"(?:https?://[^\s/{}]+|mailto:[^\s{}]+@)[^\s{}]*\Z", re.IGNORECASE)
_IN_CARD: dict[str, Callable[[str, str], str]] = {
    "date": _line(100),
    "time": _line_or_nothing(100),
    "place": _line_or_nothing(200),
    "button": _line_or_nothing(60),
    "url": _link,
}

_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "name": _line(200),
    "subject": _line(500),
    "preheader": _line_or_nothing(1000),
    "title": _line_or_nothing(300),
    "summary": _summary,
    "mjml": _source,
    "markdown": lambda field, value: _source(field, value, LONGEST_MARKDOWN),
    "text": lambda field, value: _source(field, value) if value and value.strip() else None,
    "event": _event,
    "question": _line_or_nothing(300),
    "sender": checked_mailbox,
    "reply_to": checked_mailbox,
    "expires_at": _instant_or_nothing,
    "priority": _priority,
    "segment": _segment,
}


def named_topics(connection: Connection, publication_id: int, slugs: tuple[str, ...]) -> list[int]:
    """The numbers of topics that may stand together in one campaign, in order. Raises `Invalid`."""
    known = {topic.slug: topic for topic in topics(connection, publication_id)}
    there = ", ".join(known) or "none yet"
    problems = [
        FieldProblem(field=f"topics[{index}]", message=f"there is no topic {slug!r}; there are: {there}")
        for index, slug in enumerate(slugs)
        if slug not in known
    ]
    if problems:
        raise Invalid(problems)
    if len({known[slug].is_notice for slug in slugs}) > 1:
        raise Invalid.one("topics", "a topic for what cannot wait stands only with topics of its kind")
    return [known[slug].id for slug in slugs]
