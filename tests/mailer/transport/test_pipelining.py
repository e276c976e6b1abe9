"""One round trip for each message where the server offers it, and never more than one written and not answered."""

from datetime import timedelta

from mailer.transport import OutcomeKind, SmtpTransport
from tests.mailer.transport.play import playing
from tests.mailer.transport.servers import (
    LATER,
    HandClock,
    Line,
    greets,
    hears,
    letter,
    says_goodbye,
    scripted_server,
    takes,
)
from tests.mailer.transport.test_misbehaviour import QUICK, handed_over


def hears_envelope(line: Line, number: int) -> None:
    hears(line, f"MAIL FROM:<b+{number}@return.example>")
    hears(line, f"RCPT TO:<reader{number}@example.org>")
    hears(line, "DATA")


def test_the_next_envelope_comes_with_the_bytes_before_anything_is_answered() -> None:
    def answers_late(line: Line) -> None:
        greets(line, "PIPELINING")
        hears_envelope(line, 1)
        line.say("250 ok\r\n250 ok\r\n354 go on\r\n")
        for number in (2, 3):
            line.hear_body()
            hears_envelope(line, number)
            line.say("250 taken\r\n250 ok\r\n250 ok\r\n354 go on\r\n")
        line.hear_body()
        line.say("250 taken\r\n")
        says_goodbye(line)

    with scripted_server(answers_late) as (server, failures):
        outcomes = handed_over(server, letter(1), letter(2), letter(3))
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 3
    assert failures == []


def test_a_server_that_never_answers_the_dot_puts_one_message_in_doubt_and_not_the_next() -> None:
    heard: list[str] = []

    def silent(line: Line) -> None:
        greets(line, "PIPELINING")
        hears_envelope(line, 1)
        line.say("250 ok\r\n250 ok\r\n354 go on\r\n")
        line.hear_body()
        hears_envelope(line, 2)
        heard.append(line.hear())

    def takes_the_next(line: Line) -> None:
        greets(line)
        takes(line)
        says_goodbye(line)

    with scripted_server(silent, takes_the_next) as (server, failures):
        outcomes = handed_over(server, letter(1), letter(2))
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.IN_DOUBT, OutcomeKind.ACCEPTED]
    assert heard == [""]
    assert failures == []


def test_nothing_is_pipelined_where_it_is_not_offered() -> None:
    def one_by_one(line: Line) -> None:
        greets(line)
        for _ in range(2):
            takes(line)
        says_goodbye(line)

    with scripted_server(one_by_one) as (server, failures):
        outcomes = handed_over(server, letter(1), letter(2))
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 2
    assert failures == []


def test_nobody_gets_an_empty_mail_where_the_server_waits_for_bytes_for_nobody() -> None:
    def eager(line: Line) -> None:
        greets(line, "PIPELINING")
        hears_envelope(line, 1)
        line.say("250 ok\r\n550 5.1.1 unknown\r\n354 go on\r\n")
        assert line.hear_body() == b""
        hears_envelope(line, 2)
        line.say("554 5.5.1 no valid recipients\r\n250 ok\r\n250 ok\r\n354 go on\r\n")
        assert b"body 2" in line.hear_body()
        line.say("250 taken\r\n")
        says_goodbye(line)

    with scripted_server(eager) as (server, failures):
        outcomes = handed_over(server, letter(1), letter(2))
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.REFUSED, OutcomeKind.ACCEPTED]
    assert failures == []


def test_where_the_sender_is_refused_and_a_reader_taken_the_connection_is_given_up_and_no_empty_mail_sent() -> None:
    heard: list[str] = []

    def confused(line: Line) -> None:
        greets(line, "PIPELINING")
        hears_envelope(line, 1)
        line.say("451 later\r\n250 ok\r\n354 go on\r\n")
        heard.append(line.hear())

    with scripted_server(confused) as (server, failures):
        outcomes = handed_over(server, letter(1))
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.DEFERRED]
    assert heard == [""]
    assert failures == []


def test_what_was_announced_and_is_not_asked_for_has_not_begun() -> None:
    with playing({}, "PIPELINING") as (server, record):
        transport = SmtpTransport(server, HandClock(), timeouts=QUICK, local_name="test")
        with transport.open() as session:
            next(iter(session.hand_over([letter(1), letter(2)], not_after=LATER)))
            (third,) = session.hand_over([letter(3)], not_after=LATER)
    assert third.kind is OutcomeKind.ACCEPTED
    assert [reader for reader, _ in record.taken] == ["reader1@example.org", "reader3@example.org"]
    assert record.connections == 2


def test_what_was_announced_in_time_and_could_begin_only_too_late_is_given_back() -> None:
    clock = HandClock()
    with playing({}, "PIPELINING") as (server, record):
        transport = SmtpTransport(server, clock, timeouts=QUICK, local_name="test")
        with transport.open() as session:
            handing = session.hand_over([letter(1), letter(2)], not_after=LATER)
            assert next(handing).kind is OutcomeKind.ACCEPTED
            clock.instant = LATER + timedelta(microseconds=1)
            (late,) = handing
    assert (late.kind, late.begun_at) == (OutcomeKind.NOT_BEGUN, None)
    assert [reader for reader, _ in record.taken] == ["reader1@example.org"]


def test_reports_are_asked_for_where_they_are_offered() -> None:
    def offers_reports(line: Line) -> None:
        greets(line, "DSN")
        assert hears(line, "MAIL").endswith("> RET=HDRS ENVID=1")
        line.say("250 ok\r\n")
        heard = hears(line, "RCPT")
        assert heard.endswith("> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@example.org"), heard
        line.say("550 5.1.1 unknown\r\n")
        hears(line, "RSET")
        line.say("250 ok\r\n")
        says_goodbye(line)

    with scripted_server(offers_reports) as (server, failures):
        handed_over(server, letter(1, rcpt_to="a+b=c@example.org"))
    assert failures == []
