"""The templates of all pages, readers' and console's, with the shell and the clock bar that they share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from webapp import language
from webapp.clock_bar import clock_bar

# Beside the packages in the source tree and in the wheel.
FOLDER = Path(__file__).resolve().parents[1] / "templates"


@cache
def environment() -> Environment:
    """The one environment. A page is given `root`, the path that its site stands under, and extends `shell.html`.

    Readers' pages and what is shared go by their bare names, those of the console by `console/<name>`.
    """
    environment = Environment(
        loader=FileSystemLoader([FOLDER / "pages", FOLDER / "_shared", FOLDER]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        language._, language.ngettext, newstyle=True, pgettext=language.pgettext, npgettext=language.npgettext
    )
    environment.filters["lines"] = _lines
    environment.globals["clock_bar"] = clock_bar
    environment.globals["language"] = language.language
    environment.globals["direction"] = language.direction
    environment.globals["languages"] = language.languages
    environment.globals["bdi"] = _bdi
    return environment


def _bdi(text: object) -> Markup:
    """Somebody's words within a sentence, such as a name: whatever way they are written, the sentence keeps its own."""
    return Markup("<bdi>{}</bdi>").format(text)


def _lines(text: str) -> Markup:
    """Text with its line breaks."""
    return Markup("<br>\n").join(escape(line) for line in text.splitlines())
