"""Our own mails as their publication dresses them: its colours in the place of the house's, its logo in that of its name.

Templates are written in the colours of the house, so that each can be looked at as it stands. What an author writes in
MJML keeps its own colours.
"""

import re
from functools import lru_cache
from html import escape

from mailer.compose.content import Envelope
from mailer.compose.placeholders import literal
from preferences.appearance import HOUSE_PALETTES, TOKENS, Appearance, palettes_of

_COLOUR = re.compile("#[0-9a-f]{6}")
_MASTHEAD = re.compile(r'(css-class="masthead t-ink"><p>).*?(</p>)')


def dressed(source: str, appearance: Appearance) -> str:
    """A template of ours in the colours of a publication."""
    if not appearance.has_colours:
        return source
    own = _own_colours(appearance)
    return _COLOUR.sub(lambda found: own.get(found.group(), found.group()), source)


@lru_cache(maxsize=64)
def _own_colours(appearance: Appearance) -> dict[str, str]:
    """Each colour of the house, and what takes its place."""
    found = palettes_of(appearance)
    pairs = ((HOUSE_PALETTES.dark, found.dark), (HOUSE_PALETTES.light, found.light))
    return {getattr(house, name): getattr(own, name) for house, own in pairs for name in TOKENS}


def with_logo(source: str, envelope: Envelope) -> str:
    """The MJML of a mail of ours with the logo at its top, where there is one; who sees no pictures reads the name."""
    logo = envelope.appearance.logo
    if logo is None or not envelope.logo_url:
        return source
    width, height = logo.shown
    name, url = (literal(escape(text)) for text in (envelope.publication, envelope.logo_url))
    image = (
        f'<img class="t-logo" src="{url}" alt="{name}" width="{width}" height="{height}"'
        f' style="display:inline-block;width:{width}px;height:auto;border:0;" />'
    )
    return _MASTHEAD.sub(lambda found: found[1] + image + found[2], source, count=1)
