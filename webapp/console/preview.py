"""The preview: what a chosen subscriber would read, on a phone, on a desk, in the dark, as text, and its header fields."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response
from werkzeug.wrappers import Response as Answer

from mailer.compose import ComposeError, Parts, notices
from preferences.decision import Outcome
from preferences.errors import Invalid
from preferences.links import Kind
from preferences.store.campaigns import CampaignRow
from preferences.store.console_people import find_people
from preferences.store.console_readers import ReadBy
from webapp.console.campaigns import found
from webapp.console.composing import header_lines, in_scheme, parts, reading
from webapp.console.desk import Desk, Pages
from webapp.console.lacking import lacks
from webapp.console.people import standing
from webapp.console.words import REASONS, people
from webapp.pages.page import guarded

VIEWS = {"phone": "Phone", "desktop": "Desk", "text": "Text", "headers": "Header fields"}
FRAMED = ("phone", "desktop")
_SHOWN = 12
# The mail stands in a frame that runs nothing and knows nothing of this site.
_FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; frame-ancestors 'self'; sandbox"
)


def add_routes(pages: Pages) -> None:
    """The preview, its frame, and finding a reader."""
    path = "campaigns/<campaign_id>/preview"
    pages.show(path, "preview", show)
    pages.post_outside(path, "preview_find", show, find)
    pages.show(f"{path}/html", "preview_html", show_html)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What can be shown of a mail; for a reader for whom it cannot be made, only why not."""

    read: ReadBy
    parts: Parts | None
    failed: str = ""


def shown(desk: Desk, row: CampaignRow) -> Shown:
    """The mail for the reader in the address."""
    read = reading(desk, row)
    try:
        return Shown(read=read, parts=parts(desk, row, read))
    except ComposeError as error:
        return Shown(read=read, parts=None, failed=str(error))


def show(desk: Desk, campaign_id: str) -> Answer:
    """The mail in one of its views, and the people who were searched for."""
    row = found(desk, campaign_id)
    mail = shown(desk, row)
    chosen = desk.query.one("view", "phone")
    view = chosen if chosen in VIEWS else "phone"
    person = mail.read.person
    return desk.page(
        "preview.html",
        campaign=row,
        campaign_id=campaign_id,
        mail=mail,
        headers=header_lines(desk, row, mail.read) if view == "headers" and mail.parts is not None else "",
        view=view,
        views=VIEWS,
        framed=FRAMED,
        is_dark=desk.query.one("scheme") == "dark",
        person_id=None if person is None else desk.id(Kind.SUBSCRIBER, person.id),
        held=_held(mail.read),
        notices=[] if row.values.mjml is None else notices(row.values.mjml),
        octets=0 if mail.parts is None else len(mail.parts.html.encode()),
        found=_found(desk),
        kept=_kept(desk),
        lacks=lacks(desk, row),
        people=people,
        standing=standing,
    )


def _held(read: ReadBy) -> str:
    """Why it would not be sent to them now; empty where it would, and for an example."""
    decision = read.decision
    return "" if decision is None or decision.outcome is Outcome.SEND else REASONS[decision.reason]


def _found(desk: Desk) -> list[tuple[object, str]]:
    words = desk.filled.one("words")
    if not words:
        return []
    readers = find_people(desk.connection, desk.owner.id, words, _SHOWN)
    return [(one, desk.id(Kind.SUBSCRIBER, one.id)) for one in readers]


def find(desk: Desk, campaign_id: str) -> Answer:
    """Find whom to read it as; no address stands in the address of a page."""
    if not desk.filled.one("words"):
        raise Invalid.one("words", "type a part of an address or of a name")
    readers = _found(desk)
    if not readers:
        raise Invalid.one("words", "nobody has this in their address or name")
    if len(readers) == 1:
        return desk.see(f"campaigns/{campaign_id}/preview?as={readers[0][1]}{_kept(desk)}")
    return show(desk, campaign_id)


def _kept(desk: Desk) -> str:
    """The view that was chosen, as a link to another reader's preview goes on with it."""
    view, is_dark = desk.query.one("view"), desk.query.one("scheme") == "dark"
    return (f"&view={view}" if view in VIEWS else "") + ("&scheme=dark" if is_dark else "")


def show_html(desk: Desk, campaign_id: str) -> Response:
    """The HTML for the frame."""
    mail = shown(desk, found(desk, campaign_id))
    html = "" if mail.parts is None else in_scheme(mail.parts.html, is_dark=desk.query.one("scheme") == "dark")
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _FRAME_POLICY
    return guarded(response)
