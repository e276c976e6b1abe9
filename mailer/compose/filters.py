"""The filters that authors may use, each bounded: what one does to a value takes no longer than reading it some times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from jinja2.filters import FILTERS, do_round

FILTER_NAMES = (
    "abs", "capitalize", "d", "default", "e", "escape", "first", "float", "forceescape", "int", "last", "length", "lower",
    "round", "striptags", "title", "trim", "truncate", "upper", "urlencode",
)  # fmt: skip

# Characters of a value that a filter takes; a field has at most 2,000.
VALUE_LIMIT = 20_000
# Digits that rounding goes to: more than a number has.
ROUND_LIMIT = 20


def bounded_filters() -> Mapping[str, Callable[..., Any]]:
    """Jinja's filters of these names; what is given too much raises ValueError."""
    return {name: _bounded(FILTERS[name]) for name in FILTER_NAMES} | {"round": _round}


def _bounded(filter_: Callable[..., Any]) -> Callable[..., Any]:
    # What Jinja marks a filter with, such as that it takes the environment first, is kept.
    @wraps(filter_)
    def checked(*given: Any, **named: Any) -> Any:
        for value in given:
            if isinstance(value, str) and len(value) > VALUE_LIMIT:
                raise ValueError(f"a filter takes a value of at most {VALUE_LIMIT} characters")
        return filter_(*given, **named)

    return checked


def _round(value: Any, precision: Any = 0, method: Any = "common") -> float:
    if not isinstance(precision, int) or abs(precision) > ROUND_LIMIT:
        raise ValueError(f"round goes to at most {ROUND_LIMIT} digits")
    return do_round(value, precision, method)
