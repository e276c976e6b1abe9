"""Appearance: what makes pages and mails a publication's own, and the colours that follow from the two it chose.

Whatever is chosen, text can be read and edges can be seen, in the light and in the dark: what does not differ enough
from what is behind it becomes darker or lighter, as little as is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache

from preferences.colours import (
    EDGE_CONTRAST,
    TEXT_CONTRAST,
    Shade,
    contrast,
    darkened,
    lightened,
    luminance,
    parse_colour,
    shade_of,
)

# Light grounds are at least as light, and dark ones at most: what is said in red or yellow stays readable on them.
_LIGHT_GROUND = 0.8
_STEP = 1 / 200
_GROUND_CHROMA = 0.05
# Pixels: a phone of 320 has room for it beside nothing else.
SHOWN_WIDTH, SHOWN_HEIGHT = 240, 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """The size of a logo in pixels, as it is stored."""

    width: int
    height: int

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height at which it is shown above a page or a mail: never larger than it is, never distorted."""
        scale = min(1.0, SHOWN_WIDTH / self.width, SHOWN_HEIGHT / self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """What a publication chose: two colours as `#rrggbb`, a logo. None is the house's own; `version` is 0 before any."""

    accent: str | None = None
    ground: str | None = None
    logo: Logo | None = None
    version: int = 0

    def __post_init__(self) -> None:
        for name in ("accent", "ground"):
            chosen = getattr(self, name)
            if chosen is not None:
                object.__setattr__(self, name, parse_colour(chosen))

    @property
    def has_colours(self) -> bool:
        """Whether any colour is not the house's own."""
        return self.accent is not None or self.ground is not None


HOUSE = Appearance()


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One set of colours. `tint` is behind what is chosen or done, `line` divides, `edge` is around what is filled in."""

    ground: str
    paper: str
    sunk: str
    ink: str
    soft_ink: str
    line: str
    edge: str
    accent: str
    accent_strong: str
    on_accent: str
    tint: str
    tint_ink: str

    @property
    def surfaces(self) -> tuple[str, ...]:
        """What text stands on."""
        return (self.ground, self.paper, self.sunk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Palettes:
    """The colours in the light and in the dark."""

    light: Palette
    dark: Palette


# The same as in webapp/static/style.css and in templates/emails; a test holds them in step.
HOUSE_PALETTES = Palettes(
    light=Palette(
        ground="#f7f5f0",
        paper="#ffffff",
        sunk="#efece4",
        ink="#1d2321",
        soft_ink="#55605b",
        line="#dcd8cd",
        edge="#7b867f",
        accent="#14614b",
        accent_strong="#0d4a39",
        on_accent="#ffffff",
        tint="#e4f0ea",
        tint_ink="#10493a",
    ),
    dark=Palette(
        ground="#121615",
        paper="#1a201e",
        sunk="#232b28",
        ink="#e9eeeb",
        soft_ink="#a9b6b0",
        line="#333d39",
        edge="#7f8f88",
        accent="#7fd6b4",
        accent_strong="#a3e5cb",
        on_accent="#0b2a20",
        tint="#1b3029",
        tint_ink="#bfe9d8",
    ),
)


@lru_cache(maxsize=256)
def palettes_of(appearance: Appearance) -> Palettes:
    """The colours that follow from what was chosen; the house's own where nothing was."""
    light, dark = HOUSE_PALETTES.light, HOUSE_PALETTES.dark
    if appearance.ground is not None:
        light, dark = _light_on(light, appearance.ground), _dark_on(dark, appearance.ground)
    if appearance.accent is not None or appearance.ground is not None:
        accent = appearance.accent or HOUSE_PALETTES.light.accent
        light, dark = _light_with(light, accent), _dark_with(dark, accent)
    return Palettes(light=light, dark=dark)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A chosen colour that is used as it is, or darker or lighter: its contrast before and after, and what was needed."""

    name: str
    is_dark: bool
    chosen: str
    used: str
    before: float
    after: float

    @property
    def is_kept(self) -> bool:
        """Whether it is used as it was chosen."""
        return self.chosen == self.used


def moved(appearance: Appearance) -> tuple[Moved, ...]:
    """What became of each chosen colour, in the light and in the dark. The least contrast with what it meets counts."""
    found = palettes_of(appearance)
    told = []
    for palette, is_dark in ((found.light, False), (found.dark, True)):
        if appearance.accent is not None:
            told.append(_told("accent", is_dark, appearance.accent, palette.accent, palette.surfaces))
        if appearance.ground is not None:
            told.append(_told("ground", is_dark, appearance.ground, palette.ground, (palette.ink, palette.soft_ink)))
    return tuple(told)


def _told(name: str, is_dark: bool, chosen: str, used: str, against: tuple[str, ...]) -> Moved:  # noqa: FBT001
    before, after = (min(contrast(colour, other) for other in against) for colour in (chosen, used))
    return Moved(name=name, is_dark=is_dark, chosen=chosen, used=used, before=before, after=after)


def _light_on(house: Palette, ground: str) -> Palette:
    shade = shade_of(ground)
    lightness = shade.lightness
    while luminance(ground) < _LIGHT_GROUND:
        lightness += _STEP
        ground = Shade(lightness, min(shade.chroma, _GROUND_CHROMA), shade.hue).hex()
    light = shade_of(ground)
    sunk = Shade(light.lightness - 0.028, light.chroma, light.hue).hex()
    on = replace(house, ground=ground, sunk=sunk, line=Shade(light.lightness - 0.09, light.chroma, light.hue).hex())
    return replace(
        on,
        ink=darkened(house.ink, on.surfaces, TEXT_CONTRAST),
        soft_ink=darkened(house.soft_ink, on.surfaces, TEXT_CONTRAST),
        edge=darkened(house.edge, on.surfaces, EDGE_CONTRAST),
    )


def _dark_on(house: Palette, ground: str) -> Palette:
    """The house's dark, in the hue of the ground: no bright ground in a dark room."""
    shade = shade_of(ground)

    def tinged(colour: str) -> str:
        return Shade(shade_of(colour).lightness, min(shade.chroma, 0.02), shade.hue).hex()

    on = replace(
        house, ground=tinged(house.ground), paper=tinged(house.paper), sunk=tinged(house.sunk), line=tinged(house.line)
    )
    return replace(
        on,
        ink=lightened(house.ink, on.surfaces, TEXT_CONTRAST),
        soft_ink=lightened(house.soft_ink, on.surfaces, TEXT_CONTRAST),
        edge=lightened(house.edge, on.surfaces, EDGE_CONTRAST),
    )


def _light_with(palette: Palette, accent: str) -> Palette:
    shade = shade_of(accent)
    tint = Shade(0.947, min(shade.chroma, 0.022), shade.hue).hex()
    used = darkened(accent, (*palette.surfaces, tint), TEXT_CONTRAST)
    dark = shade_of(used)
    strong = Shade(max(0.0, dark.lightness - 0.08), dark.chroma, dark.hue).hex()
    return replace(
        palette,
        accent=used,
        accent_strong=strong,
        on_accent="#ffffff",
        tint=tint,
        tint_ink=darkened(strong, (tint,), TEXT_CONTRAST),
        soft_ink=darkened(palette.soft_ink, (tint,), TEXT_CONTRAST),
    )


def _dark_with(palette: Palette, accent: str) -> Palette:
    shade = shade_of(accent)
    tint = Shade(0.285, min(shade.chroma, 0.035), shade.hue).hex()
    # What is lighter than needed glows in the dark less than a colour that just passes: as light as the house's own.
    begin = Shade(max(shade.lightness, 0.78), min(shade.chroma, 0.15), shade.hue).hex()
    used = lightened(begin if shade.lightness < 0.7 else accent, (*palette.surfaces, tint), TEXT_CONTRAST)
    light = shade_of(used)
    strong = Shade(min(1.0, light.lightness + 0.06), light.chroma, light.hue).hex()
    on_accent = Shade(0.26, min(shade.chroma, 0.04), shade.hue).hex()
    return replace(
        palette,
        accent=used,
        accent_strong=strong,
        on_accent=darkened(on_accent, (used, strong), TEXT_CONTRAST),
        tint=tint,
        tint_ink=lightened(strong, (tint,), TEXT_CONTRAST),
        soft_ink=lightened(palette.soft_ink, (tint,), TEXT_CONTRAST),
    )


TOKENS = tuple(one.name for one in fields(Palette))
