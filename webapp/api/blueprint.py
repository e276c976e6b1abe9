"""Where the API hangs its routes, and what is asked of every request before any of them: a token, and readable JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from flask import Response, current_app, g, request
from flask_openapi3.blueprint import APIBlueprint
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest, HTTPException

from preferences.errors import FieldProblem, TrothError
from preferences.store.tokens import TokenScope
from webapp.access import authenticated, check_scope, site_of
from webapp.api.schemas.common import ProblemDocument
from webapp.errors import answer_to, field_name, invalid

DEEPEST = 32
# What databases hold: a number beyond 64 bits is a mistake.
_LARGEST = 2**63 - 1
_PROBLEMS = {
    401: "No token, or one that is not known",
    403: "The token's scope is not enough",
    422: "Wrong fields",
}


def _documented(description: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
    return {"description": description, "content": {"application/problem+json": {"schema": reference}}}


api = APIBlueprint(
    "api",
    __name__,
    url_prefix="/api/v1",
    abp_security=[{"token": []}],
    abp_responses={status: _documented(description) for status, description in _PROBLEMS.items()},
)


@api.before_request
def _check() -> None:
    needed: TokenScope | None = getattr(current_app.view_functions[request.endpoint or ""], "needs", None)
    if needed is None or request.method == "OPTIONS":
        return
    with site_of().database.read() as connection:
        g.token = authenticated(connection)
    check_scope(g.token, needed)
    if request.method in ("POST", "PUT", "PATCH") and request.get_data(cache=True):
        _check_body()


def _check_body() -> None:
    """Refuse what is no JSON, and what no field of anything could hold."""
    try:
        body = request.get_json()
    except RecursionError as error:
        raise BadRequest from error
    if not isinstance(body, dict | list):
        raise invalid([FieldProblem(field="body", message="must be an object or a list")])
    problem = next(_unreadable(body, ()), None)
    if problem is not None:
        raise invalid([problem])


def _unreadable(value: Any, where: tuple[str | int, ...]) -> Iterator[FieldProblem]:
    if len(where) > DEEPEST:
        yield FieldProblem(field=field_name(where[:3]), message=f"must not be nested deeper than {DEEPEST} levels")
        return
    if isinstance(value, dict | list):
        for part, held in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(part, str) and (wrong := _wrong_with(part)):
                yield FieldProblem(field=field_name(where) or "body", message=f"has a name that {wrong}")
            else:
                yield from _unreadable(held, (*where, part))
    elif wrong := _wrong_with(value):
        yield FieldProblem(field=field_name(where), message=wrong)


def _wrong_with(value: Any) -> str | None:
    match value:
        case str() if "\x00" in value:
            return "must not hold the character NUL"
        case str() if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            return "must not hold half of a character (a lone surrogate)"
        case int() if not -_LARGEST <= value <= _LARGEST:
            return "must be a number of at most 64 bits"
        case float() if not math.isfinite(value):
            return "must be a finite number"
        case _:
            return None


@api.after_request
def _never_stored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@api.errorhandler(TrothError)
@api.errorhandler(ValidationError)
@api.errorhandler(HTTPException)
def _problem(error: Exception) -> Response:
    # A response that was made already, such as that to a request that did not validate.
    if isinstance(error, HTTPException) and error.response is not None:
        return error.response  # type: ignore[return-value]
    return answer_to(error)
