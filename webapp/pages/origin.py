"""Where a form was: pages that need no signed link take forms from their own pages only."""

from __future__ import annotations

from flask import request

from preferences.errors import Conflict


def check_own_page() -> None:
    """Raise `Conflict` where a browser says that the form was on somebody else's page (Fetch Metadata, W3C)."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise Conflict("this form was on another site's page")
