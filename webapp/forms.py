"""Forms of expectations: what was typed, what it asks for, and what is wrong with it, beside the field it is in.

What was typed is kept as it was typed, so that a form that is shown again has lost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from preferences.asked import Asked, asked_from_json
from preferences.cadence import EVERY_DAY, Cap
from preferences.errors import FieldProblem, Invalid, Said
from preferences.expectation import DIGESTS, Arrives
from webapp.language import said_here

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DIGESTS = frozenset(rhythm.value for rhythm in DIGESTS)
# A form has a few fields for each topic; more is no form of ours.
MOST_FIELDS = 2000


class Filled:
    """What stands in a form: names with one or several values, as text."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs = tuple(pairs)[:MOST_FIELDS]
        # A page asks for each of its fields: looking through all of them each time takes longer than the page.
        self._first = {name: value.strip() for name, value in reversed(self.pairs)}
        self._there = frozenset(self.pairs)

    def one(self, name: str, otherwise: str = "") -> str:
        """The first value of a field, without surrounding space."""
        return self._first.get(name, otherwise)

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a field, such as the boxes that are ticked."""
        return tuple(value for key, value in self.pairs if key == name)

    def has(self, name: str, value: str) -> bool:
        """Whether a box is ticked, or a choice made."""
        return (name, value) in self._there

    def number(self, name: str) -> int | None:
        """A field as a whole number, None for anything else."""
        text = self.one(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def filled_from(asked: Asked, zone: str) -> Filled:
    """The form that asks for what is asked for already."""
    return Filled(_pairs(asked, zone))


def _pairs(asked: Asked, zone: str) -> Iterable[tuple[str, str]]:
    yield "zone", zone
    for topic in asked.topics:
        yield "topic", topic.topic
        yield f"arrives-{topic.topic}", topic.arrives.value
        yield from _cap_pairs(topic.topic, topic.at_most)
    yield from _cap_pairs("total", asked.at_most)
    if asked.days != EVERY_DAY:
        yield from (("day", day.name.lower()) for day in sorted(asked.days))
    if asked.hours is not None:
        yield "hours-from", f"{asked.hours.since:%H:%M}"
        yield "hours-to", f"{asked.hours.until:%H:%M}"
    if asked.paused is not None:
        yield "paused-from", asked.paused.since.isoformat()
        yield "paused-until", asked.paused.until.isoformat()
    times = asked.digest_times
    yield "digest-hour", f"{times.hour:%H:%M}"
    yield "digest-weekday", times.weekday.name.lower()
    yield "digest-day", str(times.day)
    yield "overflow", asked.overflow.value


def _cap_pairs(name: str, cap: Cap | None) -> Iterable[tuple[str, str]]:
    if cap is not None:
        yield f"count-{name}", str(cap.count)
        yield f"per-{name}", cap.per.value


def asked_in(filled: Filled, known: Iterable[str]) -> Asked:
    """What a form asks for. Raises `Invalid` with the names of the form's fields; without a topic, too.

    `known` are the slugs of the topics on the page, in the page's order.
    """
    slugs = _ticked(filled, known)
    if not slugs:
        raise Invalid.one("topic", Said("choose at least one"))
    try:
        return asked_from_json(_json_of(filled, slugs))
    except Invalid as error:
        raise Invalid(in_form(error.problems, filled, slugs)) from error


def _ticked(filled: Filled, known: Iterable[str]) -> list[str]:
    return [slug for slug in known if filled.has("topic", slug)]


def in_form(problems: Iterable[FieldProblem], filled: Filled, known: Iterable[str]) -> tuple[FieldProblem, ...]:
    """The same problems under the names that their fields have in the form."""
    slugs = _ticked(filled, known)
    return tuple(_in_form(problem, slugs) for problem in problems)


def _json_of(filled: Filled, slugs: list[str]) -> dict[str, Any]:
    topics = [_topic_of(filled, slug) for slug in slugs]
    data: dict[str, Any] = {
        "topics": topics,
        "at_most": _cap_of(filled, "total"),
        "days": list(filled.all("day")) or None,
        "hours": _pair_of(filled, "hours", "from", "to"),
        "paused": _pair_of(filled, "paused", "from", "until"),
        "overflow": filled.one("overflow", "come_along"),
    }
    if any(topic["arrives"] in _DIGESTS for topic in topics) and filled.one("digest-hour"):
        data["digest"] = {
            "hour": filled.one("digest-hour"),
            "weekday": filled.one("digest-weekday", "tue"),
            "day": filled.number("digest-day"),
        }
    return {name: value for name, value in data.items() if value is not None}


def _topic_of(filled: Filled, slug: str) -> dict[str, Any]:
    arrives = filled.one(f"arrives-{slug}", Arrives.EACH.value)
    cap = _cap_of(filled, slug) if arrives == Arrives.EACH.value else None
    return {"topic": slug, "arrives": arrives, "at_most": cap}


def _cap_of(filled: Filled, name: str) -> dict[str, Any] | None:
    """A cap where a number stands; a word in its place is refused with the field."""
    text = filled.one(f"count-{name}")
    if not text:
        return None
    return {"count": filled.number(f"count-{name}"), "per": filled.one(f"per-{name}", "week")}


def _pair_of(filled: Filled, name: str, since: str, until: str) -> dict[str, str] | None:
    pair = {since: filled.one(f"{name}-{since}"), until: filled.one(f"{name}-{until}")}
    return pair if any(pair.values()) else None


_OF_TOPIC = re.compile(r"^topics\[(\d+)\]\.(\w+)")


def _in_form(problem: FieldProblem, slugs: list[str]) -> FieldProblem:
    """The same problem under the name that its field has in the form."""
    found = _OF_TOPIC.match(problem.field)
    if found is not None and int(found[1]) < len(slugs):
        kind = {"arrives": "arrives", "at_most": "count"}.get(found[2], "topic")
        slug = slugs[int(found[1])]
        return FieldProblem(field="topic" if kind == "topic" else f"{kind}-{slug}", message=problem.message)
    named = _NAMES.get(problem.field) or problem.field.replace(".", "-")
    return FieldProblem(field=named, message=problem.message)


_NAMES = {
    "at_most": "count-total",
    "at_most.count": "count-total",
    "at_most.per": "count-total",
    "days": "day",
    "hours": "hours-from",
    "paused": "paused-from",
    "topics": "topic",
    "expectation": "topic",
}


def accepted_in(filled: Filled, slugs: Iterable[str]) -> dict[str, int]:
    """The cadences that were on the page, by slug."""
    found = {slug: filled.number(f"cadence-{slug}") for slug in slugs}
    return {slug: number for slug, number in found.items() if number is not None}


def beside(problems: Iterable[FieldProblem]) -> Mapping[str, str]:
    """The problems by field: one message for each, the first, in the language of this answer."""
    said: dict[str, str] = {}
    for problem in problems:
        said.setdefault(problem.field, said_here(problem.message))
    return said
