"""What one lane has in hand: which mails wait or are under way on it, and what becomes of each.

The lane goes on with some of them from one group to the next. A mail that was asked for and not answered is in doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType

from mailer.compose import Message
from mailer.making import failed
from mailer.office import Office
from mailer.transport import Checked, Lane, Outcome, OutcomeKind, lane_of
from mailer.unanswered import Unanswered
from preferences.store.gate import Group
from preferences.store.hand_overs import HandOver
from preferences.store.leases import BEGINS_WITHIN
from preferences.store.results import Came, Result

BROKEN_OFF = "the hand-over was broken off"
_TOO_LATE = "given back: it could not begin in time"
_NOBODY_ANSWERS = "given back: the mail server takes messages and does not say what becomes of them"

_CAME = {
    OutcomeKind.ACCEPTED: Came.ACCEPTED,
    OutcomeKind.REFUSED: Came.REFUSED,
    OutcomeKind.DEFERRED: Came.DEFERRED,
    OutcomeKind.IN_DOUBT: Came.IN_DOUBT,
    OutcomeKind.SENDER_REFUSED: Came.SENDER_REFUSED,
    OutcomeKind.NOT_BEGUN: Came.GIVEN_BACK,
    OutcomeKind.RELAY_DOWN: Came.RELAY_DOWN,
    OutcomeKind.NOT_DELIVERABLE_HERE: Came.NOT_DELIVERABLE,
    OutcomeKind.SLOWED: Came.SLOWED,
}


class Handing:
    """A lane in use by one thread: enter it, give it group after group, and ask for the rest at the end."""

    def __init__(self, office: Office, connections: int, unanswered: Unanswered) -> None:
        self._office = office
        self._unanswered = unanswered
        self._opened: AbstractContextManager[Lane] = lane_of(office.transport, connections)
        self._in_hand: dict[int, tuple[HandOver, datetime]] = {}  # until when each may begin, by attempt
        self._asked: set[int] = set()
        self._holds = False

    def __enter__(self) -> Handing:
        self._lane = self._opened.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    @property
    def connections(self) -> int:
        """How many connections there may be."""
        return self._lane.connections

    def results(self, group: Group, ready: Sequence[tuple[HandOver, Message]], spare: int) -> Iterator[Result]:
        """Hand over what is ready of a group; results as they become known, also of mails of groups before.

        At most `spare` messages wait to begin when it ends, and each connection may have one under way. Raises what the
        way out raises, and then nothing else of what is in hand begins.
        """
        numbers = [mail.attempt_id for mail, _ in ready]
        self._in_hand.update((mail.attempt_id, (mail, group.begins_until)) for mail, _ in ready)
        outcomes = self._lane.hand_over(
            Checked(message for _, message in ready),
            numbers,
            not_after=group.mails[0].committed_at + BEGINS_WITHIN,
            may_begin=self._may_begin,
            spare=spare,
        )
        yield from self._known(outcomes)

    def hold(self) -> None:
        """Nothing that waits begins any more: it is given back."""
        self._holds = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in hand."""
        return not self._in_hand

    def rest(self, seconds: float = float("inf")) -> Iterator[Result]:
        """The results of everything in hand, or of what is known after so many seconds.

        What has none when the lane has ended in its own time was broken off.
        """
        yield from self._known(self._lane.finish(seconds))

    def broken_off(self) -> list[Result]:
        """The results of what is still in hand, which it is not any more: in doubt, or given back if it has not begun."""
        self._lane.break_off()
        left = [mail for mail, _ in self._in_hand.values()]
        results = [
            failed(self._office, one, Came.IN_DOUBT if one.attempt_id in self._asked else Came.GIVEN_BACK, BROKEN_OFF)
            for one in left
        ]
        self._in_hand.clear()
        self._asked.clear()
        return results

    def _may_begin(self, attempt_id: int) -> bool:
        """Whether it may begin: from then on nobody but the next server knows what becomes of it."""
        if (
            self._holds
            or self._unanswered.is_too_often
            or self._office.machine_clock.now() > self._in_hand[attempt_id][1]
        ):
            return False
        self._asked.add(attempt_id)
        return True

    def _known(self, outcomes: Iterator[tuple[int, Outcome | None]]) -> Iterator[Result]:
        for attempt_id, outcome in outcomes:
            mail, _ = self._in_hand.pop(attempt_id)
            self._asked.discard(attempt_id)
            if outcome is not None:
                self._unanswered.heard(outcome.kind)
            yield self._given_back(mail) if outcome is None else _result(mail, outcome)

    def _given_back(self, mail: HandOver) -> Result:
        why = _NOBODY_ANSWERS if self._unanswered.is_too_often else _TOO_LATE
        return failed(self._office, mail, Came.GIVEN_BACK, why)


def _result(mail: HandOver, outcome: Outcome) -> Result:
    return Result(
        attempt_id=mail.attempt_id,
        delivery_id=mail.delivery_id,
        subscriber_id=mail.subscriber.id,
        came=_CAME[outcome.kind],
        ended_at=outcome.ended_at,
        begun_at=outcome.begun_at,
        code=outcome.code,
        reply=outcome.text,
        relay=outcome.relay,
        carries=bool(mail.lines or mail.items),
    )
