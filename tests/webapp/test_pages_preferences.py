"""My preferences: less at once with any link, more only with a fresh one, and nothing typed is lost."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from preferences.address import parse_address
from preferences.cadence import Cadence, Cap, Period
from preferences.links import Purpose
from preferences.store.changes import asked_now, change_expectation
from preferences.store.events import SYSTEM
from preferences.store.expectations import terms_of
from preferences.store.subscribers import subscriber, subscriber_at
from preferences.store.tables import CONSENT, EVENT, EXPECTATION, SERVICE_MAIL, UNSUBSCRIBE
from preferences.store.topics import state_cadence, topic_named
from tests.store.newsletter import BY_LINK, asked, count, mail_handed_over, rows, signed_up, written
from tests.webapp.visitor import Visitor, hidden, visitor


def now(anna: Visitor, person: int) -> dict[str, Any]:
    with anna.there.database.read() as connection:
        return written(asked_now(connection, anna.there.publication, person))


def form_of(page: str, **changes: Any) -> dict[str, Any]:
    """The form as it stands on a page, with some fields changed; None takes one out."""
    fields: dict[str, Any] = {"do": "save", "version": hidden(page, "version")}
    for part in page.split('type="checkbox" name="')[1:]:
        name, value = part.split('" value="')[0], part.split('value="')[1].split('"')[0]
        if "checked" in part.split(">")[0]:
            fields.setdefault(name, []).append(value)
    for name in ("arrives-letter", "arrives-events", "per-total", "per-letter", "digest-weekday"):
        options = page.split(f'name="{name}"')[1].split("</select>", maxsplit=1)[0]
        fields[name] = next(
            part.split('"')[0] for part in options.split('value="') if " selected" in part.split(">")[0]
        )
    for name in (
        "count-total",
        "count-letter",
        "hours-from",
        "hours-to",
        "paused-from",
        "paused-until",
        "zone",
        "digest-hour",
        "digest-day",
    ):
        fields[name] = page.split(f'name="{name}"')[1].split('value="')[1].split('"', maxsplit=1)[0]
    fields.update({name.replace("_", "-"): value for name, value in changes.items()})
    return {name: value for name, value in fields.items() if value is not None}


@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES, Purpose.FRESH])
def test_the_first_screen_has_the_sentence_and_the_three_ways_to_less(
    database_url: str, tmp_path: Path, purpose: Purpose
) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        page = anna.get(f"/me/{anna.token(purpose, person)}")
        assert "You get Letter once a week, usually on Tuesdays. Nothing else." in page
        for words in ("Once a week, all in one mail", "Pause for a month", "Unsubscribe"):
            assert words in page
        assert "example.org" not in page.lower()


def test_once_a_week_is_one_tap_and_a_pause_another(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events", "notices"))
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        anna.post(link, do="once_a_week")
        anna.post(link, do="pause")
        weekly = [{"topic": slug, "arrives": "weekly"} for slug in ("letter", "events")]
        wanted = asked(*weekly, "notices", paused={"from": "2026-11-24", "until": "2026-12-24"})
        assert now(anna, person) == written(wanted)
        assert "Nothing until Thursday 24 December." in anna.get(link)


def test_saving_the_form_as_it_stands_changes_nothing_that_is_asked_for(database_url: str, tmp_path: Path) -> None:
    wants = asked(
        {"topic": "letter", "at_most": {"count": 1, "per": "month"}},
        {"topic": "events", "arrives": "weekly"},
        at_most={"count": 2, "per": "week"},
        days=["tue", "fri"],
        hours={"from": "08:00", "to": "20:30"},
        paused={"from": "2026-12-20", "until": "2027-01-04"},
        digest={"hour": "18:00", "weekday": "fri", "day": 31},
        overflow="leave_out",
    )
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, wants, zone="Europe/Paris")
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        anna.send(link, form_of(anna.get(link), overflow="leave_out"))
        assert now(anna, person) == written(wants)


def test_a_link_of_a_mail_may_ask_for_less_by_the_form(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        anna.send(link, form_of(anna.get(link), topic=["letter"], count_total="1", per_total="month"))
        assert now(anna, person) == written(asked("letter", at_most={"count": 1, "per": "month"}))
        with anna.there.database.read() as connection:
            assert [row["kind"] for row in rows(connection, SERVICE_MAIL)][1:] == ["changed"]
            assert "opted_down" in [row["kind"] for row in rows(connection, EVENT)]


@pytest.mark.parametrize(
    "more",
    [{"topic": ["letter", "events"]}, {"count_total": ""}, {"zone": "Asia/Tokyo"}, {"hours_from": "", "hours_to": ""}],
)
def test_a_link_of_a_mail_that_asks_for_more_changes_nothing_and_sends_a_fresh_link(
    database_url: str, tmp_path: Path, more: dict[str, Any]
) -> None:
    wants = asked("letter", at_most={"count": 1, "per": "month"}, hours={"from": "08:00", "to": "20:00"})
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, wants)
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        page = anna.send(link, form_of(anna.get(link), **more), 200)
        assert "Nothing has changed yet" in page
        assert now(anna, person) == written(wants)
        fresh = anna.mailed_links()[-1]
        opened = anna.get(fresh)
        assert "What you had typed stands below" in opened
        anna.send(fresh.split("?")[0], form_of(opened))
        assert (now(anna, person) != written(wants)) or "zone" in more
        if "zone" in more:
            with anna.there.database.read() as connection:
                terms = terms_of(connection, anna.there.publication, [person])[person]
            assert terms.expectation.zone == "Asia/Tokyo"


def test_a_fresh_link_is_over_after_an_hour(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        link = f"/me/{anna.token(Purpose.FRESH, person)}"
        form = form_of(anna.get(link), topic=["letter", "events"])
        anna.later(hours=1)
        assert "one hour, which is over" in anna.get(link, 410)
        anna.send(link, form, 410)
        assert now(anna, person) == written(asked("letter"))


def test_of_two_tabs_the_second_is_asked_again_and_loses_nothing(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        first = second = anna.get(link)
        anna.send(link, form_of(first, topic=["letter"]))
        page = anna.send(link, form_of(second, count_total="1", topic=["letter"]), 409)
        assert "Meanwhile this was changed elsewhere" in page
        assert "You get Letter once a week" in page
        assert now(anna, person) == written(asked("letter"))
        again = form_of(page)
        assert again["count-total"] == "1"
        anna.send(link, again)
        assert now(anna, person) == written(asked("letter", at_most={"count": 1, "per": "week"}))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"hours_from": "25:00", "hours_to": "26:00"}, "hours-from"),
        ({"paused_from": "2026-12-20", "paused_until": "2026-12-01"}, "paused-from"),
        ({"count_total": "0"}, "count-total"),
        ({"arrives_letter": "weekly", "digest_day": "42"}, "digest-day"),
        ({"zone": "Mars/Base"}, "zone"),
    ],
)
def test_a_form_that_is_wrong_is_shown_again_with_the_message_beside_the_field(
    database_url: str, tmp_path: Path, wrong: dict[str, str], field: str
) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        link = f"/me/{anna.token(Purpose.FRESH, person)}"
        page = anna.send(link, form_of(anna.get(link), **wrong), 422)
        assert f'id="problem-{field}"' in page
        for name, value in wrong.items():
            if not name.startswith("arrives"):
                assert value in page
        with anna.there.database.read() as connection:
            assert count(connection, EXPECTATION) == 1


def test_a_form_without_a_topic_is_leaving_and_an_empty_post_is_not(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        anna.send(link, {}, 422)
        assert now(anna, person) == written(asked("letter"))
        anna.send(link, form_of(anna.get(link), topic=None))
        assert "You are unsubscribed" in anna.get(link)


def test_who_has_left_comes_back_with_a_fresh_link_which_a_mail_s_link_sends(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        anna.post(f"/u/{anna.token(Purpose.UNSUBSCRIBE, person)}", do="all")
        mail_link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        assert "Nothing has changed yet" in anna.send(mail_link, {"do": "save", "topic": "events"}, 200)
        assert "You are unsubscribed" in anna.get(mail_link)
        fresh = anna.mailed_links()[-1]
        opened = anna.get(fresh)
        assert "What you had typed stands below" in opened
        anna.send(fresh.split("?")[0], form_of(opened))
        assert now(anna, person) == written(asked("events"))
        with anna.there.database.read() as connection:
            assert subscriber(connection, anna.there.publication, person).standing.confirmed
            assert [row["method"] for row in rows(connection, CONSENT)][-1] == "by_link"


def test_a_sender_who_plans_more_is_accepted_only_by_a_tick(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        with anna.there.database.write() as connection:
            topic = topic_named(connection, anna.there.publication, "letter")
            faster = Cadence(id=0, at_most=Cap(count=3, per=Period.WEEK))
            state_cadence(connection, anna.there.publication, topic, faster, SYSTEM, anna.clock.now())
        link = f"/me/{anna.token(Purpose.FRESH, person)}"
        page = anna.get(link)
        assert "Accept at most 3 times a week" in page

        def accepted() -> int:
            with anna.there.database.read() as connection:
                terms = terms_of(connection, anna.there.publication, [person])[person]
            return terms.topics[anna.there.letter].cadences.accepted.at_most.count

        version = {"cadence-letter": hidden(page, "cadence-letter")}
        anna.send(link, form_of(page, **version))
        assert accepted() == 1
        anna.send(link, {**form_of(anna.get(link), accept=["letter"]), **version})
        assert accepted() == 3


def test_a_fresh_link_goes_to_the_address_as_it_is_known(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"), address="Anna@Example.org")
        anna.send("/fresh", {"email": "ANNA@example.org"}, 200)
        (link,) = anna.mailed_links()
        assert "Save" in anna.get(link)
        with anna.there.database.read() as connection:
            fresh = [row for row in rows(connection, SERVICE_MAIL) if row["kind"] == "fresh_link"]
            found = subscriber_at(connection, anna.there.publication, parse_address("anna@example.org"))
        assert found is not None
        assert found.id == person
        assert [row["address"] for row in fresh] == ["Anna@Example.org"]
        anna.send("/fresh", {"email": "nobody"}, 422)


def test_a_receipt_is_limited_to_three_a_day(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        with anna.there.database.write() as connection:
            for days in (["mon"], ["tue"], ["wed"]):
                wants = asked("letter", days=days)
                change_expectation(connection, anna.there.publication, person, wants, BY_LINK, anna.clock.now())
        for _ in range(6):
            anna.send("/fresh", {"email": "anna@example.org"}, 200)
        with anna.there.database.read() as connection:
            kinds = [row["kind"] for row in rows(connection, SERVICE_MAIL) if row["state"] != "dropped"]
        assert kinds == ["confirm", "fresh_link", "fresh_link", "fresh_link"]


def planned(anna: Visitor, count: int) -> None:
    with anna.there.database.write() as connection:
        topic = topic_named(connection, anna.there.publication, "letter")
        faster = Cadence(id=0, at_most=Cap(count=count, per=Period.WEEK))
        state_cadence(connection, anna.there.publication, topic, faster, SYSTEM, anna.clock.now())


def accepted(anna: Visitor, person: int) -> int:
    with anna.there.database.read() as connection:
        terms = terms_of(connection, anna.there.publication, [person])[person]
    return terms.topics[anna.there.letter].cadences.accepted.at_most.count


def test_whether_oftener_is_welcome_is_asked_until_it_is_answered_and_a_mail_s_link_cannot_accept(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        planned(anna, 3)
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        page = anna.get(link)
        assert "Letter plans to write at most 3 times a week instead of once a week" in page
        answer = {"about": "letter", "cadence": hidden(page, "cadence")}
        assert "Nothing has changed yet" in anna.send(link, {**answer, "do": "accept"}, 200)
        assert accepted(anna, person) == 1
        fresh = anna.mailed_links()[-1]
        assert "Letter plans to write" in anna.get(fresh)
        anna.send(fresh, {**answer, "do": "accept"})
        assert accepted(anna, person) == 3
        assert "plans to write" not in anna.get(fresh)
        planned(anna, 5)
        answer["cadence"] = hidden(anna.get(link), "cadence")
        anna.send(link, {**answer, "do": "keep"})
        anna.send(link, {**answer, "do": "keep"})
        assert "plans to write" not in anna.get(link)
        planned(anna, 6)
        answer["cadence"] = hidden(anna.get(link), "cadence")
        anna.send(link, {**answer, "do": "leave"})
        assert now(anna, person) == written(asked("events"))


def test_pressing_save_twice_is_saving_once(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        form = form_of(anna.get(link), topic=["letter"])
        for _ in range(3):
            anna.send(link, form)
        with anna.there.database.read() as connection:
            assert count(connection, EXPECTATION) == 2
            assert [row["kind"] for row in rows(connection, SERVICE_MAIL)][1:] == ["changed"]


def test_a_change_is_taken_back_by_the_page_that_says_it_for_half_an_hour(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        wants = asked("events", {"topic": "letter", "at_most": {"count": 1, "per": "month"}})
        person = signed_up(anna.there, wants)
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"

        def pressed(button: str) -> tuple[str, dict[str, str]]:
            path = anna.client.post(link, data={"do": button}).headers["Location"]
            page = anna.get(path)
            assert "Saved. This is how it is from now on." in page
            return path, {"do": "undo", "undo": hidden(page, "undo"), "version": hidden(page, "version")}

        _, undo = pressed("pause")
        anna.later(minutes=29)
        anna.send(link, undo)
        assert now(anna, person) == written(wants)
        anna.send(link, undo)
        path, undo = pressed("once_a_week")
        anna.later(minutes=31)
        assert "Undo" not in anna.get(path)
        anna.send(link, undo)
        assert now(anna, person) != written(wants)


def test_the_undo_of_one_change_takes_back_no_later_one(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("events", "letter"))
        forwarded = f"/me/{anna.token(Purpose.READ, person)}"
        path = anna.client.post(forwarded, data={"do": "once_a_week"}).headers["Location"]
        undo = hidden(anna.get(path), "undo")
        anna.later(minutes=1)
        anna.post(f"/me/{anna.token(Purpose.FRESH, person)}", do="pause")
        chosen = now(anna, person)
        with anna.there.database.read() as connection:
            version = subscriber(connection, anna.there.publication, person).version
        anna.post(forwarded, do="undo", undo=undo, version=version)
        assert now(anna, person) == chosen


def test_what_would_be_saved_is_shown_with_the_form_as_it_was_typed(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        form = form_of(anna.get(link), count_total="1", per_total="month", do="show")
        page = anna.send(link, form, 200)
        assert "At most one mail a month from everything you chose" in page
        assert form_of(page)["count-total"] == "1"
        part = anna.send(link, {**form, "part": "promise"}, 200)
        assert part.lstrip().startswith('<section class="promise"')
        assert len(part) < 500
        assert now(anna, person) == written(asked("letter", "events"))


def test_another_language_is_asked_of_a_fresh_link_and_kept(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        mail, fresh = (f"/me/{anna.token(purpose, person)}" for purpose in (Purpose.PREFERENCES, Purpose.FRESH))
        change = {"lang": "de", "lang-was": "en"}
        assert "Nothing has changed yet" in anna.send(mail, {**form_of(anna.get(mail)), **change}, 200)
        anna.send(fresh, {**form_of(anna.get(fresh)), **change})
        assert '<html lang="de"' in anna.get(mail)
        with anna.there.database.read() as connection:
            assert subscriber(connection, anna.there.publication, person).language == "de"
            assert count(connection, EXPECTATION) == 1


def test_a_zone_is_understood_by_its_city(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        link = f"/me/{anna.token(Purpose.FRESH, person)}"
        anna.send(link, form_of(anna.get(link), zone="new york"))
        with anna.there.database.read() as connection:
            terms = terms_of(connection, anna.there.publication, [person])[person]
        assert terms.expectation.zone == "America/New_York"


def test_asking_for_less_is_recorded_like_an_unsubscribe_and_is_none(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"), now=anna.clock.now() - timedelta(days=30))
        _, delivery = (
            mail_handed_over(anna.there, person, anna.there.letter, anna.clock.now() - timedelta(days=days))
            for days in (20, 2)
        )
        exact = {"attribution": "exact", "charged_topic": anna.there.letter}
        for link, button, expected in (
            (anna.token(Purpose.PREFERENCES, person, delivery=delivery), "once_a_week", exact),
            (anna.token(Purpose.FRESH, person), "pause", {**exact, "attribution": "inferred"}),
        ):
            anna.post(f"/me/{link}", do=button)
            with anna.there.database.read() as connection:
                event = [row for row in rows(connection, EVENT) if row["kind"] == "opted_down"][-1]
                assert count(connection, UNSUBSCRIBE) == 0
            details = json.loads(event["details"])
            assert (event["route"], event["made_by"], event["delivery_id"]) == ("preference_page", "link", delivery)
            assert {name: details[name] for name in expected} == expected
            around = ("counted_in_7_days", "counted_in_28_days", "tenure_days", "tenure_mails", "broken_before")
            assert [details[name] for name in around] == [1, 2, 30, 2, False]
            assert details["steps"]
            assert details["expectation"]
