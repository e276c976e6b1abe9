"""Times as exports write them: ISO 8601, with or without an offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from preferences.calendar import as_instant

_NAMED_UTC = re.compile(r"\s*(?:UTC|GMT)$")
# Machines disagree about the time, and local times are read in a zone that may be the neighbour's.
_LEEWAY = timedelta(days=1)


def instant_of(text: str, zone: tzinfo | None, now: datetime) -> datetime | None:
    """The instant in a cell, in UTC; None where it is empty. A time without an offset is read in `zone`.

    Raises ValueError, saying what to do, for anything else than a time, for one without an offset where `zone` is
    None, and for one that lies more than a day ahead of `now`; less than that counts as now.
    """
    text = text.strip()
    if not text:
        return None
    # Some exports write both an offset and the name of the zone.
    bare = _NAMED_UTC.sub("", text)
    try:
        read = datetime.fromisoformat(bare)
    except ValueError:
        raise ValueError(f"{text!r} is not a time; write it as in 2024-05-01T10:00:00Z") from None
    if read.tzinfo is None:
        zone = UTC if bare != text else zone
        if zone is None:
            raise ValueError(f"{text!r} has no time zone; write it as in {text}Z, or name the zone with --zone")
        read = read.replace(tzinfo=zone)
    instant = as_instant(read, "this time")
    if instant > now + _LEEWAY:
        raise ValueError(f"{text!r} lies in the future")
    return min(instant, now)
