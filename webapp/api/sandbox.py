"""The clock of the sandbox, which moves when it is told to. Elsewhere this does not exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Response
from werkzeug.exceptions import NotFound

from preferences.errors import Invalid
from preferences.store.tokens import TokenScope
from webapp.access import site_of
from webapp.api.blueprint import api
from webapp.api.calls import Answer, Call, View, reads, writes
from webapp.api.schemas.common import instant, instant_text
from webapp.api.schemas.sandbox import ClockDocument, Moving

FURTHEST_AT_ONCE = timedelta(days=366)


@api.get("/sandbox/clock", responses={200: ClockDocument})
@reads()
def show_clock(call: Call) -> Answer:
    """What time it is in the sandbox."""
    _check_sandbox(call)
    return Answer(body={"now": instant_text(call.now)})


def _check_sandbox(call: Call) -> None:
    if not call.site.is_sandbox:
        raise NotFound


def _then_advance(view: View) -> Callable[..., Any]:
    """Drive the clock once the target is settled and kept, also when the same request is repeated: it moves there once."""

    @wraps(view)
    def driving(**given: Any) -> Response:
        response = view(**given)
        advance = site_of().advance
        if advance is not None:
            advance(instant(response.get_json()["now"]))
        return response

    return driving


@api.post("/sandbox/clock", responses={200: ClockDocument})
@_then_advance
@writes(TokenScope.WRITE)
def post_clock(call: Call, body: Moving) -> Answer:
    """Move the clock; answers when everything that was due until then has happened."""
    _check_sandbox(call)
    target = call.now + body.advance if body.advance is not None else body.to
    field = "to" if body.advance is None else "advance"
    if target is None or target < call.now:
        raise Invalid.one(field, f"the clock is at {instant_text(call.now)} and moves only forward")
    if target > call.now + FURTHEST_AT_ONCE:
        raise Invalid.one(field, f"the clock moves at most {FURTHEST_AT_ONCE.days} days at once")
    return Answer(body={"now": instant_text(target)})
