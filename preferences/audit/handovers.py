"""Invariants 4 and 6: nothing is handed over twice, after somebody left, or long after its commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from preferences.audit.ledger import STANDING, Attempt, Broken, Expectation, Publication, SubscriberLedger, Unsubscribe
from preferences.audit.mails import Mail, broken
from preferences.audit.terms import charged_choice, in_force, last_word_was_leaving

# From the commit of a hand-over to its first byte on the wire; what has not begun by then is given back.
LONGEST_WAIT = timedelta(seconds=5)


def handed_over_twice(publication: Publication, ledger: SubscriberLedger) -> Iterator[Broken]:
    """Deliveries with more than one hand-over that was accepted or is in doubt, whatever carried them."""
    for delivery in ledger.deliveries.values():
        found = standing_attempts(ledger, delivery.id)
        if len(found) > 1:
            name = "" if delivery.campaign is None else f"campaign {publication.campaigns[delivery.campaign].name!r}"
            times = " and ".join(f"{one.committed_at:%Y-%m-%d %H:%M} UTC ({one.outcome})" for one in found)
            yield Broken(
                invariant=4,
                why=f"handed over {len(found)} times: {times}",
                mail=name or f"the {delivery.rhythm} digest of {delivery.slot_on}",
                subscriber=ledger.subscriber,
                at=found[-1].committed_at,
            )


def standing_attempts(ledger: SubscriberLedger, delivery: int) -> list[Attempt]:
    """The attempts by which a delivery was, or may have been, handed over: its own and its carriers', in order."""
    of_delivery = ledger.deliveries[delivery]
    carried = {one.attempt for one in ledger.sent if one.delivery == delivery and one.carrier is not None}
    found = [
        attempt
        for attempt in ledger.attempts.values()
        if attempt.outcome in STANDING
        and (attempt.delivery in (delivery, of_delivery.carrier) or attempt.id in carried)
    ]
    return sorted(found, key=lambda attempt: (attempt.committed_at, attempt.id))


def handed_over_wrongly(publication: Publication, ledger: SubscriberLedger, mails: Sequence[Mail]) -> Iterator[Broken]:
    """Hand-overs of anything whose reader had left, and those that began on the wire too late."""
    for mail in mails:
        expectation = in_force(ledger, mail.at, mail.sent)
        leaving = _left_before(ledger, mail, expectation)
        if leaving is not None:
            left = "everything" if leaving.topic is None else publication.topics[leaving.topic].name
            why = f"{left} was unsubscribed from on {leaving.occurred_at:%Y-%m-%d %H:%M:%S} UTC"
            yield broken(6, why, mail, ledger, expectation)
        if mail.attempt is not None and mail.attempt.begun_at is not None:
            late = mail.attempt.begun_at - mail.attempt.committed_at
            if late > LONGEST_WAIT:
                why = f"began on the wire {late.total_seconds():.1f} s after its commit"
                yield broken(6, why, mail, ledger, expectation)


def _left_before(ledger: SubscriberLedger, mail: Mail, expectation: Expectation | None) -> Unsubscribe | None:
    """The first unsubscribe that was the last word on any topic in a mail."""
    found = (last_word_was_leaving(ledger, expectation, topic, mail.at) for topic in _topics_in(mail, expectation))
    return next((leaving for leaving in found if leaving is not None), None)


def _topics_in(mail: Mail, expectation: Expectation | None) -> Iterator[int]:
    """The topics a mail stands for: what it is charged to and contains, and those of everything in it."""
    yield from dict.fromkeys((*mail.charged, *mail.along))
    for item in mail.items:
        choice = None if expectation is None else charged_choice(expectation, item.topics)
        if choice is not None:
            yield choice.topic
