"""Who somebody is in the sandbox: the address typed last, so that the test inbox can show their mail among thousands.

Kept in a cookie of the sandbox's pages. It proves nothing and opens nothing; the test inbox shows everybody's mail anyway.
"""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from preferences.address import Address, parse_address
from preferences.errors import Invalid
from webapp.site import Site

_COOKIE = "troth_visitor"


def visitor() -> Address | None:
    """The address that was typed last in this browser; None where there was none."""
    typed = request.cookies.get(_COOKIE, "")
    try:
        return parse_address(typed) if typed else None
    except Invalid:
        return None


def remember_visitor(site: Site, response: Response, address: Address) -> None:
    """Know the browser again, in the sandbox and until it is closed."""
    if site.is_sandbox:
        path = request.script_root or "/"
        response.set_cookie(
            _COOKIE, address.spelled, path=path, httponly=True, samesite="Lax", secure=request.is_secure
        )
