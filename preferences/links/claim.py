"""What a link says, and what its holder may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum

LARGEST = 2**63

_WHOLE_HISTORY = timedelta(days=30)
_FRESH = timedelta(hours=1)
_UNDO = timedelta(minutes=30)
# Clocks of two machines may differ by as much; a link from further in the future was not issued by this clock.
_CLOCKS_APART = timedelta(seconds=30)


class Purpose(Enum):
    """What a link is for; the number stands in the token and is never used again for something else."""

    PREFERENCES = 1
    """The footer of a mail: the promise, and less."""
    UNSUBSCRIBE = 2
    """The footer of a mail: the page that stops it."""
    ONE_CLICK = 3
    """The List-Unsubscribe field of a mail, answered without a page (RFC 8058)."""
    CONFIRM = 4
    """The address of a request belongs to who made it."""
    FRESH = 5
    """Mailed to the subscriber on demand: everything, for an hour."""
    READ = 6
    """The web version of a mail."""
    MESSAGE = 7
    """Message-ID and return path: leads back to the delivery, and lets nobody do anything."""
    UNDO = 8
    """Takes back an unsubscribe, a change or an answer, for half an hour: given to who has just pressed the button."""
    MAILTO = 9
    """The mailto of List-Unsubscribe. Not the one of Message-ID, which whoever gets a reply can read."""
    TEST_ADDRESS = 10
    """An address that test mails may go to belongs to who typed it into the console."""
    PASS_ON = 11
    """For somebody else: signing up, brought by this reader, out of this delivery. It shows nothing of the reader."""
    FEED = 12
    """A reader's own feed of what they chose to read on the web; as old as the last time they made a new one."""
    NEW_ADDRESS = 13
    """An address that mail shall go to from now on belongs to who asked; `request` is the change of address."""
    OLD_ADDRESS = 14
    """Whoever reads the address so far agrees to the change; `request` is the change of address."""


# These travel in the local part of an address: short, and the same in upper and lower case.
IN_LOCAL_PART = frozenset({Purpose.MESSAGE, Purpose.MAILTO})
_MAIL_LINKS = frozenset({Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.ONE_CLICK, Purpose.READ})
# What these allow depends on their age.
AGEING = frozenset({Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.READ, Purpose.FRESH, Purpose.UNDO, Purpose.FEED})
# These confirm that somebody reads an address; of whom is still to be seen, or does not matter.
NAMING_A_REQUEST = frozenset({Purpose.CONFIRM, Purpose.TEST_ADDRESS, Purpose.NEW_ADDRESS, Purpose.OLD_ADDRESS})


class Right(StrEnum):
    """What the holder of a link may do."""

    IDENTIFY_DELIVERY = "identify_delivery"
    READ_MAIL = "read_mail"
    SEE_PROMISE = "see_promise"
    SEE_DELIVERY = "see_delivery"
    UNSUBSCRIBE = "unsubscribe"
    LESS = "less"
    VOTE = "vote"
    SEE_HISTORY = "see_history"
    UNDO = "undo"
    CONFIRM = "confirm"
    MORE = "more"
    SEE_ADDRESS = "see_address"
    EXPORT = "export"
    ERASE = "erase"


_OF_A_MAIL = frozenset(
    {Right.READ_MAIL, Right.SEE_PROMISE, Right.SEE_DELIVERY, Right.UNSUBSCRIBE, Right.LESS, Right.VOTE}
)
_EVERYTHING = frozenset(Right) - {Right.CONFIRM, Right.IDENTIFY_DELIVERY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a link says: numbers of rows, from 0 up to 2**63, and the second at which it was issued where that matters.

    `request` goes with CONFIRM and TEST_ADDRESS, and only there may `subscriber` be missing. `topics` keep their order.
    Raises ValueError for what no link could say.
    """

    purpose: Purpose
    publication: int
    subscriber: int | None = None
    delivery: int | None = None
    request: int | None = None
    topics: tuple[int, ...] = ()
    issued_at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "topics", tuple(self.topics))
        if self.issued_at is not None:
            object.__setattr__(self, "issued_at", _whole_second(self.issued_at))
        _check_number("publication", self.publication)
        for name in ("subscriber", "delivery", "request"):
            if getattr(self, name) is not None:
                _check_number(name, getattr(self, name))
        for topic in self.topics:
            _check_number("topic", topic)
        self._check_purpose()

    def _check_purpose(self) -> None:
        if len(set(self.topics)) != len(self.topics):
            raise ValueError("a link names a topic once")
        if (self.request is not None) != (self.purpose in NAMING_A_REQUEST):
            raise ValueError("a confirmation link, and no other, names a request")
        if self.subscriber is None and self.purpose not in NAMING_A_REQUEST:
            raise ValueError(f"a link for {self.purpose.name} names its subscriber")
        if self.purpose in AGEING and self.issued_at is None:
            raise ValueError(f"a link for {self.purpose.name} says when it was issued")
        if self.purpose in IN_LOCAL_PART and self.issued_at is not None:
            raise ValueError(f"a link for {self.purpose.name} has no room for when it was issued")


def _check_number(name: str, number: int) -> None:
    if type(number) is not int or not 0 <= number <= LARGEST:
        raise ValueError(f"{name} is a whole number from 0 to 2**63, not {number!r}")


def _whole_second(at: datetime) -> datetime:
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError(f"the issue of a link has no time zone: {at.isoformat()}")
    if at < _FIRST_SECOND:
        raise ValueError(f"a link is not issued before 1970: {at.isoformat()}")
    return at.astimezone(UTC).replace(microsecond=0)


_FIRST_SECOND = datetime(1970, 1, 1, tzinfo=UTC)


def rights_of(claim: Claim, now: datetime) -> frozenset[Right]:
    """What the holder of a link may do at `now` (aware); may be empty.

    Any link of a mail for ever: read that mail, see the promise and that delivery, less. For 30 days: the whole
    history. A fresh link for an hour, and the confirmation: everything. Undo: half an hour.
    """
    match claim.purpose:
        case Purpose.PREFERENCES | Purpose.UNSUBSCRIBE | Purpose.READ | Purpose.ONE_CLICK:
            return _OF_A_MAIL | ({Right.SEE_HISTORY} if _is_younger(claim, now, _WHOLE_HISTORY) else frozenset())
        case Purpose.FRESH:
            return _EVERYTHING if _is_younger(claim, now, _FRESH) else frozenset()
        case Purpose.CONFIRM:
            return _EVERYTHING | {Right.CONFIRM}
        case Purpose.UNDO:
            return frozenset({Right.UNDO, Right.SEE_PROMISE}) if _is_younger(claim, now, _UNDO) else frozenset()
        case Purpose.MAILTO:
            return frozenset({Right.UNSUBSCRIBE, Right.IDENTIFY_DELIVERY})
        case Purpose.MESSAGE:
            return frozenset({Right.IDENTIFY_DELIVERY})
        case Purpose.FEED:
            return frozenset({Right.READ_MAIL})
        case Purpose.TEST_ADDRESS | Purpose.PASS_ON | Purpose.NEW_ADDRESS | Purpose.OLD_ADDRESS:
            return frozenset()  # nothing of a subscriber's


def _is_younger(claim: Claim, now: datetime, age: timedelta) -> bool:
    if claim.issued_at is None:
        return False
    return claim.issued_at - _CLOCKS_APART <= now < claim.issued_at + age
