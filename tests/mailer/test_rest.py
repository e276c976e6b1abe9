"""A task that cannot go on says why, and does not fill the log with it."""

import pytest

from mailer.rest import SAID_EVERY_SECONDS, Rest
from preferences.errors import AnyDoubt


def test_the_same_reason_is_said_once_a_minute_and_another_at_once(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    rest = Rest(lambda: now[0])

    def fail(why: str) -> None:
        raise AnyDoubt(why)

    for at, task, why in (
        (0, "hand_over", "the lease has ended"),
        (1, "hand_over", "the lease has ended"),
        (2, "tend", "the lease has ended"),
        (3, "hand_over", "a clock disagrees"),
        (SAID_EVERY_SECONDS + 1, "hand_over", "the lease has ended"),
    ):
        now[0] = at
        assert not rest.guarded(task, lambda why=why: fail(why))  # type: ignore[misc]

    said = [(record.__dict__["task"], record.__dict__["why"]) for record in caplog.records]
    assert said == [
        ("hand_over", "the lease has ended"),
        ("tend", "the lease has ended"),
        ("hand_over", "a clock disagrees"),
        ("hand_over", "the lease has ended"),
    ]


def test_what_went_through_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    assert Rest().guarded("tend", lambda: None)
    assert not caplog.records
