"""Test mails: a campaign as it stands, to an address whose owner has said that test mails may come there."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response
from werkzeug.wrappers import Response as Answer

from mailer.compose import ComposeError
from preferences.address import Address, parse_address
from preferences.delivery import MadeBy
from preferences.errors import Invalid
from preferences.links import Kind, Purpose
from preferences.store.console_test_mails import (
    address_asked,
    ask_for_address,
    ask_for_test,
    is_verified,
    last_tests,
    verified_addresses,
    verify_address,
)
from preferences.store.events import By
from preferences.store.publications import publication
from preferences.store.service_mails import ServiceMailRow, ServiceState
from preferences.store.transactions import Transaction
from preferences.unsubscribe import Route
from webapp.console.campaigns import found
from webapp.console.composing import parts, reading
from webapp.console.desk import Desk, Pages
from webapp.console.page import render
from webapp.pages.page import see
from webapp.site import Site

# Where a test mail goes while nothing leaves the machine, unless something else is typed.
_EXAMPLE = "test@example.org"
STATES = {
    ServiceState.DUE: "on its way",
    ServiceState.HANDING_OVER: "on its way",
    ServiceState.SENT: "sent",
    ServiceState.IN_DOUBT: "in doubt",
    ServiceState.FAILED: "not sent",
    ServiceState.DROPPED: "not sent",
}


def add_routes(pages: Pages) -> None:
    """Sending a test mail."""
    pages.form("campaigns/<campaign_id>/test", "test", show, send)


def add_address_routes(console: Blueprint, site: Site) -> None:
    """`/console/address/<token>`: for whoever reads that mailbox, signed in here or not."""
    console.add_url_rule("/address/<token>", "test_address", partial(show_address, site))
    console.add_url_rule("/address/<token>", "test_address_confirm", partial(confirm_address, site), methods=["POST"])


def has_relay(desk: Desk) -> bool:
    """Whether mail leaves the machine; else it lands in the test inbox, and no address has to be asked."""
    return desk.site.settings.smtp is not None and not desk.site.is_sandbox


def show(desk: Desk, campaign_id: str) -> Answer:
    """The form, and what became of the last test mails."""
    row = found(desk, campaign_id)
    read = reading(desk, row)
    known = verified_addresses(desk.connection, desk.owner.id)
    usual = known[0] if known else "" if has_relay(desk) else _EXAMPLE
    return desk.page(
        "test.html",
        campaign=row,
        campaign_id=campaign_id,
        read=read,
        person_id=None if read.person is None else desk.id(Kind.SUBSCRIBER, read.person.id),
        known=known,
        email=desk.filled.one("email") if desk.is_typed else usual,
        has_relay=has_relay(desk),
        did=desk.query.one("did"),
        tests=last_tests(desk.connection, desk.owner.id, row.id),
        states=STATES,
        is_under_way=lambda one: one.state in (ServiceState.DUE, ServiceState.HANDING_OVER),
    )


def send(desk: Desk, campaign_id: str) -> Answer:
    """Send it, or ask the address first. Raises `Invalid` and `Conflict`."""
    row = found(desk, campaign_id)
    if not desk.owner.may_send:
        raise Invalid.one("email", "nothing leaves before the publication has its sender and postal address: set them")
    address = parse_address(desk.filled.one("email"), "email")
    chosen = desk.query.one("as")
    rest = f"&as={chosen}" if chosen else ""
    if has_relay(desk) and not is_verified(desk.connection, desk.owner.id, address):
        _ask(desk, address)
        return desk.see(f"campaigns/{campaign_id}/test?did=ask{rest}")
    read = reading(desk, row)
    try:
        parts(desk, row, read)
    except ComposeError as error:
        raise Invalid.one("email", f"the mail cannot be made for this reader: {error}") from error
    subscriber = None if read.person is None else read.person.id
    ask_for_test(desk.connection, row, subscriber, address, desk.by, desk.now)
    return desk.see(f"campaigns/{campaign_id}/test?did=send{rest}")


def _ask(desk: Desk, address: Address) -> None:
    if not ask_for_address(desk.connection, desk.owner.id, address, desk.now):
        raise Invalid.one(
            "email",
            "this address was asked already in the last day: press the button in that mail first."
            " If it is one that is never written to, choose another",
        )


def show_address(site: Site, token: str) -> Response:
    """A button: a mail program that looks at links must confirm nothing."""
    with site.database.read() as connection:
        return _address_page(site, connection, token)


def confirm_address(site: Site, token: str) -> Answer:
    """Test mails may come there from now on."""
    with site.database.write() as connection:
        row = _row(site, connection, token)
        if row is not None:
            by = By(made_by=MadeBy.LINK, route=Route.CONSOLE)
            verify_address(connection, row, by, site.clock.now())
    return see(f"/console/address/{token}") if row is not None else _gone()


def _row(site: Site, connection: Transaction, token: str) -> ServiceMailRow | None:
    claim = site.links.read(token, Purpose.TEST_ADDRESS)
    return None if claim is None else address_asked(connection, claim.publication, claim.request or 0)


def _address_page(site: Site, connection: Transaction, token: str) -> Response:
    row = _row(site, connection, token)
    if row is None:
        return _gone()
    owner = publication(connection, row.publication_id)
    address = Address(spelled=row.address, normalised=row.address_normalised)
    is_done = is_verified(connection, owner.id, address)
    return render("console/address.html", owner=owner, address=row.address, is_done=is_done, is_there=True)


def _gone() -> Response:
    return render("console/address.html", 404, is_there=False)
