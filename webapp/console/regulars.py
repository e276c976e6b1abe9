"""Regulars: the committed core, and who brings whom; each with a way to write to that person."""

from __future__ import annotations

from urllib.parse import quote

from werkzeug.wrappers import Response as Answer

from preferences.calendar import local_date
from preferences.links import Kind
from preferences.store.campaigns import campaign_names
from preferences.store.console_people import count_people
from preferences.store.reader_answers import count_answers
from preferences.store.referrals import Brought, brought
from preferences.store.regulars import Given, Regular, count_regulars, regulars
from preferences.store.subscribers import SubscriberRow, subscribers
from preferences.wording import date_in_words
from webapp.console.desk import Desk, Pages

_ON_ONE_PAGE = 50
# Further than this nobody leafs; the order says who comes first.
_LAST_PAGE = 200


def add_routes(pages: Pages) -> None:
    """`regulars`, and who brings whom."""
    pages.show("regulars", "regulars", show)
    pages.show("regulars/brought", "brought", show_brought)


def show(desk: Desk) -> Answer:
    """Who has stayed and lately gave something back, those who gave most different things first."""
    page = min(desk.query.number("page") or 1, _LAST_PAGE)
    here = desk.owner.id
    rows = regulars(desk.connection, here, desk.now, _ON_ONE_PAGE + 1, offset=(page - 1) * _ON_ONE_PAGE)
    return desk.page(
        "regulars.html",
        lines=[(one, desk.id(Kind.SUBSCRIBER, one.subscriber_id), _since(desk, one)) for one in rows[:_ON_ONE_PAGE]],
        next_page=page + 1 if len(rows) > _ON_ONE_PAGE and page < _LAST_PAGE else None,
        there=count_regulars(desk.connection, here, desk.now),
        expecting=count_people(desk.connection, here)[1],
        answered=count_answers(desk.connection, here),
        words=in_words,
        write_to=write_to,
    )


def _since(desk: Desk, one: Regular) -> str:
    return date_in_words(local_date(desk.zone, one.confirmed_at), local_date(desk.zone, desk.now))


def in_words(given: Given, count: int) -> str:
    """What somebody gave, and how often."""
    match given:
        case Given.ANSWERED:
            return "1 answer" if count == 1 else f"{count} answers"
        case Given.VOTED:
            return "1 vote" if count == 1 else f"{count} votes"
        case Given.BROUGHT:
            return "brought 1 reader" if count == 1 else f"brought {count} readers"
        case Given.ASKED_FOR_MORE:
            return "asked for more" if count == 1 else f"asked for more {count} times"
        case Given.READ_ON_WEB:
            return "read 1 on the web" if count == 1 else f"read {count} on the web"


def write_to(address: str, subject: str = "") -> str:
    """A mail to one person that only needs its words, as a link (RFC 6068)."""
    return f"mailto:{quote(address, safe='@')}" + (f"?subject={quote(subject, safe='')}" if subject else "")


def show_brought(desk: Desk) -> Answer:
    """Everybody who was brought, newest first, with by whom and with what; of one reader who brings, or all."""
    chosen, before = desk.query.one("by"), desk.query.one("before")
    rows = brought(
        desk.connection,
        desk.owner.id,
        _ON_ONE_PAGE + 1,
        before=desk.number(Kind.REFERRAL, before) if before else None,
        brought_by=desk.number(Kind.SUBSCRIBER, chosen) if chosen else None,
    )
    return desk.page(
        "brought.html",
        campaign=None,
        lines=brought_lines(desk, rows[:_ON_ONE_PAGE]),
        older=desk.id(Kind.REFERRAL, rows[_ON_ONE_PAGE - 1].id) if len(rows) > _ON_ONE_PAGE else None,
        by=chosen,
        write_to=write_to,
    )


def brought_lines(
    desk: Desk, rows: list[Brought]
) -> list[tuple[Brought, SubscriberRow, str, SubscriberRow, str, str | None, str | None]]:
    """Each with the reader, the reader who brought them, and the campaign, and with the ids of their pages."""
    known = subscribers(desk.connection, {one for row in rows for one in (row.subscriber_id, row.brought_by)})
    names = campaign_names(desk.connection, {row.campaign_id for row in rows if row.campaign_id is not None})
    return [
        (
            row,
            known[row.subscriber_id],
            desk.id(Kind.SUBSCRIBER, row.subscriber_id),
            known[row.brought_by],
            desk.id(Kind.SUBSCRIBER, row.brought_by),
            None if row.campaign_id is None else names[row.campaign_id],
            None if row.campaign_id is None else desk.id(Kind.CAMPAIGN, row.campaign_id),
        )
        for row in rows
    ]
