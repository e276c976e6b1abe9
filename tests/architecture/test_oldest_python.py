"""What the oldest Python that Troth runs on gets wrong is not used: Debian 12 comes with 3.11.2."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from re import _parser  # type: ignore[attr-defined]

import pytest

import mailer
import preferences
import webapp

# Possessive repetition and atomic groups match wrongly before 3.11.5 where what is inside them can be matched in two ways.
WRONG = {"POSSESSIVE_REPEAT", "ATOMIC_GROUP"}
PACKAGES = (preferences, mailer, webapp)


def _operations(parsed: object) -> Iterator[str]:
    if isinstance(parsed, _parser.SubPattern):
        for operation, arguments in parsed:
            yield str(operation)
            yield from _operations(arguments)
    elif isinstance(parsed, list | tuple):
        for part in parsed:
            yield from _operations(part)


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for package in PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" in found.name or found.name.endswith("__main__"):
                continue
            for name, value in vars(import_module(found.name)).items():
                for one in value.values() if isinstance(value, dict) else (value,):
                    if isinstance(one, re.Pattern):
                        yield f"{found.name}.{name}", one


def test_the_operations_that_are_looked_for_are_found() -> None:
    assert set(_operations(_parser.parse(r"(?:a|b)*+"))) & WRONG
    assert set(_operations(_parser.parse(r"x(?:y(?>ab|a))"))) & WRONG


def test_no_expression_repeats_possessively() -> None:
    patterns = list(_patterns())
    assert len(patterns) > 20
    wrong = {
        name for name, pattern in patterns if set(_operations(_parser.parse(pattern.pattern, pattern.flags))) & WRONG
    }
    if wrong:
        pytest.fail(f"Python before 3.11.5 matches these wrongly: {sorted(wrong)}")
