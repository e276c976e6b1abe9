"""Evidence as text beside a decision: which cap bound, what was counted under it, and from when until when."""

from __future__ import annotations

import json
from datetime import datetime

from preferences.cadence import Cap, Period, Whose
from preferences.decision import Evidence


def evidence_text(evidence: Evidence) -> str:
    """Evidence as it is stored beside a decision: compact JSON, instants in UTC."""
    return _SPELLED(
        {
            "whose": evidence.whose.value,
            "count": evidence.cap.count,
            "per": evidence.cap.per.value,
            "counted": evidence.counted,
            "calendar": evidence.calendar,
            "since": evidence.since.isoformat(),
            "until": evidence.until.isoformat(),
        }
    )


# `json.dumps` would make another one for each text.
_SPELLED = json.JSONEncoder(separators=(",", ":")).encode


def evidence_of_text(text: str | None) -> Evidence | None:
    """The evidence that was stored as this text; None where a decision has none."""
    if text is None:
        return None
    stored = json.loads(text)
    return Evidence(
        whose=Whose(stored["whose"]),
        cap=Cap(count=stored["count"], per=Period(stored["per"])),
        counted=stored["counted"],
        calendar=stored["calendar"],
        since=datetime.fromisoformat(stored["since"]),
        until=datetime.fromisoformat(stored["until"]),
    )
