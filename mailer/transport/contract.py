"""What every transport keeps; the tests hold each of them to it."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, runtime_checkable

from mailer.compose.content import Message
from mailer.compose.mime import has_stray_line_end
from mailer.transport.outcome import Outcome, OutcomeKind


class Clock(Protocol):
    """Says what time it is; aware."""

    def now(self) -> datetime: ...


_UNSAFE_ADDRESS = re.compile(r"[\x00-\x20\x7f-\xa0<>\u2028\u2029]")


class Session(Protocol):
    """Something that messages can be handed over to, one after the other."""

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """One outcome for each message, in order, as it becomes known.

        Each message is handed over when its outcome is asked for; what is not asked for has not begun. A message
        that could begin only after `not_after` (aware) is given back. ValueError, before anything is handed over, at a
        message that could end a command or the mail early.
        """
        ...


@runtime_checkable
class TakesSeveral(Protocol):
    """A session in which messages begin together, in blocks of so many: asked for the first of them, it hands over all.

    Then what is asked for is the block, and its outcomes are asked for to the last.
    """

    together: int


class Transport(Protocol):
    """A way to hand messages over."""

    def open(self) -> AbstractContextManager[Session]:
        """A session; leaving it closes what it opened. One session is for one thread."""
        ...


class Lane(Protocol):
    """Something that one thread hands messages over to, on several connections at once."""

    connections: int

    def hand_over(
        self,
        messages: Sequence[Message],
        numbers: Sequence[int],
        *,
        not_after: datetime,
        may_begin: Callable[[int], bool],
        spare: int = 0,
    ) -> Iterator[tuple[int, Outcome | None]]:
        """Outcomes as they become known, in any order, each with the number that was given for its message.

        Just before a message begins, `may_begin` is asked with its number; None is the outcome where it says no. One
        that could begin only after `not_after` (aware) is given back. It ends when no more than `spare` messages wait
        to begin; for none, when a connection has nothing to do besides. What is under way then goes on: its outcomes
        come with those of the next call, or of `finish`.

        Where this raises or is closed early, what has not begun never does, and has no outcome; ask `finish` for those
        of the others. ValueError, before anything is handed over, at a message that could end a command or the mail
        early.
        """
        ...

    def finish(self, seconds: float = float("inf")) -> Iterator[tuple[int, Outcome | None]]:
        """The outcomes of everything that is under way or waits, or of what is known after so many seconds.

        What has none when it has ended in its own time was broken off.
        """
        ...

    def break_off(self) -> None:
        """Nothing is under way any more. Of what had begun and has no outcome, nobody knows what became of it."""
        ...


@runtime_checkable
class HasLanes(Protocol):
    """A transport that can have several connections for one thread."""

    def lane(self, connections: int) -> AbstractContextManager[Lane]:
        """A lane; leaving it closes what it opened. It is for one thread at a time."""
        ...


class Checked(tuple[Message, ...]):
    """Messages that `check_messages` has let pass already, one by one: they are not looked through again."""

    __slots__ = ()


def check_messages(messages: Sequence[Message]) -> None:
    """ValueError where an address holds what ends a command, or the bytes have a line end other than CRLF."""
    if isinstance(messages, Checked):
        return
    for message in messages:
        for address in (message.mail_from, message.rcpt_to):
            if not address or _UNSAFE_ADDRESS.search(address):
                raise ValueError("an envelope address is empty or holds a space, a bracket or a control character")
        # What stands in many mails was looked through when it was made.
        unknown = message.data if message.own is None else message.own
        if has_stray_line_end(unknown) or message.data[-2:] != b"\r\n":
            raise ValueError("every line of a message ends in CRLF, and CR and LF stand nowhere else")


def not_begun(clock: Clock) -> Outcome:
    """The outcome of a message that could begin only too late."""
    text = "given back: the instant until which it could begin had passed"
    return Outcome(kind=OutcomeKind.NOT_BEGUN, code=None, text=text, begun_at=None, ended_at=clock.now())
