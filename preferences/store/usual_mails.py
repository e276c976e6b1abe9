"""The mails of everybody in the usual case, as rows: what readers have in common is decided and spelled once for all.

Whoever is not surely in the usual case is judged. What is written here is what judging would write.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from preferences.basis import cadences_named, counted_for
from preferences.basis_record import candidate_text, counted_text, shared_text, spelling
from preferences.calendar import zone_data_version
from preferences.campaign import ExpiryBasis
from preferences.decision import RULES_VERSION, Outcome, Reason
from preferences.delivery import State
from preferences.expectation import Standing, Terms
from preferences.store.gate_rows import Writes
from preferences.store.hand_overs import HandOver
from preferences.store.open_deliveries import OpenDelivery, Situation
from preferences.store.subscribers import SubscriberRow
from preferences.usual import Usual, usual_case

_GOOD = Standing(confirmed=True)
# When it was scheduled, when it expires, and how it is spelled.
_Candidate = tuple[datetime, datetime | None, str]
# Terms, campaigns and minutes that are known at once; beyond, all are forgotten.
_KEPT = 8192


@dataclass(frozen=True, slots=True)
class _Alike:
    """What goes to everybody who asks for the same in one minute, and what stands in the basis of all of them."""

    usual: Usual
    shared: str


# Threads share it, and two of them may find the same at once.
_known: dict[tuple[object, int, tuple[int, ...], ExpiryBasis, datetime], _Alike | None] = {}


class UsualMails:
    """Takes the readers of one group who are in the usual case, and notes what leaves to them in `writes`."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        self._now = writes.now
        self._minute = writes.now.replace(second=0, microsecond=0)
        self._candidates: dict[Hashable, _Candidate] = {}
        self._spelling = spelling(writes.now, RULES_VERSION, zone_data_version())

    def takes(self, situation: Situation) -> bool:
        """Note the one mail that leaves to a reader in the usual case; False where the reader is to be judged."""
        if len(situation.open) != 1 or not _is_in_good_standing(situation.subscriber):
            return False
        delivery = situation.open[0]
        if not self._is_plainly_due(delivery):
            return False
        alike = self._alike(situation.terms, delivery)
        if alike is None or not alike.usual.has_room(situation.history, self._now):
            return False
        self._leaves(situation, delivery, alike)
        return True

    def _is_plainly_due(self, delivery: OpenDelivery) -> bool:
        """Whether a campaign's delivery is due now for the first time, and neither held, stopped nor expired."""
        return (
            delivery.state is State.DUE
            and delivery.campaign_id is not None
            and not delivery.has_waited
            and not delivery.digest_stopped
            and delivery.is_awake(self._now)
            and (delivery.expires_at is None or self._now <= delivery.expires_at)
        )

    def _alike(self, terms: Terms, delivery: OpenDelivery) -> _Alike | None:
        key = (terms.alike, delivery.campaign_id or 0, delivery.topics, delivery.expiry, self._minute)
        found = _known.get(key)
        if found is None and key not in _known:
            if len(_known) >= _KEPT:
                _known.clear()
            found = _known[key] = self._asked(terms, delivery)
        return found

    def _asked(self, terms: Terms, delivery: OpenDelivery) -> _Alike | None:
        candidate = delivery.candidate(None)
        usual = usual_case(terms, candidate, self._now)
        return None if usual is None else _Alike(usual, shared_text(cadences_named(terms, candidate), _GOOD))

    def _leaves(self, situation: Situation, delivery: OpenDelivery, alike: _Alike) -> None:
        topic, terms = alike.usual.topic, situation.terms
        expectation = terms.expectation.id
        counted = counted_text(counted_for(terms, topic, situation.history, self._now))
        basis = self._spelling.text(expectation, delivery.id, alike.shared, self._text_of(delivery, terms), counted)
        mail = HandOver(
            delivery_id=delivery.id,
            publication_id=self._writes.publication_id,
            subscriber=situation.subscriber,
            terms=terms,
            history=situation.history.with_charged(topic.topic, self._now, in_total=not topic.notice),
            rhythm=None,
            topic_id=topic.topic,
            committed_at=self._now,
            campaign_id=delivery.campaign_id,
            revision=delivery.revision,
        )
        self._writes.leaves_as_usual(mail, self._decision(mail, expectation, basis), in_total=not topic.notice)

    def _text_of(self, delivery: OpenDelivery, terms: Terms) -> str:
        # Mostly they have the same instants in one zone. To compare two is quicker than to hash them.
        key = (delivery.campaign_id, delivery.expiry, terms.zone)
        known = self._candidates.get(key)
        if known is None or (delivery.scheduled_at, delivery.expires_at) != known[:2]:
            text = candidate_text(delivery.candidate(None))
            known = self._candidates[key] = (delivery.scheduled_at, delivery.expires_at, text)
        return known[2]

    def _decision(self, mail: HandOver, expectation: int, basis: str) -> list[Any]:
        """In the order of `OF_DECISION`."""
        said = (*_SENT_AS_EXPECTED, mail.topic_id)
        return [mail.publication_id, mail.delivery_id, self._now, *said, None, expectation or None, None, None, basis]


_SENT_AS_EXPECTED = (Outcome.SEND.value, Reason.EXPECTED.value)


def _is_in_good_standing(person: SubscriberRow) -> bool:
    """Whether they may be written to, today and always."""
    return (
        person.confirmed_at is not None
        and person.unsubscribed_at is None
        and person.suppressed is None
        and person.consent_ends_at is None
    )
