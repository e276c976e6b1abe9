"""One call of the API: its transaction, its token, its instant; and what a repeated request is answered."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any

from flask import Response, g, request
from pydantic import ValidationError

from preferences.delivery import MadeBy
from preferences.errors import TrothError
from preferences.links import Kind, PublicIds
from preferences.store import answers
from preferences.store.answers import KeptAnswer
from preferences.store.events import By
from preferences.store.tokens import TokenRow, TokenScope
from preferences.store.transactions import Transaction, part_of, writing
from preferences.unsubscribe import Route
from webapp.access import public_ids, site_of
from webapp.errors import Problem, problem_of
from webapp.site import Site

BY_TOKEN = By(made_by=MadeBy.TOKEN, route=Route.API)
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a handler works with. `afterwards` is done when everything is committed; losing it loses nothing."""

    site: Site
    connection: Transaction
    token: TokenRow
    now: datetime
    ids: PublicIds
    by: By = BY_TOKEN
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    @property
    def publication_id(self) -> int:
        """The publication of the token; nothing else can be reached with it."""
        return self.token.publication_id

    def number(self, kind: Kind, public_id: str) -> int:
        """The number behind an id. Raises `Problem` 404 for anything that is none."""
        number = self.ids.number_of(kind, public_id)
        if number is None:
            raise Problem(404, "Not found", "There is nothing with this id in this publication.")
        return number

    def id(self, kind: Kind, number: int | None) -> str | None:
        """The id of a number; None stays None."""
        return None if number is None else self.ids.public_id(kind, number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A body and a status."""

    body: Any
    status: int = 200


Handler = Callable[..., Answer]
View = Callable[..., Response]


def reads(scope: TokenScope = TokenScope.READ) -> Callable[[Handler], View]:
    """A handler that changes nothing: what it does to the database is undone."""

    def decorate(handler: Handler) -> View:
        @wraps(handler)
        def view(**given: Any) -> Response:
            site = site_of()
            now = site.clock.now()
            with site.database.read() as connection:
                answer = handler(_call(site, connection, now), **given)
            return _response(answer.status, json.dumps(answer.body, ensure_ascii=False))

        view.needs = scope  # type: ignore[attr-defined]
        return view

    return decorate


def needs(scope: TokenScope) -> Callable[[View], View]:
    """A view that needs a scope before its own handlers ask for more."""

    def decorate(view: View) -> View:
        view.needs = scope  # type: ignore[attr-defined]
        return view

    return decorate


def writes(scope: TokenScope) -> Callable[[Handler], View]:
    """A handler that changes something, in one transaction with the answer that is kept under an Idempotency-Key."""

    def decorate(handler: Handler) -> View:
        @wraps(handler)
        def view(**given: Any) -> Response:
            site = site_of()
            now = site.clock.now()
            with _alone(_key()) as key, writing(site.database) as connection:
                call = _call(site, connection, now)
                kept = answers.claim(connection, call.token, key, _request_hash(), now) if key else None
                answer = kept or _kept(handler(call, **given))
                if key and kept is None:
                    answers.keep(connection, call.token, key, answer)
            for step in call.afterwards:
                step()
            return _response(answer.status, answer.body)

        view.needs = scope  # type: ignore[attr-defined]
        return view

    return decorate


# Some entries of a list in a transaction: long enough to be quick, short enough that nobody waits for its end.
ENTRIES_AT_ONCE = 20
Entries = list[Any]


def writes_each(handler: Callable[[Call, Entries], list[dict[str, Any]]]) -> Callable[[Entries], Response]:
    """A handler of a few entries of a list, each of which succeeds or fails by itself; answers one result for each.

    A list that is repeated after it was cut off meets what it has done already: entries must be known again.
    """

    @wraps(handler)
    def view(entries: Entries) -> Response:
        site = site_of()
        now = site.clock.now()
        with _alone(_key()) as key:
            kept = _kept_before(site, key, now) or _done_in_parts(site, handler, entries, now)
            if key:
                with writing(site.database) as connection:
                    known = answers.claim(connection, g.token, key, _request_hash(), now)
                    if known is None:
                        answers.keep(connection, g.token, key, kept)
        site.wake()
        return _response(kept.status, kept.body)

    return view


def _kept_before(site: Site, key: str | None, now: datetime) -> KeptAnswer | None:
    if key is None:
        return None
    with site.database.read() as connection:
        return answers.kept_answer(connection, g.token, key, _request_hash(), now)


def _done_in_parts(
    site: Site, handler: Callable[[Call, Entries], list[dict[str, Any]]], entries: Entries, now: datetime
) -> KeptAnswer:
    results: list[dict[str, Any]] = []
    for first in range(0, len(entries), ENTRIES_AT_ONCE):
        with writing(site.database) as connection:
            results += handler(_call(site, connection, now), entries[first : first + ENTRIES_AT_ONCE])
    return _kept(Answer(body=results))


def one_by_one(call: Call, entries: Entries, work: Callable[[Call, Any], dict[str, Any]]) -> list[dict[str, Any]]:
    """The result of each entry; the problems of one undo nothing but itself. Raises what is wrong on our side."""
    results = []
    for entry in entries:
        try:
            with part_of(call.connection):
                results.append({**work(call, entry), "problem": None})
        except (TrothError, ValidationError) as error:
            problem = problem_of(error)
            if problem.status >= 500:
                raise
            told = {"status": problem.status, "id": problem.members.get("id"), "problem": problem.document()}
            results.append(told)
    return results


def _call(site: Site, connection: Transaction, now: datetime) -> Call:
    return Call(site=site, connection=connection, token=g.token, now=now, ids=public_ids(connection))


def _kept(answer: Answer) -> KeptAnswer:
    return KeptAnswer(status=answer.status, body=json.dumps(answer.body, ensure_ascii=False))


def _key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Problem(400, "Not a key", f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters.")
    return key


def _request_hash() -> bytes:
    """The request as it counts: method, address, what must match, and the document, however it is spaced."""
    body = request.get_json() if request.get_data(cache=True) else None
    parts = [request.method, request.full_path, request.headers.get("If-Match"), body]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()


_under_way: set[tuple[int, int, str]] = set()
_under_way_lock = threading.Lock()


@contextmanager
def _alone(key: str | None) -> Iterator[str | None]:
    """Answer 409 at once where this process works on the same key; another process is waited for in the database."""
    if key is None:
        yield None
        return
    mine = (id(site_of()), g.token.id, key)
    with _under_way_lock:
        if mine in _under_way:
            raise Problem(409, "Under way", "A request with this Idempotency-Key is under way: repeat it in a moment.")
        _under_way.add(mine)
    try:
        yield key
    finally:
        with _under_way_lock:
            _under_way.discard(mine)


def _response(status: int, body: str) -> Response:
    response = Response(body, status, content_type="application/json")
    version = _version_of(body)
    if version is not None:
        response.set_etag(str(version))
    return response


def _version_of(body: str) -> int | None:
    found = json.loads(body)
    return found.get("version") if isinstance(found, dict) else None
