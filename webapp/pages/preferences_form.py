"""The form of "my preferences" as HTML, as it was typed or as it stands.

With many topics most of the page is its form, and most of a form is the same for everybody with the same choices: each
part is made once for them, and kept. Nothing that somebody typed just now, and nobody's name or address, is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from preferences.cadence import Cadence
from preferences.expectation import TopicChoice
from preferences.store.topics import TopicRow
from webapp.forms import DAYS, Filled, filled_from
from webapp.language import language, languages
from webapp.pages.desk import Desk
from webapp.pages.words import accepted_before, in_order, offered_topic
from webapp.templating import environment

# A part has about a kilobyte.
_KEPT = 8192
# With more, each topic's description folds away.
_FEW_TOPICS = 3
_NO_PROBLEMS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The lines of the topics, and beside them how much, when, a pause, when digests come, and the language."""

    lines: Markup
    others: Markup


def form_as_asked(desk: Desk) -> Form:
    """The form that asks for what is asked for already."""
    terms, tag, is_open = desk.terms, language(), len(desk.topics) <= _FEW_TOPICS
    chosen = {} if terms is None else {one.topic: one for one in terms.expectation.topics}
    oftener = _oftener(desk)
    lines = [
        _line_as_asked(tag, topic, oftener.get(topic.id), chosen.get(topic.id), is_open=is_open)
        for topic in in_order(desk.topics)
    ]
    return Form(lines=_joined(lines), others=_others(filled_from(desk.asked_besides, desk.zone), desk.zone, _kept_part))


def form_as_typed(desk: Desk, filled: Filled, problems: Mapping[str, str]) -> Form:
    """The form with what was typed, and what is wrong with it beside each field."""
    tag, is_open, oftener = language(), len(desk.topics) <= _FEW_TOPICS, _oftener(desk)
    lines = [
        _macro("line")(
            offered_topic(topic, oftener.get(topic.id), tag),
            filled.has("topic", topic.slug),
            filled.has("accept", topic.slug),
            filled.one(f"arrives-{topic.slug}", "each"),
            filled.one(f"count-{topic.slug}"),
            filled.one(f"per-{topic.slug}", "week"),
            is_open,
            problems=problems,
        )
        for topic in in_order(desk.topics)
    ]

    def part(_tag: str, name: str, *values: Any) -> str:
        return _macro(name)(*values, problems=problems)

    return Form(lines=_joined(lines), others=_others(filled, desk.zone, part))


def _oftener(desk: Desk) -> dict[int, Cadence]:
    return accepted_before(None if desk.has_left else desk.terms)


# The language of the answer is part of what a part depends on, and the macro asks for it by itself.
@lru_cache(maxsize=_KEPT)
def _line_as_asked(
    tag: str, topic: TopicRow, accepted: Cadence | None, choice: TopicChoice | None, *, is_open: bool
) -> str:
    cap = None if choice is None else choice.at_most
    return _macro("line")(
        offered_topic(topic, accepted, tag),
        choice is not None,
        False,
        "each" if choice is None else choice.arrives.value,
        "" if cap is None else str(cap.count),
        "week" if cap is None else cap.per.value,
        is_open,
        problems=_NO_PROBLEMS,
    )


@lru_cache(maxsize=_KEPT)
def _kept_part(_tag: str, name: str, *values: Any) -> str:
    return _macro(name)(*values, problems=_NO_PROBLEMS)


def _others(filled: Filled, zone: str, part: Callable[..., str]) -> Markup:
    """All but the topics; `zone` is read if none is named."""
    tag, one = language(), filled.one
    days = tuple(day for day in DAYS if filled.has("day", day))
    parts = [
        part(tag, "amount", one("count-total"), one("per-total", "week"), one("overflow", "come_along")),
        part(tag, "times", days, one("hours-from"), one("hours-to"), one("zone"), zone),
        part(tag, "pause", one("paused-from"), one("paused-until")),
        part(tag, "digest", one("digest-hour", "09:00"), one("digest-weekday", "tue"), one("digest-day", "1")),
    ]
    if len(languages()) > 1:
        parts.append(part(tag, "tongue", one("lang", tag), one("lang-was", tag)))
    return _joined(parts)


def _joined(parts: Iterable[str]) -> Markup:
    # Each is markup already; joining them as texts asks none of them again.
    return Markup("".join(parts))


def _macro(name: str) -> Callable[..., str]:
    made: Callable[..., str] = getattr(environment().get_template("preferences_form.html").module, name)
    return made
