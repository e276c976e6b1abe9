"""The whole product on a port of its own, with an example that is small enough to know by heart."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.serving import WSGIRequestHandler, make_server

from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.settings import prepare_data_dir, read_settings
from preferences.settings.values import default_sandbox_database_url
from preferences.store.campaign_values import CampaignValues
from preferences.store.campaigns import create_campaign
from preferences.store.database import open_database
from preferences.store.events import SYSTEM
from preferences.store.installation import SANDBOX_SLUG, found
from preferences.store.publications import publication_named
from preferences.store.schedules import schedule
from preferences.store.topics import create_topic
from webapp.runtime import Dispatcher, Started, start, start_sandbox

# How long a busy machine may take over a page: nothing is said about speed by it.
PATIENCE_MS = 120_000
# A Monday, ten o'clock in Berlin: the letter comes tomorrow.
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOPICS = (
    ("letter", "The Letter", "What we read, heard and cooked this week.", 1, Period.WEEK, (Weekday.TUE,), False),
    ("events", "Events", "Readings and concerts in the house.", 3, Period.WEEK, (), False),
    ("essays", "Essays", "One long text, for a long evening.", 1, Period.MONTH, (), False),
    ("notices", "Notices", "When something is cancelled or moved.", 4, Period.YEAR, (), True),
)


@dataclass(frozen=True, slots=True)
class Product:
    """A running product: where it is, and the site of its sandbox."""

    base_url: str
    sandbox: Started

    def campaign(self, title: str, topic: str, at: datetime, summary: str = "", question: str = "") -> None:
        """Schedule a campaign in the sandbox."""
        text = f"# {title}\n\nDear reader,\n\n{summary}\n\n- bread with caraway\n- a new lamp in the reading room\n\nYours, Vera"
        values = CampaignValues(
            name=title,
            subject=title,
            title=title,
            summary=summary,
            topics=(topic,),
            markdown=text,
            question=question,
        )
        with self.sandbox.database.write() as connection:
            sender = publication_named(connection, SANDBOX_SLUG)
            now = self.sandbox.site.clock.now()
            number = create_campaign(connection, sender.id, values, SYSTEM, now)
            schedule(connection, sender.id, number, max(at, now), SYSTEM, now)


class Later:
    """What is served once it is known where: links name the port, so the port comes first."""

    app: WSGIApplication

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        return self.app(environ, start_response)


class Quiet(WSGIRequestHandler):
    """Says nothing about requests."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - as its base calls it
        """Nothing."""


@contextmanager
def product(folder: Path) -> Iterator[Product]:
    """The product with a sandbox of few readers, in a folder of its own; stopped in the end."""
    _found_example(default_sandbox_database_url(folder))
    with whole_product(folder) as running:
        _weeks_before(running)
        yield running


@contextmanager
def whole_product(folder: Path) -> Iterator[Product]:
    """The product as it is after its first start, with the example that comes with it; stopped in the end."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    apps = Later()
    server = make_server("127.0.0.1", 0, apps, True, request_handler=Quiet)
    base_url = f"http://127.0.0.1:{server.server_port}"
    settings = prepare_data_dir(
        read_settings({"TROTH_DATA_DIR": str(folder), "TROTH_BASE_URL": base_url, "TROTH_WORKERS": "1"})
    )
    sandbox = start_sandbox(settings)
    own = start(settings, sandbox.site)
    apps.app = Dispatcher(own.app, sandbox.app)
    serving = Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield Product(base_url, sandbox)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
        for started in (own, sandbox):
            started.worker.stop()
            started.database.close()


def _found_example(url: str) -> None:
    began = MONDAY - timedelta(days=21)
    database = open_database(url)
    database.migrate()
    found(database, began, driven_from=began)
    with database.write() as connection:
        sender = publication_named(connection, SANDBOX_SLUG)
        for slug, name, description, count, per, days, is_notice in TOPICS:
            create_topic(
                connection,
                sender.id,
                slug=slug,
                name=name,
                description=description,
                cadence=Cadence(id=0, at_most=Cap(count=count, per=per), days=frozenset(days)),
                by=SYSTEM,
                now=began,
                is_notice=is_notice,
            )
    database.close()


def _weeks_before(running: Product) -> None:
    """Three letters and two evenings before the story begins, and two that are to come in it."""
    advance = running.sandbox.site.advance
    assert advance is not None
    tuesday = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    for number, title in enumerate(("Fog, and what to read in it", "Quinces", "A lamp for the reading room")):
        running.campaign(
            title, "letter", tuesday + timedelta(days=7 * number), "What the week has brought to the house."
        )
    running.campaign(
        "Night of the short stories", "events", tuesday + timedelta(days=9), "Friday at eight, in the hall."
    )
    advance(MONDAY)


def this_week(running: Product) -> None:
    """An evening that is announced now, and tomorrow's letter."""
    running.campaign("A concert in the stairwell", "events", MONDAY, "Thursday at seven, please bring a cushion.")
    running.campaign("First frost", "letter", MONDAY + timedelta(hours=23), "What the week has brought to the house.")
