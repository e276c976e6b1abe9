"""My data: seen, taken along and erased with a fresh link only; a download is whole, and runs nothing."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from preferences.links import Purpose
from preferences.store import export_values
from preferences.store.erasures import erase
from preferences.store.export_rows import SECTIONS
from preferences.store.subscribers import subscriber
from preferences.store.tables import SUBSCRIBER
from tests.store.newsletter import BY_LINK, NOON, asked, mail_handed_over, signed_up
from tests.store.whole_life import ADDRESS, TRACES, a_whole_life, traces
from tests.webapp.visitor import Visitor, dump, visitor

PAGES = ("data", "erase", "data.json", "data.zip")


@pytest.fixture
def anna(database_url: str, tmp_path: Path) -> Iterator[Visitor]:
    with visitor(database_url, tmp_path) as somebody:
        yield somebody


def tables_of(anna: Visitor, path: str) -> dict[str, list[list[str]]]:
    archive = zipfile.ZipFile(io.BytesIO(anna.client.get(path).data))
    return {
        name.removesuffix(".csv"): list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
        for name in archive.namelist()
        if name.endswith(".csv")
    }


def test_with_the_link_of_a_mail_nothing_is_shown_and_a_fresh_one_is_one_button_away(anna: Visitor) -> None:
    person = a_whole_life(anna.there)
    link = anna.token(Purpose.PREFERENCES, person)
    for page in ("data", "erase"):
        assert "annika" not in anna.get(f"/me/{link}/{page}").lower()
    for file in ("data.json", "data.zip"):
        assert anna.client.get(f"/me/{link}/{file}").status_code == 404
    before = len(anna.mailed_links())
    anna.post(f"/me/{link}/data", 200, do="link")
    mailed = anna.mailed_links()
    assert len(mailed) == before + 1
    assert ADDRESS in anna.get(mailed[-1])
    assert mailed[-1].endswith("/data")


def test_a_fresh_link_after_its_hour_shows_nothing_and_erases_nobody(anna: Visitor) -> None:
    person = a_whole_life(anna.there)
    link = anna.token(Purpose.FRESH, person)
    anna.later(hours=1)
    for page in PAGES[:2]:
        assert "annika" not in anna.get(f"/me/{link}/{page}").lower()
    anna.post(f"/me/{link}/erase", 200, do="erase")
    with anna.there.database.read() as connection:
        assert subscriber(connection, anna.there.publication, person).erased_at is None


def test_the_page_says_what_is_known_and_changes_the_name(anna: Visitor) -> None:
    person = a_whole_life(anna.there)
    link = f"/me/{anna.token(Purpose.FRESH, person)}/data"
    page = anna.get(link)
    for words in (ADDRESS, "Annika Zäuner", "Pacific/Auckland", "quokka", "1 answer", "1 vote", "1 text"):
        assert words in page, words
    anna.post(link, do="name", name="Annika Berg")
    assert "Annika Berg" in anna.get(link)
    assert 'value="a\x07b"' in anna.post(link, 422, do="name", name="a\x07b")


def test_the_export_has_every_section_and_every_trace_of_the_person(anna: Visitor) -> None:
    person = a_whole_life(anna.there)
    link = f"/me/{anna.token(Purpose.FRESH, person)}/data"
    answer = anna.client.get(f"{link}.json")
    told = json.loads(answer.data)
    names = ["person", *(name for name, _, _ in SECTIONS)]
    assert list(told)[4:] == names
    assert set(told["about"]) == set(names)
    tables = tables_of(anna, f"{link}.zip")
    assert list(tables) == names
    for trace in TRACES:
        assert trace in answer.get_data(as_text=True).lower(), trace
        assert any(trace in " ".join(row).lower() for rows in tables.values() for row in rows), trace
    assert told["expectations"][0]["promise"].startswith("You get")
    assert told["readers_you_brought"] == [{"made_at": NOON.isoformat(), "confirmed_at": None}]
    for name, rows in tables.items():
        assert len(rows) == 1 + (1 if name == "person" else len(told[name])), name


def test_the_file_is_a_download_that_nobody_keeps_and_that_does_not_name_the_address(anna: Visitor) -> None:
    person = a_whole_life(anna.there)
    for file in PAGES[2:]:
        headers = anna.client.get(f"/me/{anna.token(Purpose.FRESH, person)}/{file}", buffered=True).headers
        assert headers["Content-Disposition"].startswith('attachment; filename="newsletter-2026-11-24.')
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "annika" not in str(headers).lower()


@pytest.mark.parametrize("typed", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "  =1"])
def test_no_cell_of_the_tables_is_a_formula(anna: Visitor, typed: str) -> None:
    person = signed_up(anna.there, asked("letter"))
    fields = json.dumps({"note": typed})
    with anna.there.database.write() as connection:
        changed = {"name": typed, "fields": fields, "source": typed}
        connection.execute(update(SUBSCRIBER).where(SUBSCRIBER.c.id == person).values(**changed))
    tables = tables_of(anna, f"/me/{anna.token(Purpose.FRESH, person)}/data.zip")
    header, values = tables["person"]
    assert dict(zip(header, values, strict=True))["name"] == f"'{typed}"
    for rows in tables.values():
        assert not [cell for row in rows for cell in row if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t"))]


def test_looking_and_taking_along_changes_nothing(anna: Visitor) -> None:
    person = a_whole_life(anna.there)
    before = dump(anna.there)
    for purpose in (Purpose.FRESH, Purpose.PREFERENCES):
        for page in PAGES:
            for method in ("get", "head", "options"):
                getattr(anna.client, method)(f"/me/{anna.token(purpose, person)}/{page}").close()
    assert dump(anna.there) == before


def test_erasing_takes_effect_before_the_answer_and_twice_is_once(anna: Visitor) -> None:
    person = a_whole_life(anna.there)
    link = f"/me/{anna.token(Purpose.FRESH, person)}/erase"
    assert "cannot be undone" in anna.get(link)
    anna.post(link, do="erase")
    assert traces(anna.there) == {trace: set() for trace in TRACES}
    after = dump(anna.there)
    anna.post(link, do="erase")
    assert "Everything is erased" in anna.get(link)
    assert dump(anna.there) == after


def test_every_old_link_says_kindly_that_there_is_nobody_and_one_click_answers_as_always(anna: Visitor) -> None:
    person = a_whole_life(anna.there)
    known = anna.client.post(f"/u1/{anna.token(Purpose.ONE_CLICK, person)}").data
    with anna.there.database.write() as connection:
        erase(connection, anna.there.publication, person, BY_LINK, NOON)
    for purpose, path in (
        (Purpose.PREFERENCES, "/me/{}"),
        (Purpose.UNSUBSCRIBE, "/u/{}"),
        (Purpose.ONE_CLICK, "/u1/{}"),
        (Purpose.PREFERENCES, "/h/{}"),
        (Purpose.FRESH, "/me/{}/data"),
        (Purpose.FRESH, "/me/{}/data.zip"),
    ):
        page = anna.get(path.format(anna.token(purpose, person)), 410)
        assert "There is nobody here any more" in page, path
    answer = anna.client.post(f"/u1/{anna.token(Purpose.ONE_CLICK, person)}")
    assert (answer.status_code, answer.data) == (200, known)


def test_ten_years_of_mail_are_exported_page_by_page(sqlite_url: str, tmp_path: Path) -> None:

    with visitor(sqlite_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        for _ in range(7):
            mail_handed_over(anna.there, person, anna.there.letter, NOON)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(export_values, "_PAGE", 3)
            told = json.loads(anna.client.get(f"/me/{anna.token(Purpose.FRESH, person)}/data.json").data)
        assert [one["mail"] for one in told["mails"]] == [1, 2, 3, 4, 5, 6, 7]
        assert len(told["hand_overs"]) == 7
