"""Which uses of a name are guarded by their author, and which would show nothing, or fail, where a reader has none."""

from dataclasses import dataclass

import pytest

from mailer.compose import names_used


@dataclass
class Written:
    text: str
    subject: str = "News"
    preheader: str | None = None
    mjml: str | None = None
    markdown: str | None = None


def used(text: str) -> list[str]:
    return [("fields." if one.is_field else "") + one.name for one in names_used(Written(text))]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hello {{ name }}", ["name"]),
        ("Hello {{ name|upper }}, {{ name }}", ["name", "name"]),
        ("Hello {{ name or 'you' }}", []),
        ("Hello {{ name if name else 'you' }}", []),
        ("{% if name %}Hello {{ name }}{% else %}Hello{% endif %}", []),
        ("{% if name %}Hello {{ name }}{% endif %}, {{ name }}", ["name"]),
        ("{{ name|default('you', true) }}{{ name|d('you', boolean=true) }}", []),
        ("{{ name|default('you') }}", ["name"]),
        ("{{ first_name }}", ["first_name"]),
        ("{{ first_name or 'you' }}", ["first_name"]),
        ("{{ first_name|default('you') }}", []),
        ("{% if first_name is defined %}{{ first_name }}{% endif %}", []),
        ("{% if 'city' in fields and city %}{{ fields.city }}{% endif %}", []),
        ("{% if plan %}x{% endif %}", ["plan"]),
        ("{{ fields.city }} {{ fields['town'] }}", ["fields.city", "fields.town"]),
        ("{{ fields.city|default('') }}", []),
        ("{% for one in ['a'] %}{{ loop.index }}{{ one }}{% endfor %}", []),
        ("{{ promise }} {{ web_url }}{{ along }}", ["promise", "web_url", "along"]),
        ("{{ not closed", []),
    ],
)
def test_what_is_used_without_a_word_for_who_lacks_it(text: str, wanted: list[str]) -> None:
    assert used(text) == wanted


def test_each_use_says_its_part_and_line() -> None:
    (first, second) = names_used(Written("Hello\n\n{{ town }}", subject="{{ name }}"))
    assert (first.part, first.line, first.is_ours) == ("subject", 1, True)
    assert (second.part, second.line, second.is_ours) == ("text", 3, False)
