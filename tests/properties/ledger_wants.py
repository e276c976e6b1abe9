"""What readers of the ledger's machine ask for, and what the mail server and the database do to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from mailer.transport import OutcomeKind
from tests.properties.ledger_life import Fails

SLUGS = ("letter", "events", "jobs")
NOTICES = "notices"
ZONES = ("Europe/Berlin", "Pacific/Kiritimati", "America/Los_Angeles", "UTC")
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

zones = st.sampled_from(ZONES)
ways = st.sampled_from(["each", "each", "each", "daily", "weekly", "monthly", "web"])
caps = st.builds(
    lambda count, per: {"count": count, "per": per},
    st.integers(1, 2),
    st.sampled_from(["day", "week", "week", "two_weeks", "month"]),
)
hours = st.sampled_from([{"from": "07:00", "to": "21:00"}, {"from": "22:00", "to": "03:00"}])
spans = st.sampled_from([timedelta(hours=hours) for hours in (0.1, 1, 13, 24, 72, 8 * 24, 31 * 24)])
answers = st.lists(
    st.sampled_from([OutcomeKind.ACCEPTED, *OutcomeKind]),
    min_size=1,
    max_size=3,
)
failures = st.lists(st.sampled_from([None, *Fails]), min_size=1, max_size=4)
topic_lists = st.lists(st.sampled_from([*SLUGS, "events"]), min_size=1, max_size=2, unique=True) | st.just([NOTICES])


@st.composite
def wants(draw: st.DrawFn, today: str, later: str) -> dict[str, Any]:
    """An expectation as people write it; `today` and `later` are where a pause may begin and end."""
    topics: list[dict[str, Any]] = []
    for slug in draw(st.lists(st.sampled_from(SLUGS), min_size=2, max_size=3, unique=True)):
        arrives = draw(ways)
        topics.append({"topic": slug, "arrives": arrives})
        if arrives == "each" and draw(st.integers(0, 3)) == 0:
            topics[-1]["at_most"] = draw(caps)
    if draw(st.integers(0, 3)) == 0:
        topics.append({"topic": NOTICES, "arrives": "each"})
    asked: dict[str, Any] = {"topics": topics}
    if draw(st.booleans()):
        asked["at_most"] = draw(caps)
    if draw(st.integers(0, 3)) == 0:
        asked["days"] = draw(st.lists(st.sampled_from(DAYS), min_size=2, max_size=6, unique=True))
    if draw(st.integers(0, 3)) == 0:
        asked["hours"] = draw(hours)
    if draw(st.integers(0, 5)) == 0:
        asked["paused"] = {"from": today, "until": later}
    if draw(st.integers(0, 4)) == 0:
        asked["overflow"] = "leave_out"
    return asked
