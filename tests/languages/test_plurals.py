"""Counts are said by the rules of a language, whatever they are, and not by those of English."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from preferences.cadence import Cadence, Cap, Period
from preferences.languages import DOMAIN, FOLDER, look_in
from preferences.wording import how_often
from preferences.wording.languages import catalogue_of
from webapp.translating import compiled, path_of


@pytest.fixture
def russian(tmp_path: Path) -> object:
    """A few messages of a language with three forms: 1 and 21, 2 to 4, and the others with 0."""
    made = Catalog(locale="ru", domain=DOMAIN)
    made.add(("one mail", "{count} mails"), ("{count} письмо", "{count} письма", "{count} писем"), context="at most")
    made.add(("once", "at most {count} times"), ("{count} раз", "{count} раза", "{count} раз"), context="how often")
    made.add("at most twice", "дважды", context="how often")
    made.add("a week", "в неделю", context="how often")
    path = path_of(tmp_path, "ru").with_suffix(".mo")
    path.parent.mkdir(parents=True)
    path.write_bytes(compiled(made))
    look_in(tmp_path, FOLDER)
    yield
    look_in(FOLDER)


@pytest.mark.usefixtures("russian")
def test_a_language_with_three_forms_is_counted_in_three_forms() -> None:
    mails = catalogue_of("ru").caps.mails
    assert [mails(number).format(count=number) for number in (0, 1, 2, 5, 21)] == [
        "0 писем", "1 письмо", "2 письма", "5 писем", "21 письмо",
    ]  # fmt: skip


@pytest.mark.usefixtures("russian")
def test_how_often_is_said_in_the_forms_of_the_language() -> None:
    said = [how_often(Cadence(id=1, at_most=Cap(count=count, per=Period.WEEK)), "ru") for count in (1, 2, 5, 21)]
    assert said == ["1 раз в неделю", "дважды в неделю", "5 раз в неделю", "21 раз в неделю"]


def test_german_says_one_and_many() -> None:
    mails = catalogue_of("de").caps.mails
    assert [mails(number).format(count=number) for number in (0, 1, 2, 21)] == [
        "0 Mails", "eine Mail", "2 Mails", "21 Mails",
    ]  # fmt: skip
