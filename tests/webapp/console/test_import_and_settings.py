"""Import, settings and tokens in the console."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from preferences.store.console_people import find_people
from preferences.store.publications import publication
from preferences.store.tokens import token_of, tokens
from tests.webapp.console.marketer import HERE, Marketer, csrf_of, marketer
from tests.webapp.visitor import dump

LIST = b"Mail,Name,City,Confirmed at\na@example.org,Ann,Berlin,2026-01-01T10:00:00Z\nnobody,Bo,,\n=1+1@x,C,,\n"


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def upload(at: Marketer, content: bytes, status: int = 303) -> str:
    """Upload a file; answers the path of its page, or the text of the page."""
    fields = {"csrf_token": csrf_of(at.get("import")), "file": (io.BytesIO(content), "list.csv")}
    answer = at.client.post(f"{HERE}/import", data=fields)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.headers["Location"].partition(f"{HERE}/")[2] if status == 303 else answer.get_data(as_text=True)


def test_trying_an_import_says_what_would_happen_and_changes_nothing(at: Marketer) -> None:
    path = upload(at, LIST)
    assert "Berlin" in at.get(path)
    before = dump(at.at.there)
    page = at.post(path, {"topic": "letter", "do": "try"}, 200)
    assert "<strong>1</strong> subscribed" in page
    assert "<strong>2</strong> refused" in page
    assert "Line 3" in page
    assert dump(at.at.there) == before


def test_an_import_takes_them_in_and_gives_the_refused_rows_back_harmless(at: Marketer) -> None:
    path = upload(at, LIST)
    assert at.post(path, {"topic": "letter", "do": "import", "declare": "At the fair"}) == "import"
    with at.at.there.database.read() as connection:
        (ann,) = find_people(connection, at.at.there.publication, "", 10)
    assert (ann.address, ann.name) == ("a@example.org", "Ann")
    assert dict(ann.fields) == {"city": "Berlin"}
    assert "1 subscribed" in at.get("import")
    refused = at.get(f"{path}/refused")
    assert "nobody" in refused
    assert ",'=1+1@x" in refused
    at.get(path, 404)


def test_a_column_becomes_what_somebody_says(at: Marketer) -> None:
    path = upload(at, b"who,what\na@example.org,x\n")
    page = at.post(path, {"topic": "letter", "do": "try", "map-0": "name"}, 422)
    assert "no column holds addresses" in page
    assert "--map" not in page
    assert "<strong>1</strong> subscribed" in at.post(path, {"topic": "letter", "do": "try", "map-0": "email"}, 200)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"topic": ""}, "nobody knows what was promised"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"arrives": "hourly"}, "must be one of"),
        ({"map-0": "email", "map-1": "email"}, "two columns cannot both"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_imported(at: Marketer, fields: dict[str, str], said: str) -> None:
    path = upload(at, LIST)
    before = dump(at.at.there)
    assert said in at.post(path, {"topic": "letter", "do": "import", **fields}, 422)
    assert dump(at.at.there) == before


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"\n\n"])
def test_nonsense_is_refused_beside_the_file(at: Marketer, content: bytes) -> None:
    assert 'id="problem-file"' in upload(at, content, 422)


def test_a_file_that_is_not_there_is_said_so(at: Marketer) -> None:
    for path in ("import/" + "0" * 64, "import/x", "import/" + "0" * 64 + "/refused"):
        at.get(path, 404)


PUBLICATION = {
    "form": "publication",
    "name": "The <b>Letter</b>",
    "sender": "The Letter <letter@example.org>",
    "reply_to": "anna@example.org",
    "postal_address": "1 Street\nTown",
    "zone": "Europe/Paris",
    "language": "en",
}


def test_the_publication_is_changed(at: Marketer) -> None:
    at.post("settings", PUBLICATION)
    with at.at.there.database.read() as connection:
        found = publication(connection, at.at.there.publication)
    assert (found.name, found.zone, found.postal_address) == ("The <b>Letter</b>", "Europe/Paris", "1 Street\nTown")
    page = at.get("settings")
    assert "The &lt;b&gt;Letter" in page
    assert "<b>Letter" not in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("sender", "no-reply@example.org"), ("zone", "Mars"), ("language", "?"), ("reply_to", "nobody")],
)
def test_what_cannot_be_is_said_beside_its_field(at: Marketer, field: str, value: str) -> None:
    before = dump(at.at.there)
    page = at.post("settings", {**PUBLICATION, field: value}, 422)
    assert f'id="problem-{field}"' in page
    assert dump(at.at.there) == before


def test_a_token_is_shown_once_and_ended_for_good(at: Marketer) -> None:
    page = at.post("settings/tokens", {"token": "mine", "scope": "send"}, 200, form_on="settings")
    secret = page.partition("<pre>")[2].partition("</pre>")[0]
    with at.at.there.database.read() as connection:
        assert token_of(connection, secret) is not None
    page = at.get("settings")
    assert secret not in page
    number = page.partition('name="id" value="')[2].partition('"')[0]
    at.post("settings/tokens/revoke", {"id": number}, form_on="settings")
    with at.at.there.database.read() as connection:
        assert token_of(connection, secret) is None


def test_a_token_without_a_name_or_scope_is_not_made(at: Marketer) -> None:
    at.post("settings/tokens", {"token": "", "scope": "send"}, 422, form_on="settings")
    at.post("settings/tokens", {"token": "mine", "scope": "root"}, 422, form_on="settings")
    with at.at.there.database.read() as connection:
        assert tokens(connection, at.at.there.publication) == []
