"""A site with its first publication, and a client that speaks to its API with a token."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from preferences.links import Links
from preferences.settings import Settings
from preferences.store.clock import FixedClock
from preferences.store.database import Database, open_database
from preferences.store.installation import found
from preferences.store.publications import change_publication, create_publication, publications
from preferences.store.tokens import create_token
from webapp import create_app
from webapp.application import Application
from webapp.site import Site

# A Tuesday.
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LETTER = {"slug": "letter", "name": "Letter", "cadence": {"at_most": {"count": 1, "per": "week"}, "days": ["tue"]}}
EVENTS = {"slug": "events", "name": "Events", "cadence": {"at_most": {"count": 5, "per": "week"}}}
ALERTS = {"slug": "alerts", "name": "Alerts", "notice": True, "cadence": {"at_most": {"count": 4, "per": "year"}}}


@dataclass
class Api:
    """What speaks to the API; every answer is held to the document that describes it."""

    client: FlaskClient
    token: str
    database: Database
    clock: FixedClock
    publication_id: int
    woken: list[datetime] = field(default_factory=list)

    def call(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.token}", **{name.replace("_", "-"): to for name, to in headers.items()}}
        if json is not None:
            return self.client.open(f"/api/v1{path}", method=method, headers=sent, json=json)
        return self.client.open(f"/api/v1{path}", method=method, headers=sent)

    def get(self, path: str, status: int = 200) -> Any:
        return self._body(self.call("GET", path), status)

    def post(self, path: str, json: Any = None, status: int = 200, **headers: str) -> Any:
        return self._body(self.call("POST", path, json, **headers), status)

    def patch(self, path: str, json: Any, status: int = 200) -> Any:
        return self._body(self.call("PATCH", path, json), status)

    def put(self, path: str, json: Any, status: int = 200, **headers: str) -> Any:
        return self._body(self.call("PUT", path, json, **headers), status)

    def _body(self, answer: TestResponse, status: int) -> Any:
        assert answer.status_code == status, answer.get_data(as_text=True)
        if status >= 400:
            assert answer.content_type == "application/problem+json"
            assert answer.get_json()["status"] == status
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.get_json()

    def with_scope(self, scope: str, publication_id: int | None = None) -> "Api":
        """The same with another token."""
        with self.database.write() as connection:
            token = create_token(connection, publication_id or self.publication_id, scope, scope, NOW, False)
        return Api(self.client, token, self.database, self.clock, publication_id or self.publication_id)


def settings_in(path: Path) -> Settings:
    return Settings(
        database_url="sqlite://",
        sandbox_database_url="sqlite://",
        broker_url="",
        smtp=None,
        base_url="http://127.0.0.1:8000",
        listen_host="127.0.0.1",
        listen_port=8000,
        data_dir=path,
        return_domain=None,
        secret_keys=("k" * 32,),
        workers=1,
        log_level="info",
    )


MakeApi = Callable[..., Api]


@pytest.fixture
def make_api(database_url: str, tmp_path: Path) -> Iterator[MakeApi]:
    """Makes an API on this test's database; `advance` makes it a sandbox's."""
    opened: list[Database] = []

    def make(advance: Callable[[FixedClock, datetime], None] | None = None) -> Api:
        database = open_database(database_url)
        opened.append(database)
        clock = FixedClock(NOW)
        woken: list[datetime] = []
        found(database, NOW)
        site = Site(
            database=database,
            clock=clock,
            links=Links(["k" * 32]),
            settings=settings_in(tmp_path),
            base_url="http://127.0.0.1:8000",
            wake=lambda: woken.append(clock.now()),
            advance=None if advance is None else lambda instant: advance(clock, instant),
        )
        app: Application = create_app(site)
        app.validate_response = True
        with database.write() as connection:
            publication_id = publications(connection)[0].id
            token = create_token(connection, publication_id, "all", "admin", NOW, advance is not None)
        return Api(app.test_client(), token, database, clock, publication_id, woken)

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """The API of a publication that may send and has the topics letter, events and alerts."""
    made = make_api()
    with made.database.write() as connection:
        sender = {"sender": "The Letter <letter@example.org>", "postal_address": "1 Example Street"}
        change_publication(connection, made.publication_id, {**sender})
    for topic in (LETTER, EVENTS, ALERTS):
        made.post("/topics", topic, 201)
    return made


@pytest.fixture
def other_publication(api: Api) -> Api:
    """Another publication of the same installation."""
    with api.database.write() as connection:
        number = create_publication(connection, slug="other", name="Other", zone="UTC", now=NOW)
    return api.with_scope("admin", number)
