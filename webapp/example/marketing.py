"""What the marketer of the example does: writes and schedules, pauses, edits and ends, and answers for what is in doubt."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mailer.transport import OutcomeKind
from preferences.cadence import Cadence, Cap, Period
from preferences.delivery import CampaignStatus
from preferences.errors import Conflict
from preferences.store.campaigns import campaign, create_campaign, revise_campaign
from preferences.store.doubts import it_arrived, it_did_not_arrive
from preferences.store.schedules import end, pause, resume, schedule
from preferences.store.topics import state_cadence, topic_named
from preferences.store.transactions import Transaction
from webapp.example.beginning import BY_MARKETER
from webapp.example.content import Planned, campaigns
from webapp.example.house import Act, House
from webapp.example.post import Answered

# A letter is written on the day before; one for each reader's own morning a day earlier, since it is morning there.
_WRITTEN_BEFORE = timedelta(hours=19)
_WRITTEN_BEFORE_LOCAL = timedelta(hours=43)
_DRAFTED_BEFORE = timedelta(minutes=80)
_PAUSED, _ENDED = "event-12", "event-13"
_MOVED_TO = "the big room, because so many are coming"


class Marketer:
    """One marketer, and the numbers of what they have written."""

    def __init__(self, house: House, zone: ZoneInfo, ends_at: datetime) -> None:
        self._house = house
        self._ends_at = ends_at
        self._written: dict[str, int] = {}
        self._doubts = 0
        for planned in campaigns(zone):
            self._plan(planned)
        house.listeners.append(self._hear)

    def _plan(self, planned: Planned) -> None:
        if planned.at is None:
            self._house.at(self._ends_at - _DRAFTED_BEFORE, self._writes(planned))
            return
        if planned.at > self._ends_at + timedelta(days=6):
            return
        before = _WRITTEN_BEFORE_LOCAL if planned.is_local else _WRITTEN_BEFORE
        self._house.at(min(planned.at - before, self._ends_at - _DRAFTED_BEFORE), self._writes(planned))
        if planned.key == _PAUSED:
            self._house.at(planned.at + timedelta(minutes=30), self._pauses)
            self._house.at(planned.at + timedelta(minutes=52), self._edits)
            self._house.at(planned.at + timedelta(minutes=55), self._resumes(_PAUSED))
        if planned.key == _ENDED:
            self._house.at(planned.at + timedelta(hours=5), self._ends)

    def resume_later(self, key: str, at: datetime) -> None:
        """Let a campaign that was paused by a reply go on at an instant."""
        self._house.at(at, self._resumes(key))

    def raise_cadence(self, at: datetime) -> None:
        """State that events come up to three times a week from then on."""

        def act(connection: Transaction, now: datetime) -> None:
            number = self._house.publication_id
            cadence = Cadence(id=0, at_most=Cap(count=3, per=Period.WEEK))
            state_cadence(connection, number, topic_named(connection, number, "evenings"), cadence, BY_MARKETER, now)

        self._house.at(at, act)

    def _writes(self, planned: Planned) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            number = create_campaign(connection, self._house.publication_id, planned.values, BY_MARKETER, now)
            self._written[planned.key] = number
            if planned.at is not None:
                at = planned.at.replace(tzinfo=None) if planned.is_local else max(planned.at, now)
                schedule(connection, self._house.publication_id, number, at, BY_MARKETER, now)

        return act

    def _pauses(self, connection: Transaction, now: datetime) -> None:
        with suppress(Conflict):  # with few readers it is over before
            pause(connection, self._house.publication_id, self._written[_PAUSED], BY_MARKETER, now)

    def _edits(self, connection: Transaction, now: datetime) -> None:
        number = self._house.publication_id
        found = campaign(connection, number, self._written[_PAUSED])
        if found.status is CampaignStatus.PAUSED:
            markdown = f"{found.values.markdown}\nWe have moved it to {_MOVED_TO}.\n"
            revise_campaign(connection, number, found.id, {"markdown": markdown}, BY_MARKETER, now)

    def _resumes(self, key: str) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            with suppress(Conflict):
                resume(connection, self._house.publication_id, self._written[key], BY_MARKETER, now)

        return act

    def _ends(self, connection: Transaction, now: datetime) -> None:
        with suppress(Conflict):
            end(connection, self._house.publication_id, self._written[_ENDED], BY_MARKETER, now)

    def _hear(self, answered: Answered) -> None:
        """Of what is in doubt, a person asks after two in three; the third stays in doubt."""
        if answered.kind is not OutcomeKind.IN_DOUBT:
            return
        self._doubts += 1
        says = (it_arrived, it_did_not_arrive, None)[(self._doubts - 1) % 3]
        delivery = answered.claim.delivery
        if says is None or delivery is None:
            return

        def act(connection: Transaction, now: datetime) -> None:
            with suppress(Conflict):
                says(connection, self._house.publication_id, delivery, BY_MARKETER, now)

        self._house.at(answered.at + timedelta(hours=26, minutes=12), act)
