"""The catalogues that are shipped: what is read is what stands in them, and a command makes and checks them."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from click.testing import CliRunner

from preferences.languages import DOMAIN, FOLDER, direction_of, first_of, languages, nearest, translations_of
from webapp.cli.language import command
from webapp.translating import compiled, faults, path_of, read, template, written

SHIPPED = [one.tag for one in languages() if one.tag != "en"]


@pytest.mark.parametrize("tag", SHIPPED)
def test_what_is_read_is_what_stands_in_the_catalogue(tag: str) -> None:
    path = path_of(FOLDER, tag)
    catalog = read(path, tag)
    assert path.with_suffix(".mo").read_bytes() == compiled(catalog), "run: troth language check"
    assert path.read_bytes() == written(catalog)


@pytest.mark.parametrize("tag", SHIPPED)
def test_every_language_says_everything_that_is_said(tag: str) -> None:
    catalog = read(path_of(FOLDER, tag), tag)
    assert [f"{fault.message!r} {fault.problem}" for fault in faults(catalog)] == []
    there, wanted = ({(one.context, one.id) for one in found if one.id} for found in (catalog, template()))
    assert there == wanted, f"run: troth language add {tag}, and translate what is new"


def test_a_language_is_found_by_its_tag_its_kind_and_by_what_a_browser_prefers() -> None:
    assert [nearest(tag) for tag in ("de", "de-AT", "DE_ch", "en-GB", "tlh", "", None)] == [
        "de", "de", "de", "en", None, None, None,
    ]  # fmt: skip
    assert first_of(["tlh", "de-AT", "en"]) == "de"
    assert translations_of("tlh").gettext("Nothing else.") == "Nothing else."


def test_a_language_is_written_as_its_tag_says() -> None:
    written_as = {tag: direction_of(tag) for tag in ("en", "ar", "he-IL", "az-Arab-IR", "ku-Latn", "ur-Latn")}
    assert written_as == {
        "en": "ltr", "ar": "rtl", "he-IL": "rtl", "az-Arab-IR": "rtl", "ku-Latn": "ltr", "ur-Latn": "ltr",
    }  # fmt: skip


@pytest.mark.slow
def test_adding_a_language_makes_its_catalogue_and_adding_it_again_keeps_what_is_translated(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        answer = CliRunner().invoke(command, [*arguments, "--folder", str(tmp_path)])
        return answer.exit_code, answer.output

    code, said = run("add", "fr")
    path = path_of(tmp_path, "fr")
    assert code == 0
    assert "docs/languages.md" in said
    once = path.read_text().replace(
        'msgid "Nothing else."\nmsgstr ""', 'msgid "Nothing else."\nmsgstr "Rien d\'autre."'
    )
    path.write_text(once)
    assert run("add", "fr")[0] == 0
    assert path.read_text() == once
    code, said = run("check")
    assert code == 1
    assert "is not translated" in said
    assert path.with_suffix(".mo").exists()
    assert run("add", "xx-nowhere")[0] != 0
    assert run("add", "en")[0] != 0


def catalogue(identity: str | tuple[str, str], said: str | tuple[str, ...]) -> Catalog:
    made = Catalog(locale="pl", domain=DOMAIN)
    made.add(identity, said)
    return made


@pytest.mark.parametrize(
    ("identity", "said", "problem"),
    [
        ("Mail about {topic}.", "", "is not translated"),
        ("Mail about {topic}.", "Poczta.", "lacks {topic}"),
        ("Mail about %(topic)s.", "Poczta %(temat)s.", "lacks {topic}"),
        (("one mail", "{count} mails"), ("jeden", "{count} dwa", ""), "lacks a plural form"),
        (("one about {topic}", "{count} about {topic}"), ("{topic}", "{topic}", "nic"), "lacks {topic}"),
        ("Nothing.", "{nic}", "has {nic}, which the English has not"),
    ],
)
def test_what_cannot_be_said_is_found(identity: str, said: str, problem: str) -> None:
    assert problem in [fault.problem for fault in faults(catalogue(identity, said))]


def test_a_form_may_leave_its_number_out_and_a_first_letter_may_be_large() -> None:
    assert not faults(catalogue(("one mail", "{count} mails"), ("{count} list", "{count} listy", "listów")))
    assert not faults(catalogue("Until {until}. Then {line}", "{until}: {Line}"))
