"""The stylesheet, the icon and the scripts, which only improve: kept in memory, with a tag to compare by."""

from __future__ import annotations

from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response, abort, request

from webapp.site import Site

FOLDER = Path(__file__).resolve().parents[1] / "static"
_TYPES = {
    "style.css": "text/css",
    "reading.css": "text/css",
    "favicon.ico": "image/vnd.microsoft.icon",
    "icon.svg": "image/svg+xml",
    "zone.js": "text/javascript",
    "live.js": "text/javascript",
    "progress.js": "text/javascript",
    "share.js": "text/javascript",
}


def add_routes(pages: Blueprint, _site: Site) -> None:
    """The files that pages refer to, and the icon that browsers ask for where a page names none."""
    pages.add_url_rule("/static/<name>", "static_file", partial(show))
    pages.add_url_rule("/favicon.ico", "favicon", partial(show, "favicon.ico"))


def show(name: str) -> Response:
    """One file; 304 where the browser has it."""
    if name not in _TYPES:
        abort(404)
    content, tag = _file(name)
    response = Response(content, mimetype=_TYPES[name])
    response.set_etag(tag)
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.make_conditional(request)
    return response


@cache
def _file(name: str) -> tuple[bytes, str]:
    content = (FOLDER / name).read_bytes()
    return content, sha256(content).hexdigest()[:16]
