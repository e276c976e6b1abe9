"""What makes a publication's pages its own: its colours as a stylesheet of tokens, and its logo.

Both are read without any link and say nothing about anybody. Their addresses have a version, so browsers may keep them.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256

from flask import Blueprint, Response, request

from preferences.appearance import TOKENS, Palette, Palettes, palettes_of
from preferences.errors import NotFound
from preferences.store.appearance import logo_of
from preferences.store.publications import publication_named
from webapp.site import Site

# A picture runs nothing, loads nothing and styles nothing, also where somebody opens it by itself.
_LOGO_POLICY = "default-src 'none'; sandbox"
_KEPT = "public, max-age=31536000, immutable"
# What was asked for without its version may be another one tomorrow.
_LOOKED_AT = "public, max-age=300"


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/p/<slug>/look.css` and `/p/<slug>/logo`."""
    pages.add_url_rule("/p/<slug>/look.css", "look", partial(show_look, site))
    pages.add_url_rule("/p/<slug>/logo", "logo", partial(show_logo, site))


def show_look(site: Site, slug: str) -> Response:
    """The tokens of a publication's colours, light and dark; none where it has the house's own."""
    with site.database.read() as connection:
        found = publication_named(connection, slug).appearance
    text = both_schemes(palettes_of(found)) if found.has_colours else ""
    return _kept(Response(text, mimetype="text/css"), found.version)


def show_logo(site: Site, slug: str) -> Response:
    """The logo. Raises `NotFound` where there is none."""
    with site.database.read() as connection:
        owner = publication_named(connection, slug)
        found = logo_of(connection, owner.id)
    if found is None:
        raise NotFound("this publication has no logo")
    response = Response(found.octets, mimetype=found.type)
    response.headers["Content-Security-Policy"] = _LOGO_POLICY
    response.headers["Content-Disposition"] = "inline"
    # It stands in mails, which are read on other sites.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _kept(response, owner.appearance.version)


def both_schemes(palettes: Palettes) -> str:
    """The tokens as the layer of the stylesheet that they belong to."""
    dark = f"@media screen and (prefers-color-scheme: dark) {{ {one_scheme(palettes.dark)} }}"
    return f"@layer tokens {{ {one_scheme(palettes.light)} {dark} }}\n"


def one_scheme(palette: Palette) -> str:
    """The tokens of one set of colours."""
    said = "; ".join(f"--{name.replace('_', '-')}: {getattr(palette, name)}" for name in TOKENS)
    return f":root {{ {said} }}"


def _kept(response: Response, version: int) -> Response:
    is_versioned = request.args.get("v") == str(version)
    response.set_etag(sha256(response.get_data()).hexdigest()[:16])
    response.headers["Cache-Control"] = _KEPT if is_versioned else _LOOKED_AT
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    response.make_conditional(request)
    return response
