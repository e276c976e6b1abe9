"""Who may: a token in the header, its publication, and the scope that something needs; or a session of the console."""

from __future__ import annotations

from flask import Flask, current_app, request, session

from preferences.links import PublicIds
from preferences.store.console_sessions import is_session_open
from preferences.store.installation import suppression_key
from preferences.store.tokens import TokenRow, TokenScope, token_of
from preferences.store.transactions import Transaction
from webapp.errors import Problem
from webapp.site import Site

_IDS = "troth_public_ids"
# Under this name the cookie of the console holds which session it is.
WAY = "way"


def site_of(app: Flask | None = None) -> Site:
    """The site that answers this request."""
    site: Site = (app or current_app).extensions["troth_site"]
    return site


def is_signed_in(site: Site) -> bool:
    """Whether this browser is signed in to the console; a sandbox asks nobody."""
    if site.is_sandbox:
        return True
    way = session.get(WAY)
    if not isinstance(way, str):
        return False
    with site.database.read() as connection:
        return is_session_open(connection, way, site.clock.now())


def authenticated(connection: Transaction) -> TokenRow:
    """The token of this request. Raises `Problem` 401 where there is none that is known."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = token_of(connection, secret.strip()) if kind.lower() == "bearer" and secret.strip() else None
    if token is None:
        raise Problem(401, "Who are you?", "Send Authorization: Bearer and a token that is known and not revoked.")
    return token


def check_scope(token: TokenRow, needed: TokenScope) -> None:
    """Raise `Problem` 403 where the token's scope is not enough."""
    if not token.scope.includes(needed):
        raise Problem(
            403, "Not with this token", f"This needs a token with the scope {needed}; this one has {token.scope}."
        )


def public_ids(connection: Transaction) -> PublicIds:
    """The ids of this installation, under the one key of its database, which is never rotated."""
    key = suppression_key(connection).hex()
    known: tuple[str, PublicIds] | None = current_app.extensions.get(_IDS)
    # A sandbox that is reset has another key from then on.
    if known is None or known[0] != key:
        known = current_app.extensions[_IDS] = key, PublicIds(key)
    return known[1]
