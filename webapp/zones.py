"""Time zones as people type them: "Europe/Berlin", "europe/berlin", or just "Berlin"."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from preferences.asked import checked_zone


def zone_typed(text: str) -> str:
    """The IANA name of a zone that was typed by its name or by its city, in any case. Raises `Invalid`."""
    folded = "_".join(text.casefold().split())
    return checked_zone(_by_name().get(folded) or _by_city().get(folded) or text)


@cache
def _by_name() -> dict[str, str]:
    return {name.casefold(): name for name in _cities()}


@cache
def _by_city() -> dict[str, str]:
    """Cities that stand in one zone's name only; another one is asked for in full."""
    found: dict[str, list[str]] = {}
    for name in _cities():
        found.setdefault(name.rpartition("/")[2].casefold(), []).append(name)
    return {city: names[0] for city, names in found.items() if len(names) == 1}


def _cities() -> list[str]:
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix")))
