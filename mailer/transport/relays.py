"""Which of several mail servers takes the mail: the first that can be reached, and the one before it again after a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from threading import Lock

from mailer.transport.connecting import SetupError
from mailer.transport.meaning import is_about_sender
from mailer.transport.wire import Wire
from preferences.settings import SmtpServer

log = logging.getLogger(__name__)

# A server that cannot be reached is left alone for so long, twice as long each time, and at most for the last.
RESTS_SECONDS = 30.0
LONGEST_REST_SECONDS = 900.0


class Relays:
    """Mail servers in the order in which they are preferred. Threads share it; `seconds` is a clock that never goes back.

    While one rests, only one thread at a time finds out whether it is back.
    """

    def __init__(
        self,
        servers: Sequence[SmtpServer],
        connect: Callable[[SmtpServer], Wire],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = tuple(servers)
        self._connect = connect
        self._seconds = seconds
        self._lock = Lock()
        self._rests_until = [0.0] * len(self._servers)
        self._failures = [0] * len(self._servers)

    def connected(self) -> tuple[int, Wire]:
        """A connection to the first that can be had, and the place of its server.

        Raises SetupError where there is none, and at once where a server says that the sender may not send: that is for
        a person to look at, and no reason to try it elsewhere.
        """
        errors: list[SetupError] = []
        for place in self._to_try():
            try:
                wire = self._connect(self._servers[place])
            except SetupError as error:
                if error.reply is not None and is_about_sender(error.reply):
                    raise
                self.failed(place)
                errors.append(error)
            else:
                self._works(place)
                if len(self._servers) == 1:
                    wire.relay = None
                return place, wire
        raise errors[0] if len(errors) == 1 else _all_down(errors)

    def failed(self, place: int) -> None:
        """A server could not be reached, or takes nothing now."""
        with self._lock:
            rest = min(RESTS_SECONDS * 2 ** min(self._failures[place], 10), LONGEST_REST_SECONDS)
            self._failures[place] += 1
            self._rests_until[place] = self._seconds() + rest
        if len(self._servers) > 1:
            log.warning("mail server rests", extra={"place": place + 1, "seconds": rest})

    def is_there_a_better(self, place: int) -> bool:
        """Whether one that is preferred to this has rested long enough to be tried."""
        with self._lock:
            return any(until <= self._seconds() for until in self._rests_until[:place])

    def _to_try(self) -> list[int]:
        """The places of those that do not rest, in order; of all, where all do."""
        with self._lock:
            now = self._seconds()
            ready = [place for place, until in enumerate(self._rests_until) if until <= now]
            for place in ready:
                if self._failures[place]:  # whoever asks next goes past it, until this one knows
                    self._rests_until[place] = now + RESTS_SECONDS
            return ready or list(range(len(self._servers)))

    def _works(self, place: int) -> None:
        with self._lock:
            self._failures[place] = 0
            self._rests_until[place] = 0.0


def _all_down(errors: Sequence[SetupError]) -> SetupError:
    return SetupError("; ".join(error.text for error in errors), errors[-1].reply, errors[-1].stage)
