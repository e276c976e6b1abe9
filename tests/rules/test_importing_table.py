"""Files of any encoding and dialect become rows, and one broken row costs that row alone."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.errors import Invalid
from preferences.importing.encoding import encoding_of
from preferences.importing.refusals import refused_row, with_formula, without_formula
from preferences.importing.table import Refused, Row, open_table

TEXT = "email;name\nzoë@example.com;Zoë Łukasz\n"


def cells(text: str) -> list[tuple[str, ...]]:
    return [row.cells for row in open_table(text.splitlines(keepends=True)).rows if isinstance(row, Row)]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_is_read_in_the_encoding_it_is_in(codec: str) -> None:
    content = TEXT.encode(codec)

    assert content.decode(encoding_of([content]).codec) == TEXT


def test_an_old_windows_file_is_read_and_said_to_be_a_guess() -> None:
    content = "email,name\na@example.com,Zoë “Z”\n".encode("cp1252")

    encoding = encoding_of([content])

    assert encoding.name == "Windows-1252"
    assert encoding.is_guess
    assert content.decode(encoding.codec).endswith("Zoë “Z”\n")


def test_a_character_divided_between_two_chunks_is_read() -> None:
    content = TEXT.encode()
    middle = content.index("ë".encode()) + 1

    assert encoding_of([content[:middle], content[middle:]]).codec == "utf-8"


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(Invalid, match="save it as UTF-8"):
        encoding_of([b"\x81\x8d\x90 picture"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_file(delimiter: str) -> None:
    text = f'email{delimiter}name\na@example.com{delimiter}"Lovelace, Ada; |x"\n'

    assert cells(text) == [("a@example.com", "Lovelace, Ada; |x")]


def test_a_spreadsheet_may_name_the_delimiter_itself() -> None:
    table = open_table(["sep=;\n", "email;name\n", "a@example.com;A,B,C\n"])

    assert list(table.rows) == [Row(line=3, cells=("a@example.com", "A,B,C"))]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(ending: str) -> None:
    assert cells(f"email{ending}a@example.com{ending}b@example.com") == [("a@example.com",), ("b@example.com",)]


def test_a_row_with_more_fields_than_the_header_is_refused_with_its_line() -> None:
    table = open_table(["name,email\n", "Ada,ada@example.com,more\n", "Grace,grace@example.com\n"])

    refused, taken = table.rows

    assert isinstance(refused, Refused)
    assert refused.line == 2
    assert "3 fields where the header names 2" in refused.reason
    assert taken == Row(line=3, cells=("Grace", "grace@example.com"))


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    lines = ["email,name\n", 'a@example.com,"never closed\n', *(f"r{n}@example.com,x\n" for n in range(1000))]

    found = list(open_table(lines).rows)

    assert [(one.line, type(one)) for one in found[:2]] == [(2, Refused), (3, Row)]
    assert len(found) == 1001


def test_a_quoted_field_may_hold_line_breaks_and_later_lines_keep_their_numbers() -> None:
    table = open_table(["email,note\n", 'a@example.com,"one\n', 'two"\n', "\n", "b@example.com,\n"])

    assert [(row.line, row.cells) for row in table.rows] == [
        (2, ("a@example.com", "one\ntwo")),
        (5, ("b@example.com", "")),
    ]


def test_a_file_of_a_thousand_columns_is_refused_before_anybody_has_to_look_at_them() -> None:
    assert len(open_table(["email" + 499 * "," + "\n"]).header) == 500
    with pytest.raises(Invalid, match="at most 500"):
        open_table(["email" + 999 * "," + "\n"])


@pytest.mark.parametrize("text", ["", "\n\n", " \n"])
def test_an_empty_file_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="it is empty"):
        open_table(text.splitlines(keepends=True))


@given(st.lists(st.text(alphabet='ab,;"\n\r\t|=@', max_size=12), max_size=30))
def test_any_text_is_read_to_its_end(pieces: list[str]) -> None:
    lines = "".join(["email,name\n", *pieces]).splitlines(keepends=True)

    found = list(open_table(lines).rows)

    assert all(1 < one.line <= len(lines) for one in found)
    assert [one.line for one in found] == sorted({one.line for one in found})


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-5", "@now", "\tx", "\r", " =1"])
def test_no_refused_cell_is_a_formula(cell: str) -> None:
    row = refused_row(Refused(line=2, reason=cell, cells=(cell,)))

    assert not any(one.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")) for one in chain(row))


@given(st.text(max_size=10))
def test_a_cell_comes_back_as_it_was(cell: str) -> None:
    assert with_formula(without_formula(cell)) == cell or cell.startswith("'")
