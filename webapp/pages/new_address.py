"""Another address: asked for with a fresh link, and agreed to by a button at both ends.

No page tells whether an address is known: the mailbox alone is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Answer

from preferences.address import parse_address
from preferences.calendar import zone_named
from preferences.errors import Conflict, FieldProblem, Invalid
from preferences.links import Claim, Purpose, Right
from preferences.store.address_changes import (
    OPEN_FOR,
    ChangeRow,
    End,
    agree,
    ask_for_change,
    end_change,
    open_change,
    the_change,
)
from preferences.store.publications import PublicationRow, publication
from preferences.store.subscribers import subscriber
from preferences.store.transactions import Transaction, writing
from preferences.unsubscribe import Route
from webapp import language
from webapp.forms import Filled, beside
from webapp.pages.access import Gone, Visit, by_link, claim_of, visit
from webapp.pages.needing_fresh import PURPOSES, Needing, explained, link_sent
from webapp.pages.page import render, see
from webapp.pages.waking import wake
from webapp.pages.words import when
from webapp.site import Site
from webapp.visitor import remember_visitor

_BY = by_link(Route.PREFERENCE_PAGE)
_ENDS = {End.NEW: Purpose.NEW_ADDRESS, End.OLD: Purpose.OLD_ADDRESS}


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/me/<token>/address`, and the two ends: `/new-address/<token>` and `/old-address/<token>`."""
    path = "/me/<token>/address"
    pages.add_url_rule(path, "address", partial(show, site), strict_slashes=False)
    pages.add_url_rule(path, "change_address", partial(ask, site), methods=["POST"], strict_slashes=False)
    for end in End:
        path, name = f"/{end.value}-address/<token>", f"{end.value}_address"
        pages.add_url_rule(path, name, partial(show_end, site, end=end), strict_slashes=False)
        press = partial(press_end, site, end=end)
        pages.add_url_rule(path, f"press_{name}", press, methods=["POST"], strict_slashes=False)


def show(site: Site, token: str) -> Response:
    """The form; or how the change stands that was asked for."""
    with site.database.read() as connection:
        seen = visit(site, connection, token, *PURPOSES)
        if not seen.may(Right.MORE):
            return explained(seen, Needing.ADDRESS)
        return _page(connection, seen)


def _page(connection: Transaction, seen: Visit, typed: str = "", problems: Mapping[str, str] | None = None) -> Response:
    asked_for = open_change(connection, seen.person.id, seen.now)
    return render(
        "address.html",
        422 if problems else 200,
        publication=seen.publication,
        token=seen.token,
        address=seen.person.address,
        asked_for=asked_for,
        until=None if asked_for is None else _until(seen.publication, asked_for),
        typed=typed,
        problems=problems or {},
    )


def _until(sender: PublicationRow, asked_for: ChangeRow) -> str:
    return when(asked_for.asked_at + OPEN_FOR, zone_named(sender.zone), asked_for.asked_at, language.language())


def ask(site: Site, token: str) -> Answer:
    """Ask both ends, or end what was asked; what is wrong is said beside the field."""
    filled = Filled(request.form.items(multi=True))
    try:
        with writing(site.database) as connection:
            seen = visit(site, connection, token, *PURPOSES)
            if not seen.may(Right.MORE):
                answer: Answer = link_sent(connection, seen, Needing.ADDRESS)
            else:
                _press(connection, seen, filled)
                answer = see(f"/me/{token}/address")
    except (Invalid, Conflict) as error:
        problems = error.problems if isinstance(error, Invalid) else [FieldProblem(field="email", message=str(error))]
        with site.database.read() as connection:
            seen = visit(site, connection, token, *PURPOSES)
            return _page(connection, seen, filled.one("email"), beside(problems))
    wake(site)
    return answer


def _press(connection: Transaction, seen: Visit, filled: Filled) -> None:
    here, person = seen.publication.id, seen.person.id
    match filled.one("do", "ask"):
        case "ask":
            ask_for_change(connection, here, person, parse_address(filled.one("email")), _BY, seen.now)
        case "stop":
            end_change(connection, here, person, _BY, seen.now)
        case _:
            raise Invalid.one("email", "this page has no such button")


def _asked_for(site: Site, connection: Transaction, token: str, end: End) -> tuple[Claim, PublicationRow, ChangeRow]:
    """The change that one end was asked about. Raises `NotFound`, and `Gone` where the person was erased."""
    claim = claim_of(site, token, _ENDS[end])
    change = the_change(connection, claim.publication, claim.request or 0)
    sender = publication(connection, claim.publication)
    person = subscriber(connection, claim.publication, change.subscriber_id)
    language.speak(None if end is End.NEW else person.language, sender.language)
    if person.erased_at is not None:
        raise Gone(sender, is_under_way=False)
    return claim, sender, change


def show_end(site: Site, token: str, *, end: End) -> Response:
    """What is asked, and the buttons; afterwards how it stands, a year later too."""
    with site.database.read() as connection:
        _, sender, change = _asked_for(site, connection, token, end)
    return render(
        "address_end.html",
        publication=sender,
        change=change,
        end=end.value,
        has_agreed=change.has_agreed(end),
        is_open=change.is_open(site.clock.now()),
        until=_until(sender, change),
    )


def press_end(site: Site, token: str, *, end: End) -> Answer:
    """Agree, or from the old end say that it was somebody else; then show how it stands."""
    said = Filled(request.form.items(multi=True)).one("do", "agree")
    with writing(site.database) as connection:
        claim, sender, change = _asked_for(site, connection, token, end)
        now = site.clock.now()
        if said == "agree":
            change = agree(connection, sender.id, claim.request or 0, end, _BY, now)
        elif said == "not_me" and end is End.OLD and change.is_open(now):
            end_change(connection, sender.id, change.subscriber_id, _BY, now)
    wake(site)
    if change.done_at is not None and change.address is not None:
        remember_visitor(site, parse_address(change.address))
    return see(f"/{end.value}-address/{token}")
