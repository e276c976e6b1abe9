"""What is filled into a frame is, part by part, what the templates themselves say to that reader."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailer.compose import Recipient, RenderError
from mailer.compose.mail import CompiledMail
from tests.mailer.compose.cast import campaign, part_of, reader
from tests.mailer.compose.test_pieces import assert_same
from tests.properties.worlds import effort

LONG = "and what else there is to say, which takes more than one line of a text, "
# In each of them something is only shown, or asked for whether it is there; and in some something else besides.
TEXTS = (
    "Dear {{ name or 'reader' }},\n\n{{ fields.a }}{{ fields.b }} " + LONG + "{{ name }}.",
    "{% if name %}Dear {{ name }}{% else %}Hello{% endif %}, in {{ fields.a | default('town') }}:\n\n- {{ fields.b }}",
    "{{ name if name else fields.a }}\n\n{{ fields.b | upper }} {{ fields.b }}",
    "{% for one in ['x', 'y'] %}{{ one }} {{ name }} {{ fields.a }}\n\n{% endfor %}{{ promise }}",
)
VALUES = st.sampled_from(["", " ", "Bonn", "Köln", ".", "=", "a" * 74, "x " * 49 + "x", "<&>", "\ue0000\ue001", " a"])
ANY = VALUES | st.text(alphabet="ab .=<é\n\r\t\x0b\u2028\ue000\ue0011", max_size=110)
# What a header may hold; how a name is written there is what its own tests are about.
NAMES = st.sampled_from(["", "Anna", "Grète Grün", "Kim A.", "." * 60, "<b> & c"])


@cache
def compiled(markdown: str, subject: str = "For {{ name or 'you' }}") -> CompiledMail:
    one: CompiledMail = campaign(mjml=None, markdown=markdown, subject=subject).mail
    return one


def people_of(values: Sequence[tuple[str, str, str]]) -> list[Recipient]:
    return [reader(name=name, fields={"a": a, "b": b}) for name, a, b in values]


@settings(max_examples=effort(30), deadline=None)
@given(st.sampled_from(TEXTS), st.lists(st.tuples(NAMES, ANY, ANY), min_size=3, max_size=6))
@example(TEXTS[0], [("Anna", "Bonn", "Ulm"), ("Bo", "Trier", "Köln"), ("Kim A.", ".", "a" * 74), ("", "Bonn", " a")])
@example(TEXTS[2], [("Anna", "x", "b"), ("Bo", "y", "b"), ("Cy", "z", "b"), ("", "z", "b"), ("", "<&>", "b")])
def test_what_is_filled_in_is_what_would_be_rendered(text: str, values: list[tuple[str, str, str]]) -> None:
    mail, people = compiled(text), people_of(values)
    for one in [*people, *reversed(people)]:
        assert_same(mail.message(one, {}), mail, one)


@pytest.mark.parametrize(
    ("text", "are_framed"),
    [
        ("Dear {{ name }}", True),
        ("{% if fields.a %}{{ fields.a | default('x') }}{% endif %} {{ name or fields.a }}", True),
        ("{{ name | upper }}", False),
        ("{{ name ~ '!' }}", False),
        ("{% if name == 'Bo' %}{{ name }}{% endif %}", False),
        ("{{ name[:1] }} {{ name }}", False),
        ("{% for one in [name] %}{{ one }}{% endfor %}", False),
        ("{{ fields.name }} {{ name }}", False),
    ],
)
def test_only_what_is_shown_as_it_is_has_a_frame(text: str, are_framed: bool) -> None:
    mail = compiled(text, subject="Spring")
    people = [reader(name=f"Kim {number}", fields={"a": f"x{number}", "name": f"n{number}"}) for number in range(4)]
    shapes = [mail.alike.shape(one) for one in people]
    assert all((shape is not None) == are_framed for shape in shapes)
    for one in people:
        assert_same(mail.message(one, {}), mail, one)


def test_the_first_two_of_a_shape_get_the_same_bytes_as_the_others() -> None:
    people = people_of([(f"Kim {number}", "Köln", ".") for number in range(4)])
    mail = campaign(mjml=None, markdown=TEXTS[0]).mail
    made = [mail.message(one, {}).data for one in people]
    again = campaign(mjml=None, markdown=TEXTS[0]).mail
    assert [again.message(one, {}).data for one in reversed(people)] == made[::-1]


def test_a_reader_whose_field_is_missing_is_told_so_whoever_came_before() -> None:
    mail = compiled("Dear {{ name }} of {{ fields.a }}")
    there = [reader(name=f"Kim {number}", fields={"a": "Bonn"}) for number in range(3)]
    for one in there:
        mail.message(one, {})
    for _ in range(3):
        with pytest.raises(RenderError, match=r"fields\.city"):
            mail.message(reader(name="Bo", fields={}), {})
    assert "Dear Cy of Ulm" in part_of(mail.message(reader(name="Cy", fields={"a": "Ulm"}), {}).data, "plain")
