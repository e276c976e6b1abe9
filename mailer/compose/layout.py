"""From MJML to the HTML template of a campaign, once per revision."""

import re
from dataclasses import dataclass
from html import escape

import css_inline
import mjml as mjml_library

from mailer.compose.check import check_source, normalise
from mailer.compose.dress import dressed
from mailer.compose.errors import TemplateError
from mailer.compose.fence import Fences, fence
from mailer.compose.outline import outline
from mailer.compose.parts import read_template
from mailer.compose.placeholders import literal
from mailer.compose.plaintext import links_of, text_of
from preferences.appearance import HOUSE, Appearance

_BODY = re.compile(r"<body[^>]*>")
_PREHEADER = (
    '<div style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;'
    'overflow:hidden;mso-hide:all;">{}</div>'
)
_SCHEME = '<meta name="color-scheme" content="{0}"><meta name="supported-color-schemes" content="{0}">'
# A source with styles for dark rooms is ready for them; in any other everything stays light, our own parts too.
_DARK = "prefers-color-scheme"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Templates: the HTML up to the end of the author's body, what closes it, the text, and the links of the HTML.

    `is_text` says that its slot stands in a text, among paragraphs, and not between sections.
    """

    html: str
    html_end: str
    text: str
    links: tuple[str, ...]
    is_text: bool


def compile_layout(
    mjml: str, *, title: str, language: str, preheader: str = "", part: str = "mjml", appearance: Appearance = HOUSE
) -> Layout:
    """The layout of an MJML source; TemplateError with the first problem and its line.

    `preheader` is a template and stands hidden at the beginning of the body. `part` is named in errors.
    """
    source = normalise(mjml)
    problems = check_source(source)
    if problems:
        raise TemplateError(problems[0].message, line=problems[0].line if part == "mjml" else None, part=part)
    fences = Fences(source + preheader + title, part)
    fenced, styles = fence(outline(source), fences, language=language)
    html = _inlined(_rendered(fenced, part), styles, fences, part)
    return _layout(html, fences, title=title, preheader=preheader, part=part, appearance=appearance)


def _layout(html: str, fences: Fences, *, title: str, preheader: str, part: str, appearance: Appearance) -> Layout:
    body = _BODY.search(html)
    end = html.rfind("</body>")
    if body is None or end < body.end():
        raise TemplateError("there is no <mj-body> in an <mjml>", line=None, part=part)
    head = html[: body.start()].replace("<title></title>", f"<title>{literal(escape(title))}</title>", 1)
    head = head.replace("</head>", f"{_schemes(head, appearance)}</head>", 1)
    inside = html[body.end() : end]
    fences.check(head + inside)
    before, after = fences.restore_html(head + body.group()), fences.restore_html(inside)
    return Layout(
        html=before + (_PREHEADER.format(preheader) if preheader else "") + after,
        html_end=html[end:],
        text=fences.restore_text(text_of(inside)),
        links=tuple(fences.restore_text(link) for link in links_of(inside)),
        is_text=part == "markdown",
    )


def _schemes(head: str, appearance: Appearance) -> str:
    if _DARK not in head:
        return _SCHEME.format("light")
    styles = dressed(_squeezed(read_template("_layout/dark.css")), appearance)
    return f"{_SCHEME.format('light dark')}<style>{styles}</style>"


def _squeezed(styles: str) -> str:
    return re.sub(r"\s+", " ", styles).strip()


def _rendered(fenced: str, part: str) -> str:
    try:
        return str(mjml_library.mjml2html(fenced, fonts={}))
    except ValueError as error:
        raise TemplateError(f"the template cannot be rendered: {error}", line=None, part=part) from error
    except BaseException as error:
        # The library is Rust: a failed assertion in it arrives as a BaseException of this name and no other.
        if type(error).__name__ != "PanicException":
            raise
        raise TemplateError(
            "the template cannot be rendered: the MJML library gave up on it", line=None, part=part
        ) from error


def _inlined(html: str, styles: str, fences: Fences, part: str) -> str:
    if not styles.strip():
        return html
    inliner = css_inline.CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        keep_link_tags=True,
        load_remote_stylesheets=False,
        extra_css=styles,
    )
    try:
        return fences.comments_as_statements(inliner.inline(fences.statements_as_comments(html)))
    except css_inline.InlineError as error:
        raise TemplateError(f"the inline style cannot be read: {error}", line=None, part=part) from error
