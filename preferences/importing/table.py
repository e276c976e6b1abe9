"""Header and rows of a file of any dialect of CSV. One broken row costs that row, never the rest of the file."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from preferences.errors import Invalid

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE_LINES = 50
# A quote that is never closed would otherwise swallow everything after it.
_LONGEST_ROW_LINES = 200
# Each column is a choice on a page. No list has as many; a line of a million commas has.
MOST_COLUMNS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row and the line of the file that it begins in, counted from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row that is not taken in, and why: a sentence that says what to do."""

    line: int
    reason: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file as a table. `rows` can be read once; each has as many cells as the header."""

    delimiter: str
    header: tuple[str, ...]
    rows: Iterator[Row | Refused]


def open_table(lines: Iterable[str]) -> Table:
    """The table in the lines of a file. Raises `Invalid` where there is no header, or one of more than 500 columns."""
    remaining = iter(lines)
    sample = list(islice(remaining, _SAMPLE_LINES))
    first = sample[0].strip().lower() if sample else ""
    skipped = 0
    if len(first) == len("sep=;") and first.startswith("sep="):  # what spreadsheets leave to name the delimiter
        delimiter, skipped = sample.pop(0).strip()[-1], 1
    else:
        delimiter = delimiter_of(sample)
    rows = read_rows(chain(sample, remaining), delimiter, first_line=1 + skipped)
    header = next(rows, None)
    if header is None:
        raise Invalid.one("file", "it is empty: its first line has to name the columns")
    if isinstance(header, Refused):
        raise Invalid.one("file", f"its first line, which has to name the columns, cannot be read: {header.reason}")
    if len(header.cells) > MOST_COLUMNS:
        raise Invalid.one(
            "file", f"it has {len(header.cells):,} columns; take out what is not needed: at most {MOST_COLUMNS}"
        )
    names = tuple(name.strip() for name in header.cells)
    return Table(delimiter=delimiter, header=names, rows=_fitted(rows, len(names)))


def delimiter_of(sample: Sequence[str]) -> str:
    """The delimiter that divides the header, and most rows into as many cells; a comma where there is only one column."""

    def fit(delimiter: str) -> tuple[bool, int, int]:
        counts = [len(row.cells) for row in read_rows(sample, delimiter) if isinstance(row, Row)]
        header = counts[0] if counts else 0
        return header > 1, sum(count == header for count in counts), header

    return max(DELIMITERS, key=fit)


def read_rows(lines: Iterable[str], delimiter: str, *, first_line: int = 1) -> Iterator[Row | Refused]:
    """The rows that are not empty, in order; one that cannot be read is refused alone, and the next line begins anew."""
    source = _Lines(lines, first_line)
    while source.has_next():
        line = source.line
        try:
            cells = next(csv.reader(source.one_row(), delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            text = source.give_back_all_but_first()
            yield Refused(line=line, reason=f"the quotes in this line do not fit ({error})", cells=(text,))
            continue
        if any(cell.strip() for cell in cells):
            yield Row(line=line, cells=tuple(cells))


class _Lines:
    """Lines that can be given back when the row that took them turns out not to be one."""

    def __init__(self, lines: Iterable[str], first_line: int) -> None:
        self.line = first_line
        self._lines = iter(lines)
        self._given_back: deque[str] = deque()
        self._taken: list[str] = []

    def has_next(self) -> bool:
        if not self._given_back:
            following = next(self._lines, None)
            if following is None:
                return False
            self._given_back.append(following)
        return True

    def one_row(self) -> Iterator[str]:
        self._taken = []
        while len(self._taken) < _LONGEST_ROW_LINES and self.has_next():
            self._taken.append(self._given_back.popleft())
            self.line += 1
            yield self._taken[-1]

    def give_back_all_but_first(self) -> str:
        first, *others = self._taken
        self._given_back.extendleft(reversed(others))
        self.line -= len(others)
        return first.rstrip("\r\n")


def _fitted(rows: Iterator[Row | Refused], width: int) -> Iterator[Row | Refused]:
    """Rows as wide as the header: cells missing at the end are empty, and too many are refused."""
    for row in rows:
        if isinstance(row, Refused) or len(row.cells) == width:
            yield row
        elif any(cell.strip() for cell in row.cells[width:]):
            reason = (
                f"it has {len(row.cells)} fields where the header names {width}:"
                " put quotes around a field that holds the delimiter"
            )
            yield Refused(line=row.line, reason=reason, cells=row.cells)
        else:
            yield Row(line=row.line, cells=(*row.cells[:width], *("" for _ in range(width - len(row.cells)))))
