"""Service mails: what a person asked for by an act of their own. Composed and handed over one at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from mailer.compose import ComposeError, Envelope, Message, Recipient, ServiceKind, compile_service
from mailer.office import Office
from mailer.transport import Outcome, OutcomeKind
from mailer.trial import trial_of
from preferences.store import service_limits, service_mails
from preferences.store.publications import PublicationRow, publication
from preferences.store.restorations import check_not_restored
from preferences.store.service_content import ServiceContent, service_content
from preferences.store.service_mails import ServiceMailRow
from preferences.store.transactions import Transaction
from preferences.urls import logo_url

log = logging.getLogger(__name__)

AGAIN = timedelta(minutes=5)
SOON = timedelta(seconds=30)
BEGINS_WITHIN = timedelta(seconds=5)


def write_service_mails(office: Office, lease_id: int) -> int:
    """Write every service mail that is due; answers how many were handed over or given up. Raises `AnyDoubt`."""
    office.check_keys()
    with office.database.look() as connection:
        due = service_mails.due_service_mails(connection, office.clock.now())
    return sum(_write(office, lease_id, row) for row in due)


def _write(office: Office, lease_id: int, row: ServiceMailRow) -> bool:
    with office.database.write() as connection:
        now = office.clock.now()
        check_not_restored(connection, None if office.high_water is None else office.high_water.known)
        if not service_mails.claim(connection, row.id, lease_id, now):
            return False
        claimed = service_mails.service_mail(connection, row.id)
        sender = publication(connection, row.publication_id)
        make = None if claimed is None else _maker(connection, office, sender, claimed, now)
    if claimed is None:
        return False
    if make is None or not sender.may_send:
        return _give_up(office, claimed, has_content=make is not None)
    try:
        message = office.signed(make())
    except ComposeError as error:
        with office.database.write() as connection:
            service_mails.mark_failed(connection, claimed, str(error))
        log.warning("service mail failed", extra={"service_mail": row.id})
        return True
    _settle(office, claimed, _hand_over(office, message))
    return True


def _maker(
    connection: Transaction, office: Office, sender: PublicationRow, row: ServiceMailRow, now: datetime
) -> Callable[[], Message] | None:
    """What makes the message, with everything read that it needs; None where there is nothing to say any more."""
    if row.kind is service_limits.ServiceKind.TEST:
        trial = trial_of(connection, office, sender, row, now)
        return None if trial is None else trial.message
    content = service_content(connection, office.links, office.base_url, row, now)
    return None if content is None else partial(_message, office, sender, row, content)


def _give_up(office: Office, row: ServiceMailRow, *, has_content: bool) -> bool:
    """Without a sender and a postal address it waits until there are; without anything to say it is dropped."""
    with office.database.write() as connection:
        now = office.clock.now()
        if not has_content:
            service_mails.mark_failed(connection, row, "there is nothing to say any more")
        else:
            service_mails.mark_waiting(
                connection, row, now + AGAIN, "the publication has no sender or no postal address"
            )
    return False


def _message(office: Office, sender: PublicationRow, row: ServiceMailRow, content: ServiceContent) -> Message:
    envelope = Envelope(
        publication=sender.name,
        sender=sender.sender or "",
        postal_address=sender.postal_address or "",
        appearance=sender.appearance,
        logo_url=logo_url(office.base_url, sender.slug, sender.appearance),
        language=content.language,
        reply_to=sender.reply_to,
    )
    recipient = Recipient(
        email=row.address,
        name=content.name or None,
        language=content.language,
        date=office.clock.now(),
        message_token=content.message_token,
        promise=content.promise,
        why=content.why,
        preferences_url=content.preferences_url,
        unsubscribe_url=content.unsubscribe_url,
        return_domain=office.return_domain,
    )
    return compile_service(ServiceKind(row.kind.value), envelope).render(recipient, content.values)


def _hand_over(office: Office, message: Message) -> Outcome:
    with office.transport.open() as session:
        return next(iter(session.hand_over([message], not_after=office.clock.now() + BEGINS_WITHIN)))


def _settle(office: Office, row: ServiceMailRow, outcome: Outcome) -> None:
    with office.database.write() as connection:
        now = office.clock.now()
        match outcome.kind:
            case OutcomeKind.ACCEPTED:
                service_mails.mark_sent(connection, row, now, outcome.text)
            case OutcomeKind.IN_DOUBT:
                service_mails.mark_in_doubt(connection, row, now + AGAIN, outcome.text)
            case OutcomeKind.NOT_BEGUN | OutcomeKind.RELAY_DOWN:
                service_mails.mark_waiting(connection, row, now + SOON, outcome.text)
            case OutcomeKind.SLOWED:
                service_mails.mark_waiting(connection, row, now + AGAIN, outcome.text)
            case OutcomeKind.DEFERRED | OutcomeKind.SENDER_REFUSED:
                service_mails.mark_deferred(connection, row, now + AGAIN, outcome.text)
            case OutcomeKind.REFUSED | OutcomeKind.NOT_DELIVERABLE_HERE:
                service_mails.mark_failed(connection, row, outcome.text)
