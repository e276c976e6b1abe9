"""What can go wrong, said once: what was attempted, with which ids, and what to do. Expected outcomes are values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class Said(str):
    """A message in English that can be said in other languages, too: `pattern` with named places, and what is in them.

    It is the English text to whoever does not care, such as the API and the command line.
    """

    pattern: str
    places: dict[str, object]

    def __new__(cls, pattern: str, **places: object) -> Said:
        """The text with its places filled."""
        said = super().__new__(cls, pattern.format(**places))
        said.pattern, said.places = pattern, places
        return said


class TrothError(Exception):
    """The family: its text may be shown to whoever asked; it never holds an address, a subject or a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One wrong field: where it is (`expectation.hours.from`) and what to do about it, as a `Said` for readers."""

    field: str
    message: str


class Invalid(TrothError):
    """Input that breaks a rule; `problems` has one entry per wrong field."""

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in self.problems))

    @classmethod
    def one(cls, field: str, message: str) -> Invalid:
        """One wrong field."""
        return cls([FieldProblem(field=field, message=message)])


class NotFound(TrothError):
    """Nothing of that name or number is in this publication."""


class Conflict(TrothError):
    """It is there already, or has changed since it was read; `existing` is the number of what is there."""

    def __init__(self, message: str, existing: int | None = None) -> None:
        self.existing = existing
        super().__init__(message)


class Stale(Conflict):
    """It has changed since it was read: read it again and repeat the change."""


class AnyDoubt(TrothError):
    """Something that must be certain before a mail leaves is not: whatever was to be sent waits."""
