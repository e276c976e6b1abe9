"""What became of one message, as far as the next server has said."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class OutcomeKind(Enum):
    """What the caller may conclude.

    `ACCEPTED`: the next server has it. `REFUSED`: it never will. `DEFERRED`: it has it not, later it may.
    `IN_DOUBT`: the final dot was written and nobody said what became of it. `SENDER_REFUSED`: the reply is about us;
    the reader stays due and the campaign pauses. `NOT_BEGUN`: the instant until which it could begin had passed.
    `RELAY_DOWN`: there is no server to talk to. `NOT_DELIVERABLE_HERE`: the address needs SMTPUTF8, which the server
    has not. Of the last four nothing, or nothing but the refusal, has been on the wire.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    IN_DOUBT = "in_doubt"
    SENDER_REFUSED = "sender_refused"
    NOT_BEGUN = "not_begun"
    RELAY_DOWN = "relay_down"
    NOT_DELIVERABLE_HERE = "not_deliverable_here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one message. `text` is the server's own (it may hold an address) or says what happened.

    `begun_at` is the instant just before MAIL was written, None where it was not; `ended_at` that of the outcome.
    `relay` is the mail server that was talked to, as host and port; None where there was none.
    """

    kind: OutcomeKind
    code: int | None
    text: str
    begun_at: datetime | None
    ended_at: datetime
    relay: str | None = None


class Stage(Enum):
    """The command a reply belongs to (RFC 5321, section 4.3.2)."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "final dot"


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete reply: the code, and the lines of its text joined by spaces."""

    code: int
    text: str

    @property
    def ends_the_connection(self) -> bool:
        """Whether nothing can be asked after this reply to a command that it refuses: 421, or what is no refusal."""
        return self.code == 421 or self.code // 100 not in {4, 5}


# 5.7.1 not authorised, 5.7.25-29 reverse DNS, SPF, DKIM, DMARC and ARC (RFC 7372 and its registry), 5.7.515 Microsoft.
_ABOUT_SENDER = re.compile(r"5\.7\.(?:1|2[5-9]|515)(?![0-9])")
_AUTHENTICATION = frozenset({530, 534, 535, 538})


def is_about_sender(reply: Reply) -> bool:
    """Whether the reply says that we may not send, whoever the reader is."""
    return reply.code in _AUTHENTICATION or (500 <= reply.code < 600 and _ABOUT_SENDER.match(reply.text) is not None)


def classify(stage: Stage, reply: Reply) -> OutcomeKind | None:
    """What a reply means for the message at this stage; None where it says to go on.

    A reply that the command cannot have leaves the message deferred, or in doubt after the final dot. A permanent
    refusal of MAIL is about the sender, since no reader was named yet. 552 at RCPT is temporary (RFC 5321, 4.5.3.1.10).
    """
    if is_about_sender(reply):
        return OutcomeKind.SENDER_REFUSED
    digit = reply.code // 100
    if digit in {4, 5}:
        return _refusal(stage, reply)
    if stage is Stage.DOT:
        return OutcomeKind.ACCEPTED if digit == 2 else OutcomeKind.IN_DOUBT
    goes_on = digit == 3 if stage is Stage.DATA else digit == 2
    return None if goes_on else OutcomeKind.DEFERRED


def _refusal(stage: Stage, reply: Reply) -> OutcomeKind:
    if reply.code // 100 == 4 or (stage is Stage.RCPT and reply.code == 552):
        return OutcomeKind.DEFERRED
    return OutcomeKind.SENDER_REFUSED if stage is Stage.MAIL else OutcomeKind.REFUSED
