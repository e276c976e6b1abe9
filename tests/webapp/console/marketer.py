"""A marketer with a browser that keeps cookies and has no scripts, before a site whose mail stays in the test inbox."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from preferences.store.console_sessions import issue_link
from tests.webapp.visitor import Visitor, visitor
from webapp import create_app

HERE = "/console/p/newsletter"


@dataclass
class Marketer:
    """Somebody who is signed in, and the site behind the pages."""

    at: Visitor
    client: FlaskClient

    def get(self, path: str, status: int = 200) -> str:
        """The text of a page of the publication."""
        return self._text(self.client.get(f"{HERE}/{path}"), status)

    def post(self, path: str, fields: Mapping[str, Any], status: int = 303, form_on: str | None = None) -> str:
        """Open a page, fill in its form and send it; answers where that leads, or the text of the page."""
        page = self.client.get(f"{HERE}/{path if form_on is None else form_on}").get_data(as_text=True)
        answer = self.client.post(f"{HERE}/{path}", data={**fields, "csrf_token": csrf_of(page)})
        text = self._text(answer, status)
        return answer.headers["Location"].partition(f"{HERE}/")[2] if status == 303 else text

    def _text(self, answer: TestResponse, status: int) -> str:
        text = answer.get_data(as_text=True)
        assert answer.status_code == status, text
        return text


def csrf_of(page: str) -> str:
    """The token in the first form of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def login_link(at: Visitor) -> str:
    """The path of a link as starting prints it."""
    with at.there.database.write() as connection:
        return f"/console/login/{issue_link(connection, at.clock.now())}"


@contextmanager
def marketer(url: str, tmp_path: Path) -> Iterator[Marketer]:
    """A marketer who has signed in."""
    with visitor(url, tmp_path) as at:
        client = at.client.application.test_client()
        link = login_link(at)
        answer = client.post(link, data={"csrf_token": csrf_of(client.get(link).get_data(as_text=True))})
        assert answer.status_code == 303
        yield Marketer(at, client)


@contextmanager
def sandbox(url: str, tmp_path: Path) -> Iterator[Marketer]:
    """A marketer in a sandbox, where nobody signs in."""
    with visitor(url, tmp_path) as at:
        site = replace(at.site, advance=lambda _: None)
        app = create_app(site)
        app.testing = True
        yield Marketer(at, app.test_client())
