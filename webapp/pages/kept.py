"""Kept promises: what a publication has promised, how long it was kept, and every time it was not; and a badge of it.

All of it comes from the ledger. Nobody can switch a line of it off.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from time import monotonic

from flask import Blueprint, Response, request

from preferences.store.kept import KeptPromises, kept_promises
from preferences.store.publications import PublicationRow, publication_named
from webapp.language import language, speak
from webapp.pages.kept_words import (
    Days,
    audited_in_words,
    badge_of,
    badge_words,
    broken_count,
    broken_lines,
    kept_for,
    topic_line,
    width_of,
)
from webapp.pages.page import guarded, render
from webapp.site import Site
from webapp.templating import environment

# Reading it for everybody who passes by a badge must cost next to nothing; a broken promise shows after at most this.
KEPT_FOR_SECONDS = 120.0
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class Cache:
    """What was read last, by publication, for two minutes. A sandbox, whose clock stands still, has none."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[int, tuple[float, KeptPromises]] = {}

    def read(self, slug: str) -> tuple[PublicationRow, KeptPromises]:
        """The publication of that slug and its promises. Raises `NotFound`."""
        with self._site.database.read() as connection:
            sender = publication_named(connection, slug)
            at, known = self._known.get(sender.id, (0.0, None))
            if known is None or self._site.is_sandbox or monotonic() - at > KEPT_FOR_SECONDS:
                known = kept_promises(connection, sender.id, self._site.clock.now())
                self._known[sender.id] = (monotonic(), known)
        return sender, known


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/p/<slug>/kept`, and `/p/<slug>/kept.svg`."""
    cache = Cache(site)
    pages.add_url_rule("/p/<slug>/kept", "kept", partial(show, site, cache), strict_slashes=False)
    pages.add_url_rule("/p/<slug>/kept.svg", "kept_badge", partial(badge, cache))


def show(site: Site, cache: Cache, slug: str) -> Response:
    """The page: what was broken first, then each topic with its promise."""
    sender, found = cache.read(slug)
    speak(None, sender.language)
    day = Days(sender, site.clock.now())
    return render(
        "kept.html",
        publication=sender,
        said=kept_for(found.whole),
        count=broken_count(found.whole),
        whole=found.whole,
        topics=[topic_line(one, day) for one in found.topics],
        broken=list(broken_lines(found, day)),
        audited=None if found.audited is None else audited_in_words(found.audited, day),
        badge_url=f"{site.base_url}/p/{sender.slug}/kept.svg",
        page_url=f"{site.base_url}/p/{sender.slug}/kept",
    )


def badge(cache: Cache, slug: str) -> Response:
    """The same in one small picture, of a topic (`?topic=letter`) or of all; in the publication's language."""
    sender, found = cache.read(slug)
    speak(sender.language)
    left, kept = badge_of(found, request.args.get("topic"))
    right = badge_words(kept)
    svg = (
        environment()
        .get_template("kept.svg")
        .render(
            left=left,
            right=right,
            left_width=width_of(left),
            right_width=width_of(right),
            is_broken=kept.broken > 0,
            is_new=kept.since is None,
            language=language(),
        )
    )
    response = Response(svg, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.set_etag(sha256(svg.encode()).hexdigest()[:16])
    response.make_conditional(request)
    return guarded(response)
