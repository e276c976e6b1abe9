"""A mail server that takes message after message and never says what became of it: then nothing begins for a while.

One that hangs up after every final dot, or is shot by what it is to send on, would otherwise put a whole campaign in doubt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from mailer.transport import OutcomeKind
from preferences.errors import AnyDoubt

# A server that is restarted leaves one on each connection unanswered; so many in a row are no accident.
MOST_IN_A_ROW = 20
# Then one message at a time finds out, after this long, and twice as long each time up to the last.
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 30.0, 900.0

_ANSWERS = frozenset(
    {
        OutcomeKind.ACCEPTED,
        OutcomeKind.REFUSED,
        OutcomeKind.DEFERRED,
        OutcomeKind.SENDER_REFUSED,
        OutcomeKind.SLOWED,
    }
)


class Unanswered:
    """How many messages in a row nobody answered for. Lanes share it; `seconds` is a clock that never goes back."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._in_a_row = 0
        self._rests = 0
        self._rests_until = 0.0

    def heard(self, kind: OutcomeKind) -> None:
        """What became of one message. Any answer, a refusal too, and all is as before."""
        with self._lock:
            if kind in _ANSWERS:
                self._in_a_row = self._rests = 0
                self._rests_until = 0.0
            elif kind is OutcomeKind.IN_DOUBT:
                self._in_a_row += 1
                if self._in_a_row >= MOST_IN_A_ROW and self._rests_until <= self._seconds():
                    rest = FIRST_REST_SECONDS * 2 ** min(self._rests, 10)
                    self._rests_until = self._seconds() + min(rest, LONGEST_REST_SECONDS)
                    self._rests += 1

    @property
    def is_too_often(self) -> bool:
        """Whether nothing may begin now."""
        with self._lock:
            return self._rests_until > self._seconds()

    def check(self) -> None:
        """Raises `AnyDoubt` while nothing may begin."""
        if self.is_too_often:
            raise AnyDoubt(
                f"the mail server took {self._in_a_row} messages in a row and never said what became of them: look into"
                " its log; one more is tried after a while"
            )

    def limit(self, limit: int) -> int:
        """How many may be decided about at once: one, while nobody knows whether the server answers again."""
        with self._lock:
            return 1 if self._in_a_row >= MOST_IN_A_ROW else limit
