"""Colours: how much two of them differ for whoever reads, and the same colour lighter or darker.

Contrast is that of WCAG 2.2 (relative luminance, sRGB). Lightness, chroma and hue are OKLCH (B. Ottosson, "A perceptual
color space for image processing", 2020), in which a colour keeps its hue while it becomes lighter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

TEXT_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: text on what is behind it."""
EDGE_CONTRAST = 3.0
"""WCAG 2.2, 1.4.11: the edge of what may be pressed or filled in."""

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_STEP = 1 / 400
_IN_GAMUT = 1e-4

Linear = tuple[float, float, float]


def parse_colour(text: str) -> str:
    """A colour as `#rrggbb` in small letters, from that or from a shorter spelling. Raises ValueError."""
    found = _HEX.fullmatch(text.strip())
    if found is None:
        raise ValueError("write a colour as # and six digits from 0 to f, such as #14614b")
    digits = found.group(1).lower()
    return f"#{digits if len(digits) == 6 else ''.join(digit * 2 for digit in digits)}"


def contrast(one: str, other: str) -> float:
    """How much two colours differ, from 1 (not at all) to 21 (black and white)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=4096)
def luminance(colour: str) -> float:
    """The relative luminance, from 0 (black) to 1 (white)."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass(frozen=True, slots=True)
class Shade:
    """A colour by lightness (0 to 1), chroma (0 is grey) and hue (radians)."""

    lightness: float
    chroma: float
    hue: float

    def hex(self) -> str:
        """The colour as `#rrggbb`, as colourful as a screen can show it at that lightness."""
        chroma = self.chroma
        while chroma > 0 and not _is_shown(_to_linear(self.lightness, chroma, self.hue)):
            chroma = max(0.0, chroma - 0.004)
        return _hex(_to_linear(self.lightness, chroma, self.hue))


def shade_of(colour: str) -> Shade:
    """A colour by lightness, chroma and hue."""
    red, green, blue = _linear(colour)
    cones = (
        0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue,
        0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue,
        0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue,
    )
    long, middle, short = (math.cbrt(cone) for cone in cones)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return Shade(lightness, math.hypot(a, b), math.atan2(b, a))


def darkened(colour: str, against: Iterable[str], at_least: float) -> str:
    """The colour itself where it differs enough from all of these, else as much darker as is needed; at worst black."""
    return _moved(colour, tuple(against), at_least, -_STEP)


def lightened(colour: str, against: Iterable[str], at_least: float) -> str:
    """The colour itself where it differs enough from all of these, else as much lighter as is needed; at worst white."""
    return _moved(colour, tuple(against), at_least, _STEP)


def _moved(colour: str, against: tuple[str, ...], at_least: float, step: float) -> str:
    shade = shade_of(colour)
    lightness = shade.lightness
    while any(contrast(colour, other) < at_least for other in against) and 0 < lightness < 1:
        lightness = min(1.0, max(0.0, lightness + step))
        colour = Shade(lightness, shade.chroma, shade.hue).hex()
    return colour


def _linear(colour: str) -> Linear:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _decoded(red), _decoded(green), _decoded(blue)


def _decoded(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _encoded(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _to_linear(lightness: float, chroma: float, hue: float) -> Linear:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _is_shown(linear: Linear) -> bool:
    return all(-_IN_GAMUT <= channel <= 1 + _IN_GAMUT for channel in linear)


def _hex(linear: Linear) -> str:
    channels = (round(255 * _encoded(min(1.0, max(0.0, channel)))) for channel in linear)
    return "#" + "".join(f"{channel:02x}" for channel in channels)
