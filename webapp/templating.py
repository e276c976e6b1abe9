"""The templates of all pages, readers' and console's, with the shell and the clock bar that they share.

There is an environment for each language: what a template always says the same way is translated when it is compiled,
and a page asks only for those words that somebody's name or a number stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from preferences.languages import direction_of, translations_of
from webapp.clock_bar import clock_bar
from webapp.language import language, languages

# Beside the packages in the source tree and in the wheel.
FOLDER = Path(__file__).resolve().parents[1] / "templates"


def environment() -> Environment:
    """The templates in the language of this answer.

    A page is given `root`, the path that its site stands under, and extends `shell.html`. Readers' pages and what is
    shared go by their bare names, those of the console by `console/<name>`.
    """
    tag = language()
    return _environment(tag, translations_of(tag))


# Words that are read anew, from another folder, are another object.
@lru_cache(maxsize=128)
def _environment(tag: str, words: NullTranslations) -> Environment:
    environment = _Spoken(
        loader=FileSystemLoader([FOLDER / "pages", FOLDER / "_shared", FOLDER]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.fixed = {
        "_": words.gettext,
        "gettext": words.gettext,
        "pgettext": words.pgettext,
        "language": lambda: tag,
        "direction": lambda: direction_of(tag),
    }
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["lines"] = _lines
    environment.globals["clock_bar"] = clock_bar
    environment.globals["languages"] = languages
    environment.globals["bdi"] = _bdi
    return environment


class _Spoken(Environment):
    """An environment whose templates are compiled with what one language always says the same way."""

    fixed: Mapping[str, Callable[..., str]]

    def compile(self, source: Any, name: Any = None, filename: Any = None, *rest: Any, **options: Any) -> Any:
        tree = self.parse(source, name, filename) if isinstance(source, str) else source
        return super().compile(_Translated(self.fixed).visit(tree), name, filename, *rest, **options)


class _Translated(NodeTransformer):
    """Puts the translation in the place of each message in which nothing is filled in."""

    def __init__(self, fixed: Mapping[str, Callable[..., str]]) -> None:
        self._by_name = fixed

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 (the name is Jinja's)
        self.generic_visit(node)
        say = self._by_name.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        if say is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        said = [part.value for part in node.args if isinstance(part, nodes.Const)]
        if len(said) != len(node.args):
            return node
        # As Jinja itself does at each visit: a translation is markup, in which a per cent sign is doubled.
        return nodes.Const(Markup(say(*said)) % {}, lineno=node.lineno)


def _bdi(text: object) -> Markup:
    """Somebody's words within a sentence, such as a name: whatever way they are written, the sentence keeps its own."""
    return Markup("<bdi>{}</bdi>").format(text)


def _lines(text: str) -> Markup:
    """Text with its line breaks."""
    return Markup("<br>\n".join(str(escape(text)).splitlines()))
