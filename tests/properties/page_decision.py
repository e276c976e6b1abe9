"""The fourteen rules and waiting, read off their wording: which answer the law has to give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from preferences.campaign import Candidate
from preferences.expectation import Standing
from tests.properties.page import DAY, HOUR, LONGEST, Reader, allows
from tests.properties.page_digest import slots

DIGESTS = ("daily", "weekly", "monthly")


@dataclass(frozen=True)
class Answer:
    """Outcome and reason, and for a wait the earliest instant; expiry as it stands afterwards.

    `held` is the reason of the cap, pause or next mail that held it, also where it would expire before.
    """

    outcome: str
    reason: str
    topic: int | None
    expires_at: datetime | None
    opens_at: datetime | None = None
    held: str = ""
    carrier: int | None = None


def charged(reader: Reader, topics: tuple[int, ...]) -> tuple[int, str] | None:
    """The first expected as each, else the first in a digest, else the first on the web."""
    expected = [(topic, str(choice.arrives)) for topic in topics if (choice := reader.choice(topic)) is not None]
    for ways in (("each",), DIGESTS, ("web",)):
        for topic, way in expected:
            if way in ways:
                return topic, way
    return None


def ended(standing: Standing, now: datetime) -> str | None:
    """Rules 1 to 3."""
    if standing.suppressed is not None:
        return f"suppressed_{standing.suppressed}"
    if not standing.confirmed:
        return "unconfirmed"
    if standing.consent_ends_at is not None and not now < standing.consent_ends_at:
        return "consent_expired"
    return "unsubscribed" if standing.unsubscribed else None


@dataclass(frozen=True)
class Asking:
    """One question, as the wording puts it."""

    reader: Reader
    standing: Standing
    candidate: Candidate
    now: datetime

    def answer(self) -> Answer:
        found = charged(self.reader, self.candidate.topics)
        topic, way = found if found is not None else (None, None)
        none = Answer("", "", topic, self.candidate.expires_at)
        if way in DIGESTS and self.candidate.expiry != "marketer":
            none = replace(none, expires_at=None)  # a digest item has none, unless the marketer set one
        if (why := ended(self.standing, self.now)) is not None:
            return replace(none, outcome="not_sent", reason=why)
        if self.candidate.campaign in self.reader.had:
            return replace(none, outcome="not_sent", reason="duplicate")
        if topic is None:
            return replace(none, outcome="not_sent", reason="off_topic")
        if none.expires_at is not None and none.expires_at < self.now:
            return replace(none, outcome="not_sent", reason="expired")
        if way == "web":
            return replace(none, outcome="web", reason="web_only")
        if way in DIGESTS:
            return self._digest(str(way), none)
        return self._each(topic, none)

    def _digest(self, rhythm: str, none: Answer) -> Answer:
        """An item of the next slot, unless its marketer wants it gone before; other systems cannot use digests."""
        if self.candidate.origin == "other_system":
            return replace(none, outcome="not_sent", reason=f"digest_{rhythm}")
        slot_at = next(at for _, at in slots(self.reader, rhythm, self.now))
        if none.expires_at is not None and slot_at > none.expires_at:
            return replace(none, outcome="not_sent", reason="would_expire", opens_at=slot_at)
        return replace(none, outcome="digest", reason=f"digest_{rhythm}", opens_at=slot_at)

    def _each(self, topic: int, none: Answer) -> Answer:
        reader, now, notice = self.reader, self.now, self.is_notice(topic)
        if reader.is_paused(now):
            return self._by_overflow(topic, replace(none, reason="paused"))
        if not reader.topic_is_open(topic, now):
            if notice:
                return replace(none, outcome="not_sent", reason="topic_cap", held="topic_cap")
            return self._by_overflow(topic, replace(none, reason="topic_cap"))
        if not notice and not reader.total_is_open(now):
            return self._by_overflow(topic, replace(none, reason="total_cap"))
        if self.gives_way(topic) and (self.candidate.coming_at is not None or not self.is_own_time(now)):
            return self._by_overflow(topic, replace(none, reason="next_mail"))
        if not reader.is_day(now):
            return self._wait(topic, replace(none, reason="quiet_day"))
        if not reader.is_hour(now):
            return self._wait(topic, replace(none, reason="quiet_hours"))
        return replace(none, outcome="send", reason="expected")

    def is_notice(self, topic: int) -> bool:
        return self.reader.cadences[topic].notice

    def gives_way(self, topic: int) -> bool:
        """Whether it has waited, and is neither a notice nor what another system sends."""
        return self.candidate.has_waited and self.candidate.origin == "troth" and not self.is_notice(topic)

    def is_own_time(self, at: datetime) -> bool:
        own = self.reader.own_time(self.candidate.scheduled_at)
        return at.astimezone(self.reader.zone).time() >= own

    def _by_overflow(self, topic: int, held: Answer) -> Answer:
        held = replace(held, held=held.reason)
        if self.reader.asked.overflow == "leave_out":
            return replace(held, outcome="not_sent")
        return self._wait(topic, held)

    def _wait(self, topic: int, held: Answer) -> Answer:
        if held.reason.endswith("_cap"):
            held = replace(held, expires_at=self._extended(topic))
        opens_at = self.opens_at(topic)
        if held.expires_at is not None and opens_at > held.expires_at:
            return replace(held, outcome="not_sent", reason="would_expire", opens_at=opens_at)
        return replace(held, outcome="wait", opens_at=opens_at)

    def _extended(self, topic: int) -> datetime | None:
        """The first time a cap holds it: the longest period among the full caps and one day, if that is later."""
        candidate, reader = self.candidate, self.reader
        if candidate.expires_at is None or candidate.expiry != "default":
            return candidate.expires_at
        bounds = [(bound, reader.charged_to(topic)) for bound in reader.topic_caps(topic)]
        if not self.is_notice(topic):
            bounds += [(bound, reader.in_total()) for bound in reader.total_caps()]
        full = [bound for bound, counted in bounds if not allows(bound, counted, self.now, reader.zone)]
        longest = max(LONGEST[bound.cap.per] for bound in full)
        return max(candidate.expires_at, candidate.scheduled_at + timedelta(days=longest + 1))

    def opens_at(self, topic: int) -> datetime:
        """The earliest instant that satisfies all rules; where a mail is coming, that mail's, or when to look again."""
        waited, coming_at = self.gives_way(topic), self.candidate.coming_at
        if not waited or coming_at is None:
            return self.first(lambda at: self.is_legal(topic, at) and (not waited or self.is_own_time(at)))
        free = self.first(lambda at: self.is_legal(topic, at))
        if max(free, coming_at) > self.now:
            return max(free, coming_at)
        again_at = self.next_own_time()
        expires_at = self.candidate.expires_at
        return expires_at if expires_at is not None and self.now < expires_at < again_at else again_at

    def is_legal(self, topic: int, at: datetime) -> bool:
        """Rules 9, 10, 11 and 13 at another instant, with what was counted until now."""
        reader = self.reader
        quiet = reader.is_paused(at) or not reader.is_day(at) or not reader.is_hour(at)
        return not quiet and reader.topic_is_open(topic, at) and (self.is_notice(topic) or reader.total_is_open(at))

    def first(self, is_right: Callable[[datetime], bool]) -> datetime:
        own = self.reader.own_time(self.candidate.scheduled_at)
        return next(at for at in self._instants({own}) if is_right(at))

    def _instants(self, clocks: set[time]) -> Iterator[datetime]:
        """Now, then every boundary in order, with a grid of odd minutes over the first two days in between."""
        grid = [self.now + step * HOUR * 0.283 for step in range(1, 170)]
        for at in self.reader.boundaries(self.now, clocks, 900):
            while grid and grid[0] < at:
                yield grid.pop(0)
            yield at

    def next_own_time(self) -> datetime:
        """The first instant of the own time of day on a later occasion that pause, days and hours allow."""
        reader, own = self.reader, self.reader.own_time(self.candidate.scheduled_at)
        on = self.now.astimezone(reader.zone).date()
        while True:
            at = reader.reached(on, own)
            quiet = reader.is_paused(at) or not reader.is_day(at) or not reader.is_hour(at)
            if at > self.now and not quiet:
                return at
            on += DAY
