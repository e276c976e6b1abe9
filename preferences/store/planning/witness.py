"""A stage that keeps what left on it, by itself or in something else, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from preferences.expectation import Arrives
from preferences.ranking import Verdict
from preferences.store.hand_overs import DigestRow
from preferences.store.open_deliveries import OpenDelivery, Situation
from preferences.store.planning.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What a reader gets: the mail of a campaign, or the digest of a rhythm for a slot. One of the two is None."""

    campaign: int | None = None
    rhythm: Arrives | None = None
    slot_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When something reached a reader, and in which mail: its own, or what it travelled in."""

    at: datetime
    mail: Mail


class Witness(Stage):
    """`left` has every mail that left, with the first instant at which it did; `arrived` every campaign that reached
    the reader, in whatever mail."""

    def __init__(self, situation: Situation, now: datetime) -> None:
        super().__init__(situation, now)
        self.left: dict[Mail, datetime] = {}
        self.arrived: dict[int, Arrival] = {}
        self._mails: dict[int, Mail] = {}

    def leaves(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that leaves now by itself."""
        super().leaves(situation, delivery, verdict)
        mail = Mail(campaign=delivery.campaign_id)
        self._note(delivery.id, mail)
        self._arrives(delivery, mail)

    def comes_along(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that comes along in a mail that leaves now; whatever carries is noted first."""
        super().comes_along(situation, delivery, verdict)
        self._arrives(delivery, self._mails[verdict.decision.carrier or 0])

    def digest_leaves(self, situation: Situation, row: DigestRow, verdict: Verdict) -> None:
        """A digest that leaves with all its items."""
        super().digest_leaves(situation, row, verdict)
        mail = Mail(rhythm=row.digest.rhythm, slot_on=row.digest.slot_on)
        self._note(row.digest.id, mail)
        for item in row.items:
            self._arrives(item, mail)

    def _note(self, delivery_id: int, mail: Mail) -> None:
        self._mails[delivery_id] = mail
        self.left.setdefault(mail, self.now)

    def _arrives(self, delivery: OpenDelivery, mail: Mail) -> None:
        self.arrived.setdefault(delivery.campaign_id or 0, Arrival(at=self.now, mail=mail))
