"""From Markdown to the HTML that our own looks are filled with."""

import re

import nh3
from markdown_it import MarkdownIt

from mailer.compose.check import normalise
from mailer.compose.errors import TemplateError
from mailer.compose.markup import VOID_TAGS, MarkupError, line_of
from mailer.compose.placeholders import Placeholder, PlaceholderKind, find_placeholders
from mailer.compose.sandbox import check_template

# What is longer becomes HTML that mailboxes clip; and reading Markdown takes the square of its length at worst.
MARKDOWN_LIMIT = 100_000
_MARKDOWN = MarkdownIt("commonmark", {"html": True, "xhtmlOut": True}).enable(["table", "strikethrough"])
_VOID = re.compile(rf"<({'|'.join(sorted(VOID_TAGS))})\b([^<>]*)>")


def markdown_html(markdown: str) -> str:
    """The HTML of a text in Markdown, placeholders where they stood; TemplateError with the line of the Markdown.

    HTML in it is kept as far as it is harmless. `{{ along }}` stands in a paragraph of its own.
    """
    source = normalise(markdown)
    if len(source) > MARKDOWN_LIMIT:
        raise TemplateError(f"at most {MARKDOWN_LIMIT} characters are read", line=None, part="markdown")
    check_template(source, part="markdown", is_html=True)
    try:
        placeholders = find_placeholders(source)
    except MarkupError as error:
        raise TemplateError(error.message, line=line_of(source, error.offset), part="markdown") from error
    stem = _unused_stem(source)
    html = nh3.clean(_MARKDOWN.render(_with_tokens(source, placeholders, stem)), link_rel=None)
    return _restore(html, source, placeholders, stem)


def _unused_stem(source: str) -> str:
    stem = "hole"
    while stem in source:
        stem += "x"
    return stem


def _with_tokens(source: str, placeholders: tuple[Placeholder, ...], stem: str) -> str:
    kept, at = [], 0
    for number, placeholder in enumerate(placeholders):
        kept += [source[at : placeholder.start], f"{stem}{number}end"]
        at = placeholder.end
    return "".join([*kept, source[at:]])


def _restore(html: str, source: str, placeholders: tuple[Placeholder, ...], stem: str) -> str:
    html = _VOID.sub(lambda found: f"<{found.group(1)}{found.group(2).rstrip('/ ')} />", html)
    for number, placeholder in enumerate(placeholders):
        token = f"{stem}{number}end"
        if token not in html and placeholder.kind is not PlaceholderKind.REMARK:
            line = line_of(source, placeholder.start)
            raise TemplateError(f"{placeholder.text} cannot stand here", line=line, part="markdown")
        if placeholder.is_along and f"<p>{token}</p>" not in html:
            line = line_of(source, placeholder.start)
            raise TemplateError("{{ along }} stands in a paragraph of its own", line=line, part="markdown")
        if placeholder.is_along or placeholder.kind is PlaceholderKind.STATEMENT:
            html = html.replace(f"<p>{token}</p>", token)
    return re.sub(rf"{stem}([0-9]+)end", lambda found: placeholders[int(found.group(1))].text, html)
