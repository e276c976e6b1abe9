"""What readers give back, in the console: answers in full, votes of how many asked, who brings whom, and regulars."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from preferences.address import parse_address
from preferences.store.changes import change_expectation
from preferences.store.confirmations import confirm
from preferences.store.events import record
from preferences.store.reader_answers import keep_answer
from preferences.store.regulars import Given, regulars
from preferences.store.signups import SignUp, request
from preferences.store.tables import ATTEMPT, CAMPAIGN, CAMPAIGN_CONTENT, DELIVERY
from preferences.store.unsubscribes import unsubscribe
from preferences.store.votes import draw_of, vote
from preferences.unsubscribe import Scope
from preferences.vote import Vote
from tests.store.newsletter import BY_FOOTER, BY_LINK, BY_SIGN_UP, NOON, asked, mail_handed_over, signed_up
from tests.webapp.console.marketer import Marketer, marketer
from tests.webapp.console.test_campaigns import DRAFT, draft

LONG_AGO = NOON - timedelta(weeks=12)
QUESTION = "What next?"


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def reader(at: Marketer, name: str, *, weeks: int = 12) -> tuple[int, int]:
    """Somebody who confirmed so many weeks ago and has one letter, under which something is asked; both numbers."""
    there = at.at.there
    since = NOON - timedelta(weeks=weeks)
    number = signed_up(there, asked("letter"), address=f"{name.lower()}@example.org", now=since, name=name)
    delivery = mail_handed_over(there, number, there.letter, NOON)
    with there.database.write() as connection:
        connection.execute(update(CAMPAIGN_CONTENT).values(question=QUESTION))
        connection.execute(update(CAMPAIGN).values(audience=1))
    return number, delivery


def answers(at: Marketer, who: tuple[int, int], words: str, *, may_write_back: bool = False) -> None:
    with at.at.there.database.write() as connection:
        here = at.at.there.publication
        keep_answer(connection, here, *who, words, NOON, may_write_back=may_write_back)


def votes(at: Marketer, who: tuple[int, int], said: Vote) -> None:
    with at.at.there.database.write() as connection:
        vote(connection, at.at.there.publication, *who, said, NOON)


def brings(at: Marketer, who: int, name: str) -> None:
    there = at.at.there
    with there.database.write() as connection:
        wanted = SignUp(
            address=parse_address(f"{name.lower()}@example.org"),
            asked=asked("letter"),
            name=name,
            brought_by=who,
            brought_with=1,
        )
        number = request(connection, there.publication, wanted, BY_SIGN_UP, NOON)
        confirm(connection, there.publication, number or 0, BY_SIGN_UP, NOON)


def path_of(at: Marketer) -> str:
    """The page of the only campaign that was sent."""
    found = re.search(r"campaigns/cam_\w+", at.get("campaigns"))
    assert found is not None
    return found[0]


def names(page: str) -> list[str]:
    """Whose pages are linked to, in order."""
    return re.findall(r'/subscribers/sub_\w+">([^<]+)</a>', page)


def test_a_question_is_typed_in_the_editor_and_kept_with_the_campaign(at: Marketer) -> None:
    path = draft(at, question="What should we read next?")
    assert "What should we read next?" in at.get(f"{path}/edit")
    at.post("campaigns/new", {**DRAFT, "question": "x" * 301}, 422)


def test_every_answer_is_there_in_full_and_only_who_said_so_may_be_written_back_to(at: Marketer) -> None:
    answers(at, reader(at, "Anna"), "The <Waves>,\nall of it", may_write_back=True)
    answers(at, reader(at, "Bert"), "Nothing")
    page = at.get("regulars/answers")
    assert "The &lt;Waves&gt;,<br>\nall of it" in page
    assert "mailto:anna@example.org?subject=Re%3A%20What%20next%3F" in page
    assert "bert@example.org" not in page
    assert names(page) == ["Bert", "Anna"]
    of_campaign = at.get(f"{path_of(at)}/answers")
    assert names(of_campaign) == ["Bert"]


def test_answers_as_a_file_hold_no_formula_and_no_address_of_who_did_not_say_so(at: Marketer) -> None:
    answers(at, reader(at, "Anna"), '=HYPERLINK("https://example.org")', may_write_back=True)
    answers(at, reader(at, "Bert"), "+1")
    text = at.get("regulars/answers.csv")
    assert text.startswith("\ufeff")
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line["answer"] for line in lines] == ["'+1", '\'=HYPERLINK("https://example.org")']
    assert [line["address"] for line in lines] == ["", "anna@example.org"]


def test_votes_are_told_of_how_many_asked_with_the_people_behind_each(at: Marketer) -> None:
    asked_one = reader(at, "Anna")
    with at.at.there.database.write() as connection:
        connection.execute(update(ATTEMPT).values(vote_share=0.1))
    votes(at, asked_one, Vote.TOO_OFTEN)
    page = at.get(path_of(at))
    assert "in the mails of 1 reader, drawn by lot; 1 of them answered (100.0 %)" in page
    assert names(at.get(f"{path_of(at)}/votes?said=too_often")) == ["Anna"]
    assert names(at.get(f"{path_of(at)}/votes?said=more_like_this")) == []
    at.get(f"{path_of(at)}/votes?said=nonsense", 404)


def test_whom_readers_brought_stands_beside_the_campaign_and_leads_to_them(at: Marketer) -> None:
    anna, _ = reader(at, "Anna")
    brings(at, anna, "Clara")
    path = path_of(at)
    assert f'{path}/brought">1</a>' in at.get("campaigns")
    assert f'{path}/brought">Brought by readers</a> <span>1</span>' in at.get(path)
    assert names(at.get(f"{path}/brought")) == ["Clara"]
    everybody = at.get("regulars/brought")
    assert names(everybody) == ["Clara"]
    assert ">Anna</a>" in everybody
    by = re.search(r"regulars/brought\?by=(sub_\w+)", everybody)
    assert by is not None
    assert names(at.get(f"regulars/brought?by={by[1]}")) == ["Clara"]


def test_a_regular_is_here_for_twelve_weeks_and_gave_something_by_hand_lately(at: Marketer) -> None:
    there = at.at.there
    anna, bert, clara, dora = reader(at, "Anna"), reader(at, "Bert"), reader(at, "Clara", weeks=11), reader(at, "Dora")
    silent, gerda = reader(at, "Emil"), reader(at, "Gerda")
    for one in (anna, clara, dora):
        answers(at, one, "This")
    votes(at, anna, Vote.LESS_LIKE_THIS)
    brings(at, bert[0], "Franz")
    with there.database.write() as connection:
        unsubscribe(connection, there.publication, dora[0], Scope.ALL, BY_FOOTER, NOON)
        record(connection, there.publication, "read_on_web", BY_LINK, NOON, subscriber_id=anna[0])
        change_expectation(connection, there.publication, bert[0], asked("letter", "events"), BY_LINK, NOON)
        change_expectation(connection, there.publication, gerda[0], asked("letter", "events"), BY_LINK, NOON)
        change_expectation(connection, there.publication, silent[0], asked("letter"), BY_LINK, NOON)
        found = regulars(connection, there.publication, NOON, 10)
    assert [(one.name, dict(one.given)) for one in found] == [
        ("Anna", {Given.ANSWERED: 1, Given.VOTED: 1, Given.READ_ON_WEB: 1}),
        ("Bert", {Given.BROUGHT: 1, Given.ASKED_FOR_MORE: 1}),
    ]
    page = at.get("regulars")
    assert names(page) == ["Anna", "Bert"]
    assert "2 of 6 who expect mail are regulars" in page
    assert "mailto:anna@example.org" in page


def test_what_was_given_more_than_ninety_days_ago_makes_no_regular(at: Marketer) -> None:
    there = at.at.there
    votes(at, reader(at, "Anna"), Vote.MORE_LIKE_THIS)
    for days, expected in ((89, 1), (90, 0)):
        with there.database.read() as connection:
            assert len(regulars(connection, there.publication, NOON + timedelta(days=days), 10)) == expected


def test_the_story_of_a_person_has_what_they_answered_and_whom_they_brought(at: Marketer) -> None:
    anna = reader(at, "Anna")
    answers(at, anna, "The Waves")
    brings(at, anna[0], "Clara")
    found = re.search(r'href="[^"]+/(subscribers/sub_\w+)">Anna', at.get("regulars"))
    assert found is not None
    page = at.get(found[1])
    assert "The Waves" in page
    assert "They brought 1 reader" in page
    brought = re.search(r"subscribers/sub_\w+", at.get("regulars/brought"))
    assert brought is not None
    assert f'{found[1]}">brought by a reader</a>' in at.get(brought[0])


def test_the_share_of_mails_that_ask_for_a_vote_is_chosen_and_nonsense_is_refused_with_what_was_typed(
    at: Marketer,
) -> None:
    assert 'value="10"' in at.get("settings/votes")
    at.post("settings/votes", {"percent": "2.5"})
    assert 'value="2.5"' in at.get("settings/votes")
    for wrong in ("", "many", "-1", "101", "nan", "inf"):
        page = at.post("settings/votes", {"percent": wrong}, 422)
        assert f'value="{wrong}"' in page
    with at.at.there.database.read() as connection:
        assert draw_of(connection, at.at.there.publication).share == 0.025


def test_while_there_is_nothing_the_pages_say_what_to_do(at: Marketer) -> None:
    assert "Nobody is a regular yet." in at.get("regulars")
    assert "Nobody has answered yet." in at.get("regulars/answers")
    assert "a card to print" in at.get("regulars/brought")
    path = draft(at)
    for page in ("answers", "brought", "votes"):
        at.get(f"{path}/{page}")
    with at.at.there.database.read() as connection:
        assert connection.execute(DELIVERY.select()).first() is None
