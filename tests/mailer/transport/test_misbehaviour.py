"""Servers that cut, stammer, refuse and lie, at every stage."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mailer.compose import Message
from mailer.transport import Outcome, OutcomeKind, SmtpTransport, Timeouts
from preferences.settings import SmtpSecurity
from tests.mailer.transport.servers import (
    LATER,
    HandClock,
    Line,
    Script,
    greets,
    hears,
    here,
    letter,
    real_server,
    says_goodbye,
    scripted_server,
    takes,
)

QUICK = Timeouts(setup=2, command=0.5, data=0.5, block=0.5, final_dot=0.5, quit=0.5)
STAGES = ("MAIL", "RCPT", "DATA", "DOT")


def handed_over(server: object, *letters: Message, security: SmtpSecurity | None = None, **login: str) -> list[Outcome]:
    given = replace(server, **({"security": security} if security else {}), **login)  # type: ignore[type-var]
    with SmtpTransport(given, HandClock(), timeouts=QUICK, local_name="test").open() as session:  # type: ignore[arg-type]
        return list(session.hand_over(letters, not_after=LATER))


def up_to(stage: str, line: Line) -> None:
    """The server hears everything up to and including the stage, and has answered all but that."""
    hears(line, "MAIL")
    for before, answer, command in (("MAIL", "250 ok", "RCPT"), ("RCPT", "250 ok", "DATA")):
        if stage == before:
            return
        line.say(f"{answer}\r\n")
        hears(line, command)
    if stage == "DOT":
        line.say("354 go on\r\n")
        line.hear_body()


def answering(stage: str, answer: str, *after: str) -> Script:
    def script(line: Line) -> None:
        greets(line)
        up_to(stage, line)
        line.say(answer)
        for heard in after:
            hears(line, heard)
            line.say("250 ok\r\n")
        if after:
            takes(line)
            says_goodbye(line)

    return script


def accepting(line: Line) -> None:
    greets(line)
    takes(line)
    says_goodbye(line)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "answer", ["", "25", "250", "250-half", "hello\r\n", "999 what\r\n", "\r\n", "250" + "x" * 9000, "250-x\r\n" * 200]
)
def test_a_server_that_stops_or_talks_nonsense_leaves_the_message_deferred_or_in_doubt(stage: str, answer: str) -> None:
    with scripted_server(answering(stage, answer), accepting) as (server, failures):
        first, second = handed_over(server, letter(1), letter(2))
    assert first.kind is (OutcomeKind.IN_DOUBT if stage == "DOT" else OutcomeKind.DEFERRED)
    assert first.code is None
    assert second.kind is OutcomeKind.ACCEPTED
    assert failures == []


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("451 4.3.0 later\r\n", OutcomeKind.DEFERRED),
        ("554-5.2.1 no\r\n554 5.2.1 never\r\n", OutcomeKind.REFUSED),
        ("550 5.7.26 unauthenticated mail\r\n", OutcomeKind.SENDER_REFUSED),
    ],
)
def test_a_refusal_is_told_and_the_connection_is_used_for_the_next(stage: str, answer: str, kind: OutcomeKind) -> None:
    reset = () if stage == "DOT" else ("RSET",)

    def script(line: Line) -> None:
        answering(stage, answer, *reset)(line)
        if not reset:
            takes(line)
            says_goodbye(line)

    with scripted_server(script) as (server, failures):
        first, second = handed_over(server, letter(1), letter(2))
    wanted = OutcomeKind.SENDER_REFUSED if stage == "MAIL" and kind is OutcomeKind.REFUSED else kind
    assert (first.kind, first.code) == (wanted, int(answer[:3]))
    assert second.kind is OutcomeKind.ACCEPTED
    assert failures == []


@pytest.mark.parametrize("stage", STAGES)
def test_421_slows_where_a_message_goes_and_ends_the_connection(stage: str) -> None:
    elsewhere = letter(2, rcpt_to="reader@elsewhere.example")
    with scripted_server(answering(stage, "421 4.3.2 closing\r\n"), accepting) as (server, failures):
        first, second = handed_over(server, letter(1), elsewhere)
    # Before a reader is named it is the server itself that rests.
    assert (first.kind, first.code) == (OutcomeKind.RELAY_DOWN if stage == "MAIL" else OutcomeKind.SLOWED, 421)
    assert second.kind is OutcomeKind.ACCEPTED
    assert failures == []


def test_what_goes_where_less_is_wanted_is_given_back_and_the_rest_goes_on() -> None:
    def slows(line: Line) -> None:
        answering("RCPT", "451 4.7.28 too many\r\n", "RSET")(line)

    letters = [letter(1), letter(2, rcpt_to="reader@elsewhere.example"), letter(3, rcpt_to="other@EXAMPLE.org")]
    with scripted_server(slows) as (server, failures):
        first, second, third = handed_over(server, *letters)
    assert [first.kind, second.kind] == [OutcomeKind.SLOWED, OutcomeKind.ACCEPTED]
    assert (third.kind, third.begun_at) == (OutcomeKind.NOT_BEGUN, None)
    assert failures == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_says_nothing_is_not_waited_for_without_end(stage: str) -> None:
    def silent(line: Line) -> None:
        greets(line)
        up_to(stage, line)
        line.hear()

    with scripted_server(silent) as (server, _):
        (outcome,) = handed_over(server, letter())
    assert outcome.kind is (OutcomeKind.IN_DOUBT if stage == "DOT" else OutcomeKind.DEFERRED)


def test_a_connection_cut_inside_the_body_is_deferred() -> None:
    def cuts(line: Line) -> None:
        greets(line)
        up_to("DATA", line)
        line.say("354 go on\r\n")
        line.hear()

    with scripted_server(cuts) as (server, _):
        (outcome,) = handed_over(server, letter(data=b"x" * 900 + b"\r\n" + (b"y" * 900 + b"\r\n") * 20_000))
    assert outcome.kind is OutcomeKind.DEFERRED


@pytest.mark.parametrize("farewell", ["", "421 4.4.2 idle for too long\r\n"])
def test_a_kept_connection_that_was_closed_is_made_anew_and_costs_no_attempt(farewell: str) -> None:
    def closes_after_one(line: Line) -> None:
        greets(line)
        takes(line)
        line.say(farewell)

    with scripted_server(closes_after_one, accepting) as (server, failures):
        outcomes = handed_over(server, letter(1), letter(2))
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 2
    assert failures == []


def test_a_second_try_does_not_begin_after_the_last_instant() -> None:
    clock = HandClock()

    def closes_after_one(line: Line) -> None:
        greets(line)
        takes(line)

    def slow(line: Line) -> None:
        clock.instant = LATER + timedelta(seconds=1)
        accepting(line)

    with (
        scripted_server(closes_after_one, slow) as (server, _),
        SmtpTransport(server, clock, timeouts=QUICK, local_name="test").open() as session,
    ):
        first, second = session.hand_over([letter(1), letter(2)], not_after=LATER)
    assert (first.kind, second.kind, second.begun_at) == (OutcomeKind.ACCEPTED, OutcomeKind.NOT_BEGUN, None)


def test_connecting_takes_none_of_the_time_to_begin() -> None:
    clock = HandClock()

    def slow(line: Line) -> None:
        clock.instant = LATER + timedelta(seconds=1)
        greets(line)
        hears(line, "QUIT")

    with (
        scripted_server(slow) as (server, failures),
        SmtpTransport(server, clock, timeouts=QUICK, local_name="test").open() as session,
    ):
        (outcome,) = session.hand_over([letter()], not_after=LATER)
    assert outcome.kind is OutcomeKind.NOT_BEGUN
    assert failures == []


def test_without_a_server_nothing_has_begun_and_nothing_is_tried_twice() -> None:
    with scripted_server() as (server, _):
        pass
    outcomes = handed_over(server, letter(1), letter(2))
    assert [(outcome.kind, outcome.begun_at) for outcome in outcomes] == [(OutcomeKind.RELAY_DOWN, None)] * 2


@pytest.mark.parametrize("greeting", ["", "554 no\r\n", "421 busy\r\n", "hello\r\n", "220"])
def test_a_server_that_does_not_greet_is_down(greeting: str) -> None:
    with scripted_server(lambda line: line.say(greeting)) as (server, _):
        (outcome,) = handed_over(server, letter())
    assert (outcome.kind, outcome.begun_at) == (OutcomeKind.RELAY_DOWN, None)


def test_a_greeting_that_speaks_of_us_pauses_the_campaign() -> None:
    with scripted_server(lambda line: line.say("554 5.7.1 you are listed\r\n")) as (server, _):
        (outcome,) = handed_over(server, letter())
    assert (outcome.kind, outcome.code) == (OutcomeKind.SENDER_REFUSED, 554)


def test_a_wrong_password_pauses_the_campaign() -> None:
    def refuses(line: Line) -> None:
        greets(line, "AUTH PLAIN")
        hears(line, "AUTH PLAIN")
        line.say("535 5.7.8 no\r\n")

    with scripted_server(refuses) as (server, failures):
        outcomes = handed_over(server, letter(1), letter(2), user="anna", password="wrong")
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.SENDER_REFUSED] * 2
    assert failures == []


def test_where_encryption_is_required_nothing_is_said_without_it() -> None:
    def plain(line: Line) -> None:
        greets(line)
        assert line.hear() in {"", "QUIT"}

    with scripted_server(plain) as (server, failures):
        (outcome,) = handed_over(server, letter(), security=SmtpSecurity.REQUIRED)
    assert outcome.kind is OutcomeKind.RELAY_DOWN
    assert "STARTTLS" in outcome.text
    assert failures == []


def test_an_address_outside_ascii_is_not_deliverable_where_the_server_cannot_take_it() -> None:
    def plain(line: Line) -> None:
        greets(line)
        takes(line)
        says_goodbye(line)

    with scripted_server(plain) as (server, failures):
        first, second = handed_over(server, letter(1, rcpt_to="änna@example.org"), letter(2))
    assert (first.kind, first.begun_at, second.kind) == (OutcomeKind.NOT_DELIVERABLE_HERE, None, OutcomeKind.ACCEPTED)
    assert failures == []


def test_an_address_outside_ascii_goes_to_a_server_that_takes_it() -> None:
    with real_server(enable_SMTPUTF8=True) as (server, kept):
        (outcome,) = handed_over(server, letter(rcpt_to="änna@example.org"))
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert kept.messages[0][1] == ("änna@example.org",)


def test_one_connection_is_kept_for_many_messages() -> None:
    with real_server() as (server, kept), SmtpTransport(server, HandClock(), local_name="test").open() as session:
        for number in range(3):
            assert len(list(session.hand_over([letter(number), letter(number + 10)], not_after=LATER))) == 2
    assert (len(kept.messages), kept.connections) == (6, 1)


def test_the_text_of_a_reply_is_one_readable_line() -> None:
    with scripted_server(answering("RCPT", "550-5.1.1 who\x1b[31m\r\n550 5.1.1 \xe4 is that\r\n", "RSET")) as (
        server,
        _,
    ):
        first, _ = handed_over(server, letter(1), letter(2))
    assert first.text.startswith("5.1.1 who [31m 5.1.1 ")
    assert first.text.isprintable()


def test_a_server_that_closed_its_port_is_down() -> None:
    (outcome,) = handed_over(here(1), letter())
    assert outcome.kind is OutcomeKind.RELAY_DOWN
