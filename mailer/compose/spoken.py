"""Our own mails in a language: `[[ _("...") ]]` in a template is said before the template is compiled.

A place such as {publication} in a message becomes the placeholder `{{ publication }}`, or what the template puts there:
`[[ _("This has ended: {ended}.", ended="<strong>{{ ended }}</strong>") ]]`.
"""

import html
from collections.abc import Callable
from functools import cache, partial
from gettext import NullTranslations

from jinja2 import BaseLoader, Environment, StrictUndefined

from preferences.languages import translations_of


class _Places(dict[str, str]):
    """What stands in the places of a message; a place that nobody filled is a placeholder for each reader."""

    def __missing__(self, name: str) -> str:
        return f"{{{{ {name} }}}}"


def spoken(source: str, language: str) -> str:
    """A template of plain text with its messages said; English where there is no such language."""
    return _said(source, translations_of(language), str)


def spoken_html(source: str, language: str) -> str:
    """The same for a template that is markup: what a message says is escaped, what stands in its places is not."""
    return _said(source, translations_of(language), partial(html.escape, quote=False))


def _said(source: str, words: NullTranslations, escape: Callable[[str], str]) -> str:
    def say(message: str, **places: str) -> str:
        return escape(words.gettext(message)).format_map(_Places(places))

    return _environment().from_string(source).render(_=say)


@cache
def _environment() -> Environment:
    # A template of text: what is HTML in it is written by us and stays, and what is said is escaped where it is said.
    return Environment(
        loader=BaseLoader(),
        autoescape=False,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        # Templates of mails have their own braces, which are filled in for each reader.
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
    )
