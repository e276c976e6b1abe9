"""A mail server that never says what became of a message is not given a whole campaign to be silent about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailer.pace import Pace
from mailer.schedule import tend
from mailer.send import Sender
from mailer.transport import OutcomeKind
from mailer.transport.memory import MemoryTransport
from mailer.unanswered import FIRST_REST_SECONDS, LONGEST_REST_SECONDS, MOST_IN_A_ROW, Unanswered
from preferences.errors import AnyDoubt
from tests.mailer.town import Town

READERS = 3 * MOST_IN_A_ROW


class Stopwatch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def letter(town: Town) -> int:
    town.topic("letter", 5)
    for number in range(READERS):
        town.reader(f"reader{number}", {"letter": "each"})
    answers = {f"reader{number}@example.org": OutcomeKind.IN_DOUBT for number in range(READERS)}
    town.office = replace(town.office, transport=MemoryTransport(town.clock, answers))
    number = town.campaign("letter", "letter")
    tend(town.office)
    return number


def _sender(town: Town, unanswered: Unanswered, pace: int = 200) -> Sender:
    return Sender(town.office, town.mails, town.lease_id, lambda: True, Pace(steady=pace), unanswered=unanswered)


@pytest.mark.parametrize("pace", [7, 200])
def test_of_many_messages_that_nobody_answers_for_a_few_are_in_doubt_and_the_others_stay_due(
    town: Town, letter: int, pace: int
) -> None:
    with pytest.raises(AnyDoubt, match="never said"):
        _sender(town, Unanswered(Stopwatch()), pace).run(1)
    assert town.counts(letter) == {"in_doubt": MOST_IN_A_ROW, "due": READERS - MOST_IN_A_ROW}


def test_one_at_a_time_finds_out_whether_the_server_answers_again_and_then_all_others_leave(
    town: Town, letter: int
) -> None:
    seconds = Stopwatch()
    sender = _sender(town, Unanswered(seconds))
    for tries in range(2):
        with pytest.raises(AnyDoubt, match="never said"):
            sender.run(1)
        assert town.counts(letter)["in_doubt"] == MOST_IN_A_ROW + tries
        seconds.now += FIRST_REST_SECONDS * 2**tries
        town.clock.instant += timedelta(minutes=1)
    town.office.transport._answers.clear()  # type: ignore[attr-defined]
    sender.run(1)
    assert town.counts(letter) == {"in_doubt": MOST_IN_A_ROW + 1, "accepted": READERS - MOST_IN_A_ROW - 1}


def test_any_answer_between_them_and_nothing_rests() -> None:
    unanswered = Unanswered(Stopwatch())
    for _ in range(5):
        for _ in range(MOST_IN_A_ROW - 1):
            unanswered.heard(OutcomeKind.IN_DOUBT)
        unanswered.heard(OutcomeKind.REFUSED)
    unanswered.check()
    assert unanswered.limit(500) == 500


def test_the_rest_doubles_up_to_a_quarter_of_an_hour() -> None:
    seconds = Stopwatch()
    unanswered = Unanswered(seconds)
    for _ in range(MOST_IN_A_ROW):
        unanswered.heard(OutcomeKind.IN_DOUBT)
    for rest in (30.0, 60.0, 120.0, 240.0, 480.0, LONGEST_REST_SECONDS, LONGEST_REST_SECONDS):
        rested = []
        for passed in (rest - 1, 1):
            seconds.now += passed
            rested.append(not unanswered.is_too_often)
        assert rested == [False, True]
        assert unanswered.limit(500) == 1
        unanswered.heard(OutcomeKind.IN_DOUBT)
