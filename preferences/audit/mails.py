"""Mails as they were handed over and counted: the rows of the ledger, put together for one subscriber."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from preferences.audit.ledger import (
    STANDING,
    Attempt,
    Broken,
    Campaign,
    Counted,
    Delivery,
    Expectation,
    ForeignMail,
    Publication,
    Sent,
    SubscriberLedger,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail with the rows by which it counts, in recording order, and the campaigns that came along or stood in it.

    `sent` is the decision to send it; None where no decision stands behind it, and for mails of other systems.
    """

    name: str
    at: datetime
    rows: tuple[Counted, ...]
    attempt: Attempt | None
    delivery: Delivery | None
    campaign: Campaign | None
    foreign: ForeignMail | None
    sent: Sent | None
    items: tuple[Campaign, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether it was accepted, is in doubt or is under way; for another system's mail, whether it counts."""
        if self.attempt is None:
            return self.is_counted
        return self.attempt.outcome is None or self.attempt.outcome in STANDING

    @property
    def is_counted(self) -> bool:
        """Whether anything of it still counts."""
        return any(row.uncounted_at is None for row in self.rows)

    @property
    def charged(self) -> tuple[int, ...]:
        """The topics it is charged to."""
        return tuple(row.topic for row in self.rows if row.topic is not None and not row.along)

    @property
    def along(self) -> tuple[int, ...]:
        """The topics that count because something of them came along."""
        return tuple(row.topic for row in self.rows if row.topic is not None and row.along)

    @property
    def rhythm(self) -> str | None:
        """Of a digest, its rhythm."""
        return None if self.delivery is None else self.delivery.rhythm


def mails_of(publication: Publication, ledger: SubscriberLedger) -> list[Mail]:
    """Every mail that was counted or handed over to one subscriber, by its instant."""
    rows: dict[tuple[str, int], list[Counted]] = {}
    for row in sorted(ledger.counted, key=lambda row: row.id):
        key = ("foreign", row.foreign) if row.foreign is not None else ("attempt", row.attempt or 0)
        rows.setdefault(key, []).append(row)
    for attempt in ledger.attempts.values():
        rows.setdefault(("attempt", attempt.id), [])
    sent = {one.attempt: one for one in ledger.sent if one.carrier is None and one.attempt is not None}
    mails = [
        _foreign_mail(ledger.foreign[key], tuple(found))
        if kind == "foreign"
        else _own_mail(publication, ledger, ledger.attempts[key], tuple(found), sent)
        for (kind, key), found in rows.items()
    ]
    return sorted(mails, key=lambda mail: (mail.at, mail.rows[0].id if mail.rows else 0))


def _foreign_mail(foreign: ForeignMail, rows: tuple[Counted, ...]) -> Mail:
    return Mail(
        name=foreign.name,
        at=rows[0].counted_at,
        rows=rows,
        attempt=None,
        delivery=None,
        campaign=None,
        foreign=foreign,
        sent=foreign.sent,
    )


def _own_mail(
    publication: Publication,
    ledger: SubscriberLedger,
    attempt: Attempt,
    rows: tuple[Counted, ...],
    sent: Mapping[int, Sent],
) -> Mail:
    delivery = ledger.deliveries[attempt.delivery]
    campaign = None if delivery.campaign is None else publication.campaigns[delivery.campaign]
    name = f"the {delivery.rhythm} digest of {delivery.slot_on}" if campaign is None else f"campaign {campaign.name!r}"
    return Mail(
        name=name,
        at=attempt.committed_at,
        rows=rows,
        attempt=attempt,
        delivery=delivery,
        campaign=campaign,
        foreign=None,
        sent=sent.get(attempt.id),
        items=tuple(publication.campaigns[item] for item in _items(ledger, attempt)),
    )


def _items(ledger: SubscriberLedger, attempt: Attempt) -> Iterator[int]:
    """The campaigns that travelled in a mail: by the decision that says so, or by the delivery that names its carrier."""
    travelled = {one.delivery for one in ledger.sent if one.carrier is not None and one.attempt == attempt.id}
    if attempt.outcome is None or attempt.outcome in STANDING:
        travelled |= {one.id for one in ledger.deliveries.values() if one.carrier == attempt.delivery}
    for delivery in sorted(travelled):
        campaign = ledger.deliveries[delivery].campaign
        if campaign is not None:
            yield campaign


def broken(
    invariant: int, why: str, mail: Mail, ledger: SubscriberLedger, expectation: Expectation | None = None
) -> Broken:
    """A broken invariant about one mail, with its instant in the reader's zone where one is known."""
    return Broken(
        invariant=invariant,
        why=why,
        mail=mail.name,
        subscriber=ledger.subscriber,
        at=mail.at,
        zone=None if expectation is None else expectation.zone,
        zone_name="UTC" if expectation is None else expectation.zone_name,
        foreign=mail.foreign is not None and not mail.foreign.reserved,
    )
