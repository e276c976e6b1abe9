"""The import contracts of pyproject.toml hold, and each of them catches the arrow it is there for."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# One forbidden arrow per row: the contract, the module that breaks it, and the line that does.
FORBIDDEN = [
    pytest.param("law", "preferences/a_rule.py", "import sqlalchemy", id="law-imports-a-package"),
    pytest.param("law", "preferences/a_rule.py", "import preferences.settings", id="law-imports-settings"),
    pytest.param("law", "preferences/a_rule.py", "import preferences.store", id="law-imports-the-store"),
    pytest.param("law", "preferences/a_rule.py", "import time", id="law-imports-a-clock"),
    pytest.param("law", "preferences/a_rule.py", "import random", id="law-imports-chance"),
    pytest.param("languages", "preferences/languages.py", "import preferences.settings", id="catalogues-import-more"),
    pytest.param("compose", "mailer/compose/a_part.py", "import preferences.store", id="compose-imports-the-store"),
    pytest.param("compose", "mailer/compose/a_part.py", "import smtplib", id="compose-imports-the-network"),
    pytest.param("compose", "mailer/compose/a_part.py", "import dramatiq", id="compose-imports-a-broker"),
    pytest.param("webapp", "webapp/pages/a_page.py", "import mailer.transport", id="page-imports-the-mailer"),
    pytest.param("webapp", "webapp/pages/a_page.py", "import webapp.runtime", id="page-imports-the-composition-root"),
    pytest.param("webapp", "webapp/pages/a_page.py", "import webapp.example", id="page-imports-the-example"),
    pytest.param("mailer", "mailer/a_step.py", "import webapp.pages", id="mailer-imports-the-web-side"),
    pytest.param("mailer", "preferences/store/a_table.py", "import mailer.transport", id="store-imports-the-mailer"),
    pytest.param("store", "mailer/a_step.py", "import sqlalchemy", id="mailer-touches-tables"),
    pytest.param("store", "webapp/pages/a_page.py", "import sqlmodel", id="page-touches-tables"),
    pytest.param("relevance", "mailer/a_step.py", "import preferences.relevance", id="worker-imports-the-statistics"),
    pytest.param("relevance", "mailer/a_step.py", "import preferences.a_detour", id="worker-reaches-the-statistics"),
]

ALLOWED = [
    pytest.param("webapp/pages/a_page.py", "import mailer.compose", id="page-previews-a-mail"),
    pytest.param("webapp/cli_run.py", "import mailer.transport", id="command-starts-the-mailer"),
    pytest.param("webapp/runtime.py", "import mailer.transport", id="runtime-starts-the-mailer"),
    pytest.param("webapp/example/a_week.py", "import mailer.send", id="example-drives-the-mailer"),
    pytest.param("mailer/compose/a_part.py", "import jinja2", id="compose-renders-templates"),
    pytest.param("preferences/a_word.py", "import preferences.languages", id="law-says-its-words"),
    pytest.param("preferences/store/a_table.py", "import sqlmodel", id="store-touches-tables"),
]


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """The contracts of this project over a tree of empty modules, so that only what a test adds can break them."""
    for module in (
        "preferences/settings", "preferences/store/database", "preferences/relevance/rates",
        "mailer/compose/page", "mailer/transport", "webapp/pages/sign_up", "webapp/runtime", "webapp/cli",
        "webapp/example/house",
    ):  # fmt: skip
        _write(tmp_path, f"{module}.py", '"""Nothing."""\n')
    # Neither the law nor the web side, and itself allowed to use the statistics.
    _write(tmp_path, "preferences/audit/__init__.py", '"""Nothing."""\n')
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "tests" / "architecture", tmp_path / "tests" / "architecture")
    return tmp_path


def test_the_arrows_of_this_project_point_where_they_may() -> None:
    answer = _lint(ROOT)
    assert answer.returncode == 0, answer.stdout


def test_an_empty_tree_breaks_no_contract(small_tree: Path) -> None:
    answer = _lint(small_tree)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(("contract", "module", "line"), FORBIDDEN)
def test_a_forbidden_arrow_is_caught(small_tree: Path, contract: str, module: str, line: str) -> None:
    if "a_detour" in line:
        line = line.replace("a_detour", "audit.a_detour")
        _write(small_tree, "preferences/audit/a_detour.py", "import preferences.relevance.rates\n")
    _write(small_tree, module, f"{line}\n")

    answer = _lint(small_tree, "--contract", contract)

    assert answer.returncode == 1, answer.stdout
    assert line.removeprefix("import ") in answer.stdout.replace("\n", " ")


@pytest.mark.parametrize(("module", "line"), ALLOWED)
def test_a_wanted_arrow_is_let_through(small_tree: Path, module: str, line: str) -> None:
    _write(small_tree, module, f"{line}\n")
    answer = _lint(small_tree)
    assert answer.returncode == 0, answer.stdout


def _write(tree: Path, name: str, text: str) -> None:
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in path.relative_to(tree).parents:
        if str(folder) != ".":
            (tree / folder / "__init__.py").touch()
    path.write_text(text)


def _lint(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache", *options]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=120)
