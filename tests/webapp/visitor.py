"""A site in a test, and a visitor with a browser that has no scripts and keeps no cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from preferences.links import Claim, Links, Purpose
from preferences.settings import Settings
from preferences.store.clock import FixedClock
from preferences.store.service_content import service_content
from preferences.store.service_mails import due_service_mails
from preferences.store.tables import OBSERVATION
from tests.store.newsletter import NOON, Newsletter, newsletter
from webapp import create_app
from webapp.site import Site

BASE = "http://127.0.0.1:8642"
KEY = "a key that only this test knows, of 32"


@dataclass
class Visitor:
    """Somebody with a browser, and everything the test needs to know of the site behind it."""

    there: Newsletter
    client: FlaskClient
    clock: FixedClock
    links: Links
    site: Site

    def get(self, path: str, status: int = 200) -> str:
        """The text of a page."""
        return self._text(self.client.get(path), status)

    def post(self, path: str, status: int = 303, **fields: Any) -> str:
        """What a form with these fields answers; names may be written with underscores."""
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        return self._text(self.client.post(path, data=named), status)

    def send(self, path: str, fields: Mapping[str, Any], status: int = 303) -> str:
        """The same with fields as a mapping."""
        return self._text(self.client.post(path, data=dict(fields)), status)

    def _text(self, answer: TestResponse, status: int) -> str:
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def token(self, purpose: Purpose, subscriber: int, **more: Any) -> str:
        """A link of that purpose, issued now where that matters."""
        issued = {} if purpose is Purpose.ONE_CLICK else {"issued_at": self.clock.now()}
        claim = Claim(purpose=purpose, publication=self.there.publication, subscriber=subscriber, **{**issued, **more})
        return self.links.sign(claim)

    def mailed_links(self) -> list[str]:
        """The paths of the links in the service mails that are due, oldest first."""
        with self.there.database.read() as connection:
            now = self.clock.now()
            found = []
            for row in due_service_mails(connection, now):
                content = service_content(connection, self.links, BASE, row, now)
                links = {} if content is None else content.values
                found += [value.removeprefix(BASE) for value in links.values() if value.startswith(BASE)]
        return found

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.clock.instant += timedelta(**span)


@contextmanager
def visitor(url: str, tmp_path: Path, now: datetime = NOON) -> Iterator[Visitor]:
    """A visitor to a site whose mail stays in the test inbox."""
    settings = Settings(
        database_url=url,
        sandbox_database_url=url,
        broker_url="memory://",
        smtp=None,
        base_url=BASE,
        listen_host="127.0.0.1",
        listen_port=8642,
        data_dir=tmp_path,
        return_domain=None,
        secret_keys=(KEY,),
        workers=1,
        log_level="INFO",
    )
    with newsletter(url) as there:
        clock, links = FixedClock(now), Links([KEY])
        site = Site(
            database=there.database, clock=clock, links=links, settings=settings, base_url=BASE, wake=lambda: None
        )
        app = create_app(site)
        app.testing = True
        yield Visitor(there, app.test_client(use_cookies=False), clock, links, site)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field on a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def dump(there: Newsletter) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the database but observations."""
    with there.database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in OBSERVATION.metadata.sorted_tables
            if table is not OBSERVATION
        }
