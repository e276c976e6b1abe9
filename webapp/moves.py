"""Moving a sandbox's clock from a page: one move at a time, beside the request that asked for it, with its progress."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock, Thread

from flask import Flask

from preferences.store.captured import count_captured
from webapp.site import Site

log = logging.getLogger(__name__)

_MOVES = "troth_moves"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move of the clock, from an instant to another; a reset has none to go to."""

    since: datetime
    to: datetime | None
    captured: int
    """How many mails had been captured before."""


class Moves:
    """The moves of one site's clock; what is said of the last one is kept as long as the process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = Lock()
        self._done = Event()
        self._done.set()
        self.move: Move | None = None
        self.said = ""

    def begin(self, to: datetime | None) -> bool:
        """Begin to move to an instant, or to reset with None; False, and nothing happens, while another move runs."""
        advance, reset = self._site.advance, self._site.reset
        with self._lock:
            if not self._done.is_set() or advance is None:
                return False
            with self._site.database.read() as connection:
                captured = count_captured(connection)
            move = Move(since=self._site.clock.now(), to=to, captured=captured)
            self.move, self.said = move, ""
            self._done.clear()
        act = (lambda: advance(to)) if to is not None else (reset or (lambda: None))
        Thread(target=self._run, args=(move, act), name="clock", daemon=True).start()
        return True

    def _run(self, move: Move, act: Callable[[], None]) -> None:
        said = "It stopped on the way. Nothing is lost: press again."
        try:
            act()
            said = self._said(move)
        except Exception:
            # The edge of a thread: the bar says that it stopped.
            log.exception("moving the sandbox's clock failed")
        finally:
            self.said = said
            self._done.set()

    def _said(self, move: Move) -> str:
        if move.to is None:
            return "Everything is as it was at the beginning."
        with self._site.database.read() as connection:
            came = count_captured(connection) - move.captured
        if came <= 0:
            return "Nothing was sent meanwhile."
        return f"{came:,} mail{'' if came == 1 else 's'} left meanwhile."

    def wait(self, seconds: float) -> bool:
        """Whether no move is running, after waiting for it for at most so long."""
        return self._done.wait(seconds)

    @property
    def share(self) -> float:
        """How much of the running move is behind it, from 0 to 1."""
        move = self.move
        if move is None or move.to is None or move.to <= move.since:
            return 0.0
        return min(1.0, max(0.0, (self._site.clock.now() - move.since) / (move.to - move.since)))


def moves_of(app: Flask) -> Moves:
    """The moves of the site that an application serves."""
    moves: Moves = app.extensions[_MOVES]
    return moves


def add_moves(app: Flask, site: Site) -> None:
    """Give an application the moves of its site."""
    app.extensions[_MOVES] = Moves(site)
