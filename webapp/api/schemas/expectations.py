"""An expectation as programs write it. It is read by `preferences.asked`, which names every problem at once."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import WithJsonSchema

from preferences.asked import DAY_NAMES
from preferences.cadence import Period
from preferences.expectation import Arrives, Overflow

_DAY = {"type": "string", "enum": list(DAY_NAMES)}
_TIME = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
_DATE = {"type": "string", "format": "date"}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _choice(values: Any) -> dict[str, Any]:
    return {"type": "string", "enum": [value.value for value in values]}


_CAP = _object(["count", "per"], count={"type": "integer", "minimum": 1, "maximum": 1000}, per=_choice(Period))
_TOPIC = _object(["topic"], topic={"type": "string"}, arrives=_choice(Arrives), at_most=_CAP)

EXPECTATION_SCHEMA = _object(
    ["topics"],
    topics={"type": "array", "items": _TOPIC},
    at_most=_CAP,
    days={"type": "array", "items": _DAY, "minItems": 1},
    hours=_object(["from", "to"], **{"from": _TIME, "to": _TIME}),
    paused=_object(["from", "until"], **{"from": _DATE, "until": _DATE}),
    digest=_object([], hour=_TIME, weekday=_DAY, day={"type": "integer", "minimum": 1, "maximum": 31}),
    overflow=_choice(Overflow),
) | {"description": "Only topics is required; an absent field means no restriction."}

ExpectationDocument = Annotated[Any, WithJsonSchema(EXPECTATION_SCHEMA)]
