"""Whatever two colours a publication chooses, everything on its pages and in its mails can be read and found."""

import re
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from preferences.appearance import HOUSE_PALETTES, TOKENS, Appearance, Palette, moved, palettes_of
from preferences.colours import EDGE_CONTRAST, TEXT_CONTRAST, contrast, luminance, shade_of

ROOT = Path(__file__).parents[2]
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
# Of the stylesheet: what stands in these colours, whatever was chosen.
WARNINGS = {False: ("#a3231b",), True: ("#ff9f94",)}
DARK_SURFACES = 0.05


def unreadable(palette: Palette, *, is_dark: bool) -> list[str]:
    surfaces = (*palette.surfaces, palette.tint)
    texts = [(text, on) for text in (palette.ink, palette.soft_ink, palette.accent) for on in surfaces]
    texts += [(palette.accent_strong, on) for on in surfaces]
    texts += [(palette.tint_ink, palette.tint), (palette.on_accent, palette.accent)]
    texts += [(palette.on_accent, palette.accent_strong)]
    texts += [(said, on) for said in WARNINGS[is_dark] for on in palette.surfaces]
    edges = [(palette.edge, on) for on in palette.surfaces]
    return [f"{one} on {other}" for one, other in texts if contrast(one, other) < TEXT_CONTRAST] + [
        f"{one} beside {other}" for one, other in edges if contrast(one, other) < EDGE_CONTRAST
    ]


@given(st.none() | COLOURS, st.none() | COLOURS)
@example("#ffff00", "#000000")
@example("#ffffff", "#ffffff")
@example("#000000", "#808080")
@example("#0000ff", "#ff0000")
def test_any_two_colours_can_be_read_in_the_light_and_in_the_dark(accent: str | None, ground: str | None) -> None:
    found = palettes_of(Appearance(accent=accent, ground=ground))
    assert unreadable(found.light, is_dark=False) == []
    assert unreadable(found.dark, is_dark=True) == []
    assert (
        max(luminance(one) for one in found.dark.surfaces)
        < DARK_SURFACES
        < min(luminance(one) for one in found.light.surfaces)
    )


@given(COLOURS, COLOURS)
def test_what_can_be_read_as_it_was_chosen_stays_as_it_was_chosen(accent: str, ground: str) -> None:
    for one in moved(Appearance(accent=accent, ground=ground)):
        assert one.is_kept == (one.chosen == one.used)
        assert one.after >= TEXT_CONTRAST
        if one.name == "accent" and not one.is_dark and not one.is_kept:
            assert shade_of(one.used).lightness < shade_of(one.chosen).lightness


def test_a_readable_colour_is_taken_as_it_is() -> None:
    found = palettes_of(Appearance(accent="#7a1f5c", ground="#f4f6fb"))
    assert (found.light.accent, found.light.ground) == ("#7a1f5c", "#f4f6fb")


def test_without_a_choice_everything_is_the_houses_own() -> None:
    assert palettes_of(Appearance()) == HOUSE_PALETTES


def test_the_stylesheet_and_the_mails_have_the_colours_of_the_house() -> None:
    css = (ROOT / "webapp" / "static" / "style.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", css, re.DOTALL)[:2]
    for said, palette in ((light, HOUSE_PALETTES.light), (dark, HOUSE_PALETTES.dark)):
        for name in TOKENS:
            assert f"--{name.replace('_', '-')}: {getattr(palette, name)};" in said
