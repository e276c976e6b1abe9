"""Settings → Appearance: a logo and two colours, seen on a page and in a mail, light and dark, before they are kept."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from flask import Response, request
from werkzeug.wrappers import Response as Answer

from mailer.compose import CampaignContent, Recipient, compile_campaign
from preferences.appearance import HOUSE_PALETTES, Appearance, Logo, moved, palettes_of
from preferences.colours import TEXT_CONTRAST
from preferences.errors import Invalid
from preferences.pictures import LARGEST_OCTETS, picture_in
from preferences.store.appearance import LogoFile, checked_colours, choose_appearance, logo_of
from preferences.urls import links_to, logo_url
from webapp.console.composing import in_scheme
from webapp.console.desk import Desk, Pages
from webapp.forms import Filled
from webapp.pages.look import one_scheme
from webapp.pages.page import guarded, render

_PATH = "settings/appearance"
_HOUSE = HOUSE_PALETTES.light
# What is looked at stands in a frame of the console, has nothing to press and loads nothing from elsewhere.
_FRAME = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'self'"
_MAIL_FRAME = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; sandbox"
_SAMPLE = """# The heron flies

Dear reader,

this is how a letter looks: its [links](https://example.org/heron), and what is quoted.

> Nothing is said twice.

Yours, Vera"""


def add_routes(pages: Pages) -> None:
    """The form, what it looks like before it is kept, and the frames that show it."""
    pages.form(_PATH, "appearance", show, save)
    pages.post_outside(f"{_PATH}/look", "appearance_look", show, look)
    pages.show(f"{_PATH}/page", "appearance_page", show_page)
    pages.show(f"{_PATH}/look.css", "appearance_css", show_css)
    pages.show(f"{_PATH}/mail", "appearance_mail", show_mail)


def show(desk: Desk, chosen: Appearance | None = None, logo: LogoFile | None = None) -> Answer:
    """What is chosen, or what was typed and is only looked at: `chosen` and `logo` are not kept yet."""
    is_looked_at = chosen is not None
    look = desk.owner.appearance if chosen is None else chosen
    kept = logo if is_looked_at else logo_of(desk.connection, desk.owner.id)
    colours = {"accent": look.accent or _HOUSE.accent, "ground": look.ground or _HOUSE.ground}
    return desk.page(
        "appearance.html",
        filled=desk.filled if desk.is_typed else Filled(colours.items()),
        chosen=look,
        is_looked_at=is_looked_at,
        moved=moved(look),
        needed=TEXT_CONTRAST,
        is_house=look == Appearance(version=look.version) and kept is None,
        logo="" if kept is None else f"data:{kept.type};base64,{_text(kept.octets)}",
        logo_kept="" if kept is None or not is_looked_at else _text(kept.octets),
        logo_shown=None if kept is None else _size(kept.octets).shown,
        most=LARGEST_OCTETS,
    )


def look(desk: Desk) -> Answer:
    """Show what was typed, without keeping it. Raises `Invalid`."""
    octets = _logo_typed(desk)
    logo = None if octets is None else LogoFile(octets=octets, type=picture_in(octets).type)
    return show(desk, _colours_typed(desk), logo)


def save(desk: Desk) -> Answer:
    """Keep it, or go back to the house's own. Raises `Invalid`."""
    if desk.filled.one("do") == "house":
        choose_appearance(desk.connection, desk.owner.id, Appearance(), None, desk.by, desk.now)
    else:
        colours = _colours_typed(desk)
        choose_appearance(desk.connection, desk.owner.id, colours, _logo_typed(desk), desk.by, desk.now)
    return desk.see(_PATH)


def _colours_typed(desk: Desk) -> Appearance:
    """The two colours in the form; those of the house are none."""
    found = checked_colours(desk.filled.one("accent"), desk.filled.one("ground"))
    return replace(
        found,
        accent=None if found.accent == _HOUSE.accent else found.accent,
        ground=None if found.ground == _HOUSE.ground else found.ground,
    )


def _logo_typed(desk: Desk) -> bytes | None:
    """The file that was chosen, else what was looked at before, else the one that is kept; None without any."""
    if desk.filled.one("no_logo"):
        return None
    file = request.files.get("logo")
    octets = b"" if file is None else file.stream.read(LARGEST_OCTETS + 1)
    if octets:
        picture_in(octets)
        return octets
    carried = desk.filled.one("logo_kept")
    if carried:
        return _octets(carried)
    kept = logo_of(desk.connection, desk.owner.id)
    return None if kept is None else kept.octets


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Invalid.one("logo", "the picture was lost on its way; choose the file once more") from error


def _size(octets: bytes) -> Logo:
    found = picture_in(octets)
    return Logo(width=found.width, height=found.height)


def _asked(desk: Desk) -> Appearance:
    """The colours in the address of a frame, with the logo that is kept. Raises `Invalid`."""
    found = checked_colours(desk.query.one("accent"), desk.query.one("ground"))
    return replace(found, logo=desk.owner.appearance.logo, version=desk.owner.appearance.version)


def show_page(desk: Desk) -> Response:
    """A page of readers in the colours of the address."""
    query = request.query_string.decode("ascii", "ignore")
    response = render("console/appearance_page.html", desk=desk, here=desk.here, query=query)
    response.headers["Content-Security-Policy"] = _FRAME
    return response


def show_css(desk: Desk) -> Response:
    """The tokens of the address, in the light or in the dark, whatever the browser prefers."""
    is_dark = desk.query.one("scheme") == "dark"
    found = palettes_of(_asked(desk))
    scheme = "dark" if is_dark else "light"
    tokens = one_scheme(found.dark if is_dark else found.light)
    text = f"@layer tokens {{ @media all {{ {tokens} :root {{ color-scheme: {scheme} }} }} }}\n"
    return guarded(Response(text, mimetype="text/css"))


def show_mail(desk: Desk) -> Response:
    """A mail in the colours of the address."""
    asked = _asked(desk)
    owner, base = desk.owner, desk.site.base_url
    content = CampaignContent(
        publication=owner.name,
        sender=owner.sender or "sender@example.org",
        postal_address=owner.postal_address or "-",
        language="en",
        list_id="look.example.org",
        feedback_id="look",
        appearance=asked,
        logo_url=logo_url(base, owner.slug, asked),
        subject="The heron flies",
        title="The heron flies",
        markdown=_SAMPLE,
    )
    reader = Recipient(
        email="reader@example.org",
        message_token="look",
        date=desk.now,
        promise="You get one mail a week, usually on Tuesdays. Nothing else.",
        **links_to(base, "look"),
    )
    html = in_scheme(compile_campaign(content).preview(reader).html, is_dark=desk.query.one("scheme") == "dark")
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _MAIL_FRAME
    return guarded(response)
