"""What the audit found, one readable line each."""

from __future__ import annotations

from collections.abc import Callable

from preferences.audit.ledger import Broken
from preferences.audit.windows import DAY_NAMES

INVARIANTS = {
    1: "not asked for",
    2: "a cap",
    3: "days, hours or a pause",
    4: "twice",
    5: "outcomes",
    6: "after leaving, or too late",
    7: "deciding again",
    8: "the sentence",
}


def in_one_line(broken: Broken, public_number: Callable[[int], str]) -> str:
    """Which promise, who (by public number), which mail, when (in the reader's zone, which is named) and why."""
    parts = [f"promise {broken.invariant} ({INVARIANTS[broken.invariant]})"]
    if broken.subscriber is not None:
        parts.append(public_number(broken.subscriber))
    if broken.mail:
        parts.append(broken.mail)
    if broken.at is not None:
        local = broken.at if broken.zone is None else broken.at.astimezone(broken.zone)
        parts.append(f"{DAY_NAMES[local.weekday()]} {local:%Y-%m-%d %H:%M} {broken.zone_name}")
    return f"{', '.join(parts)}: {broken.why}"
