"""What one lane has in hand: a fault puts in doubt what it met and nothing else, and what waits begins only while all is well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from mailer import send
from mailer.compose import Message
from mailer.pace import Pace
from mailer.schedule import tend
from mailer.send import Sender
from mailer.transport import Lane, Outcome, OutcomeKind, SmtpTransport, Timeouts
from mailer.transport.pipeline import Pipeline
from preferences.errors import AnyDoubt
from preferences.store.clock import FixedClock
from tests.mailer.steps import machine_of
from tests.mailer.town import TUESDAY, Town
from tests.mailer.transport.play import Act, Record, Script, playing


@pytest.fixture
def letter(town: Town) -> int:
    town.topic("letter", days={1})
    for number in range(30):
        town.reader(f"reader{number}", {"letter": "each"})
    town.clock.instant = TUESDAY
    return town.campaign("letter", "letter")


@contextmanager
def server(town: Town, script: Script) -> Iterator[Record]:
    with playing(script, "PIPELINING", at_once=True) as (at, record):
        transport = SmtpTransport(at, town.clock, timeouts=Timeouts(final_dot=1), local_name="test")
        town.office = replace(town.office, transport=transport)
        machine_of(town)
        tend(town.office)
        yield record


def sender(town: Town) -> Sender:
    return Sender(town.office, town.mails, town.lease_id, lambda: True, Pace(steady=10), connections=3)


def test_what_fails_in_one_conversation_puts_one_mail_in_doubt_and_all_others_leave_once(
    town: Town, letter: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over = Pipeline.hand_over
    failed: list[str] = []

    def fails_once(pipeline: Pipeline, message: Message, *others: Any) -> Outcome:
        if message.rcpt_to.startswith("reader12@") and not failed:
            failed.append(message.rcpt_to)
            raise AssertionError("the message that was announced comes next")
        return hand_over(pipeline, message, *others)

    monkeypatch.setattr(Pipeline, "hand_over", fails_once)
    with server(town, {}) as record:
        with pytest.raises(AssertionError, match="announced"):
            sender(town).run(1)
        assert town.counts(letter)["in_doubt"] == 1
        assert town.counts(letter)["accepted"] == len(record.taken)
        assert "handing_over" not in town.counts(letter)
        town.clock.instant = TUESDAY.replace(minute=10)
        sender(town).run(1)
    assert town.counts(letter) == {"accepted": 29, "in_doubt": 1}
    assert len({reader for reader, _ in record.taken}) == len(record.taken) == 29


def test_where_doubt_is_raised_nothing_that_waits_begins_and_what_has_begun_is_recorded(
    town: Town, letter: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(town, {}) as record:
        doubtful = sender(town)
        rounds = iter([None, AnyDoubt("the clock disagrees")])

        def check() -> None:
            error = next(rounds)
            if error is not None:
                raise error

        monkeypatch.setattr(doubtful, "_check_clocks", check)
        with pytest.raises(AnyDoubt):
            doubtful.run(1)
    counts = town.counts(letter)
    assert counts["accepted"] == len(record.taken) < 10
    assert counts == {"accepted": len(record.taken), "due": 30 - len(record.taken)}


def test_a_mail_that_nobody_answered_for_is_in_doubt_and_the_groups_behind_it_left(town: Town, letter: int) -> None:
    with server(town, {(0, "DOT"): Act.CLOSE}) as record:
        sender(town).run(1)
    assert town.counts(letter) == {"accepted": 29, "in_doubt": 1}
    assert len(record.taken) == 29


def test_while_one_connection_hangs_at_the_end_of_a_ticket_the_others_go_on_with_whoever_is_due(
    town: Town, letter: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "HANGS_SECONDS", 0.05)
    with server(town, {(5, "DOT"): Act.NOTHING}) as record:
        sender(town).run(1, after=0, until=10)
    assert town.counts(letter) == {"accepted": 29, "in_doubt": 1}
    assert len(record.taken) == 29


class _Scattered:
    """A lane that answers in another order, and some only at the end; each answer says for whom it is."""

    def __init__(self, clock: FixedClock) -> None:
        self.connections = 3
        self._clock = clock
        self._kept: list[tuple[int, Message]] = []

    def open(self) -> AbstractContextManager[Any]:
        raise AssertionError("who can have lanes is asked for one")

    @contextmanager
    def lane(self, connections: int) -> Iterator[Lane]:
        assert connections == 3
        yield self

    def hand_over(
        self, messages: Sequence[Message], numbers: Sequence[int], *, may_begin: Any, **_: Any
    ) -> Iterator[tuple[int, Outcome | None]]:
        ready = [*self._kept, *zip(numbers, messages, strict=True)]
        self._kept, ready = ready[:3], ready[3:]
        yield from ((number, self._answer(message)) for number, message in reversed(ready) if may_begin(number))

    def finish(self, seconds: float = 0) -> Iterator[tuple[int, Outcome | None]]:  # noqa: ARG002 - it takes none
        yield from ((number, self._answer(message)) for number, message in self._kept)
        self._kept = []

    def break_off(self) -> None:
        self._kept = []

    def _answer(self, message: Message) -> Outcome:
        is_odd = int(message.rcpt_to.removeprefix("reader").partition("@")[0]) % 2
        kind = OutcomeKind.REFUSED if is_odd else OutcomeKind.ACCEPTED
        now = self._clock.now()
        return Outcome(kind=kind, code=550, text="5.1.1 nobody", begun_at=now, ended_at=now)


def test_each_outcome_is_recorded_for_the_reader_it_is_for_in_whatever_order_and_group_it_comes(
    town: Town, letter: int
) -> None:
    town.office = replace(town.office, transport=_Scattered(town.clock))
    tend(town.office)
    sender(town).run(1)
    stand = [town.stands(letter, reader)[0] for reader in range(1, 31)]
    assert stand == ["accepted", "refused"] * 15
