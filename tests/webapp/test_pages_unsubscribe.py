"""Leaving by the page and by one click: at once, without anything but the link, and with a way back."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from preferences.expectation import Suppression
from preferences.links import Links, Purpose
from preferences.store.changes import asked_now
from preferences.store.erasures import erase
from preferences.store.events import SYSTEM
from preferences.store.subscribers import subscriber
from preferences.store.suppressions import suppress
from preferences.store.tables import PUBLICATION, SERVICE_MAIL, UNSUBSCRIBE
from preferences.store.unsubscribes import last_unsubscribe
from preferences.unsubscribe import Cause, Scope
from tests.store.newsletter import asked, count, mail_handed_over, rows, signed_up, written
from tests.webapp.visitor import Visitor, hidden, visitor


def has_left(anna: Visitor, person: int) -> bool:
    with anna.there.database.read() as connection:
        return subscriber(connection, anna.there.publication, person).standing.unsubscribed


@pytest.mark.parametrize("path", ["/u1/{}", "/u1/{}/"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_one_click_takes_effect_before_the_answer_without_cookie_or_redirect(
    database_url: str, tmp_path: Path, path: str, kind: str
) -> None:
    urlencoded = b"List-Unsubscribe=One-Click"
    multipart = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        token = anna.token(Purpose.ONE_CLICK, person)
        body = multipart if kind.startswith("multipart") else urlencoded
        answer = anna.client.post(path.format(token), data=body, content_type=kind)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert has_left(anna, person)
        with anna.there.database.read() as connection:
            (row,) = rows(connection, UNSUBSCRIBE)
        assert (row["route"], row["scope"], row["made_by"]) == ("header_one_click", "all", "link")


def test_one_click_answers_the_same_to_new_used_forged_and_erased_links(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        erased = signed_up(anna.there, asked("letter"), address="gone@example.org")
        with anna.there.database.write() as connection:
            erase(connection, anna.there.publication, erased, SYSTEM, anna.clock.now())
        token = anna.token(Purpose.ONE_CLICK, person)
        forged = Links(["another key that nobody here knows"]).sign
        claim = anna.links.read(token, Purpose.ONE_CLICK)
        assert claim is not None
        tokens = [token, token, "nonsense", forged(claim), anna.token(Purpose.ONE_CLICK, erased)]
        answers = [anna.client.post(f"/u1/{one}", data={"List-Unsubscribe": "One-Click"}) for one in tokens]
        assert len({(one.status_code, one.data, str(sorted(one.headers))) for one in answers}) == 1


def test_one_click_may_be_narrowed_to_the_topic(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        with anna.there.database.write() as connection:
            connection.execute(PUBLICATION.update().values(one_click_ends="topic"))
        anna.post(f"/u1/{anna.token(Purpose.ONE_CLICK, person, topics=(anna.there.letter,))}", 200)
        with anna.there.database.read() as connection:
            assert written(asked_now(connection, anna.there.publication, person)) == written(asked("events"))


def test_after_one_click_a_goodbye_says_what_ended_and_after_a_complaint_none(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        other = signed_up(anna.there, asked("letter"), address="other@example.org")
        with anna.there.database.write() as connection:
            suppress(connection, anna.there.publication, other, Suppression.COMPLAINT, SYSTEM, anna.clock.now())
        for one in (person, other):
            anna.post(f"/u1/{anna.token(Purpose.ONE_CLICK, one)}", 200)
        with anna.there.database.read() as connection:
            goodbyes = [row for row in rows(connection, SERVICE_MAIL) if row["kind"] == "goodbye"]
        assert [row["details"] for row in goodbyes] == ['{"ended": ["Letter", "Events"]}']


def test_the_page_behind_a_one_click_link_changes_nothing_and_has_the_buttons(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        page = anna.get(f"/u1/{anna.token(Purpose.ONE_CLICK, person, topics=(anna.there.letter,))}")
        assert "Stop Letter only" in page
        assert "Stop Events only" not in page
        assert "Stop everything" in page
        assert "<script" not in page
        assert not has_left(anna, person)


def test_one_button_stops_one_topic_and_one_stops_everything(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        delivery = mail_handed_over(anna.there, person, anna.there.letter, anna.clock.now())
        link = f"/u/{anna.token(Purpose.UNSUBSCRIBE, person, topics=(anna.there.letter,), delivery=delivery)}"
        anna.post(link, do="topic", topic=str(anna.there.letter))
        assert "Letter has ended" in anna.get(link)
        assert not has_left(anna, person)
        anna.post(link, do="all")
        assert "You are unsubscribed" in anna.get(link)
        with anna.there.database.read() as connection:
            topic, everything = rows(connection, UNSUBSCRIBE)
        assert (topic["scope"], topic["topic_id"], topic["route"]) == ("topic", anna.there.letter, "footer_link")
        assert (everything["scope"], everything["attribution"], everything["delivery_id"]) == ("all", "exact", delivery)


def test_the_cause_is_one_tap_afterwards_in_an_order_that_is_kept(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        link = f"/u/{anna.token(Purpose.UNSUBSCRIBE, person)}"
        assert "never_asked" not in anna.get(link)
        anna.post(link, do="all")
        page = anna.get(link)
        number = hidden(page, "unsubscribe")
        shown = [part.split('"')[0] for part in page.split('name="cause" value="')[1:]]
        anna.post(link, do="cause", unsubscribe=number, cause="not_relevant")
        anna.post(link, do="cause", unsubscribe=number, cause="other", words="moved <away>")
        # The mail may have been forwarded: only a fresh link shows what was written.
        assert "moved" not in anna.get(link)
        assert "moved &lt;away&gt;" in anna.get(f"/u/{anna.token(Purpose.FRESH, person)}")
        with anna.there.database.read() as connection:
            left = last_unsubscribe(connection, anna.there.publication, person)
        assert left is not None
        assert (left.cause, left.words) == (Cause.OTHER, "moved <away>")
        assert left.shuffle.split(",") == shown
        anna.post(link, 422, do="cause", unsubscribe=number, cause="complaint")


def test_nobody_states_the_cause_of_somebody_else(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        anna_id = signed_up(anna.there, asked("letter"))
        ben = signed_up(anna.there, asked("letter"), address="ben@example.org")
        link = f"/u/{anna.token(Purpose.UNSUBSCRIBE, anna_id)}"
        anna.post(link, do="all")
        number = hidden(anna.get(link), "unsubscribe")
        anna.post(f"/u/{anna.token(Purpose.UNSUBSCRIBE, ben)}", 404, do="cause", unsubscribe=number, cause="changed")


def test_the_same_link_undoes_within_half_an_hour_and_not_later(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        link = f"/u/{anna.token(Purpose.UNSUBSCRIBE, person)}"
        anna.post(link, do="all")
        anna.later(minutes=29)
        page = anna.get(link)
        fields = {"do": "undo", "unsubscribe": hidden(page, "unsubscribe"), "undo": hidden(page, "undo")}
        anna.later(minutes=2)
        assert "undo it" not in anna.get(link)
        anna.send(link, fields)
        assert has_left(anna, person)
        anna.later(minutes=-2)
        anna.send(link, fields)
        assert not has_left(anna, person)
        with anna.there.database.read() as connection:
            assert written(asked_now(connection, anna.there.publication, person)) == written(asked("letter", "events"))


def test_a_fresh_link_undoes_later_too(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        anna.post(f"/u/{anna.token(Purpose.UNSUBSCRIBE, person)}", do="topic", topic=str(anna.there.events))
        anna.later(days=3)
        assert "undo it" not in anna.get(f"/u/{anna.token(Purpose.UNSUBSCRIBE, person)}")
        fresh = f"/u/{anna.token(Purpose.FRESH, person)}"
        page = anna.get(fresh)
        anna.send(fresh, {"do": "undo", "unsubscribe": hidden(page, "unsubscribe"), "undo": hidden(page, "undo")})
        with anna.there.database.read() as connection:
            assert written(asked_now(connection, anna.there.publication, person)) == written(asked("letter", "events"))


def test_the_page_says_when_a_mail_is_already_on_its_way(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        mail_handed_over(anna.there, person, anna.there.letter, anna.clock.now(), state="handing_over")
        link = f"/u/{anna.token(Purpose.UNSUBSCRIBE, person)}"
        anna.post(link, do="all")
        assert "already on its way" in anna.get(link)


def test_a_link_with_one_changed_character_leads_nowhere(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        token = anna.token(Purpose.UNSUBSCRIBE, person)
        for place in random.Random(7).sample(range(len(token)), 8):
            other = "A" if token[place] != "A" else "B"
            changed = token[:place] + other + token[place + 1 :]
            assert "leads nowhere" in anna.get(f"/u/{changed}", 404)
            anna.post(f"/u/{changed}", 404, do="all")
        assert not has_left(anna, person)


def test_leaving_everything_is_scope_all_also_by_the_last_topic(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        anna.post(f"/u/{anna.token(Purpose.UNSUBSCRIBE, person)}", do="topic", topic=str(anna.there.letter))
        with anna.there.database.read() as connection:
            left = last_unsubscribe(connection, anna.there.publication, person)
            assert count(connection, UNSUBSCRIBE) == 1
        assert left is not None
        assert left.scope is Scope.ALL


def test_two_slashes_are_no_redirection_to_the_host_that_was_named(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        answer = anna.client.post("/console//", headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "Location" not in answer.headers
