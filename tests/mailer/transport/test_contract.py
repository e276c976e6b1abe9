"""What every transport keeps, asked of each of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from mailer.compose import Message
from mailer.transport import Checked, InboxTransport, MemoryTransport, OutcomeKind, SmtpTransport, Transport
from tests.mailer.transport.servers import LATER, NOON, HandClock, letter, real_server


@dataclass
class Subject:
    transport: Transport
    clock: HandClock
    arrived: Callable[[], list[tuple[str, str, bytes]]]


@contextmanager
def smtp() -> Iterator[Subject]:
    clock = HandClock()
    with real_server() as (server, kept):
        yield Subject(
            SmtpTransport(server, clock, local_name="test"),
            clock,
            lambda: [(sender, readers[0], content) for sender, readers, content in kept.messages],
        )


@contextmanager
def inbox() -> Iterator[Subject]:
    clock, stored = HandClock(), list[Message]()
    yield Subject(
        InboxTransport(stored.extend, clock, together=1),
        clock,
        lambda: [(one.mail_from, one.rcpt_to, one.data) for one in stored],
    )


@contextmanager
def memory() -> Iterator[Subject]:
    clock = HandClock()
    twin = MemoryTransport(clock)
    yield Subject(twin, clock, lambda: [(one.mail_from, one.rcpt_to, one.data) for one in twin.messages])


@pytest.fixture(params=[smtp, inbox, memory], ids=["smtp", "inbox", "memory"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    with request.param() as one:
        yield one


def sent(letters: list[Message]) -> list[tuple[str, str, bytes]]:
    return [(one.mail_from, one.rcpt_to, one.data) for one in letters]


def test_every_message_arrives_byte_for_byte_and_in_order(subject: Subject) -> None:
    letters = [letter(number) for number in range(1, 6)]
    letters.append(letter(6, data=b".\r\n" + b"x" * 998 + b"\r\n..\r\n.\r\n"))
    with subject.transport.open() as session:
        outcomes = [*session.hand_over(letters[:2], not_after=LATER), *session.hand_over(letters[2:], not_after=LATER)]
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 6
    assert subject.arrived() == sent(letters)


def test_an_outcome_says_when_it_began_and_ended(subject: Subject) -> None:
    with subject.transport.open() as session:
        (outcome,) = session.hand_over([letter()], not_after=LATER)
    assert (outcome.begun_at, outcome.ended_at, outcome.code) == (NOON, NOON, 250)
    assert outcome.text


def test_what_could_begin_only_too_late_is_given_back(subject: Subject) -> None:
    letters = [letter(1), letter(2)]
    with subject.transport.open() as session:
        handing = session.hand_over(letters, not_after=LATER)
        assert next(handing).kind is OutcomeKind.ACCEPTED
        subject.clock.instant = LATER + timedelta(microseconds=1)
        (late,) = handing
    assert (late.kind, late.begun_at, late.ended_at) == (OutcomeKind.NOT_BEGUN, None, subject.clock.instant)
    assert subject.arrived() == sent(letters[:1])


def test_the_last_instant_is_not_too_late(subject: Subject) -> None:
    subject.clock.instant = LATER
    with subject.transport.open() as session:
        (outcome,) = session.hand_over([letter()], not_after=LATER)
    assert outcome.kind is OutcomeKind.ACCEPTED


def test_what_is_not_asked_for_has_not_begun(subject: Subject) -> None:
    with subject.transport.open() as session:
        next(iter(session.hand_over([letter(1), letter(2)], not_after=LATER)))
    assert len(subject.arrived()) == 1


def test_nothing_becomes_of_nothing(subject: Subject) -> None:
    with subject.transport.open() as session:
        assert list(session.hand_over([], not_after=LATER)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"rcpt_to": "a@example.org>\r\nRCPT TO:<b@example.org"},
        {"rcpt_to": ""},
        {"mail_from": "a b@example.org"},
        {"data": b"x\n.\r\nMAIL FROM:<evil@example.org>\r\n"},
        {"data": b"x\r.\r\n"},
        {"data": b"no end"},
    ],
)
def test_what_could_end_a_command_or_a_mail_early_is_refused_before_anything_leaves(
    subject: Subject, changes: dict[str, object]
) -> None:
    with subject.transport.open() as session, pytest.raises(ValueError, match=r"address|CRLF"):
        list(session.hand_over([letter(1), letter(2, **changes)], not_after=LATER))
    assert subject.arrived() == []


def test_the_twin_answers_as_it_is_told() -> None:
    kinds = [kind for kind in OutcomeKind if kind is not OutcomeKind.ACCEPTED]
    letters = [letter(number) for number in range(len(kinds))]
    twin = MemoryTransport(HandClock(), {one.rcpt_to: kind for one, kind in zip(letters, kinds, strict=True)})
    with twin.open() as session:
        assert [outcome.kind for outcome in session.hand_over(letters, not_after=LATER)] == kinds
    assert twin.messages == []


def test_what_the_inbox_cannot_keep_is_not_called_accepted() -> None:
    def full(_: Sequence[Message]) -> None:
        raise OSError("no space left")

    with InboxTransport(full, HandClock()).open() as session, pytest.raises(OSError, match="no space"):
        list(session.hand_over([letter()], not_after=LATER))


def test_the_inbox_keeps_a_block_at_once_and_begins_none_before_it_is_asked_for() -> None:
    blocks: list[list[str]] = []
    clock = HandClock()
    transport = InboxTransport(lambda messages: blocks.append([one.rcpt_to for one in messages]), clock, together=2)
    letters = [letter(number) for number in range(5)]
    names = [one.rcpt_to for one in letters]
    with transport.open() as session:
        handing = session.hand_over(letters, not_after=LATER)
        assert [next(handing).kind, next(handing).kind] == [OutcomeKind.ACCEPTED] * 2
        assert blocks == [names[:2]]
        clock.instant = LATER + timedelta(microseconds=1)
        assert [outcome.kind for outcome in handing] == [OutcomeKind.NOT_BEGUN] * 3
    assert blocks == [names[:2]]


def test_what_was_checked_is_not_looked_through_again() -> None:
    clock = HandClock()
    unsafe = Checked([letter(1, data=b"no end")])
    with MemoryTransport(clock).open() as session:
        assert len(list(session.hand_over(unsafe, not_after=LATER))) == 1
