"""The ledger of a subscriber as documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preferences.links import Kind
from preferences.store import ledger
from preferences.store.ledger import Entry
from webapp.api.calls import Call
from webapp.api.schemas.common import instant_text
from webapp.api.told.decisions import told_decision

_KINDS = {
    ledger.Kind.DECISION: "decision",
    ledger.Kind.ATTEMPT: "hand_over",
    ledger.Kind.EVENT: "event",
    ledger.Kind.MAIL_ELSEWHERE: "mail_elsewhere",
}
# Numbers inside, opaque ids outside: what the details of events refer to.
_IDS = {
    "expectation": Kind.EXPECTATION,
    "before": Kind.EXPECTATION,
    "ended_expectation": Kind.EXPECTATION,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "request": Kind.REQUEST,
    "batch": Kind.IMPORT,
    "mail": Kind.MAIL_ELSEWHERE,
    "carrier": Kind.DELIVERY,
    "campaign": Kind.CAMPAIGN,
    "subscriber": Kind.SUBSCRIBER,
}
_TOPICS = ("topic", "charged_topic", "digest_topics")


def told_entry(call: Call, entry: Entry, slugs: Mapping[int, str]) -> dict[str, Any]:
    """The document of one entry."""
    kind = ledger.Kind(entry.place.kind)
    told: dict[str, Any] = {
        "kind": _KINDS[kind],
        "at": instant_text(entry.place.at),
        "delivery": call.id(Kind.DELIVERY, entry.delivery_id),
        "campaign": call.id(Kind.CAMPAIGN, entry.campaign_id),
    }
    values = entry.values
    match kind:
        case ledger.Kind.DECISION:
            told["decision"] = told_decision(call, entry.decision, slugs)
        case ledger.Kind.ATTEMPT:
            told["outcome"] = values["outcome"] or "handing_over"
            told["reply"] = None if values["code"] is None else {"code": values["code"], "text": values["reply"]}
        case ledger.Kind.EVENT:
            told |= {"event": values["kind"], "made_by": values["made_by"], "route": values["route"]}
            told["details"] = {name: _detail(call, name, value, slugs) for name, value in values["details"].items()}
        case ledger.Kind.MAIL_ELSEWHERE:
            told |= {"state": values["state"], "external_id": values["external_id"], "broken": values["broken"]}
            told["mail"] = call.id(Kind.MAIL_ELSEWHERE, entry.place.id)
            told["decision"] = told_decision(call, entry.decision, slugs)
    return told


def _detail(call: Call, name: str, value: Any, slugs: Mapping[int, str]) -> Any:
    if name in _TOPICS and isinstance(value, int):
        return slugs.get(value)
    if name in _TOPICS and isinstance(value, list):
        return [slugs.get(one) if isinstance(one, int) else one for one in value]
    return call.id(_IDS[name], value) if name in _IDS and type(value) is int else value
