"""Putting a sign-up form on a site of one's own: which topics it offers, in which language, the HTML to copy, and a preview."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as Answer

from preferences.languages import nearest
from preferences.store.topics import TopicRow, topics
from webapp.console.desk import Desk, Pages
from webapp.language import languages
from webapp.pages.embed import embedded_form, link_that_ticks
from webapp.pages.page import guarded

# The form as a page by itself, to be seen in a frame: it may look, and do nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"


def add_routes(pages: Pages) -> None:
    """`sign-up-form`, and the form by itself."""
    pages.show("sign-up-form", "sign_up_form", show)
    pages.show("sign-up-form/preview", "sign_up_form_preview", show_alone)


def show(desk: Desk) -> Answer:
    """What to paste, for the topics that are ticked; at first all but those for what cannot wait."""
    there = topics(desk.connection, desk.owner.id)
    chosen, tag = _chosen(desk, there), _language(desk)
    return desk.page(
        "sign_up_form.html",
        topics=there,
        chosen=[topic.slug for topic in chosen],
        tag=tag,
        offered_languages=languages(),
        html=embedded_form(desk.site, desk.owner, chosen, tag) if chosen else "",
        link=link_that_ticks(desk.site, desk.owner, chosen),
        kept=f"{desk.site.base_url}/p/{desk.owner.slug}/kept",
    )


def _chosen(desk: Desk, there: list[TopicRow]) -> list[TopicRow]:
    if not desk.query.pairs:
        return [topic for topic in there if not topic.is_notice]
    return [topic for topic in there if desk.query.has("topic", topic.slug)]


def _language(desk: Desk) -> str:
    return nearest(desk.query.one("form-lang")) or nearest(desk.owner.language) or "en"


def show_alone(desk: Desk) -> Answer:
    """The form by itself, as a page without any style shows it."""
    chosen = _chosen(desk, topics(desk.connection, desk.owner.id))
    form = embedded_form(desk.site, desk.owner, chosen, _language(desk)) if chosen else ""
    response = Response(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Preview</title>'
        f'<meta name="color-scheme" content="light"></head><body><main>{form}</main></body></html>',
        mimetype="text/html",
    )
    response.headers["Content-Security-Policy"] = _POLICY
    return guarded(response)
