"""Invariant 5: once a campaign is finished everybody in its audience has exactly one final outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from preferences.audit.handovers import standing_attempts
from preferences.audit.ledger import Attempt, Broken, Campaign, Delivery, Publication, SubscriberLedger

FINISHED = "finished"
OPEN = frozenset({"due", "waiting", "digest_to_come", "handing_over", "deferred"})
# What a state says became of the hand-over; the states not named here say that there was none that stands.
HANDED_OVER = {
    "accepted": frozenset({"accepted"}),
    "came_along": frozenset({"accepted"}),
    "in_digest": frozenset({"accepted"}),
    "in_doubt": frozenset({"in_doubt"}),
}


def wrong_outcomes(publication: Publication, ledger: SubscriberLedger) -> Iterator[Broken]:
    """The deliveries of finished campaigns without one final outcome, or with one that the ledger does not bear out."""
    for delivery in ledger.deliveries.values():
        campaign = None if delivery.campaign is None else publication.campaigns[delivery.campaign]
        if campaign is None or campaign.status != FINISHED:
            continue
        for why in _wrong(campaign, delivery, standing_attempts(ledger, delivery.id)):
            yield Broken(
                invariant=5,
                why=why,
                mail=f"campaign {campaign.name!r}",
                subscriber=ledger.subscriber,
                at=campaign.finished_at,
            )


def _wrong(campaign: Campaign, delivery: Delivery, attempts: list[Attempt]) -> Iterator[str]:
    if delivery.state in OPEN:
        yield f"the campaign is finished, and this delivery is {delivery.state}"
        return
    outcomes = {attempt.outcome for attempt in attempts}
    expected = HANDED_OVER.get(delivery.state, frozenset())
    if outcomes != expected:
        found = ", ".join(sorted(str(outcome) for outcome in outcomes)) or "none"
        yield f"this delivery is {delivery.state}, and its hand-over is {found}"
    if delivery.state in ("came_along", "in_digest") and delivery.carrier is None:
        yield f"this delivery is {delivery.state}, and nothing carried it"
    if delivery.state in ("web", "not_sent") and delivery.last_outcome != delivery.state:
        yield f"this delivery is {delivery.state}, and was last decided {delivery.last_outcome}"
    late = [one for one in attempts if campaign.finished_at is not None and one.committed_at > campaign.finished_at]
    if late:
        yield f"handed over at {late[-1].committed_at:%Y-%m-%d %H:%M:%S} UTC, after the campaign was shown as finished"


def wrong_audiences(publication: Publication, deliveries: Mapping[int, int]) -> Iterator[Broken]:
    """The campaigns whose deliveries, counted by campaign, do not add up to the audience."""
    for campaign in publication.campaigns.values():
        there = deliveries.get(campaign.id, 0)
        if campaign.audience is not None and campaign.audience != there:
            why = f"its audience is {campaign.audience}, and its deliveries are {there}"
            yield Broken(invariant=5, why=why, mail=f"campaign {campaign.name!r}")
