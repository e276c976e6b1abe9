"""The shapes that all documents share. What comes in is read strictly: no unknown field, no text for a number."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from preferences.cadence import Period
from preferences.calendar import FIRST_YEAR, LAST_YEAR

Scalar = str | int | float | bool | None
PAGE_LENGTH = 100
LONGEST_PAGE = 500


class Asked(BaseModel):
    """What comes in."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Told(BaseModel):
    """What goes out."""

    model_config = ConfigDict(extra="forbid")


_RFC_3339 = re.compile(r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$", re.ASCII)


def instant(value: Any) -> datetime:
    """The instant in RFC 3339, in UTC. Raises ValueError for anything else, and for one without an offset."""
    if not isinstance(value, str) or not _RFC_3339.match(value):
        raise ValueError("must be an instant with an offset (RFC 3339), such as 2027-03-01T09:00:00Z")
    try:
        found = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("must be an instant that exists, such as 2027-03-01T09:00:00Z") from error
    if not FIRST_YEAR < found.year < LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return found


def instant_text(value: datetime) -> str:
    """An instant as it goes out: RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant_or_none(value: datetime | None) -> str | None:
    """An instant as it goes out; None stays None."""
    return None if value is None else instant_text(value)


Instant = Annotated[datetime, BeforeValidator(instant), WithJsonSchema({"type": "string", "format": "date-time"})]
ToldInstant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Cap(Asked):
    """At most `count` mails per `per`."""

    count: int = Field(ge=1, le=1000)
    per: Annotated[Period, Field(strict=False)]


class WrongField(Told):
    """One wrong field and what to do about it."""

    field: str
    message: str


class ProblemDocument(Told):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    errors: list[WrongField] = Field(default_factory=list)
    id: str | None = Field(default=None, description="What is there already, where that is the problem")


class Page(Asked):
    """Where a list begins and how long a page of it is."""

    cursor: str | None = None
    limit: int = Field(default=PAGE_LENGTH, ge=1, le=LONGEST_PAGE, strict=False)


class ById(Asked):
    """An id in an address."""

    id: str


class BySlug(Asked):
    """A slug in an address."""

    slug: str


class Nothing(Asked):
    """An empty document, which may be left out."""
