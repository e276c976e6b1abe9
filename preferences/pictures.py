"""What a picture is, by its own first octets and never by its name: its type and how large it is.

PNG and JPEG only: every mail program shows them, and neither can hold a script, as an SVG can.
"""

from __future__ import annotations

from dataclasses import dataclass

from preferences.errors import Invalid

LARGEST_OCTETS = 200_000
LEAST_PIXELS, MOST_PIXELS = 16, 4000

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# The segments of a JPEG that say how large it is (ITU-T T.81, B.2.2): all "start of frame", without DHT, JPG and DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Segments that have no length: RST0 to RST7, SOI, EOI, TEM.
_BARE = frozenset({*range(0xD0, 0xDA), 0x01})
_NO_PICTURES = {
    b"GIF8": "a GIF",
    b"RIFF": "a WebP or another RIFF file, which many mail programs do not show",
    b"<svg": "an SVG, which may hold scripts and which mail programs do not show",
    b"<?xm": "an SVG or another XML file, which may hold scripts and which mail programs do not show",
    b"%PDF": "a PDF",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that may be shown: its media type, and its size in pixels."""

    type: str
    width: int
    height: int


def picture_in(octets: bytes, field: str = "logo") -> Picture:
    """What the octets of a file are a picture of. Raises `Invalid` saying what to do instead."""
    if len(octets) > LARGEST_OCTETS:
        raise Invalid.one(
            field, f"this file has {len(octets):,} bytes; at most {LARGEST_OCTETS:,} are taken: save it smaller"
        )
    found = _png(octets) if octets.startswith(_PNG) else _jpeg(octets) if octets.startswith(_JPEG) else None
    if found is None:
        said = next((words for begin, words in _NO_PICTURES.items() if octets.lstrip()[:4] == begin), "no picture")
        if octets[:3] in (_PNG[:3], _JPEG):
            said = "broken, or only a part of a picture"
        raise Invalid.one(field, f"this file is {said}; save the logo as PNG or JPEG")
    if not all(LEAST_PIXELS <= length <= MOST_PIXELS for length in (found.width, found.height)):
        raise Invalid.one(
            field,
            f"this picture has {found.width} x {found.height} pixels; each side may have {LEAST_PIXELS} to {MOST_PIXELS}",
        )
    return found


def _png(octets: bytes) -> Picture | None:
    """The header stands first (PNG, 11.2.1), and the last chunk last."""
    if octets[12:16] != b"IHDR" or not octets.rstrip(b"\0\r\n").endswith(b"IEND\xaeB`\x82"):
        return None
    width, height = (int.from_bytes(octets[at : at + 4], "big") for at in (16, 20))
    return Picture(type="image/png", width=width, height=height)


def _jpeg(octets: bytes) -> Picture | None:
    """From segment to segment, until one says how large the picture is."""
    at = 2
    while at + 9 <= len(octets):
        if octets[at] != 0xFF:
            return None
        marker = octets[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker in _FRAMES:
            height, width = (int.from_bytes(octets[place : place + 2], "big") for place in (at + 5, at + 7))
            return Picture(type="image/jpeg", width=width, height=height)
        else:
            at += 2 + max(2, int.from_bytes(octets[at + 2 : at + 4], "big"))
    return None
