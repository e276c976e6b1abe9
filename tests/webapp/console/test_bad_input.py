"""What bad input gets in the console: a message beside its field that says what to do, and nothing half-done."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.webapp.console.marketer import HERE, Marketer, csrf_of, marketer
from tests.webapp.console.test_campaigns import DRAFT, draft, schedule, town_of
from tests.webapp.visitor import dump
from webapp.application import LARGEST_REQUEST_OCTETS
from webapp.console.import_files import Upload, keep, tidy


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def upload(at: Marketer, content: bytes, name: str = "people.csv") -> tuple[int, str]:
    """Status and text of the answer to an uploaded file."""
    token = csrf_of(at.get("import"))
    fields = {"csrf_token": token, "file": (io.BytesIO(content), name)}
    answer = at.client.post(f"{HERE}/import", data=fields, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "choose a file that is not empty"),
        (b"PK\x03\x04\x14\x00\x06\x00" + bytes(200), "open it and save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(300), "open it and save it as CSV"),
        (b"%PDF-1.7\n", "it holds pages, not rows"),
        (b"\x1f\x8b\x08\x00" + Random(1).randbytes(400), "unpack it first"),
        (b"\x89PNG\r\n\x1a\n" + Random(1).randbytes(4000), "this is no text"),
        (bytes(3000), "this is no text"),
        (b"\xef\xbb\xbfemail\n\xff\xfe\xfa@example.org\n", "save it as UTF-8"),
        (b"\n\n\n", "its first line has to name the columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_what_it_is(at: Marketer, content: bytes, said: str) -> None:
    before = dump(at.at.there)
    status, page = upload(at, content)
    assert status == 422
    assert 'id="problem-file"' in page
    assert said in page
    assert dump(at.at.there) == before
    assert list(at.at.site.settings.data_dir.glob("own/imports/*")) == []


def test_a_file_that_is_larger_than_a_page_takes_is_told_of_the_command(at: Marketer) -> None:
    head = b'--line\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\nemail\n'
    body = head + b"x@example.org\n" * (LARGEST_REQUEST_OCTETS // 14 + 1) + b"\r\n--line--\r\n"
    answer = at.client.post(f"{HERE}/import", data=body, content_type="multipart/form-data; boundary=line")
    assert answer.status_code == 413
    page = answer.get_data(as_text=True)
    assert "troth import" in page
    assert "Nothing was changed" in page


def test_a_table_without_a_column_of_addresses_says_so(at: Marketer) -> None:
    status, _ = upload(at, b"colour;size\nred;3\n")
    assert status == 303
    before = dump(at.at.there)
    where = next(at.at.site.settings.data_dir.glob("own/imports/*.csv")).stem.partition("-")[2]
    page = at.post(f"import/{where}", {"topic": "letter", "do": "import"}, 422)
    assert "email" in page
    assert dump(at.at.there) == before


def test_uploads_that_nobody_went_on_with_are_gone_after_a_day(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    old, new = keep(tmp_path, 1, "old.csv", b"email\nold@example.org\n"), keep(tmp_path, 1, "new.csv", b"email\n")
    kept = Upload(folder=tmp_path, publication=1, hash="0" * 64)
    kept.keep_refused(("email",), [])
    for path in (tmp_path / "imports").glob(f"*{old.hash}*"):
        os.utime(path, (0, (now - timedelta(hours=25)).timestamp()))
    assert tidy(tmp_path, now) == 2
    assert new.name == "new.csv"
    assert kept.has_refused()
    assert not list((tmp_path / "imports").glob(f"*{old.hash}*"))
    assert tidy(tmp_path, now + timedelta(days=31)) == 3


def test_the_next_upload_tidies(at: Marketer) -> None:
    upload(at, b"email\nold@example.org\n")
    for path in at.at.site.settings.data_dir.glob("own/imports/*"):
        os.utime(path, (0, 0))
    upload(at, b"email\nnew@example.org\n")
    assert [path.read_bytes() for path in at.at.site.settings.data_dir.glob("own/imports/*.csv")] == [
        b"email\nnew@example.org\n"
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Hello\n\n{{ subscriber.name }}", "line 3: .name is known of fields only"),
        ("{{ subscriber.name }}", "there are name, promise, web_url, preferences_url, unsubscribe_url, along"),
        ("One\n{% if name %}\nTwo", "line"),
        ("{{ name|shout }}", "there is no filter shout"),
    ],
)
def test_a_template_that_does_not_compile_is_said_with_its_line_and_kept(at: Marketer, source: str, said: str) -> None:
    before = dump(at.at.there)
    page = at.post("campaigns/new", {**DRAFT, "source": source}, 422)
    assert said in page
    assert 'id="problem-markdown"' in page
    assert source.replace("'", "&#39;") in page
    assert dump(at.at.there) == before


def test_for_a_field_that_nobody_has_the_preview_says_which_names_there_are(at: Marketer) -> None:
    page = at.get(f"{draft(at, source='{{ fields.city }}')}/preview")
    assert "city&#39;" in page
    assert "there are name, promise" in page


def test_a_campaign_that_would_be_over_before_it_begins_is_refused_where_that_is_typed(at: Marketer) -> None:
    assert "this is past" in at.post("campaigns/new", {**DRAFT, "expires_at": "2026-11-24T09:00"}, 422)
    path = draft(at, expires_at="2026-11-26T09:00")
    before = dump(at.at.there)
    assert "not worth sending after" in at.get(f"{path}/schedule?how=at&at=2026-11-27T09:00", 422)
    page = at.post(f"{path}/schedule", {"how": "at", "at": "2026-11-27T09:00"}, 422)
    assert 'id="problem-at"' in page
    assert 'value="2026-11-27T09:00"' in page
    assert dump(at.at.there) == before


def test_a_paused_campaign_is_not_made_to_end_before_its_time(at: Marketer) -> None:
    path = draft(at)
    schedule(at, path, "at", "2026-11-27T09:00")
    at.post(f"{path}/do", {"do": "pause"}, form_on=path)
    fields = {**DRAFT, "revision": "1", "expires_at": "2026-11-26T09:00"}
    assert "it is scheduled for Friday 27 November" in at.post(f"{path}/edit", fields, 422)


def test_a_change_of_topics_in_another_tab_is_not_overwritten_unseen(at: Marketer) -> None:
    path = draft(at)
    page = at.get(f"{path}/edit")
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    at.post(f"{path}/edit", {**DRAFT, "revision": "1", "seen": seen, "order-events": "2"})
    fields = {**DRAFT, "revision": "1", "seen": seen, "source": "Mine", "csrf_token": csrf_of(page)}
    answer = at.client.post(f"{HERE}/{path}/edit", data=fields)
    assert answer.status_code == 409
    assert "save again to put yours in its place" in answer.get_data(as_text=True)
    assert ">\nMine</textarea>" in answer.get_data(as_text=True)


def test_a_second_press_on_schedule_says_that_it_is_on_its_way(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    path = draft(at)
    page = at.get(f"{path}/schedule?how=now")
    fields = {"how": "now", "at": "", "csrf_token": csrf_of(page)}
    at.client.post(f"{HERE}/{path}/schedule", data=fields)
    town.hand_over()
    before = dump(at.at.there)
    answer = at.client.post(f"{HERE}/{path}/schedule", data=fields)
    assert answer.status_code == 409
    assert "See how it goes" in answer.get_data(as_text=True)
    assert dump(at.at.there) == before


def test_going_back_to_the_form_shows_what_has_become_of_it(at: Marketer) -> None:
    town_of(at).reader("anna", {"letter": "each"})
    path = draft(at)
    schedule(at, path)
    town_of(at).hand_over()
    page = at.get(f"{path}/schedule")
    assert "It is finished already" in page
    assert "Send it now" not in page


def test_a_cadence_that_is_used_up_already_says_until_when(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    town.campaign("Letter", "letter")
    town.hand_over()
    page = at.post("topics/letter/cadence", {"count": "1", "per": "month", "do": "show"}, 200)
    assert "would write again from" in page
    assert "breaks no promise" in page
    page = at.post("topics/letter/cadence", {"count": "9", "per": "month", "do": "show"}, 200)
    assert "would write again from" not in page


def test_what_is_wrong_is_listed_by_the_names_fields_have_on_the_page_and_leads_to_them(at: Marketer) -> None:
    page = at.post("campaigns/new", {**DRAFT, "order-letter": "", "expires_at": "soon", "subject": ""}, 422)
    listed = page.partition('role="alert"')[2].partition("</section>")[0]
    assert '<a href="#problem-topics">Topics</a>: give at least one topic a place' in listed
    assert '<a href="#expires_at">Not worth sending after</a>: must be' in listed
    assert 'id="problem-topics"' in page
    assert 'id="expires_at"' in page
