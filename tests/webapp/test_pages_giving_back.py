"""What readers give back after reading: an answer, a vote, another reader."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from preferences.links import Purpose
from preferences.store.changes import asked_now, change_expectation
from preferences.store.erasures import erase
from preferences.store.reader_answers import LONGEST, answers
from preferences.store.tables import ANSWER, CAMPAIGN, CAMPAIGN_CONTENT, REFERRAL, SIGN_UP_REQUEST, VOTE
from tests.store.newsletter import BY_FOOTER, BY_LINK, NOON, asked, count, mail_handed_over, rows, signed_up
from tests.webapp.visitor import Visitor, dump, hidden, visitor

QUESTION = "What should we read next?"


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Visitor]:
    with visitor(database_url, tmp_path) as somebody:
        yield somebody


@pytest.fixture
def anna(at: Visitor) -> int:
    return signed_up(at.there, asked("letter", "events"), name="Anna Amsel")


@pytest.fixture
def mail(at: Visitor, anna: int) -> str:
    """The path of the web version of a letter to Anna, under which something is asked."""
    delivery = mail_handed_over(at.there, anna, at.there.letter, NOON)
    with at.there.database.write() as connection:
        connection.execute(update(CAMPAIGN_CONTENT).values(question=QUESTION))
        connection.execute(update(CAMPAIGN).values(status="finished", planned_at=NOON))
    return f"/r/{at.token(Purpose.READ, anna, delivery=delivery)}"


def kept(at: Visitor) -> list[tuple[str, bool]]:
    with at.there.database.read() as connection:
        return [(one.words, one.may_write_back) for one in answers(connection, at.there.publication, 10)]


def wants(at: Visitor, reader: int) -> dict[str, str]:
    with at.there.database.read() as connection:
        now = asked_now(connection, at.there.publication, reader)
    assert now is not None
    return {topic.topic: topic.arrives.value for topic in now.topics}


def send(at: Visitor, path: str, status: int = 303, **fields: Any) -> str:
    return at.send(path, fields, status)


def test_an_answer_is_kept_thanked_for_and_shown_and_nothing_is_ticked_in_advance(at: Visitor, mail: str) -> None:
    page = at.get(f"{mail}/answer")
    assert QUESTION in page
    assert "checked" not in page
    typed = {"words": " The Waves.\r\n\r\nAll of it.  "}
    page = at.get(at.client.post(f"{mail}/answer", data=typed).headers["Location"])
    assert "Thank you" in page
    assert "The Waves.<br>" in page
    assert "Nobody writes back" in page
    assert kept(at) == [("The Waves.\n\nAll of it.", False)]


def test_another_answer_takes_the_place_of_the_first_whose_words_are_gone(at: Visitor, mail: str) -> None:
    send(at, f"{mail}/answer", words="Woolf")
    send(at, f"{mail}/answer", words="Woolf")
    send(at, f"{mail}/answer", words="Bachmann", may_write_back="yes")
    assert kept(at) == [("Bachmann", True)]
    with at.there.database.read() as connection:
        assert [row["words"] for row in rows(connection, ANSWER)] == ["", "Bachmann"]


def test_an_answer_can_be_taken_back(at: Visitor, mail: str) -> None:
    send(at, f"{mail}/answer", words="Woolf")
    send(at, f"{mail}/answer", do="take_back")
    send(at, f"{mail}/answer", do="take_back")
    assert kept(at) == []
    assert "Woolf" not in at.get(f"{mail}/answer")


def test_the_words_of_an_answer_are_shown_only_to_who_has_just_written_them(at: Visitor, mail: str) -> None:
    written = at.client.post(f"{mail}/answer", data={"words": "Woolf"}).headers["Location"]
    assert "Woolf" in at.get(written)
    # Whoever the mail was forwarded to has its links only, and what those lead to.
    page = at.get(f"{mail}/answer")
    assert "Woolf" not in page
    at.later(minutes=31)
    assert "Woolf" not in at.get(written)
    assert "Woolf" not in page
    assert "You answered on" in page
    assert kept(at) == [("Woolf", False)]


@pytest.mark.parametrize("words", ["", "   ", "x" * (LONGEST + 1), "a\x00b"])
def test_what_cannot_be_kept_is_said_beside_the_field_and_stays_in_it(at: Visitor, mail: str, words: str) -> None:
    page = send(at, f"{mail}/answer", 422, words=words, may_write_back="yes")
    assert 'aria-invalid="true"' in page
    assert 'value="yes" checked' in page
    assert words.strip().replace("\x00", "") in page.replace("\x00", "")
    assert kept(at) == []


def test_where_nothing_is_asked_nothing_can_be_answered(at: Visitor, mail: str) -> None:
    with at.there.database.write() as connection:
        connection.execute(update(CAMPAIGN_CONTENT).values(question=""))
    at.get(f"{mail}/answer", 404)
    send(at, f"{mail}/answer", 404, words="Woolf")


def test_a_get_votes_for_nothing_and_answers_nothing(at: Visitor, mail: str) -> None:
    before = dump(at.there)
    for path in ("answer", "vote", "vote?said=too_often", "pass-on"):
        at.get(f"{mail}/{path}")
        at.client.head(f"{mail}/{path}")
        at.client.options(f"{mail}/{path}")
    assert dump(at.there) == before


def test_a_vote_is_pressed_and_then_offers_the_change_it_asks_for(at: Visitor, anna: int, mail: str) -> None:
    page = at.get(f"{mail}/vote?said=too_often")
    assert "Yes, it comes too often" in page
    send(at, f"{mail}/vote", said="too_often")
    page = at.get(f"{mail}/vote")
    assert "Thank you" in page
    for offer in ("Letter</bdi> in one mail a week", "Once a week, all in one mail", "No more", "Pause for a month"):
        assert offer in page
    assert wants(at, anna) == {"letter": "each", "events": "each"}


def test_from_a_vote_one_topic_is_gathered_and_the_others_stay(at: Visitor, anna: int, mail: str) -> None:
    send(at, f"{mail}/vote", said="less_like_this")
    send(at, f"{mail}/vote", do="weekly")
    assert wants(at, anna) == {"letter": "weekly", "events": "each"}
    assert "in one mail a week" not in at.get(f"{mail}/vote").partition("Once a week")[0]


def test_from_a_vote_a_topic_ends_or_everything_pauses_by_the_link_of_the_mail(
    at: Visitor, anna: int, mail: str
) -> None:
    send(at, f"{mail}/vote", said="too_often")
    page = at.get(f"{mail}/vote")
    send(at, mail.replace("/r/", "/me/"), do="pause")
    assert "Pause for a month" not in at.get(f"{mail}/vote")
    send(at, mail.replace("/r/", "/u/"), do="topic", topic=hidden(page, "topic"))
    assert wants(at, anna) == {"events": "each"}


def test_more_like_this_offers_to_pass_it_on_and_unlocks_nothing(at: Visitor, anna: int, mail: str) -> None:
    send(at, f"{mail}/vote", said="more_like_this")
    page = at.get(f"{mail}/vote")
    assert "no topic that you did not choose" in page
    assert f"{mail}/pass-on" in page
    assert wants(at, anna) == {"letter": "each", "events": "each"}


def test_what_is_no_vote_is_refused(at: Visitor, mail: str) -> None:
    assert "How was this mail?" in at.get(f"{mail}/vote?said=nonsense")
    send(at, f"{mail}/vote", 422, said="nonsense")
    with at.there.database.read() as connection:
        assert count(connection, VOTE) == 0


def passed_on(at: Visitor, mail: str) -> str:
    """The path of the link that the page offers to send."""
    found = re.search(r'id="link" readonly value="http://[^/]+(/[^"]+)"', at.get(f"{mail}/pass-on"))
    assert found is not None
    return html.unescape(found[1])


def sign_up(at: Visitor, path: str, address: str) -> None:
    """Sign up on the page that a link leads to, and confirm."""
    page = at.get(path)
    fields = {"topic": "letter", "email": address, "by": hidden(page, "by")}
    at.send(path.partition("?")[0], fields, 200)
    for link in at.mailed_links():
        if link.startswith("/confirm/"):
            at.client.post(link)


def test_who_is_sent_here_sees_what_to_read_and_never_who_sent_it(at: Visitor, mail: str) -> None:
    page = at.get(passed_on(at, mail))
    assert "Passed on to you by a reader." in page
    read = re.search(r'href="(/a/[^"]+)">Read it first', page)
    assert read is not None
    assert "Anna" not in page
    at.get(read[1])


def test_whoever_is_brought_counts_once_confirmed_and_its_bringer_sees_a_number(at: Visitor, mail: str) -> None:
    link = passed_on(at, mail)
    assert "You have brought" not in at.get(f"{mail}/pass-on")
    sign_up(at, link, "bert@example.org")
    sign_up(at, link, "bert@example.org")
    page = at.get(f"{mail}/pass-on")
    assert "You have brought 1 reader." in page
    assert "bert" not in page


def test_passing_it_on_to_oneself_counts_nothing_and_is_answered_like_anybody(at: Visitor, mail: str) -> None:
    link = passed_on(at, mail)
    form = {"topic": "letter", "by": hidden(at.get(link), "by")}
    mine = at.send(link.partition("?")[0], {**form, "email": "anna@example.org"}, 200)
    theirs = at.send(link.partition("?")[0], {**form, "email": "new@example.org"}, 200)
    assert mine == theirs
    for confirmation in at.mailed_links():
        at.client.post(confirmation)
    assert "You have brought 1 reader." in at.get(f"{mail}/pass-on")


def test_a_link_that_was_changed_or_whose_reader_was_erased_signs_up_like_any_other(
    at: Visitor, anna: int, mail: str
) -> None:
    link = passed_on(at, mail)
    with at.there.database.write() as connection:
        erase(connection, at.there.publication, anna, BY_FOOTER, NOON)
    for path in (link, f"{link}x", f"{link.partition('?')[0]}?by=nonsense"):
        assert "Passed on to you" not in at.get(path)
        token = path.partition("?by=")[2]
        at.send(path.partition("?")[0], {"topic": "letter", "email": "new@example.org", "by": token}, 200)
    with at.there.database.read() as connection:
        assert count(connection, REFERRAL) == 0
        assert count(connection, SIGN_UP_REQUEST) >= 1


@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.READ])
def test_no_other_link_answers_votes_or_passes_on(at: Visitor, anna: int, mail: str, purpose: Purpose) -> None:
    from preferences.links.claim import IN_LOCAL_PART, NAMING_A_REQUEST

    more: dict[str, Any] = {"request": 1} if purpose in NAMING_A_REQUEST else {}
    if purpose in IN_LOCAL_PART:
        more["issued_at"] = None
    token = at.token(purpose, anna, delivery=1, **more)
    for path in ("answer", "vote", "pass-on"):
        at.get(f"/r/{token}/{path}", 404)


def test_a_card_says_what_is_promised_and_where_in_letters_and_as_a_code(at: Visitor) -> None:
    page = at.get("/p/newsletter/card/letter")
    assert "At most one mail a week, usually on Tuesdays" in page
    assert "/p/newsletter/sign-up</p>" in page
    assert page.count("<svg") == 1
    assert "style=" not in page
    everything = at.get("/p/newsletter/card")
    assert "Events" in everything
    assert "Only what cannot wait" in everything
    at.get("/p/newsletter/card/nothing", 404)


def test_gathering_a_topic_keeps_what_another_tab_saves_at_that_moment(at: Visitor, anna: int, mail: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        with at.there.database.write() as connection:
            less = asked("letter", "events", at_most={"count": 1, "per": "month"})
            change_expectation(connection, at.there.publication, anna, less, BY_LINK, NOON)
            gathering = pool.submit(send, at, f"{mail}/vote", do="weekly")
            time.sleep(0.5)
        gathering.result()
    with at.there.database.read() as connection:
        now = asked_now(connection, at.there.publication, anna)
    assert now is not None
    assert now.at_most is not None
    assert wants(at, anna)["letter"] == "weekly"
