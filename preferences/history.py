"""What was counted for one subscriber, and which campaigns they already have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from preferences.calendar import as_instant
from preferences.expectation import Arrives

Instants = tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedMail:
    """One counted mail: its instant, the topics it is charged to or contains, and the topics that came along.

    `rhythm` is set for a digest. A notice does not count in total. Mails reported by other systems look like campaigns.
    """

    at: datetime
    topics: frozenset[int]
    along: frozenset[int] = frozenset()
    rhythm: Arrives | None = None
    notice: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", as_instant(self.at, "the instant of a counted mail"))


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Counted instants by what they count for, newest first, and the campaigns already had.

    `charged` binds a topic's own next issue; `along` binds what would come along (what came along and what was
    charged); `digests` binds a rhythm; `total` everything but notices.
    """

    total: Instants = ()
    charged: Mapping[int, Instants] = field(default_factory=dict)
    along: Mapping[int, Instants] = field(default_factory=dict)
    digests: Mapping[Arrives, Instants] = field(default_factory=dict)
    had: frozenset[int] = frozenset()

    @classmethod
    def of(cls, mails: Iterable[CountedMail], had: Iterable[int] = ()) -> History:
        """The history in which these mails were counted, given in any order."""
        history = cls(had=frozenset(had))
        for mail in sorted(mails, key=lambda mail: mail.at):
            history = history.with_mail(mail)
        return history

    def with_mail(self, mail: CountedMail, had: Iterable[int] = ()) -> History:
        """This history and one more mail, counted at or after everything in it or in between."""
        charged, along, digests = dict(self.charged), dict(self.along), dict(self.digests)
        for topic in mail.topics:
            charged[topic] = _insert(charged.get(topic, ()), mail.at)
        for topic in mail.topics | mail.along:
            along[topic] = _insert(along.get(topic, ()), mail.at)
        if mail.rhythm is not None:
            digests[mail.rhythm] = _insert(digests.get(mail.rhythm, ()), mail.at)
        total = self.total if mail.notice else _insert(self.total, mail.at)
        return History(total=total, charged=charged, along=along, digests=digests, had=self.had.union(had))

    def with_charged(self, topic: int, at: datetime, *, in_total: bool) -> History:
        """This history and one more mail that is charged to one topic and carries nothing."""
        return History(
            total=_insert(self.total, at) if in_total else self.total,
            charged={**self.charged, topic: _insert(self.charged.get(topic, ()), at)},
            along={**self.along, topic: _insert(self.along.get(topic, ()), at)},
            digests=self.digests,
            had=self.had,
        )

    def with_along(self, topic: int, at: datetime, had: Iterable[int] = ()) -> History:
        """This history after something of `topic` came along in a mail that is counted already."""
        along = dict(self.along)
        along[topic] = _insert(along.get(topic, ()), at)
        return replace(self, along=along, had=self.had.union(had))


EMPTY_HISTORY = History()


def _insert(instants: Instants, at: datetime) -> Instants:
    if not instants or at >= instants[0]:
        return (at, *instants)
    return tuple(sorted((*instants, at), reverse=True))
