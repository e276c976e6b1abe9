"""The clock that can be moved exists in the sandbox only."""

from datetime import datetime, timedelta

import pytest

from preferences.store.clock import FixedClock
from tests.webapp.api.conftest import NOW, Api, MakeApi


@pytest.fixture
def sandbox(make_api: MakeApi) -> Api:
    def advance(clock: FixedClock, instant: datetime) -> None:
        clock.instant = max(clock.instant, instant)

    return make_api(advance)


def test_the_sandbox_says_what_time_it_is_and_moves(sandbox: Api) -> None:
    assert sandbox.get("/sandbox/clock") == {"now": "2026-11-24T09:00:00Z"}
    assert sandbox.post("/sandbox/clock", {"advance": "P1D"}) == {"now": "2026-11-25T09:00:00Z"}
    assert sandbox.post("/sandbox/clock", {"advance": "P1W2DT1H30M5S"}) == {"now": "2026-12-04T10:30:05Z"}
    assert sandbox.post("/sandbox/clock", {"to": "2026-12-24T18:00:00+01:00"}) == {"now": "2026-12-24T17:00:00Z"}
    assert sandbox.get("/sandbox/clock") == {"now": "2026-12-24T17:00:00Z"}


def test_the_clock_moves_only_forward_and_not_for_ever(sandbox: Api) -> None:
    for wrong in (
        {"to": "2026-11-24T08:59:59Z"},
        {"to": "2027-11-26T09:00:00Z"},
        {"advance": "P367D"},
        {"advance": "P99999999D"},
        {"advance": "-P1D"},
        {"advance": "P"},
        {"advance": "PT"},
        {"advance": "PT0S"},
        {"advance": "P1M"},
        {"advance": "P1Y"},
        {"advance": 86400},
        {"advance": "P1D", "to": "2026-11-25T09:00:00Z"},
        {"to": "2026-11-25T09:00:00"},
        {},
    ):
        sandbox.post("/sandbox/clock", wrong, 422)
    assert sandbox.clock.now() == NOW


def test_a_move_repeated_under_its_key_is_made_once(sandbox: Api) -> None:
    for _ in range(3):
        sandbox.post("/sandbox/clock", {"advance": "P1D"}, Idempotency_Key="step")
    assert sandbox.clock.now() == NOW + timedelta(days=1)


def test_moving_the_clock_needs_to_write(sandbox: Api) -> None:
    sandbox.with_scope("read").post("/sandbox/clock", {"advance": "P1D"}, 403)
    sandbox.with_scope("write").post("/sandbox/clock", {"advance": "P1D"})
    sandbox.with_scope("read").get("/sandbox/clock")


def test_tokens_of_the_sandbox_are_told_from_others(sandbox: Api) -> None:
    assert sandbox.token.startswith("tsb_")


def test_elsewhere_there_is_no_such_clock(api: Api) -> None:
    api.get("/sandbox/clock", 404)
    api.post("/sandbox/clock", {"advance": "P1D"}, 404)
    assert api.token.startswith("troth_")
