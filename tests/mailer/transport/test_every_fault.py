"""Whatever a server does at whatever stage: every message has exactly one outcome, and it is never a wrong one."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.compose import Message
from mailer.transport import Outcome, OutcomeKind, SmtpTransport, Timeouts
from tests.mailer.transport.play import STAGES, Act, Record, Script, playing
from tests.mailer.transport.servers import LATER, HandClock, letter
from tests.mailer.transport.test_encryption import of_the_server, trusting

QUICK = Timeouts(reach=2, setup=2, command=0.3, data=0.3, block=0.3, final_dot=0.3, quit=0.3)
REPLIES = (
    "250 2.0.0 fine",
    "421 4.3.2 closing",
    "451 4.3.0 later",
    "550 5.1.1 nobody of that name",
    "554-5.7.1 no\r\n554 5.7.1 not from you",
    "354 go on",
    "hello",
    "999 what",
    "25",
)
WAYS = {
    "sequential": ((), False),
    "pipelined": (("PIPELINING",), False),
    "eager": (("PIPELINING", "DSN", "EAGER"), False),
    "sequential, encrypted": ((), True),
    "pipelined, encrypted": (("PIPELINING",), True),
}
QUICK_WAYS = ("sequential", "pipelined")


def handed_over(
    script: Script, letters: list[Message], way: str, in_calls_of: int = 100
) -> tuple[list[Outcome], Record]:
    extensions, is_encrypted = WAYS[way]
    tls: ssl.SSLContext | None = of_the_server() if is_encrypted else None
    outcomes: list[Outcome] = []
    with playing(script, *extensions, tls=tls) as (server, record):
        transport = SmtpTransport(
            server, HandClock(), timeouts=QUICK, tls=trusting() if is_encrypted else None, local_name="test"
        )
        with transport.open() as session:
            for start in range(0, len(letters), in_calls_of):
                outcomes += session.hand_over(letters[start : start + in_calls_of], not_after=LATER)
    return outcomes, record


def handed_over_in_a_lane(
    script: Script, letters: list[Message], way: str, in_calls_of: int, spare: int
) -> tuple[list[Outcome], Record]:
    """The same by one thread that drives three connections at once; the outcomes in the order of the letters."""
    extensions, is_encrypted = WAYS[way]
    tls: ssl.SSLContext | None = of_the_server() if is_encrypted else None
    known: dict[int, Outcome | None] = {}
    with playing(script, *extensions, tls=tls, at_once=True) as (server, record):
        transport = SmtpTransport(
            server, HandClock(), timeouts=QUICK, tls=trusting() if is_encrypted else None, local_name="test"
        )
        with transport.lane(3) as lane:
            numbers = range(len(letters))
            for start in range(0, len(letters), in_calls_of):
                some = slice(start, start + in_calls_of)
                note(
                    known,
                    lane.hand_over(
                        letters[some], numbers[some], not_after=LATER, may_begin=lambda _: True, spare=spare
                    ),
                )
            note(known, lane.finish())
    return [outcome for number in numbers if (outcome := known[number]) is not None], record


def note(known: dict[int, Outcome | None], outcomes: Iterator[tuple[int, Outcome | None]]) -> None:
    for number, outcome in outcomes:
        assert number not in known
        known[number] = outcome


def check_against_the_record(letters: list[Message], outcomes: list[Outcome], record: Record) -> None:
    assert record.failures == []
    assert len(outcomes) == len(letters)
    for one, outcome in zip(letters, outcomes, strict=True):
        taken = [body for reader, body in record.taken if reader == one.rcpt_to]
        assert taken in ([], [one.data])
        if outcome.kind is OutcomeKind.ACCEPTED:
            assert taken
        if taken:
            assert outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.IN_DOUBT}
        if one.rcpt_to in record.untold:
            assert outcome.kind is OutcomeKind.IN_DOUBT
        if outcome.kind is OutcomeKind.IN_DOUBT:
            assert one.rcpt_to in record.announced
        if outcome.kind in {OutcomeKind.REFUSED, OutcomeKind.SENDER_REFUSED}:
            assert outcome.code is not None


ACTS = st.sampled_from([*(act for act in Act if act is not Act.NOTHING), *REPLIES])
SCRIPTS = st.dictionaries(st.tuples(st.integers(0, 5), st.sampled_from(STAGES)), ACTS, max_size=5)


@pytest.mark.parametrize(
    "way", [way if way in QUICK_WAYS else pytest.param(way, marks=pytest.mark.slow) for way in WAYS]
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=SCRIPTS, in_calls_of=st.sampled_from([1, 2, 100]))
def test_no_outcome_says_what_the_server_knows_better(script: Script, way: str, in_calls_of: int) -> None:
    letters = [letter(number) for number in range(4)]
    outcomes, record = handed_over(script, letters, way, in_calls_of)
    check_against_the_record(letters, outcomes, record)


@pytest.mark.parametrize(
    "way", [way if way in QUICK_WAYS else pytest.param(way, marks=pytest.mark.slow) for way in WAYS]
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=SCRIPTS, in_calls_of=st.sampled_from([1, 3, 100]), spare=st.sampled_from([0, 3]))
def test_outcomes_of_several_connections_are_never_taken_for_each_other(
    script: Script, way: str, in_calls_of: int, spare: int
) -> None:
    letters = [letter(number) for number in range(8)]
    outcomes, record = handed_over_in_a_lane(script, letters, way, in_calls_of, spare)
    check_against_the_record(letters, outcomes, record)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["pipelined", "sequential, encrypted"])
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("act", [*Act, *REPLIES], ids=lambda act: act.name if isinstance(act, Act) else act[:7])
def test_a_fault_on_one_of_several_connections_costs_no_more_than_its_message(
    stage: str, act: Act | str, way: str
) -> None:
    letters = [letter(number, rcpt_to=f"reader@town{number}.example") for number in range(8)]
    outcomes, record = handed_over_in_a_lane({(4, stage): act}, letters, way, 100, 0)
    check_against_the_record(letters, outcomes, record)
    if act not in {Act.CUT, Act.TWICE}:
        assert sum(outcome.kind is OutcomeKind.ACCEPTED for outcome in outcomes) >= 7


@pytest.mark.slow
@pytest.mark.parametrize("way", ["pipelined", "sequential, encrypted"])
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("act", [*Act, *REPLIES], ids=lambda act: act.name if isinstance(act, Act) else act[:7])
def test_a_fault_at_any_stage_costs_the_message_it_met_and_no_other(stage: str, act: Act | str, way: str) -> None:
    letters = [letter(number, rcpt_to=f"reader@town{number}.example") for number in range(3)]
    outcomes, record = handed_over({(1, stage): act}, letters, way)
    check_against_the_record(letters, outcomes, record)
    if act is not Act.CUT:  # which may destroy what was said about the message before
        assert outcomes[0].kind is OutcomeKind.ACCEPTED
    if act is not Act.TWICE:  # after which nothing that is said can be trusted
        assert outcomes[2].kind is OutcomeKind.ACCEPTED
