"""What may become of one message. What a server's reply means for it stands in `meaning`."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class OutcomeKind(Enum):
    """What the caller may conclude.

    `ACCEPTED`: the next server has it. `REFUSED`: it never will. `DEFERRED`: it has it not, later it may.
    `IN_DOUBT`: the final dot was written and nobody said what became of it. `SENDER_REFUSED`: the reply is about us;
    the reader stays due and the campaign pauses. `NOT_BEGUN`: the instant until which it could begin had passed.
    `RELAY_DOWN`: there is no server to talk to. `NOT_DELIVERABLE_HERE`: the address needs SMTPUTF8, which the server
    has not. Of these four nothing, or nothing but the refusal, has been on the wire. `SLOWED`: where it goes, less is
    wanted from us for now; nobody has it, and its reader has nothing to do with it.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    IN_DOUBT = "in_doubt"
    SENDER_REFUSED = "sender_refused"
    NOT_BEGUN = "not_begun"
    RELAY_DOWN = "relay_down"
    NOT_DELIVERABLE_HERE = "not_deliverable_here"
    SLOWED = "slowed"


# Not frozen, and never changed: one is made for each message, and a frozen one sets each field by itself.
@dataclass(slots=True, kw_only=True)
class Outcome:
    """The outcome of one message. `text` is the server's own (it may hold an address) or says what happened.

    `begun_at` is the instant just before MAIL was written, None where it was not; `ended_at` that of the outcome.
    `relay` is the mail server that was talked to, as host and port, where several are set; else None.
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
