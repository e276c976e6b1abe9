"""My data: what is known of the reader in plain words, all of it as a file, and the ways to another address and to none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Answer

from preferences.calendar import zone_named
from preferences.errors import Invalid, NotFound
from preferences.languages import own_name, translations_of
from preferences.links import Right
from preferences.store.consents import ConsentKind
from preferences.store.events import record
from preferences.store.expectations import terms_of
from preferences.store.own_data import OwnData, own_data
from preferences.store.subscribers import change_person
from preferences.store.transactions import Transaction
from preferences.unsubscribe import Route
from webapp import language
from webapp.exporting import Format, blocks, written
from webapp.forms import Filled, beside
from webapp.pages.access import Visit, by_link, visit
from webapp.pages.needing_fresh import PURPOSES, Needing, explained, link_sent
from webapp.pages.page import guarded, render, see
from webapp.pages.waking import wake
from webapp.pages.words import when
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/me/<token>/data`, and the same as files: `data.json` and `data.zip`."""
    path = "/me/<token>/data"
    pages.add_url_rule(path, "my_data", partial(show, site), strict_slashes=False)
    pages.add_url_rule(path, "change_my_data", partial(change, site), methods=["POST"], strict_slashes=False)
    for how in Format:
        pages.add_url_rule(f"{path}.{how.value}", f"my_data_{how.value}", partial(download, site, how=how))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofLine:
    """One piece of proof as the page has it; without a sentence it is the end of a consent."""

    at: str
    is_given: bool
    promise: str


def show(site: Site, token: str) -> Response:
    """The page; what may only be seen with a fresh link is not shown with another."""
    with site.database.read() as connection:
        seen = visit(site, connection, token, *PURPOSES)
        if not seen.may(Right.SEE_ADDRESS):
            return explained(seen, Needing.DATA)
        return _page(connection, seen)


def _page(
    connection: Transaction, seen: Visit, typed: str | None = None, problems: Mapping[str, str] | None = None
) -> Response:
    zone = _zone(connection, seen)
    known = own_data(connection, seen.person)
    return render(
        "my_data.html",
        422 if problems else 200,
        publication=seen.publication,
        person=seen.person,
        token=seen.token,
        known=known,
        zone=zone,
        spoken=own_name(translations_of(language.language())),
        since=_when(seen, zone, seen.person.confirmed_at or seen.person.created_at),
        proofs=_proofs(seen, zone, known),
        name=seen.person.name if typed is None else typed,
        problems=problems or {},
    )


def _zone(connection: Transaction, seen: Visit) -> str:
    terms = terms_of(connection, seen.publication.id, [seen.person.id]).get(seen.person.id)
    return seen.publication.zone if terms is None else terms.expectation.zone


def _when(seen: Visit, zone: str, at: datetime) -> str:
    return when(at, zone_named(zone), seen.now, language.language())


def _proofs(seen: Visit, zone: str, known: OwnData) -> list[ProofLine]:
    return [
        ProofLine(
            at=_when(seen, zone, proof.occurred_at),
            is_given=proof.kind is not ConsentKind.WITHDRAWN,
            promise=proof.promise,
        )
        for proof in known.proofs
    ]


def change(site: Site, token: str) -> Answer:
    """Change the name, or send the link that this page needs."""
    filled = Filled(request.form.items(multi=True))
    with site.database.write() as connection:
        seen = visit(site, connection, token, *PURPOSES)
        if not seen.may(Right.MORE):
            answer: Answer = link_sent(connection, seen, Needing.DATA)
        elif filled.one("do", "name") == "name":
            answer = _rename(connection, seen, filled.one("name"))
        else:
            raise Invalid.one("do", "this page has no such button")
    wake(site)
    return answer


def _rename(connection: Transaction, seen: Visit, name: str) -> Answer:
    try:
        change_person(connection, seen.person.id, {"name": name})
    except Invalid as error:
        return _page(connection, seen, name, beside(error.problems))
    if name != seen.person.name:
        by, changed = by_link(Route.PREFERENCE_PAGE), {"changed": ["name"]}
        here, person = seen.publication.id, seen.person.id
        record(connection, here, "person_changed", by, seen.now, subscriber_id=person, details=changed)
    return see(f"/me/{seen.token}/data")


def download(site: Site, token: str, *, how: Format) -> Response:
    """Everything as a file, whose name says whose newsletter it is and not whose data. Raises `NotFound`."""
    with site.database.read() as connection:
        seen = visit(site, connection, token, *PURPOSES)
        if not seen.may(Right.EXPORT):
            raise NotFound("this link does not open that")
        file = written(connection, seen.publication, seen.person, how, seen.now)
    response = Response(blocks(file), mimetype=how.mimetype)
    name = f"{seen.publication.slug}-{seen.now:%Y-%m-%d}.{how.value}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.call_on_close(file.close)
    return guarded(response)
