"""Refused rows as a file: line, reason, and the row as it was, in a form that no spreadsheet executes."""

from __future__ import annotations

from collections.abc import Sequence

from preferences.importing.formats import REFUSED_FILE_COLUMNS
from preferences.importing.table import Refused

# What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def without_formula(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def with_formula(cell: str) -> str:
    """The cell as it was before `without_formula`."""
    return cell[1:] if cell.startswith("'") and without_formula(cell[1:]) == cell else cell


def refused_header(header: Sequence[str]) -> list[str]:
    """The header of the file of refused rows."""
    return [*REFUSED_FILE_COLUMNS, *(without_formula(name) for name in header)]


def refused_row(refused: Refused) -> list[str]:
    """A refused row of that file."""
    return [str(refused.line), without_formula(refused.reason), *(without_formula(cell) for cell in refused.cells)]
