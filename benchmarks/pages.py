"""The preferences page under load, against a view that runs the page's own statements and returns a constant.

Both are served by the same waitress in the same run, in turns; the load comes from a process of its own. What the page
does besides its statements (values, words, HTML) may take as long again as everything else together, and no longer.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter
from typing import Any

from flask import Flask
from sqlalchemy import Connection, event, insert
from waitress.server import create_server  # type: ignore[import-untyped]

from benchmarks import Result
from preferences.address import parse_address
from preferences.asked import asked_from_json
from preferences.cadence import Cadence, Cap, Period
from preferences.links import Claim, Links, Purpose
from preferences.settings import read_settings
from preferences.store.clock import FixedClock
from preferences.store.database import Database, open_database
from preferences.store.events import SYSTEM
from preferences.store.expectations import begin_expectation
from preferences.store.installation import found
from preferences.store.subscribers import add_subscriber
from preferences.store.tables import COUNTED
from preferences.store.topics import create_topic
from tests.postgresql import running_server
from webapp import create_app
from webapp.site import Site

RUNS = 5
SECONDS = 1.5
CLIENTS = 4
SERVER_THREADS = 8
# Half the requests per second.
BAR = 2.0
TOPICS = (5, 40)
MAILS = 60
PUBLICATION = 1
KEY = "a key of the benchmarks that is long enough"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def run() -> list[Result]:
    """The claims about few and many topics, on SQLite and on PostgreSQL."""
    results = []
    with running_server() as server:
        for topics in TOPICS:
            with tempfile.TemporaryDirectory() as folder:
                results.append(_measured("sqlite", f"sqlite:///{Path(folder) / 'pages.sqlite3'}", topics))
            name = server.create()
            results.append(_measured("postgresql", server.database_url(name), topics))
            server.drop(name)
    return results


def _measured(kind: str, url: str, topics: int) -> Result:
    database = open_database(url, pool_size=SERVER_THREADS)
    try:
        token, site = _populated(database, topics)
        app = create_app(site)
        statements: list[tuple[Any, Any]] = []
        _add_reference(app, database, statements)
        statements += _statements_of(app, database, f"/me/{token}")
        with _served(app) as port, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
            paths = (f"/me/{token}", "/reference")
            rates: dict[str, list[float]] = {path: [] for path in paths}
            for path in paths * (RUNS + 1):
                rates[path].append(elsewhere.submit(requests_a_second, port, path).result())
    finally:
        database.close()
    # The first of each only warms up.
    page, reference = (median(rates[path][1:]) for path in paths)
    return Result(
        claim=f"the preferences page with {topics} topics on {kind}",
        ratio=reference / page,
        bar=BAR,
        measured=f"{page:.0f} requests a second",
        reference=f"{reference:.0f} of its statements and a constant",
    )


def _populated(database: Database, topics: int) -> tuple[str, Site]:
    """A reader of all topics, to whom mails came for weeks; answers the token of a mail's link."""
    database.migrate()
    found(database, NOW - timedelta(days=100))
    with database.write() as connection:
        for number in range(topics):
            _topic(connection, number)
        asked = asked_from_json({"topics": [{"topic": f"topic-{number}"} for number in range(topics)]})
        since = NOW - timedelta(days=90)
        reader = add_subscriber(connection, PUBLICATION, parse_address("reader@example.org"), since, confirmed_at=since)
        begin_expectation(connection, PUBLICATION, reader, asked, SYSTEM, since, zone="Europe/Berlin")
        connection.execute(insert(COUNTED), [_counted(reader, number) for number in range(MAILS)])
    links = Links([KEY])
    claim = Claim(purpose=Purpose.PREFERENCES, publication=PUBLICATION, subscriber=reader, issued_at=NOW)
    site = Site(
        database=database,
        clock=FixedClock(NOW),
        links=links,
        settings=read_settings({"TROTH_SECRET_KEY": KEY}),
        base_url="http://127.0.0.1:8642",
        wake=lambda: None,
    )
    return links.sign(claim), site


def _topic(connection: Connection, number: int) -> None:
    create_topic(
        connection,
        PUBLICATION,
        slug=f"topic-{number}",
        name=f"Topic number {number}",
        description="What the week has brought, and what we made of it.",
        cadence=Cadence(id=0, at_most=Cap(count=1 + number % 3, per=Period.WEEK)),
        by=SYSTEM,
        now=NOW - timedelta(days=95),
    )


def _counted(reader: int, number: int) -> dict[str, Any]:
    at = NOW - timedelta(hours=30 * number + 1)
    about = {"publication_id": PUBLICATION, "subscriber_id": reader, "topic_id": 1, "counted_at": at}
    return {**about, "in_total": True, "along": False}


def _statements_of(app: Flask, database: Database, path: str) -> list[tuple[Any, Any]]:
    """The statements that one visit of a page runs, with their parameters, as the page gives them to the engine."""
    said: list[tuple[Any, Any]] = []

    def note(_connection: Any, statement: Any, several: Any, parameters: Any, _options: Any) -> None:
        said.append((statement, several or parameters))

    event.listen(database.engine, "before_execute", note)
    answer = app.test_client().get(path)
    event.remove(database.engine, "before_execute", note)
    assert answer.status_code == 200, answer.status
    assert said
    return said


def _add_reference(app: Flask, database: Database, statements: list[tuple[Any, Any]]) -> None:
    def reference() -> str:
        with database.read() as connection:
            for statement, parameters in statements:
                connection.execute(statement, parameters).all()
        return "as it is"

    app.add_url_rule("/reference", "reference", reference)


@contextmanager
def _served(app: Flask) -> Iterator[int]:
    """The application on a free port; answers the port."""
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=SERVER_THREADS, ident=None)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        server.close()
        server.task_dispatcher.shutdown()


def requests_a_second(port: int, path: str) -> float:
    """How many requests are answered in a second to several clients at once, each as soon as the one before is read."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        began = perf_counter()
        answered = sum(clients.map(lambda _number: _asked_until(port, path, began + SECONDS), range(CLIENTS)))
        return answered / (perf_counter() - began)


def _asked_until(port: int, path: str, end: float) -> int:
    connection = HTTPConnection("127.0.0.1", port)
    answered = 0
    while perf_counter() < end:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        answered += 1
    connection.close()
    return answered


if __name__ == "__main__":
    results = run()
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
