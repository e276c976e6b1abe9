"""Every claim is measured by `make bench`, and stands in docs/performance.md."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import benchmarks
from benchmarks.__main__ import SCRIPTS, main

ROOT = Path(__file__).parents[2]


def test_every_script_that_measures_a_claim_is_run() -> None:
    named = {module.name for module in iter_modules(benchmarks.__path__)}
    sources = {name: (ROOT / "benchmarks" / f"{name}.py").read_text(encoding="utf-8") for name in named}
    assert {name for name, source in sources.items() if "\ndef run(" in source} == set(SCRIPTS)
    assert all(callable(import_module(f"benchmarks.{name}").run) for name in SCRIPTS)


def test_a_name_that_is_no_script_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["sendings"])
    assert "there are sending, embedded" in capsys.readouterr().err
