"""Sessions are kept from one ticket to the next, and none is used by two, after a failure, or for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mailer.sessions import IDLE_SECONDS, KeptSessions


class Opener:
    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0

    @contextmanager
    def open(self) -> Iterator[Any]:
        self.opened += 1
        try:
            yield object()
        finally:
            self.closed += 1


@pytest.fixture
def opener() -> Opener:
    return Opener()


def test_the_next_ticket_gets_the_session_of_the_last_and_two_at_once_get_two(opener: Opener) -> None:
    sessions = KeptSessions(opener)
    with sessions.open() as first:
        pass
    with sessions.open() as second, sessions.open() as third:
        assert first is second is not third
    sessions.close()
    assert opener.opened == opener.closed == 2


def test_a_session_in_which_something_failed_is_closed(opener: Opener) -> None:
    sessions = KeptSessions(opener)
    with pytest.raises(ZeroDivisionError), sessions.open() as first:
        raise ZeroDivisionError
    assert opener.closed == 1
    with sessions.open() as second:
        assert first is not second
    sessions.close()


def test_a_session_that_nobody_uses_is_closed_after_some_seconds(opener: Opener) -> None:
    now = [0.0]
    sessions = KeptSessions(opener, lambda: now[0])
    with sessions.open():
        pass
    now[0] = IDLE_SECONDS
    assert sessions.close_idle() == 0
    now[0] += 1
    assert sessions.close_idle() == opener.closed == 1
    sessions.close()


def test_lanes_are_kept_by_their_number_of_connections_and_apart_from_sessions(opener: Opener) -> None:
    sessions = KeptSessions(opener)
    with sessions.lane(2) as two, sessions.lane(3) as three, sessions.open() as session:
        pass
    with sessions.lane(3) as again, sessions.open() as same:
        assert again is three is not two
        assert same is session
    sessions.close()
    assert opener.opened == opener.closed == 3
