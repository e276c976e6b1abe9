"""The web version of a mail, for whoever holds its link; and "read, leave it out of my mail" at its end.

Looking changes nothing: what is read is noted as an observation. Leaving it out is a button.
"""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Answer

from mailer.compose import ComposeError
from preferences.decision import Reason
from preferences.delivery import State
from preferences.errors import Invalid, NotFound
from preferences.links import Purpose, Right
from preferences.store.contents import ContentRow, content_of
from preferences.store.database import DatabaseAway
from preferences.store.open_deliveries import UNDECIDED
from preferences.store.read_on_web import leave_out
from preferences.store.reads import ReadMail, mail_to_read, observe_read
from preferences.store.topics import TopicRow, topics
from preferences.store.transactions import Transaction, writing
from preferences.unsubscribe import Route
from webapp.language import _
from webapp.pages.access import Visit, by_link, sibling, visit
from webapp.pages.page import mail_page, part, render, see
from webapp.pages.waking import wake
from webapp.pages.web_version import web_version
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/r/<token>`."""
    pages.add_url_rule("/r/<token>", "read", partial(show, site), strict_slashes=False)
    pages.add_url_rule("/r/<token>", "act_on_read", partial(act, site), methods=["POST"], strict_slashes=False)


def show(site: Site, token: str) -> Response:
    """The mail that the link names, as its reader had or would have had it, and what can be done about it."""
    with site.database.read() as connection:
        seen, mail = _mail(site, connection, token)
        known = {topic.id: topic for topic in topics(connection, seen.publication.id)}
        content = None if mail.campaign_id is None else content_of(connection, mail.campaign_id, mail.revision)
        try:
            html = web_version(site, seen, mail, content, known)
        except ComposeError:
            return render(
                "sorry.html",
                500,
                title=_("This cannot be shown"),
                said=_("This mail cannot be shown."),
                advice=_("Please tell its sender."),
            )
    if request.method == "GET":
        _observe(site, seen, mail)
    return mail_page(
        html, _after(site, seen, mail, content, known), part("_reading_head.html", publication=seen.publication)
    )


def _mail(site: Site, connection: Transaction, token: str) -> tuple[Visit, ReadMail]:
    seen = visit(site, connection, token, Purpose.READ)
    if not seen.may(Right.READ_MAIL) or seen.claim.delivery is None:
        raise NotFound("this link names no mail")
    return seen, mail_to_read(connection, seen.publication.id, seen.person.id, seen.claim.delivery)


def _observe(site: Site, seen: Visit, mail: ReadMail) -> None:
    """A read is noted where that can be done; who reads never waits for it, and never hears that it failed."""
    try:
        with site.database.write() as connection:
            observe_read(connection, seen.publication.id, mail, seen.now)
    except DatabaseAway:
        return


def _after(site: Site, seen: Visit, mail: ReadMail, content: ContentRow | None, known: dict[int, TopicRow]) -> str:
    topic = known.get(mail.topic_id or 0)
    return part(
        "_after_reading.html",
        publication=seen.publication,
        token=seen.token,
        stands=mail.state.value,
        is_to_come=content is not None and mail.state.value in UNDECIDED and seen.may(Right.LESS),
        is_left_out=mail.state is State.WEB and mail.reason is Reason.READ_ON_WEB,
        topic=topic,
        question="" if content is None else content.question,
        history_token=sibling(site, seen, Purpose.PREFERENCES),
    )


def act(site: Site, token: str) -> Answer:
    """Leave it out of the mail it would have come in; the page then says how it stands."""
    if request.form.get("do") != "leave_out":
        raise Invalid.one("do", "this page has no such button")
    with writing(site.database) as connection:
        seen, mail = _mail(site, connection, token)
        if not seen.may(Right.LESS):
            raise NotFound("this link may not do that")
        by = by_link(Route.PREFERENCE_PAGE)
        leave_out(connection, seen.publication.id, seen.person.id, mail.id, by, seen.now)
    wake(site)
    return see(f"/r/{token}#after-reading")
