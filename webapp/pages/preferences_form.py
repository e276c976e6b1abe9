"""The form of "my preferences" as HTML, from what stands in it.

With many topics most of the page is its form, and most of a form is the same for everybody with the same choices: each
part is made once for them, and kept. Nothing that somebody typed just now, and nobody's name or address, is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from webapp.forms import DAYS, Filled
from webapp.language import language, languages
from webapp.pages.words import OfferedTopic
from webapp.templating import environment

# A part has about a kilobyte.
_KEPT = 8192
# With more, each topic's description folds away.
_FEW_TOPICS = 3


def topic_lines(
    topics: Sequence[OfferedTopic], filled: Filled, problems: Mapping[str, str], *, is_typed: bool
) -> Markup:
    """The lines of the topics."""
    make = _afresh if is_typed else _kept
    wrong, tag, is_open = tuple(problems.items()), language(), len(topics) <= _FEW_TOPICS
    return _joined(
        make(
            tag,
            "line",
            wrong,
            topic,
            filled.has("topic", topic.slug),
            filled.has("accept", topic.slug),
            filled.one(f"arrives-{topic.slug}", "each"),
            filled.one(f"count-{topic.slug}"),
            filled.one(f"per-{topic.slug}", "week"),
            is_open,
        )
        for topic in topics
    )


def other_fields(filled: Filled, zone: str, problems: Mapping[str, str], *, is_typed: bool) -> Markup:
    """How much, when, a pause, when digests come, the language where there are several. `zone` is read if none is named."""
    make = _afresh if is_typed else _kept
    wrong, tag, one = tuple(problems.items()), language(), filled.one
    days = tuple(day for day in DAYS if filled.has("day", day))
    parts = [
        make(tag, "amount", wrong, one("count-total"), one("per-total", "week"), one("overflow", "come_along")),
        make(tag, "times", wrong, days, one("hours-from"), one("hours-to"), one("zone"), zone),
        make(tag, "pause", wrong, one("paused-from"), one("paused-until")),
        make(tag, "digest", wrong, one("digest-hour", "09:00"), one("digest-weekday", "tue"), one("digest-day", "1")),
    ]
    if len(languages()) > 1:
        parts.append(make(tag, "tongue", wrong, one("lang", tag), one("lang-was", tag)))
    return _joined(iter(parts))


def _joined(parts: Iterator[str]) -> Markup:
    # Each is markup already; joining them as texts asks none of them again.
    return Markup("".join(parts))


def _afresh(_tag: str, name: str, problems: tuple[tuple[str, str], ...], *values: Any) -> str:
    macro = getattr(environment().get_template("preferences_form.html").module, name)
    made: str = macro(*values, problems=dict(problems))
    return made


# The language of the answer is part of what a part depends on, and the macro asks for it by itself.
_kept = lru_cache(maxsize=_KEPT)(_afresh)
