"""While you were away: what a pause that has ended lately kept from a reader, to be read after all."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import partial

from flask import Blueprint, Response

from preferences.calendar import local_date
from preferences.errors import NotFound
from preferences.links import Purpose, Right
from preferences.store.mail_history import missed_between
from preferences.wording import date_in_words
from webapp.language import language
from webapp.pages.access import OF_MAILS, Visit, visit
from webapp.pages.away_line import away_of
from webapp.pages.history import timeline_of
from webapp.pages.page import render
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/h/<token>/away`."""
    pages.add_url_rule("/h/<token>/away", "away", partial(show, site), strict_slashes=False)


def _date(seen: Visit, zone: tzinfo, at: datetime) -> str:
    return date_in_words(local_date(zone, at), local_date(zone, seen.now), language())


def show(site: Site, token: str) -> Response:
    """What was left out or went to the web meanwhile."""
    with site.database.read() as connection:
        seen = visit(site, connection, token, *OF_MAILS, Purpose.FRESH)
        if not seen.may(Right.SEE_HISTORY):
            raise NotFound("this link is too old for that")
        found = away_of(connection, seen)
        timeline = timeline_of(site, connection, seen)
        entries = [] if found is None else missed_between(connection, seen.publication.id, seen.person.id, found)
    return render(
        "away.html",
        publication=seen.publication,
        token=token,
        since=None if found is None else _date(seen, timeline.zone, found.since),
        until=None if found is None else _date(seen, timeline.zone, found.until),
        lines=[timeline.mail(entry) for entry in entries],
        zone=str(timeline.zone),
    )
