"""Several connections of one thread: one that hangs, fails or is slow to come holds up nobody else, and no outcome is lost."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from mailer.transport import Lane, MemoryTransport, Outcome, OutcomeKind, SmtpTransport, lane_of
from mailer.transport.pipeline import Pipeline
from tests.mailer.transport.play import Act, playing
from tests.mailer.transport.servers import LATER, HandClock, Line, Script, greets, here, letter, takes
from tests.mailer.transport.test_misbehaviour import QUICK

Known = dict[int, "Outcome | None"]


def given(lane: Lane, numbers: Sequence[int], spare: int = 0, domain: str = "example.org") -> Known:
    """What is known of messages with these numbers, and of others that were under way, when the call ends."""
    letters = [letter(number, rcpt_to=f"reader{number}@{domain}") for number in numbers]
    return dict(lane.hand_over(letters, numbers, not_after=LATER, may_begin=lambda _: True, spare=spare))


def kinds(known: Known) -> dict[int, OutcomeKind | None]:
    return {number: None if outcome is None else outcome.kind for number, outcome in known.items()}


class Began(set[int]):
    """The numbers that were asked about; every message may begin."""

    def may_begin(self, number: int) -> bool:
        self.add(number)
        return True


@dataclass
class Several:
    """A server that serves every connection at once, each by the next of some scripts, the last of them for all others."""

    scripts: Sequence[Script]
    connections: int = 0
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def serving(self) -> Iterator[Several]:
        listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        try:
            yield self
        finally:
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(120)
            script = self.scripts[min(self.connections, len(self.scripts) - 1)]
            self.connections += 1
            threading.Thread(target=self._serve, args=(script, Line(connection)), daemon=True).start()

    def _serve(self, script: Script, line: Line) -> None:
        try:
            script(line)
        except (AssertionError, OSError):
            pass
        finally:
            line.hang_up()

    def takes_all(self, line: Line) -> None:
        greets(line)
        while True:
            self.bodies.append(takes(line))


def test_a_connection_that_hangs_holds_up_no_other_and_its_outcome_comes_with_those_of_a_later_call() -> None:
    go_on = threading.Event()

    def hangs(line: Line) -> None:
        greets(line)
        line.hear()
        go_on.wait(10)
        line.say("250 ok\r\n")
        line.hear()
        line.say("250 ok\r\n")
        line.hear()
        line.say("354 go on\r\n")
        server.bodies.append(line.hear_body())
        line.say("250 taken\r\n")
        line.hear()

    server = Several([])
    server.scripts = [hangs, server.takes_all]
    with server.serving():
        transport = SmtpTransport(here(server.port), HandClock(), local_name="test")
        with transport.lane(2) as lane:
            first = given(lane, range(20))
            assert len(first) == 19
            second = given(lane, range(20, 30))
            assert len(second) == 10
            go_on.set()
            rest = dict(lane.finish())
    assert set(first) | set(second) | set(rest) == set(range(30))
    assert set(kinds({**first, **second, **rest}).values()) == {OutcomeKind.ACCEPTED}
    assert len(rest) == 1
    assert len(server.bodies) == 30


def test_a_connection_that_is_slow_to_come_holds_up_no_other() -> None:
    come = threading.Event()

    def slow(line: Line) -> None:
        come.wait(10)
        server.takes_all(line)

    server = Several([])
    server.scripts = [slow, server.takes_all]
    with server.serving():
        transport = SmtpTransport(here(server.port), HandClock(), local_name="test")
        with transport.lane(2) as lane:
            known = given(lane, range(20)) | dict(lane.finish())
            assert list(kinds(known).values()) == [OutcomeKind.ACCEPTED] * 20
            come.set()
            assert len(given(lane, range(20, 40)) | dict(lane.finish())) == 20
    assert len(server.bodies) == 40


def test_where_a_server_limits_how_many_connections_there_are_fewer_take_everything() -> None:
    def full(line: Line) -> None:
        line.say("421 4.7.0 too many connections\r\n")

    server = Several([])
    server.scripts = [server.takes_all, server.takes_all, full]
    with server.serving():
        transport = SmtpTransport(here(server.port), HandClock(), local_name="test")
        with transport.lane(4) as lane:
            known = given(lane, range(30)) | dict(lane.finish())
            known |= given(lane, range(30, 60)) | dict(lane.finish())
    assert len(known) == 60
    assert set(kinds(known).values()) == {OutcomeKind.ACCEPTED}
    assert server.connections == 4  # those that were turned away are not asked again at once


def test_where_no_connection_can_be_made_nothing_is_tried_and_each_message_says_so() -> None:
    transport = SmtpTransport(here(1), HandClock(), timeouts=QUICK, local_name="test")
    with transport.lane(3) as lane:
        known = given(lane, range(10))
        assert dict(lane.finish()) == {}
    assert len(known) == 10
    assert {(one.kind, one.begun_at) for one in known.values() if one} == {(OutcomeKind.RELAY_DOWN, None)}


def test_a_domain_that_asked_for_less_is_held_back_on_every_connection() -> None:
    with playing({(0, "RCPT"): "451 4.7.28 too many"}, at_once=True) as (server, record):
        transport = SmtpTransport(server, HandClock(), timeouts=QUICK, local_name="test")
        with transport.lane(2) as lane:
            known = given(lane, range(20)) | dict(lane.finish())
    counted = list(kinds(known).values())
    assert counted.count(OutcomeKind.SLOWED) == 1
    assert len(record.taken) == counted.count(OutcomeKind.ACCEPTED) <= 1  # what the other had begun by then
    assert counted.count(OutcomeKind.NOT_BEGUN) >= 18


def test_what_may_not_begin_is_asked_about_just_before_and_does_not() -> None:
    asked: list[int] = []

    def may_begin(number: int) -> bool:
        asked.append(number)
        return number < 5

    with playing({}, "PIPELINING", at_once=True) as (server, record):
        transport = SmtpTransport(server, HandClock(), timeouts=QUICK, local_name="test")
        with transport.lane(2) as lane:
            letters = [letter(number) for number in range(8)]
            handing = lane.hand_over(letters, range(8), not_after=LATER, may_begin=may_begin)
            first = next(handing)
            assert len(asked) <= 4  # one under way on each connection, and whoever took over by then
            known = dict([first, *handing, *lane.finish()])
    assert {number for number, outcome in known.items() if outcome is None} == {5, 6, 7}
    assert sorted(reader for reader, _ in record.taken) == [f"reader{number}@example.org" for number in range(5)]


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_what_is_not_asked_for_any_more_does_not_begin_and_what_has_begun_is_finished(
    extensions: tuple[str, ...],
) -> None:
    began = Began()
    with playing({}, *extensions, at_once=True) as (server, record):
        transport = SmtpTransport(server, HandClock(), timeouts=QUICK, local_name="test")
        with transport.lane(2) as lane:
            letters = [letter(number) for number in range(20)]
            handing = lane.hand_over(letters, range(20), not_after=LATER, may_begin=began.may_begin)
            known = dict([next(handing)])
            handing.close()  # type: ignore[attr-defined]
            known |= dict(lane.finish())
    assert set(known) == began
    assert len(began) <= 4
    assert len(record.taken) == len(began)


def test_what_waits_behind_a_silent_server_is_given_back_when_it_is_too_late_for_it() -> None:
    clock = HandClock()
    go_on = threading.Event()

    def silent(line: Line) -> None:
        greets(line, "PIPELINING")
        clock.instant = LATER + timedelta(seconds=1)
        go_on.wait(10)

    server = Several([silent])
    with server.serving():
        transport = SmtpTransport(here(server.port), clock, local_name="test")
        with transport.lane(2) as lane:
            letters = [letter(number) for number in range(6)]
            known = dict(lane.hand_over(letters, range(6), not_after=LATER, may_begin=lambda _: True))
            go_on.set()
            known |= dict(lane.finish())
    assert sorted(known) == list(range(6))
    assert list(kinds(known).values()).count(OutcomeKind.NOT_BEGUN) >= 4


def test_what_fails_in_one_conversation_costs_its_message_and_others_are_heard_to_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hand_over = Pipeline.hand_over

    def fails_for_the_third(pipeline: Pipeline, message: object, *others: object) -> Outcome:
        if message.rcpt_to.startswith("reader3@"):  # type: ignore[attr-defined]
            raise AssertionError("the message that was announced comes next")
        return hand_over(pipeline, message, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(Pipeline, "hand_over", fails_for_the_third)
    known: Known = {}
    began = Began()
    with playing({}, "PIPELINING", at_once=True) as (server, record):
        transport = SmtpTransport(server, HandClock(), timeouts=QUICK, local_name="test")
        with transport.lane(3) as lane:
            handing = lane.hand_over(
                [letter(number) for number in range(20)],
                range(20),
                not_after=LATER,
                may_begin=began.may_begin,
            )
            with pytest.raises(AssertionError, match="announced"):
                known.update(handing)
            known.update(lane.finish())
    assert began - set(known) == {3}
    assert len(record.taken) == len(known)
    assert len(known) < 19


def test_a_lane_that_is_left_in_the_middle_drops_what_is_under_way() -> None:
    began = Began()
    with playing({(0, "DOT"): Act.NOTHING}, "PIPELINING", at_once=True) as (server, record):
        transport = SmtpTransport(server, HandClock(), local_name="test")
        with transport.lane(2) as lane:
            letters = [letter(number) for number in range(20)]
            handing = lane.hand_over(letters, range(20), not_after=LATER, may_begin=began.may_begin)
            known = [next(handing) for _ in range(10)]
    assert len(record.untold) == 1
    assert len(known) <= len(record.taken) <= len(began) - 1


def test_a_kept_lane_goes_on_in_another_thread() -> None:
    with playing({}, "PIPELINING", at_once=True) as (server, record):
        transport = SmtpTransport(server, HandClock(), timeouts=QUICK, local_name="test")
        with transport.lane(2) as lane:
            for start in (0, 10):
                thread = threading.Thread(
                    target=lambda start=start: (given(lane, range(start, start + 10)), list(lane.finish()))
                )
                thread.start()
                thread.join()
    assert len(record.taken) == 20
    assert record.connections == 2


def test_any_session_makes_a_lane_of_one() -> None:
    twin = MemoryTransport(HandClock())
    with lane_of(twin, 5) as lane:
        known = given(lane, [7, 9])
        assert (lane.connections, list(lane.finish())) == (1, [])
    assert kinds(known) == {7: OutcomeKind.ACCEPTED, 9: OutcomeKind.ACCEPTED}
