"""Deciding everything due at once, a digest at its slot and coming along, read off the wording of the law."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from preferences.cadence import Cap, Period
from preferences.campaign import Candidate, DigestDue
from preferences.expectation import Standing
from preferences.history import CountedMail
from tests.properties.page import Bound, Reader, allows
from tests.properties.page_decision import DIGESTS, Answer, Asking, charged, ended
from tests.properties.page_digest import slots
from tests.properties.worlds import MOMENT

RHYTHM = {"daily": Period.DAY, "weekly": Period.WEEK, "monthly": Period.MONTH}
CAPS = ("topic_cap", "total_cap")


def digest_answer(reader: Reader, standing: Standing, due: DigestDue, now: datetime) -> Answer:
    """Sent at its slot; stopped by a cap or a pause until its next slot; late, it waits for days and hours."""
    none = Answer("not_sent", "", None, None)
    if (why := ended(standing, now)) is not None:
        return replace(none, reason=why)
    if all((choice := reader.choice(topic)) is None or choice.arrives != due.rhythm for topic in due.topics):
        return replace(none, reason="off_topic")
    next_at = next(at for _, at in slots(reader, due.rhythm, max(now, due.slot_at) + MOMENT))
    waits = replace(none, outcome="wait", opens_at=next_at)
    if reader.is_paused(now):
        return replace(waits, reason="paused", held="paused")
    rhythm = Bound.own(Cap(count=1, per=RHYTHM[due.rhythm]))
    came = [mail.at for mail in reader.mails if mail.rhythm == due.rhythm]
    if not allows(rhythm, came, now, reader.zone):
        return replace(waits, reason="topic_cap", held="topic_cap")
    if not reader.total_is_open(now):
        return replace(waits, reason="total_cap", held="total_cap")
    if not (reader.is_day(now) and reader.is_hour(now)):
        free = (at for at in reader.boundaries(now, (), 60) if reader.is_day(at) and reader.is_hour(at))
        opens_at = next(at for at in free if not reader.is_paused(at))
        return replace(waits, reason="quiet_hours" if reader.is_day(now) else "quiet_day", opens_at=opens_at)
    return replace(none, outcome="send", reason="expected")


@dataclass
class Together:
    """One transaction: what was counted in it, the carrier, and the rhythms whose digest was stopped in it."""

    before: Reader
    standing: Standing
    now: datetime
    mails: list[CountedMail] = field(default_factory=list)
    had: set[int] = field(default_factory=set)
    carrier: int | None = None
    in_mail: set[int] = field(default_factory=set)
    stopped: dict[str, bool] = field(default_factory=dict)

    @property
    def reader(self) -> Reader:
        counted = (*self.before.mails, *self.mails)
        return replace(self.before, mails=counted, had=self.before.had | self.had)

    def answers(self, due: list[Candidate | DigestDue], waiting: list[Candidate]) -> dict[tuple[bool, int], Answer]:
        """By kind and id: everything due, and of what waits that which comes along."""
        ranked = sorted(due, key=self.rank)
        first = [(subject, *self._first(subject)) for subject in ranked]
        found = {}
        for subject, answer, judged in first:
            found[isinstance(subject, DigestDue), subject.id] = self._second(judged, answer)
        for line in sorted(waiting, key=self.rank):
            if (along := self._along(line)) is not None:
                found[False, line.id] = along
        return found

    def rank(self, subject: Candidate | DigestDue) -> tuple[object, ...]:
        never = datetime.max.replace(tzinfo=UTC)
        if isinstance(subject, DigestDue):
            return (1, 0, False, 0.0, never, subject.slot_at, subject.id, 1)
        topic = charged(self.before, subject.topics)
        notice = topic is not None and self.before.cadences[topic[0]].notice
        expires_at = never if subject.expires_at is None else subject.expires_at
        order = (-subject.priority, subject.has_waited, -subject.relevance, expires_at)
        return (0 if notice else 1, *order, subject.scheduled_at, subject.id, 0)

    def _first(self, subject: Candidate | DigestDue) -> tuple[Answer, Candidate | DigestDue]:
        if isinstance(subject, DigestDue):
            answer = digest_answer(self.reader, self.standing, subject, self.now)
            if answer.outcome == "send":
                self._sent(subject.id, CountedMail(at=self.now, topics=subject.topics, rhythm=subject.rhythm))
            self.stopped[subject.rhythm] = bool(answer.held)
            return answer, subject
        if subject.has_waited and self.carrier is not None:
            subject = replace(subject, coming_at=self.now)
        answer = Asking(self.reader, self.standing, subject, self.now).answer()
        if answer.outcome == "send" and answer.topic is not None:
            notice = self.before.cadences[answer.topic].notice
            mail = CountedMail(at=self.now, topics=frozenset({answer.topic}), notice=notice)
            self.had.add(subject.campaign)
            self._sent(None if notice or subject.origin != "troth" else subject.id, mail)
        return answer, subject

    def _sent(self, carrier: int | None, mail: CountedMail) -> None:
        self.mails.append(mail)
        if self.carrier is None and carrier is not None:
            self.carrier = carrier
            self.in_mail = set(mail.topics)

    def _second(self, subject: Candidate | DigestDue, answer: Answer) -> Answer:
        if isinstance(subject, Candidate) and answer.held and (along := self._along(subject)) is not None:
            return along
        if answer.held not in CAPS:
            return answer
        if isinstance(subject, DigestDue):
            before = digest_answer(self.before, self.standing, subject, self.now)
        else:
            before = Asking(self.before, self.standing, subject, self.now).answer()
        return answer if before.held in CAPS else replace(answer, reason="ranked_lower")

    def _along(self, subject: Candidate) -> Answer | None:
        topic = charged(self.before, subject.topics)
        if self.carrier is None or topic is None or subject.origin != "troth":
            return None
        answer = Asking(self.reader, self.standing, subject, self.now).answer()
        if self.before.cadences[topic[0]].notice or answer.reason in ("duplicate", "expired", "web_only"):
            return None
        if ended(self.standing, self.now) is not None or not self._may_travel(subject, topic, answer):
            return None
        if topic[0] not in self.in_mail and not self._along_is_open(topic[0]):
            return None
        self.had.add(subject.campaign)
        if topic[0] not in self.in_mail:
            self.mails.append(self._line(topic[0]))
        self.in_mail.add(topic[0])
        kept = None if topic[1] in DIGESTS and subject.expiry != "marketer" else subject.expires_at
        return Answer("send", "expected", topic[0], kept, carrier=self.carrier)

    def _may_travel(self, subject: Candidate, topic: tuple[int, str], answer: Answer) -> bool:
        if topic[1] in DIGESTS:
            # What stands in a digest that is due shares its fate; what was stopped before travels until then.
            return self.stopped.get(topic[1], subject.digest_stopped)
        held = subject.has_waited or bool(answer.held)
        return self.before.asked.overflow == "come_along" and held

    def _along_is_open(self, topic: int) -> bool:
        counted = self.reader.carried(topic)
        return all(allows(bound, counted, self.now, self.reader.zone) for bound in self.reader.topic_caps(topic))

    def _line(self, topic: int) -> CountedMail:
        """What came along, as something that counts against what else would come along, and against nothing else."""
        return CountedMail(at=self.now, topics=frozenset(), along=frozenset({topic}), notice=True)
