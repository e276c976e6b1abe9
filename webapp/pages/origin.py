"""Where a form was: pages that need no signed link take forms from their own pages only."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from preferences.errors import Conflict, Said


def check_own_page() -> None:
    """Raise `Conflict` where a browser says that the form was on somebody else's page.

    By Fetch Metadata (W3C), and where a browser does not know that yet by the Origin that it names (RFC 6454, section 7).
    A program that names neither is no browser that somebody else could send here.
    """
    said = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_ours = (
        said in ("same-origin", "none") if said is not None else origin is None or _host_of(origin) == request.host
    )
    if not is_ours:
        raise Conflict(Said("this form was on another site's page"))


def _host_of(origin: str) -> str:
    """Host and port; the scheme may be another before a proxy. Empty for what is none, such as `null`."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
