"""Several mail servers: the next takes over, the first comes back, and nothing in doubt is tried elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mailer.transport import Outcome, OutcomeKind, SmtpTransport
from mailer.transport.connecting import SetupError
from mailer.transport.outcome import Reply
from mailer.transport.relays import LONGEST_REST_SECONDS, RESTS_SECONDS, Relays
from mailer.transport.wire import Wire
from preferences.settings import SmtpServer
from tests.mailer.transport.play import Act, playing
from tests.mailer.transport.servers import LATER, HandClock, greets, hears, here, letter, scripted_server
from tests.mailer.transport.test_misbehaviour import QUICK


def handed_over(servers: Sequence[SmtpServer], *numbers: int) -> list[Outcome]:
    first, *others = servers
    transport = SmtpTransport(first, HandClock(), others=others, timeouts=QUICK, local_name="test")
    with transport.open() as session:
        return list(session.hand_over([letter(number) for number in numbers], not_after=LATER))


def test_where_the_first_cannot_be_reached_the_next_takes_over_and_each_outcome_names_who_was_asked() -> None:
    with playing({}, "PIPELINING") as (second, record):
        outcomes = handed_over([here(1), second], 1, 2)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 2
    assert {outcome.relay for outcome in outcomes} == {f"127.0.0.1:{second.port}"}
    assert record.connections == 1


def test_a_greeting_of_421_and_a_rest_before_a_reader_is_named_let_the_next_take_over() -> None:
    with (
        scripted_server(lambda line: line.say("421 4.3.2 busy\r\n")) as (busy, _),
        playing({}) as (second, _),
    ):
        assert [one.kind for one in handed_over([busy, second], 1)] == [OutcomeKind.ACCEPTED]
    with playing({(0, "MAIL"): "421 4.3.2 closing"}) as (first, _), playing({}) as (second, record):
        down, accepted = handed_over([first, second], 1, 2)
    assert (down.kind, down.begun_at, accepted.kind) == (OutcomeKind.RELAY_DOWN, None, OutcomeKind.ACCEPTED)
    assert [reader for reader, _ in record.taken] == ["reader2@example.org"]


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_what_is_in_doubt_at_one_server_is_never_given_to_another(extensions: tuple[str, ...]) -> None:
    with playing({(0, "DOT"): Act.CLOSE}, *extensions) as (first, one), playing({}) as (second, other):
        outcomes = handed_over([first, second], 1)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.IN_DOUBT]
    assert (one.untold, other.taken) == (["reader1@example.org"], [])


def test_a_server_that_refuses_us_is_for_a_person_to_look_at_and_no_reason_to_try_elsewhere() -> None:
    def refuses(line: object) -> None:
        greets(line, "AUTH PLAIN")  # type: ignore[arg-type]
        hears(line, "AUTH PLAIN")  # type: ignore[arg-type]
        line.say("535 5.7.8 no\r\n")  # type: ignore[attr-defined]

    with scripted_server(refuses) as (first, failures), playing({}) as (second, record):
        login = SmtpServer(host=first.host, port=first.port, security=first.security, user="anna", password="wrong")
        outcomes = handed_over([login, second], 1)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.SENDER_REFUSED]
    assert (record.connections, failures) == (0, [])


def test_where_none_can_be_reached_nothing_has_begun_and_all_are_named() -> None:
    (outcome,) = handed_over([here(1), here(2)], 1)
    assert (outcome.kind, outcome.begun_at) == (OutcomeKind.RELAY_DOWN, None)
    assert outcome.text.count("refused") == 2


class _Town:
    """Servers that are up or down as a test says, and a clock that it moves."""

    def __init__(self, *down: str) -> None:
        self.down = set(down)
        self.asked: list[str] = []
        self.now = 1000.0
        servers = [SmtpServer(host=name, port=25, security=here(1).security) for name in ("first", "second")]
        self.relays = Relays(servers, self._connect, lambda: self.now)

    def _connect(self, server: SmtpServer) -> Wire:
        self.asked.append(server.host)
        if server.host in self.down:
            raise SetupError("down", Reply(421, "down"))
        return object.__new__(Wire)


def test_one_that_is_down_is_asked_again_only_after_a_while_and_longer_each_time() -> None:
    town = _Town("first")
    assert town.relays.connected()[0] == 1
    assert town.relays.connected()[0] == 1
    assert town.asked == ["first", "second", "second"]
    assert not town.relays.is_there_a_better(1)
    town.now += RESTS_SECONDS
    assert town.relays.is_there_a_better(1)
    town.relays.connected()
    town.now += RESTS_SECONDS
    assert not town.relays.is_there_a_better(1)
    town.now += LONGEST_REST_SECONDS
    town.down.clear()
    assert town.relays.connected()[0] == 0


def test_while_one_thread_finds_out_whether_a_server_is_back_the_others_go_past_it() -> None:
    town = _Town("first")
    town.relays.connected()
    town.now += RESTS_SECONDS
    asked_meanwhile: list[int] = []
    ask = town._connect

    def slow(server: SmtpServer) -> Wire:
        if server.host == "first":
            asked_meanwhile.append(town.relays.connected()[0])
        return ask(server)

    town.relays._connect = slow
    town.relays.connected()
    assert asked_meanwhile == [1]


def test_where_all_rest_all_are_asked() -> None:
    town = _Town("first", "second")
    for _ in range(2):
        with pytest.raises(SetupError):
            town.relays.connected()
    assert town.asked == ["first", "second"] * 2
