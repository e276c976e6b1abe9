"""What every transport keeps; the tests hold each of them to it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, runtime_checkable

from mailer.compose.content import Message
from mailer.transport.outcome import Outcome, OutcomeKind


class Clock(Protocol):
    """Says what time it is; aware."""

    def now(self) -> datetime: ...


_UNSAFE_ADDRESS = re.compile(r"[\x00-\x20\x7f-\xa0<>\u2028\u2029]")
# Each begins with one letter, which is looked for much faster than anything is counted.
_LONE_CR, _LONE_LF = re.compile(rb"\r(?!\n)"), re.compile(rb"\n(?<!\r\n)")


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
        data = message.data
        if _LONE_CR.search(data) or _LONE_LF.search(data) or data[-2:] != b"\r\n":
            raise ValueError("every line of a message ends in CRLF, and CR and LF stand nowhere else")


def not_begun(clock: Clock) -> Outcome:
    """The outcome of a message that could begin only too late."""
    text = "given back: the instant until which it could begin had passed"
    return Outcome(kind=OutcomeKind.NOT_BEGUN, code=None, text=text, begun_at=None, ended_at=clock.now())
