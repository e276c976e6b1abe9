"""What stands below the content of a mail: the question, whom a reply reaches, the votes, and what else is to be said."""

import re
from typing import Any

import pytest

from mailer.compose import Note, ServiceKind, compile_service
from preferences.vote import Vote
from tests.mailer.compose.cast import EVENT, campaign, envelope, part_of, reader
from tests.mailer.compose.test_digest_and_service import ITEMS, SERVICE_VALUES, digest

ASKED = "What would you plant & where, if <nobody> looked?"
EVERYTHING: dict[str, Any] = {
    "history_url": "https://garden.example/h/k1",
    "pass_on_url": "https://garden.example/r/k1/pass-on",
    "answer_url": "https://garden.example/r/k1/answer",
    "votes": {said: f"https://garden.example/r/k1/vote?said={said.value}" for said in Vote},
    "notes": (Note(says="While you were away: 4 texts.", label="Read them", url="https://garden.example/h/k1/away"),),
}
OFFERS = ("What do you think", "reaches", "like this", "Pass it on")
LINKS = [
    EVERYTHING["history_url"],
    EVERYTHING["pass_on_url"],
    EVERYTHING["notes"][0].url,
    *EVERYTHING["votes"].values(),
]


def both(data: bytes) -> tuple[str, str]:
    return part_of(data, "html"), part_of(data, "plain")


def test_the_question_stands_below_what_was_read_and_above_the_footer() -> None:
    content = {"mjml": None, "markdown": "The end.", "question": ASKED}
    html, plain = both(campaign(**content).render(reader(**EVERYTHING, along=(EVENT,))).data)
    assert "What would you plant &amp; where, if &lt;nobody&gt; looked?" in html
    assert ASKED in plain
    for part in (html, plain):
        places = [part.index(one) for one in ("The end.", "Seed swap", "What would you", "/answer", "once a week.")]
        assert places == sorted(places)


def test_no_question_is_put_to_a_reader_who_cannot_answer_it() -> None:
    for part in both(campaign(question=ASKED).render(reader(**{**EVERYTHING, "answer_url": None})).data):
        assert "What would you plant" not in part


def test_a_question_is_text_whatever_stands_in_it() -> None:
    html, plain = both(campaign(question="{{ name }} {% if x %} {{ 7 * 6 }}").render(reader(**EVERYTHING)).data)
    for part in (html, plain):
        assert "{{ name }} {% if x %} {{ 7 * 6 }}" in part


@pytest.mark.parametrize(
    ("content", "person"),
    [
        ({}, "Grete Grün"),
        ({"reply_to": "Vera <vera@garden.example>"}, "Vera"),
        ({"reply_to": "vera@garden.example"}, "vera@garden.example"),
    ],
)
def test_a_mail_says_whom_a_reply_reaches(content: dict[str, str], person: str) -> None:
    for part in both(campaign(**content).render(reader()).data):
        assert f"You can also reply to this mail: it reaches {person}." in part


def test_a_reader_who_is_asked_for_a_vote_has_three_to_choose_from_and_nobody_else_has_any() -> None:
    asked, spared = (both(campaign().render(reader(**given)).data) for given in (EVERYTHING, {}))
    for part in asked:
        places = [part.index(words) for words in ("More like this", "Less like this", "Too often")]
        assert places == sorted(places)
    assert [part for part in spared if "like this" in part] == []


def test_every_campaign_and_digest_leads_to_why_it_came_and_the_text_has_every_link() -> None:
    for data in (
        campaign(question=ASKED).render(reader(**EVERYTHING)).data,
        digest().render(reader(**EVERYTHING), ITEMS[:2]).data,
    ):
        html, plain = both(data)
        assert [url for url in LINKS if url not in html or url not in plain] == []
        links = re.findall(r'<a[^>]*\shref="([^"#][^"]*)"', html)
        assert [link for link in links if link.replace("&amp;", "&") not in plain] == []
        assert "Why am I getting this?" in html
        assert "Why am I getting this?" in plain


def test_a_service_mail_asks_for_nothing() -> None:
    for kind in ServiceKind:
        data = compile_service(kind, envelope()).render(reader(), SERVICE_VALUES).data
        for part in both(data):
            assert [words for words in OFFERS if words in part] == []
