"""What was said to one reader is said to the next in the same words only where nothing that was asked of them differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mailer.compose import Recipient
from mailer.compose.mail import CompiledMail
from mailer.compose.sandbox import NAMES_THERE
from tests.mailer.compose.cast import EVENT, campaign, part_of, reader, text

# Some of these are equal in Python, and none is spelled as another.
VALUES = ("1", 1, 1.0, True, "True", 0.0, -0.0, False, None, "", "None", "missing", "('missing',)")
MARKDOWN = "Dear {{ name }}, {{ fields.a | default('gone') }} {% if 'a' in fields %}there{% endif %} {{ a is defined }}"


def compiled(markdown: str = MARKDOWN, **changes: Any) -> CompiledMail:
    one: CompiledMail = campaign(mjml=None, markdown=markdown, **changes).mail
    return one


def bodies(mail: CompiledMail, people: Sequence[Recipient]) -> list[bytes]:
    return [mail.message(one, {}).data for one in people]


def test_nobody_reads_what_was_said_to_somebody_else() -> None:
    people = [reader(fields={"a": value}) for value in VALUES]
    people += [reader(fields={}), reader(fields={"b": 1}), reader(name="Bo", fields={}), reader(name=None, fields={})]
    together = bodies(compiled(), people)
    assert bodies(compiled(), [*people, *people][::-1]) == [*together, *together][::-1]
    assert together == [compiled().message(one, {}).data for one in people]


@pytest.mark.parametrize("said", ["web_url", "preferences_url", "unsubscribe_url"])
def test_nobody_gets_a_link_of_somebody_else(said: str) -> None:
    mail = compiled(f"Dear {{{{ name }}}}: {{{{ {said} }}}}")
    mail.message(reader(), {})
    other = mail.message(reader(**{said: "https://garden.example/other"}), {})
    assert "\nDear Anna: https://garden.example/other\n" in part_of(other.data, "plain")
    assert set(NAMES_THERE) == {"name", "promise", "along", "web_url", "preferences_url", "unsubscribe_url"}


@pytest.mark.parametrize("asks", ["{{ fields[name] }}", "{{ fields is defined }}", "{{ ('b' ~ 'a')[1:] in fields }}"])
def test_a_template_that_looks_at_all_fields_has_no_readers_who_are_alike(asks: str) -> None:
    mail = compiled(asks)
    people = [reader(fields={"Anna": "x", "a": 1}), reader(fields={"Anna": "y"})]
    assert [mail.alike.key(one) for one in people] == [None, None]
    assert bodies(mail, people) == [compiled(asks).message(one, {}).data for one in people]


@pytest.mark.parametrize("subject", ["Spring", "For {{ fields.city }}", "{{ promise }}"])
def test_what_only_one_part_asks_is_asked(subject: str) -> None:
    mail = compiled("Dear {{ name }}", subject=subject, text="{{ fields.street }} {{ along }}")
    people = [
        reader(fields={"city": city, "street": street}, promise=promise, along=along)
        for city in ("Bonn", "Köln")
        for street in ("Elm Row", "Hedge Lane")
        for promise in ("Once a week.", "Twice a week.")
        for along in ((), (EVENT,))
    ]
    fresh = [compiled("Dear {{ name }}", subject=subject, text="{{ fields.street }} {{ along }}") for _ in people]
    assert bodies(mail, people) == [one.message(who, {}).data for one, who in zip(fresh, people, strict=True)]


def test_what_is_kept_is_not_looked_through_again_and_what_is_to_be_seen_to_is_not_kept() -> None:
    mail = compiled("Dear {{ name }}: {{ fields.a }}")
    first, second = (mail.message(reader(fields={"a": "Köln"}), {}) for _ in range(2))
    assert first == second
    assert b"K=C3=B6ln" in (first.own or b"")
    assert b"K=C3=B6ln" not in (second.own or b"K=C3=B6ln")
    for _ in range(2):
        assert b"x" * 70 in (mail.message(reader(fields={"a": "x" * 9000}), {}).own or b"")


@pytest.mark.parametrize("name", NAMES_THERE)
def test_a_field_with_the_name_of_something_else_is_told_to_nobody_else(name: str) -> None:
    mail = compiled(f"Dear {{{{ fields.{name} }}}} {{{{ name }}}}")
    people = [reader(fields={name: f"who reads {number}"}) for number in range(4)]
    for one in people:
        assert f"Dear {one.fields[name]} Anna\n" in part_of(mail.message(one, {}).data, "plain")


def test_a_campaign_without_placeholders_is_said_once() -> None:
    mail = campaign(mjml=text("Dear reader")).mail
    people = [reader(name=str(number), fields={"a": number}) for number in range(3)]
    assert len({mail.alike.key(one) for one in people}) == 1
    assert mail.alike.key(replace(people[0], along=(EVENT,))) is None
