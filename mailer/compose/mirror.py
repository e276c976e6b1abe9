"""Our own markup for languages that are written from right to left: what stands at one side stands at the other.

Mailboxes know no logical sides, such as "start", so the sides themselves are written anew.
"""

import re

_SIDE = re.compile(r"((?:text-align:\s?|\balign=\"|border-|padding-|margin-))(left|right)\b")
_OTHER = {"left": "right", "right": "left"}


def mirrored(markup: str, direction: str) -> str:
    """The same for `ltr`; for `rtl` with the two sides exchanged, wherever something is aligned or has an edge."""
    if direction != "rtl":
        return markup
    return _SIDE.sub(lambda found: found.group(1) + _OTHER[found.group(2)], markup)
