"""The mail server of the example: it takes most mails, and answers for the others as mail servers do.

What it answers depends on the message and the seed alone, never on the order in which it is asked.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailer.compose import Message
from mailer.transport import Outcome, OutcomeKind, Session
from mailer.transport.contract import check_messages
from preferences.links import Claim, Links, Purpose
from preferences.store.clock import Clock

_LIFETIME = timedelta(days=56)
# Of how many readers in ten thousand this is true.
_GONE, _FULL, _GREYLISTING, _SLOW = 170, 60, 600, 120
# Of how many mails in ten thousand.
_TEMPORARY, _IN_DOUBT = 60, 8
_SLOW_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What goes wrong once. `refused_subject` is answered with a word about the sender once `refused_after` of it were
    taken, until `refused_until`; nobody answers at all during `[away_since, away_until)`.
    """

    refused_subject: str
    refused_after: int
    refused_until: datetime
    away_since: datetime
    away_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer, with what the message was: a service mail claims no delivery."""

    claim: Claim
    recipient: str
    subject: str
    kind: OutcomeKind
    code: int | None
    at: datetime


class Post:
    """A transport. Everything that it answered is told to `heard`."""

    def __init__(
        self,
        clock: Clock,
        links: Links,
        seed: int,
        begins_at: datetime,
        trouble: Trouble,
        heard: Callable[[Answered], None],
    ) -> None:
        self._clock = clock
        self._links = links
        self._seed = seed
        self._begins_at = begins_at
        self._trouble = trouble
        self._heard = heard
        self._tries: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def open(self) -> Iterator[Session]:
        """A session; there is nothing to close."""
        yield self

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:  # noqa: ARG002
        """As in the contract. The clock stands still while a group is handed over: nothing begins too late."""
        check_messages(messages)
        for message in messages:
            claim = self._links.read(message.message_id.strip("<>").partition("@")[0], Purpose.MESSAGE)
            if claim is None:
                raise ValueError("the Message-ID of this mail holds no token of ours")
            kind, code, text = self._answer(message, is_service=not claim.delivery)
            now = self._clock.now()
            begun_at = None if kind is OutcomeKind.RELAY_DOWN else now
            self._heard(
                Answered(claim=claim, recipient=message.rcpt_to, subject=message.subject, kind=kind, code=code, at=now)
            )
            yield Outcome(kind=kind, code=code, text=text, begun_at=begun_at, ended_at=now)

    def _answer(self, message: Message, *, is_service: bool) -> tuple[OutcomeKind, int | None, str]:
        now, trouble = self._clock.now(), self._trouble
        if trouble.away_since <= now < trouble.away_until:
            return OutcomeKind.RELAY_DOWN, None, "connection refused by relay.lantern-house.example"
        if is_service:
            return _ACCEPTED
        self._taken[message.subject] += 1
        if (
            message.subject == trouble.refused_subject
            and self._taken[message.subject] > trouble.refused_after
            and now < trouble.refused_until
        ):
            return OutcomeKind.SENDER_REFUSED, 550, "5.7.1 the sender's reputation is being looked at; try again later"
        return self._of_mailbox(message, now) or self._of_mail(message)

    def _of_mailbox(self, message: Message, now: datetime) -> tuple[OutcomeKind, int | None, str] | None:
        """What is true of a reader's mailbox, whoever writes."""
        luck = self._luck(message.rcpt_to)
        since = self._begins_at + _LIFETIME * (self._luck("since", message.rcpt_to) / 10_000)
        if luck < _GONE:
            return (OutcomeKind.REFUSED, 550, "5.1.1 no such user here") if now >= since else None
        luck -= _GONE
        if luck < _FULL:
            is_full = since <= now < since + timedelta(days=12)
            return (OutcomeKind.REFUSED, 552, "5.2.2 the mailbox is full") if is_full else None
        luck -= _FULL
        if luck < _GREYLISTING + _SLOW:
            tries = 1 if luck < _GREYLISTING else _SLOW_TRIES
            return self._not_before(message, tries, "4.7.1 greylisted, please try again")
        return None

    def _of_mail(self, message: Message) -> tuple[OutcomeKind, int | None, str]:
        """What happens to a mail by chance."""
        luck = self._luck(message.rcpt_to, message.subject)
        if luck < _IN_DOUBT and not self._tries[_key(message)]:
            self._tries[_key(message)] += 1
            return OutcomeKind.IN_DOUBT, None, "the connection was lost after the final dot"
        if luck < _IN_DOUBT + _TEMPORARY:
            return self._not_before(message, 1, "4.3.2 the system is going down for a moment") or _ACCEPTED
        return _ACCEPTED

    def _not_before(self, message: Message, tries: int, text: str) -> tuple[OutcomeKind, int | None, str] | None:
        self._tries[_key(message)] += 1
        return (OutcomeKind.DEFERRED, 451, text) if self._tries[_key(message)] <= tries else None

    def _luck(self, *about: str) -> int:
        """A number from 0 to 9,999 that belongs to what is named."""
        digest = hashlib.sha256("\0".join((str(self._seed), *about)).encode()).digest()
        return int.from_bytes(digest[:8]) % 10_000


_ACCEPTED = (OutcomeKind.ACCEPTED, 250, "2.0.0 queued")


def _key(message: Message) -> str:
    return f"{message.rcpt_to}\0{message.subject}"
