"""What was found, how bad it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is. What was not checked says nothing."""

    OK = "ok"
    NOT_CHECKED = "not checked"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding: what it is about, in a word or two; what was seen; and what to do, empty where nothing is."""

    about: str
    verdict: Verdict
    said: str
    do: str = ""


def ok(about: str, said: str) -> Finding:
    """All is well."""
    return Finding(about=about, verdict=Verdict.OK, said=said)


def warning(about: str, said: str, do: str) -> Finding:
    """It works, and might not for long, or not as well as it could."""
    return Finding(about=about, verdict=Verdict.WARNING, said=said, do=do)


def problem(about: str, said: str, do: str) -> Finding:
    """It does not work, or mail will not arrive."""
    return Finding(about=about, verdict=Verdict.PROBLEM, said=said, do=do)


def not_checked(about: str, said: str) -> Finding:
    """It could not be looked at; that is no verdict."""
    return Finding(about=about, verdict=Verdict.NOT_CHECKED, said=said)
