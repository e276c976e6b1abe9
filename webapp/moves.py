"""Moving a sandbox's clock from a page: one move at a time, beside the request that asked for it, with its progress."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock, Thread
from time import sleep

from flask import Flask

from preferences.errors import AnyDoubt
from preferences.store.captured import count_captured
from preferences.store.database import DatabaseAway
from webapp.site import Site

log = logging.getLogger(__name__)

_MOVES = "troth_moves"
# How long a move rests before it goes on, each time that it was stopped; after the last one it says so.
_PAUSES_SECONDS = (0.1, 0.5, 1.0, 2.0)


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
        """Begin to move to an instant, or to reset with None; False, and nothing happens, while another move runs.

        A reset begins all the same, and the move is over: only of two resets the second adds nothing.
        """
        if self._site.advance is None:
            return False
        with self._site.database.read() as connection:
            captured = count_captured(connection)
        move = Move(since=self._site.clock.now(), to=to, captured=captured)
        with self._lock:
            runs = None if self._done.is_set() else self.move
            if runs is not None and (to is not None or runs.to is None):
                return False
            self.move, self.said = move, ""
            self._done.clear()
        Thread(target=self._run, args=(move,), name="clock", daemon=True).start()
        return True

    def _run(self, move: Move) -> None:
        said = "It stopped on the way. Nothing is lost: press again."
        try:
            self._act(move)
            said = self._said(move)
        except Exception:
            # The edge of a thread: the bar says that it stopped. What a reset broke off is over, and says nothing.
            if self.move is move:
                log.exception("moving the sandbox's clock failed")
        finally:
            with self._lock:
                if self.move is move:
                    self.said = said
                    self._done.set()

    def _act(self, move: Move) -> None:
        """Move or reset. What the machine was too busy for stops at an instant, and goes on from there."""
        for pause in _PAUSES_SECONDS:
            try:
                return self._act_once(move)
            except (AnyDoubt, DatabaseAway) as error:
                log.warning("the clock goes on", extra={"why": str(error)})
                sleep(pause)
        return self._act_once(move)

    def _act_once(self, move: Move) -> None:
        advance, reset = self._site.advance, self._site.reset
        if move.to is not None and advance is not None:
            advance(move.to)
        elif move.to is None and reset is not None:
            reset()

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
    def left(self) -> int:
        """How many mails have left since the last move began."""
        move = self.move
        if move is None:
            return 0
        with self._site.database.read() as connection:
            return max(0, count_captured(connection) - move.captured)

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
