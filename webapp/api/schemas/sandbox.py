"""The clock of the sandbox."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from webapp.api.schemas.common import Asked, Instant, Told, ToldInstant

_DURATION = re.compile(
    r"^P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9})S)?)?$",
    re.ASCII,
)


def duration(value: Any) -> timedelta | None:
    """A duration of ISO 8601 in units that are always as long. Raises ValueError for anything else."""
    if value is None:
        return None
    found = _DURATION.match(value) if isinstance(value, str) else None
    parts = {} if found is None else {unit: int(count) for unit, count in found.groupdict().items() if count}
    if not parts or not any(parts.values()):
        raise ValueError("must be a duration in weeks, days, hours, minutes and seconds, such as P1D or PT1H")
    return timedelta(**parts)


Duration = Annotated[
    timedelta, BeforeValidator(duration), WithJsonSchema({"type": "string", "format": "duration", "examples": ["P1D"]})
]


class ClockDocument(Told):
    """What time it is in the sandbox."""

    now: ToldInstant


class Moving(Asked):
    """Move the clock by a duration, or to an instant."""

    advance: Duration | None = None
    to: Instant | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Moving:
        if (self.advance is None) == (self.to is None):
            raise ValueError("give either advance or to")
        return self
