"""What went wrong, as problem documents (RFC 9457): what it is, what to do, and one entry for each wrong field."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask import Response
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, InternalServerError

from mailer.compose import TemplateError
from preferences.errors import AnyDoubt, Conflict, FieldProblem, Invalid, NotFound, Stale, TrothError
from preferences.store.answers import OtherRequest
from preferences.store.database import DatabaseAway

API_PATH = "/api/"
PROBLEM = "application/problem+json"
_RETRY_AFTER_SECONDS = 5


class Problem(TrothError):
    """A request that cannot be answered as asked: a status, what is the case, and what else belongs into the answer."""

    def __init__(
        self, status: int, title: str, detail: str, *, problems: Iterable[FieldProblem] = (), **members: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.problems = tuple(problems)
        self.members = members

    def document(self) -> dict[str, Any]:
        """The problem document."""
        found: dict[str, Any] = {"type": "about:blank", "title": self.title, "status": self.status}
        found |= {"detail": self.detail, **self.members}
        if self.problems:
            found["errors"] = [{"field": problem.field, "message": problem.message} for problem in self.problems]
        return found


def is_for_programs(path: str) -> bool:
    """Whether who asks for this path reads JSON."""
    return path.startswith(API_PATH)


def answer_to(error: Exception) -> Response:
    """The problem document that says this."""
    problem = problem_of(error)
    response = Response(json.dumps(problem.document()), problem.status, content_type=PROBLEM)
    response.headers["Cache-Control"] = "no-store"
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="troth"'
    if problem.status == 503:
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    if isinstance(error, HTTPException):
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def problem_of(error: Exception) -> Problem:
    """What is to be said about an error."""
    match error:
        case Problem():
            return error
        case ValidationError():
            return invalid(problems_of(error))
        case Invalid():
            return invalid(error.problems)
        case TemplateError():
            return _of_template(error)
        case DatabaseAway() | AnyDoubt():
            return Problem(503, "Not now", f"{error}; nothing was changed: repeat it in a moment")
        case TrothError():
            status, title = next(said for kind, said in _KINDS.items() if isinstance(error, kind))
            return Problem(status, title, str(error))
        case HTTPException():
            return _of_http(error)
        case _:
            return _of_http(InternalServerError(original_exception=error))


# The first that fits; the last fits all.
_KINDS: dict[type[TrothError], tuple[int, str]] = {
    NotFound: (404, "Not found"),
    Stale: (412, "Changed since it was read"),
    Conflict: (409, "Not possible now"),
    OtherRequest: (422, "Key used before"),
    TrothError: (422, "Not possible"),
}


def invalid(problems: Iterable[FieldProblem]) -> Problem:
    """One or more wrong fields."""
    found = tuple(problems)
    count = "One field is" if len(found) == 1 else f"{len(found)} fields are"
    return Problem(422, "Wrong fields", f"{count} wrong; nothing was changed.", problems=found)


def problems_of(error: ValidationError, prefix: str = "") -> tuple[FieldProblem, ...]:
    """One entry for each wrong field, without the value that was given."""
    return tuple(
        FieldProblem(field=prefix + field_name(found["loc"]) or "body", message=_message(found["type"], found["msg"]))
        for found in error.errors(include_input=False, include_url=False, include_context=False)
    )


def field_name(loc: Iterable[str | int]) -> str:
    """Where something stands in a JSON document: topics[0].at_most."""
    name = ""
    for part in loc:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "unknown field",
    "model_type": "must be an object",
    "dict_type": "must be an object",
}


def _message(kind: str, message: str) -> str:
    return _MESSAGES.get(kind) or message.removeprefix("Value error, ").replace("Input should be", "must be")


def _of_template(error: TemplateError) -> Problem:
    where = "" if error.line is None else f"line {error.line}: "
    found = FieldProblem(field=error.part, message=f"{where}{error.message}")
    return invalid([found])


_SAID = {
    400: ("Not readable", "The body is not the JSON document that it says it is."),
    404: ("Not found", "There is nothing at this address; see /api/v1/ for what there is."),
    405: ("Method not served", "This address does not take that method."),
    413: ("Too large", "The body is larger than anything that is read here."),
    415: ("Not JSON", "Send JSON, with Content-Type: application/json."),
    500: ("Something broke", "This should not have happened. Nothing was changed by it; it stands in the log."),
}


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    title, detail = _SAID.get(status, (error.name, error.description or error.name))
    return Problem(status, title, detail)
