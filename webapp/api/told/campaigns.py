"""Campaigns and their deliveries as documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mailer.compose.addresses import parse_mailbox, wire_domain
from preferences.links import Claim, Kind, Purpose
from preferences.store.campaigns import CampaignRow
from preferences.store.counts import CampaignCounts
from preferences.store.deliveries import DeliveryRow
from preferences.store.publications import publication
from preferences.store.topics import TopicRow
from preferences.unsubscribe import Cause
from webapp.api.calls import Call
from webapp.api.schemas.common import instant_or_none, instant_text
from webapp.api.told.decisions import told_decision


def told_summary(call: Call, row: CampaignRow) -> dict[str, Any]:
    """A campaign as it stands in a list."""
    values = row.values
    return {
        "id": call.id(Kind.CAMPAIGN, row.id),
        "name": values.name,
        "subject": values.subject,
        "title": values.title,
        "summary": values.summary,
        "topics": list(values.topics),
        "status": row.status.value,
        "scheduled_at": instant_or_none(row.scheduled_at),
        "local": None if row.local_at is None else row.local_at.isoformat(timespec="minutes"),
        "spread_minutes": row.spread_minutes or 0,
        "audience": row.audience,
        "held_because": row.held_because,
        "created_at": instant_text(row.created_at),
        "finished_at": instant_or_none(row.finished_at),
    }


_CONTENT = ("preheader", "mjml", "markdown", "text", "look", "event", "question", "sender", "reply_to", "priority")


def told_campaign(call: Call, row: CampaignRow, counts: CampaignCounts) -> dict[str, Any]:
    """A campaign with its content and its counts, which add up to the audience also while it is being planned."""
    values = asdict(row.values)
    planned = sum(counts.by_state.values())
    return {
        **told_summary(call, row),
        "audience": planned if row.audience is None and planned else row.audience,
        **{name: values[name] for name in _CONTENT},
        "expires_at": instant_or_none(row.values.expires_at),
        "segment": None if row.values.segment is None else dict(row.values.segment),
        "revision": row.revision,
        "planned_at": instant_or_none(row.planned_at),
        "outcomes": {state.value: count for state, count in counts.by_state.items()},
        "by_reason": {reason.value: count for reason, count in counts.by_reason.items()},
        "waiting": {
            "count": sum(counts.waiting.values()),
            "by_reason": {reason.value: count for reason, count in counts.waiting.items()},
            "until": instant_or_none(counts.waits_until),
        },
        "unsubscribes": {
            "by_cause": {cause.value: count for cause, count in counts.left.items() if cause is not Cause.UNSTATED},
            "unstated": counts.unstated,
            "accepted": counts.accepted,
        },
    }


class DeliveriesTold:
    """What all deliveries of a campaign share when they are told."""

    def __init__(self, call: Call, campaign: CampaignRow, topics: Mapping[int, TopicRow]) -> None:
        self.call = call
        self.campaign = campaign
        self.topics = topics
        self.slugs = {number: topic.slug for number, topic in topics.items()}
        self.owner = publication(call.connection, call.publication_id)

    def delivery(self, row: DeliveryRow) -> dict[str, Any]:
        """One delivery."""
        call, attempt = self.call, row.attempt
        return {
            "id": call.id(Kind.DELIVERY, row.id),
            "subscriber": call.id(Kind.SUBSCRIBER, row.subscriber_id),
            "state": row.state.value,
            "decision": told_decision(call, row.decision, self.slugs),
            "carrier": call.id(Kind.DELIVERY, row.carrier_id),
            "handed_over_at": None if attempt is None else instant_text(attempt.committed_at),
            "reply": None if attempt is None or attempt.code is None else {"code": attempt.code, "text": attempt.reply},
            "message_id": None if attempt is None else self._message_id(row),
            "revision": row.revision,
            "next_try_at": instant_or_none(row.next_try_at),
            "expires_at": instant_or_none(row.expires_at),
        }

    def _message_id(self, row: DeliveryRow) -> str | None:
        """The Message-ID as composing makes it; that of what travels in another mail stands with its carrier."""
        domain = self._domain(row)
        if row.carrier_id is not None or domain is None:
            return None
        claim = Claim(
            purpose=Purpose.MESSAGE,
            publication=self.call.publication_id,
            subscriber=row.subscriber_id,
            delivery=row.id,
        )
        return f"<{self.call.site.links.sign(claim)}@{domain}>"

    def _domain(self, row: DeliveryRow) -> str | None:
        return_domain = self.call.site.settings.return_domain
        if return_domain is not None and not self.call.site.is_sandbox:
            return wire_domain(return_domain)
        topic = self.topics.get(row.topic_id or 0)
        sender = self.campaign.values.sender or (topic and topic.sender) or self.owner.sender
        return parse_mailbox(sender).domain if sender else None
