"""Settings: the publication, a try of the mail server, and tokens of the API, which are shown once."""

from __future__ import annotations

from werkzeug.wrappers import Response as Answer

from mailer.compose import Envelope
from preferences.errors import Invalid
from preferences.links import Kind
from preferences.store.publications import change_publication
from preferences.store.tokens import TokenScope, create_token, revoke_token, tokens
from webapp.console.desk import Desk, Pages
from webapp.forms import Filled
from webapp.pages.sign_up import ZONES
from webapp.relay import Tried, relay_of, try_out
from webapp.site import Site

_FIELDS = ("name", "sender", "reply_to", "postal_address", "zone", "language")
SCOPES = {
    TokenScope.READ: "read",
    TokenScope.WRITE: "read and write",
    TokenScope.SEND: "read, write and send",
    TokenScope.ADMIN: "everything",
}


def add_routes(pages: Pages) -> None:
    """`settings`, trying the mail server, making a token, ending one."""
    pages.form("settings", "settings", show, save)
    pages.post_away("settings/mail-server", "try_relay", show_tried, envelope_typed, try_relay)
    pages.post("settings/tokens", "make_token", show, make_token)
    pages.post("settings/tokens/revoke", "revoke_token", show, end_token)


def show(desk: Desk, secret: str | None = None, tried: Tried | None = None) -> Answer:
    """The publication as it is, its mail server and its tokens; `secret` is one that was just made."""
    is_typed = desk.is_typed and desk.filled.one("form") == "publication"
    values = [(name, getattr(desk.owner, name) or "") for name in _FIELDS]
    there = tokens(desk.connection, desk.owner.id)
    return desk.page(
        "settings.html",
        filled=desk.filled if is_typed else Filled(values),
        typed=desk.filled,
        zones=ZONES,
        relay=relay_of(desk.site.settings.smtp, desk.site.settings.smtp_others),
        tried=tried,
        secret=secret,
        tokens=[(one, desk.id(Kind.TOKEN, one.id)) for one in there],
        scopes=SCOPES,
    )


def save(desk: Desk) -> Answer:
    """Change the publication."""
    change_publication(desk.connection, desk.owner.id, {name: desk.filled.one(name) for name in _FIELDS})
    return desk.see("settings")


def show_tried(desk: Desk, tried: Tried | None = None) -> Answer:
    """The settings, with what trying the mail server found."""
    return show(desk, tried=tried)


def envelope_typed(desk: Desk) -> tuple[Site, str, Envelope]:
    """What trying needs of the publication: the site, the address typed, the sender. Raises `Invalid`."""
    owner, typed = desk.owner, desk.filled.one("test_address")
    if typed and not owner.sender:
        raise Invalid.one("test_address", "a test mail needs a sender: set it above and save it first")
    envelope = Envelope(
        publication=owner.name,
        sender=owner.sender or "",
        postal_address=owner.postal_address or "-",
        language=owner.language,
        reply_to=owner.reply_to,
    )
    return desk.site, typed, envelope


def try_relay(asked: tuple[Site, str, Envelope]) -> Tried:
    """Try the mail server, with a mail where an address was typed. Raises what `try_out` raises."""
    site, typed, envelope = asked
    return try_out(site, lambda: envelope, typed)


def make_token(desk: Desk) -> Answer:
    """Make a token and show it, this one time: an address that could be gone back to must not hold it."""
    filled = desk.filled
    secret = create_token(
        desk.connection, desk.owner.id, filled.one("token"), filled.one("scope"), desk.now, desk.site.is_sandbox
    )
    return show(desk, secret)


def end_token(desk: Desk) -> Answer:
    """End a token; ending it again changes nothing."""
    if not desk.filled.one("id"):
        raise Invalid.one("id", "say which token ends")
    revoke_token(desk.connection, desk.owner.id, desk.number(Kind.TOKEN, desk.filled.one("id")), desk.now)
    return desk.see("settings")
