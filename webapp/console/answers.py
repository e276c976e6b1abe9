"""What readers answered, in full and as a file, and what they voted; of one campaign, or of all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC

from flask import Response
from werkzeug.wrappers import Response as Answer

from preferences.errors import NotFound
from preferences.importing.refusals import without_formula
from preferences.links import Kind
from preferences.store.reader_answers import AnswerLine, answers, count_answers
from preferences.store.referrals import brought
from preferences.store.subscribers import subscribers
from preferences.store.votes import votes
from preferences.vote import Vote
from webapp.console.campaigns import found
from webapp.console.desk import Desk, Pages
from webapp.console.regulars import brought_lines, write_to
from webapp.console.words import VOTES
from webapp.pages.page import guarded

_ON_ONE_PAGE = 50
_AT_ONCE = 1000
_COLUMNS = ("answered at (UTC)", "campaign", "question", "answer", "name", "may write back", "address")


def add_routes(pages: Pages) -> None:
    """All answers, those to one campaign, each as a file; and its votes, and the readers it brought."""
    for path, name in (("regulars", ""), ("campaigns/<campaign_id>", "campaign_")):
        pages.show(f"{path}/answers", f"{name}answers", show)
        pages.show(f"{path}/answers.csv", f"{name}answers_file", show_file)
    pages.show("campaigns/<campaign_id>/votes", "campaign_votes", show_votes)
    pages.show("campaigns/<campaign_id>/brought", "campaign_brought", show_brought)


def show(desk: Desk, campaign_id: str = "") -> Answer:
    """Every answer in full, newest first; of one reader, or of all."""
    before, by = desk.query.one("before"), desk.query.one("by")
    row = found(desk, campaign_id) if campaign_id else None
    number = None if row is None else row.id
    rows = answers(
        desk.connection,
        desk.owner.id,
        _ON_ONE_PAGE + 1,
        before=desk.number(Kind.ANSWER, before) if before else None,
        campaign_id=number,
        subscriber_id=desk.number(Kind.SUBSCRIBER, by) if by else None,
    )
    return desk.page(
        "answers.html",
        campaign=row,
        campaign_id=campaign_id,
        lines=[
            (one, desk.id(Kind.SUBSCRIBER, one.subscriber_id), desk.id(Kind.CAMPAIGN, one.campaign_id))
            for one in rows[:_ON_ONE_PAGE]
        ],
        older=desk.id(Kind.ANSWER, rows[_ON_ONE_PAGE - 1].id) if len(rows) > _ON_ONE_PAGE else None,
        there=count_answers(desk.connection, desk.owner.id, number),
        by=by,
        write_to=write_to,
    )


def show_file(desk: Desk, campaign_id: str = "") -> Answer:
    """The same as CSV, in a form that no spreadsheet executes; an address only of who may be written back to."""
    number = found(desk, campaign_id).id if campaign_id else None
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(_COLUMNS)
    for one in _all(desk, number):
        writer.writerow([without_formula(cell) for cell in _cells(one)])
    # Spreadsheets take UTF-8 for something else unless a mark at the beginning says so.
    response = Response(written.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="answers.csv"'
    return guarded(response)


def _all(desk: Desk, campaign_id: int | None) -> Iterator[AnswerLine]:
    before = None
    while rows := answers(desk.connection, desk.owner.id, _AT_ONCE, before=before, campaign_id=campaign_id):
        yield from rows
        before = rows[-1].id


def _cells(one: AnswerLine) -> tuple[str, ...]:
    at = one.occurred_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    may = "yes" if one.may_write_back else "no"
    return at, one.campaign, one.question, one.words, one.name, may, one.address or ""


def show_votes(desk: Desk, campaign_id: str) -> Answer:
    """Who said what of a campaign by the quiet line, or on the web."""
    row = found(desk, campaign_id)
    chosen, before = desk.query.one("said"), desk.query.one("before")
    if chosen and chosen not in set(Vote):
        raise NotFound("there is no such vote")
    said = Vote(chosen) if chosen else None
    number = desk.number(Kind.VOTE, before) if before else None
    rows = votes(desk.connection, row.id, _ON_ONE_PAGE + 1, before=number, said=said)
    shown = rows[:_ON_ONE_PAGE]
    known = subscribers(desk.connection, {one.subscriber_id for one in shown})
    return desk.page(
        "campaign_votes.html",
        campaign=row,
        campaign_id=campaign_id,
        lines=[(one, known[one.subscriber_id], desk.id(Kind.SUBSCRIBER, one.subscriber_id)) for one in shown],
        older=desk.id(Kind.VOTE, shown[-1].id) if len(rows) > _ON_ONE_PAGE else None,
        said=said,
        votes=VOTES,
    )


def show_brought(desk: Desk, campaign_id: str) -> Answer:
    """The readers whom a campaign brought, being passed on, and by whom."""
    row, before = found(desk, campaign_id), desk.query.one("before")
    rows = brought(
        desk.connection,
        desk.owner.id,
        _ON_ONE_PAGE + 1,
        before=desk.number(Kind.REFERRAL, before) if before else None,
        campaign_id=row.id,
    )
    return desk.page(
        "brought.html",
        campaign=row,
        campaign_id=campaign_id,
        lines=brought_lines(desk, rows[:_ON_ONE_PAGE]),
        older=desk.id(Kind.REFERRAL, rows[_ON_ONE_PAGE - 1].id) if len(rows) > _ON_ONE_PAGE else None,
        by="",
        write_to=write_to,
    )
