"""Everything that one subscriber's ledger says about invariants 1 to 6."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from preferences.audit.arriving import unasked
from preferences.audit.counting import full_caps, miscounted
from preferences.audit.handovers import handed_over_twice, handed_over_wrongly
from preferences.audit.ledger import Broken, Publication, SubscriberLedger
from preferences.audit.mails import Mail, broken, mails_of
from preferences.audit.outcomes import wrong_outcomes
from preferences.audit.terms import in_force, standing_forbids
from preferences.audit.windows import quiet_because


def audit_subscriber(publication: Publication, ledger: SubscriberLedger) -> Iterator[Broken]:
    """Every broken invariant from 1 to 6 in one subscriber's ledger, mail by mail and then delivery by delivery.

    A mail that counts no longer is no broken promise, but must not have been handed over to somebody who had left.
    Caps, days and hours of an erased person can be read no more: their zone is gone.
    """
    mails = mails_of(publication, ledger)
    for mail in mails:
        if mail.foreign is None:
            yield from _audit_hand_over(publication, ledger, mail)
        if mail.is_counted:
            yield from _audit_counted(publication, ledger, mails, mail)
    yield from handed_over_wrongly(publication, ledger, [mail for mail in mails if mail.foreign is None])
    yield from handed_over_twice(publication, ledger)
    yield from wrong_outcomes(publication, ledger)


def _audit_hand_over(publication: Publication, ledger: SubscriberLedger, mail: Mail) -> Iterator[Broken]:
    for why in miscounted(publication, mail):
        yield broken(2, why, mail, ledger)
    if mail.sent is None:
        yield broken(1, "handed over without a decision to send it", mail, ledger)
    elif mail.sent.judged_at != mail.at:
        yield broken(7, "handed over by a decision for another instant", mail, ledger)


def _audit_counted(
    publication: Publication, ledger: SubscriberLedger, mails: Sequence[Mail], mail: Mail
) -> Iterator[Broken]:
    expectation = in_force(ledger, mail.at, mail.sent)
    forbidden = standing_forbids(ledger, mail.at, mail.sent)
    if forbidden is not None:
        yield broken(1, forbidden, mail, ledger, expectation)
    if expectation is None:
        yield broken(1, "nothing was asked for at that time", mail, ledger)
        return
    for why in unasked(publication, mail, expectation):
        yield broken(1, why, mail, ledger, expectation)
    if ledger.is_erased:
        return
    for why in full_caps(publication, mails, mail, expectation):
        yield broken(2, why, mail, ledger, expectation)
    quiet = quiet_because(expectation, mail.at)
    if quiet is not None:
        yield broken(3, f"counted {quiet}", mail, ledger, expectation)
