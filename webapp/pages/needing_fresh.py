"""Pages that a forwarded mail must not open: they say so, and send a fresh link to the mailbox by one button."""

from __future__ import annotations

from enum import StrEnum

from flask import Response

from preferences.address import Address
from preferences.links import Purpose
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import queue
from preferences.store.transactions import Transaction
from webapp.pages.access import OF_MAILS, Visit
from webapp.pages.page import render

# An hour later a fresh link opens nothing, and still says to which mailbox the next one goes.
PURPOSES = (*OF_MAILS, Purpose.FRESH)


class Needing(StrEnum):
    """A page that needs a fresh link; the value is where it stands, below the preferences."""

    DATA = "data"
    ERASE = "erase"
    ADDRESS = "address"


def address_of(seen: Visit) -> Address:
    """Where mail to the visitor goes."""
    return Address(spelled=seen.person.address or "", normalised=seen.person.address_normalised or "")


def explained(seen: Visit, page: Needing) -> Response:
    """What the page is for, why this link does not open it, and the button."""
    return render("fresh_needed.html", publication=seen.publication, token=seen.token, page=page.value)


def link_sent(connection: Transaction, seen: Visit, page: Needing) -> Response:
    """Send the link, and say so; or say that no more goes today, where the limits of service mail left it out."""
    to, details = address_of(seen), {"page": page.value}
    here, person = seen.publication.id, seen.person.id
    sent = queue(connection, here, ServiceKind.FRESH_LINK, to, seen.now, subscriber_id=person, details=details)
    if sent is None:
        return render("check_mail.html", publication=seen.publication, for_what="enough", token=seen.token)
    return render("fresh_sent.html", publication=seen.publication)
