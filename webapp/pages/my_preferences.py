"""My preferences: the sentence first, three quick ways to less, then one form with everything and one save.

A link of a mail may be forwarded, so it may only ask for less. What asks for more is answered with a fresh link to the
mailbox, in which everything stands as it was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Answer

from preferences.cadence import LONGEST_DAYS, Cadence
from preferences.calendar import local_date, zone_named
from preferences.errors import FieldProblem, Invalid, Stale
from preferences.links import Purpose, Right
from preferences.opt_down import once_a_week, paused_for_a_month
from preferences.store.service_mails import typed_in
from preferences.store.transactions import Transaction
from preferences.urls import preferences_url
from preferences.wording import how_often
from webapp.forms import Filled, beside, filled_from, in_form
from webapp.pages.access import Visit, sibling
from webapp.pages.desk import Desk, desk_of
from webapp.pages.page import render, see
from webapp.pages.saving import Saved, change_to, promised_by, save
from webapp.pages.sign_up import ZONES
from webapp.pages.waking import wake
from webapp.pages.words import OfferedTopic, offered_topics
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/me/<token>`."""
    path = "/me/<token>"
    pages.add_url_rule(path, "my_preferences", partial(show, site), strict_slashes=False)
    pages.add_url_rule(path, "change_preferences", partial(change, site), methods=["POST"], strict_slashes=False)


def show(site: Site, token: str) -> Response:
    """The page; a fresh link that was sent because of a form opens with what was typed there."""
    with site.database.read() as connection:
        desk = desk_of(site, connection, token)
        if _is_over(desk.seen):
            return _over()
        typed = _typed_before(connection, desk.seen)
    return _page(site, desk, typed or filled_from(desk.asked, desk.zone), is_typed=typed is not None)


def _is_over(seen: Visit) -> bool:
    return Right.SEE_PROMISE not in seen.rights


def _over() -> Response:
    """A fresh link after its hour."""
    return render(
        "sorry.html",
        410,
        title="This link is over",
        said="This link worked for one hour, which is over.",
        advice="Ask for another one.",
        may_ask=True,
    )


def _typed_before(connection: Transaction, seen: Visit) -> Filled | None:
    number = Filled(request.args.items(multi=True)).number("typed")
    if number is None or Right.MORE not in seen.rights:
        return None
    pairs = typed_in(connection, seen.publication.id, seen.person.id, number)
    return None if pairs is None else Filled(pairs)


def _page(
    site: Site,
    desk: Desk,
    filled: Filled,
    status: int = 200,
    *,
    problems: Mapping[str, str] | None = None,
    is_typed: bool = False,
    is_stale: bool = False,
) -> Response:
    seen = desk.seen
    return render(
        "my_preferences.html",
        status,
        publication=seen.publication,
        desk=desk,
        token=seen.token,
        unsubscribe_token=seen.token if seen.may(Right.MORE) else sibling(site, seen, Purpose.UNSUBSCRIBE),
        history_token=seen.token if seen.may(Right.MORE) else sibling(site, seen, Purpose.PREFERENCES),
        topics=_offered(desk),
        filled=filled,
        problems=problems or {},
        is_typed=is_typed,
        is_stale=is_stale,
        may_more=seen.may(Right.MORE),
        zones=ZONES,
        is_paused=desk.terms is not None and desk.terms.is_paused(seen.now),
    )


def _offered(desk: Desk) -> list[OfferedTopic]:
    """The topics; of those whose sender plans to write oftener than was accepted, both are said."""
    language = desk.seen.publication.language
    expected = {} if desk.terms is None else desk.terms.topics
    offered = {topic.slug: topic for topic in offered_topics(desk.topics, language)}
    for row in desk.topics:
        terms = expected.get(row.id)
        if terms is not None and _is_oftener(row.cadence, terms.cadences.accepted):
            values = {name: getattr(offered[row.slug], name) for name in OfferedTopic.__dataclass_fields__}
            accepted = how_often(terms.cadences.accepted, language)
            offered[row.slug] = OfferedTopic(**{**values, "accepted": accepted})
    return list(offered.values())


def _is_oftener(current: Cadence, accepted: Cadence) -> bool:
    def rate(cadence: Cadence) -> float:
        return cadence.at_most.count / LONGEST_DAYS[cadence.at_most.per]

    return current.id != accepted.id and rate(current) > rate(accepted)


def change(site: Site, token: str) -> Answer:
    """Do what a button says, then show how it is; what cannot be done is said with the form as it was typed."""
    filled = Filled(request.form.items(multi=True))
    try:
        with site.database.write() as connection:
            desk = desk_of(site, connection, token)
            if _is_over(desk.seen):
                return _over()
            if filled.one("do") == "show":
                return _shown(connection, desk, filled)
            became = _press(site, connection, desk, filled)
    except Invalid as error:
        return _again(site, token, filled, 422, problems=error.problems)
    except Stale:
        return _again(site, token, filled, 409, is_stale=True)
    wake(site)
    if became is Saved.DONE:
        return see(f"/me/{token}")
    for_what = "sign_up" if became is Saved.ASKED_TO_CONFIRM else "more"
    return render("check_mail.html", publication=desk.seen.publication, for_what=for_what, promise=None)


def _shown(connection: Transaction, desk: Desk, filled: Filled) -> Response:
    """The sentence of what stands in the form, which is not saved. Raises `Invalid`."""
    promise = promised_by(connection, desk, filled)
    return render("promise.html", publication=desk.seen.publication, promise=promise, token=desk.seen.token)


def _press(site: Site, connection: Transaction, desk: Desk, filled: Filled) -> Saved:
    match filled.one("do", "save"):
        case "once_a_week" if not desk.has_left:
            notices = frozenset(topic.slug for topic in desk.topics if topic.is_notice)
            change_to(connection, desk, once_a_week(desk.asked, notices))
        case "pause" if not desk.has_left:
            today = local_date(zone_named(desk.zone), desk.seen.now)
            change_to(connection, desk, paused_for_a_month(desk.asked, today))
        case "save":
            return save(connection, desk, filled, preferences_url(site.base_url, ""))
        case _:
            raise Invalid.one("do", "this page has no such button")
    return Saved.DONE


def _again(
    site: Site,
    token: str,
    filled: Filled,
    status: int,
    *,
    problems: Iterable[FieldProblem] = (),
    is_stale: bool = False,
) -> Response:
    with site.database.read() as connection:
        desk = desk_of(site, connection, token)
    said = beside(in_form(problems, filled, [topic.slug for topic in desk.topics]))
    return _page(site, desk, filled, status, problems=said, is_typed=True, is_stale=is_stale)
