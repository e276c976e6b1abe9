"""The clock bar: what time it is in a sandbox, what may be pressed, and what the last press did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, request

from preferences.calendar import zone_named
from preferences.errors import TrothError
from preferences.store.agenda import next_campaign, next_instant
from preferences.store.captured import count_captured
from preferences.store.publications import publications
from webapp.access import site_of
from webapp.moves import moves_of
from webapp.visitor import visitor

_UNDER = "/sandbox"
_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockBar:
    """What the bar shows. `time` is in `zone`, the publication's; `back` is the page that it stands on.

    `at` is the instant it shows, so that a press is for that and for no later one. `letter` is when the next campaign
    is scheduled, as a button says it; None where none is. `moving` is how much of a move is done, in percent.
    `captured` is how many mails came to the visitor, or before they are known to anybody.
    """

    time: str
    at: str
    zone: str
    captured: int
    has_next: bool
    letter: str | None
    moving: int | None
    may_reset: bool
    said: str
    back: str
    home: str

    @property
    def city(self) -> str:
        """The zone's city, which is short enough for a phone."""
        return self.zone.rpartition("/")[2].replace("_", " ")


def clock_bar() -> ClockBar | None:
    """The bar of the page that is being answered; None where nobody moves the clock, or it cannot be read."""
    site = site_of()
    if not site.is_sandbox:
        return None
    try:
        now = site.clock.now()
        with site.database.read() as connection:
            sender = publications(connection)[0]
            captured = count_captured(connection, visitor())
            has_next = next_instant(connection, now) is not None
            letter_at = next_campaign(connection, now)
    except TrothError:
        # The page says itself that it cannot be answered now.
        return None
    zone = zone_named(sender.zone)
    moves = moves_of(current_app)
    local = now.astimezone(zone)
    return ClockBar(
        time=f"{local:%a} {local.day} {local:%b}, {local:%H:%M}",
        at=now.isoformat(),
        zone=sender.zone,
        captured=captured,
        has_next=has_next,
        letter=None if letter_at is None else _short(letter_at.astimezone(zone), local),
        moving=None if moves.wait(0) else round(100 * moves.share),
        may_reset=site.reset is not None,
        said=moves.said,
        back=_back(),
        home=f"{request.script_root.removesuffix(_UNDER)}/",
    )


def _short(at: datetime, now: datetime) -> str:
    """A local instant after `now`: by its weekday within a week, else by its date."""
    days = (at.date() - now.date()).days
    day = "today" if days == 0 else f"{at:%A}" if days < _WEEK_DAYS else f"{at.day} {at:%B}"
    return f"{day} {at:%H:%M}"


def _back() -> str:
    """The page to come back to: this one, or for what a form answered the page that the form stood on."""
    query = request.query_string.decode("ascii", "ignore")
    return f"{request.path}?{query}" if query else request.path
