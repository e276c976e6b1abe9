"""What is put together from encoded pieces is, part by part, what the plain texts give when they are encoded as a whole."""

from __future__ import annotations

import quopri
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mailer.compose import (
    AlongItem,
    CompiledCampaign,
    DigestContent,
    Message,
    Note,
    Recipient,
    RenderError,
    compile_digest,
)
from mailer.compose.mail import CompiledMail, html_values
from mailer.compose.mime import ODD, is_quick, piece, quick, quick_links
from mailer.compose.wording import wording_for
from mailer.transport.contract import check_messages
from mailer.transport.envelope import stuffed
from preferences.vote import Vote
from tests.mailer.compose.cast import EVENT, GARDEN, assert_clean, campaign, field_lines, opened, part_of, reader
from tests.mailer.compose.slow import slow_mail
from tests.properties.worlds import effort

LONG = "and so on, " * 12
PROMISE = f"At most 9 mails a month, about Letter.\nLetter: {LONG}at most 3 times a week."
PARAGRAPHS = (
    "# Hello {{ name }}",
    "Dear {{ name }}, {{ fields.a }}{{ fields.b }} and what else there is to say, which takes more than one line.",
    f"Some lines that somebody wrote, {LONG}with [a link](https://example.org/page?a=1&b=2).",
    "{% if fields.a %}Only for {{ fields.a }}.{% else %}For nobody in particular.{% endif %}",
    "{% for one in ['x', 'yy'] %}{{ loop.index }}: {{ one }} {{ fields.b }}\n\n{% endfor %}",
    "- one\n- {{ fields.a }}\n- three =3D {{ unsubscribe_url }}",
    "{{ fields.b }}",
    "Grüße {{ fields.a }}, こんにちは {{ name }}",
    "{{ along }}",
)
TEXTS = (
    None,
    "{{ fields.a }}\n\n\n {{ name }}\n{{ along }}\n  .\n\n",
    "Dear {{ name }}.\n{{ fields.b }}{{ fields.a }}\n.\n",
)
SUBJECTS = ("Spring", "For {{ name }}: {{ fields.a | truncate(40) | striptags | default('-') }}", "Grüße, {{ name }}")

ANY = st.text(alphabet="ab c=é.-<&>\"'\u00a0\n\r\t\x0b\x85\u2028\0\ue000\ue001😀", max_size=40) | st.text(max_size=200)
LINE = st.text(alphabet="ab c=é.<&\"'😀", max_size=60)
SENTENCE = (
    st.sampled_from(["You get the Letter once a week. Nothing else.", LONG, PROMISE, "a\n\n\n b\n.\nc"]) | LINE | ANY
)
# Any name, however it is spelled, is what the tests of headers are about.
NAMES = st.sampled_from(["Anna", "Grète Grün", 'Anna "B" C.', ""])
TOKENS = st.text(alphabet="abcdefABC0123-_", min_size=1, max_size=120)
LINKS = TOKENS.map("https://garden.example/r/{}".format)
MAYBE_LINKS = st.none() | LINKS | ANY.map("https://garden.example/?said={}".format)
ITEMS = st.builds(AlongItem, title=SENTENCE, summary=SENTENCE, url=LINKS, topic_name=LINE)
NOTES = st.builds(Note, says=SENTENCE, label=LINE, url=LINKS)


@st.composite
def readers(draw: st.DrawFn) -> Recipient:
    """Readers to whom anything may be said, with headers that can be written."""
    token = draw(TOKENS)
    said = draw(st.sampled_from([(), tuple(Vote)]))
    return reader(
        name=draw(NAMES),
        fields={"a": draw(ANY), "b": draw(ANY | st.integers() | st.none())},
        language=draw(st.sampled_from([None, "en", "de", "de-AT", "ar", "xx"])),
        date=datetime(2026, 3, 3, 9, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 9000))),
        promise=draw(SENTENCE) or "x",
        count_line=draw(SENTENCE),
        why=draw(SENTENCE),
        preferences_url=draw(LINKS),
        unsubscribe_url=draw(LINKS),
        one_click_url=f"https://garden.example/u1/{token}",
        web_url=draw(MAYBE_LINKS),
        history_url=draw(MAYBE_LINKS),
        pass_on_url=draw(MAYBE_LINKS),
        answer_url=draw(MAYBE_LINKS),
        votes={one: f"https://garden.example/r/{token}/vote?said={one.value}" for one in said},
        notes=tuple(draw(st.lists(NOTES, max_size=2))),
        along=tuple(draw(st.lists(ITEMS | st.just(EVENT), max_size=3))),
        may_reply=draw(st.booleans()),
        return_domain=draw(st.sampled_from([None, "bounces.garden.example"])),
        message_token=token[:60].strip("-") or "k",
    )


CONTENTS = st.tuples(
    st.lists(st.sampled_from(PARAGRAPHS), max_size=6, unique=True),
    st.sampled_from(TEXTS),
    st.sampled_from(SUBJECTS),
    st.sampled_from(["", "What would you plant & where?"]),
)


@cache
def compiled(paragraphs: tuple[str, ...], text: str | None, subject: str, question: str) -> CompiledCampaign:
    one: CompiledCampaign = campaign(
        mjml=None, markdown="\n\n".join(paragraphs), text=text, subject=subject, question=question
    )
    return one


@settings(max_examples=effort(200))
@given(CONTENTS, readers())
def test_pieces_say_what_the_texts_say(content: tuple[list[str], str | None, str, str], one: Recipient) -> None:
    mail = compiled(tuple(content[0]), *content[1:])
    assume(not ODD.search(mail.preview(one).subject + (one.name or "")))
    assert_same(mail.render(one), mail.mail, one)


@settings(max_examples=20, deadline=None)
@given(CONTENTS, st.lists(readers(), min_size=2, max_size=4))
def test_what_was_made_for_others_before_changes_no_byte_of_a_mail(
    content: tuple[list[str], str | None, str, str], people: list[Recipient]
) -> None:
    """Neither those who were told the same, nor those for whom it failed."""
    mail = compiled(tuple(content[0]), *content[1:])
    first = [made_or_not(mail, one) for one in people]
    for one in people:
        made_or_not(mail, replace(one, fields={}))
        made_or_not(mail, replace(one, promise="", why="\udfff"))
    assert [made_or_not(mail, one) for one in reversed(people)] == first[::-1]
    compiled.cache_clear()
    again = compiled(tuple(content[0]), *content[1:])
    assert [made_or_not(again, one) for one in people] == first


def made_or_not(mail: CompiledCampaign, one: Recipient) -> Message | str:
    try:
        return mail.render(one)
    except RenderError as error:
        return str(error)


def assert_same(made: Message, mail: CompiledMail, one: Recipient, extra: dict[str, Any] | None = None) -> None:
    """Part by part the same as the slow and obvious builder makes, and clean."""
    assert_clean(made.data)
    check_messages([made])
    assert stuffed(made) == stuffed(replace(made, own=None))
    assert all(len(line) <= 76 for line in made.data.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    slow, quickly = slow_mail(mail, one, extra), opened(made.data)
    assert [one_of.display_name for one_of in quickly["To"].addresses] == [(one.name or "").strip()]
    for name in ("From", "Date", "Message-ID"):
        assert str(quickly[name]) == str(slow[name])
    assert made.subject == slow["Subject"]
    for subtype in ("plain", "html"):
        assert part_of(made.data, subtype).rstrip("\n") == part_of(slow.as_bytes(), subtype).rstrip("\n")
    assert field_lines(made.data, "List-Unsubscribe") == [f"<{one.one_click_url or one.unsubscribe_url}>".encode()]
    assert field_lines(made.data, "List-Unsubscribe-Post") == [b"List-Unsubscribe=One-Click"]


def test_what_only_one_reader_has_is_looked_through_for_each() -> None:
    """Whatever differs between two mails that were told the same stands in what is looked through."""
    mail = compiled(PARAGRAPHS[:3], None, "For {{ name }}", "Where?").mail
    one = mail.message(reader(**{**USUAL, "promise": PROMISE}), {})
    other_links = {name: f"https://other.example/{name}" for name in ("preferences_url", "unsubscribe_url", "web_url")}
    told = {"name": "Bo", "email": "bo@b.example", "message_token": "k2.zz", "fields": {"a": "Köln", "b": "\n.x"}}
    votes = {said: f"https://other.example/{said.value}" for said in Vote}
    other = mail.message(reader(**{**USUAL, "promise": PROMISE, **other_links, **told, "votes": votes}), {})
    for mine, theirs in ((one, other), (other, one)):
        assert mine.own is not None
        differ = set(mine.data.split(b"\r\n")) - set(theirs.data.split(b"\r\n"))
        assert differ
        assert [line for line in differ if line.removesuffix(b"=") not in mine.own] == []


USUAL: dict[str, Any] = {
    "fields": {"a": "Bonn", "b": 7},
    "promise": PROMISE,
    "history_url": "https://garden.example/h/k1",
    "pass_on_url": "https://garden.example/r/k1/pass-on",
    "answer_url": "https://garden.example/r/k1/answer",
    "votes": {said: f"https://garden.example/r/k1/vote?said={said.value}" for said in Vote},
    "notes": (Note(says="While you were away: 4 texts.", label="Read them", url="https://garden.example/h/k1/away"),),
}


@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("along", [(), (EVENT,), (EVENT, replace(EVENT, summary=""))])
@pytest.mark.parametrize("paragraphs", [PARAGRAPHS, PARAGRAPHS[:-1]])
def test_what_is_usual_is_put_together_from_pieces(
    language: str, along: tuple[AlongItem, ...], paragraphs: tuple[str, ...]
) -> None:
    """Else the law above would hold of nothing."""
    mail = compiled(paragraphs, None, "Spring", "What would you plant?").mail
    for given_values in ({}, USUAL):
        one = reader(**{"fields": USUAL["fields"], **given_values, "along": along, "language": language})
        values = {**html_values(one), "along": ""}
        content = mail.body.content("Spring", one, wording_for(language), dict(values), dict(values))
        assert content is not None
        assert mail.body.octets(one, wording_for(language), content) is not None
        assert_same(mail.message(one, {}), mail, one)


def test_a_digest_says_what_its_texts_say() -> None:
    made = compile_digest(DigestContent(**GARDEN, title="Letter", rhythm="weekly"))
    items = (EVENT, replace(EVENT, title=LONG), replace(EVENT, topic_name="Jobs", summary=""))
    one = reader(**USUAL, along=(EVENT,))
    assert_same(made.render(one, items), made.mail, one, made._extra(one, items))


def test_a_value_that_looks_like_the_place_of_what_comes_along_is_a_value() -> None:
    mail = campaign(mjml=None, markdown="{{ fields.a }}\n\n{{ along }}\n\n{{ fields.b }}")
    one = reader(fields={"a": "\ue000along\ue001", "b": "\ue0000\ue001"}, along=(EVENT,))
    data = mail.render(one).data
    assert_same(mail.render(one), mail.mail, one)
    assert part_of(data, "html").count("Seed swap") == part_of(data, "plain").count("Seed swap") == 1


PIECES = st.text(alphabet="ab =\n.\tä", max_size=200) | st.text(alphabet="a= ", min_size=70, max_size=240)


@settings(max_examples=effort(300))
@given(st.lists(PIECES, max_size=6))
@example(["a" * 75, " ", "\n", "=" * 40])
@example(["a" * 74 + " ", "a" * 71 + "=\t", "a" * 74 + " \n"])
@example(["." * 80, "a" * 75 + "..b", "." + "=" * 25 + "." * 100, "." * 75 + "\n", "." * 73])
def test_pieces_behind_each_other_are_the_whole(contents: list[str]) -> None:
    octets = b"".join(piece(one) for one in contents)
    assert quopri.decodestring(octets).replace(b"\r\n", b"\n").decode() == "".join(contents)
    assert all(len(line) <= 76 and line[:1] != b"." for line in octets.split(b"\r\n"))


@settings(max_examples=effort(300))
@given(st.text(alphabet="ab=/:.?&-", min_size=1, max_size=400) | st.text(alphabet=".=", min_size=70, max_size=240))
def test_what_needs_no_encoder_is_what_the_encoder_gives(url: str) -> None:
    assert is_quick(url)
    assert quopri.decodestring(quick(url) + b"=\r\n") == url.encode()
    assert all(len(line) <= 75 and line[:1] != b"." for line in quick(url).split(b"=\r\n"))
    together = quick_links([url, "", url])
    assert together is None or [quopri.decodestring(one).decode() for one in together] == [url, "", url]
