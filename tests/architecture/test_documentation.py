"""What the documentation says of settings and words is what there is."""

import re
from pathlib import Path

from preferences.settings import DEFAULTS

ROOT = Path(__file__).parents[2]


def test_the_documentation_lists_every_variable_with_its_default() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    rows = dict(re.findall(r"^\| `(TROTH_[A-Z_]+)` \| (.+?) \|", page, flags=re.MULTILINE))
    listed = {name: default for name, default in rows.items() if not name.startswith("TROTH_TEST_")}
    assert listed == {name: "–" if default is None else f"`{default}`" for name, default in DEFAULTS.items()}


def test_the_documentation_names_no_variable_that_does_not_exist() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        named = set(re.findall(r"TROTH_[A-Z_]*[A-Z]", page.read_text()))
        assert {name for name in named if not name.startswith("TROTH_TEST")} <= set(DEFAULTS), page
