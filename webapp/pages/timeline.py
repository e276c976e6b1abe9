"""One page of a mail history as a list of months: mails, what was promised, silences, and mails of other systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import groupby

from preferences.calendar import first_instant, local_date
from preferences.delivery import State
from preferences.expectation import Arrives
from preferences.links import Purpose
from preferences.promise import clauses
from preferences.silence import Promised, Silence, silences
from preferences.store.mail_history import HistoryEntry, HistoryPage
from preferences.store.promised import (
    Left,
    MailElsewhere,
    left_between,
    mails_elsewhere,
    promised_between,
    written_between,
)
from preferences.store.topics import TopicRow
from preferences.store.transactions import Transaction
from preferences.wording import Leaves, date_in_words, decision_in_words, how_often, plain, sentence, why_line
from webapp.language import _, language, ngettext
from webapp.pages.access import Visit, sibling
from webapp.pages.words import month_in_words, when
from webapp.site import Site

# A silence is as long as the longest period that a cadence can have.
_LONGEST_SILENCE = timedelta(days=740)
_DAY = timedelta(days=1)
_HAD = frozenset({State.ACCEPTED, State.CAME_ALONG, State.IN_DIGEST, State.IN_DOUBT})


class Kind(StrEnum):
    """What a line is about, which decides how it looks."""

    MAIL = "mail"
    PROMISE = "promise"
    SILENCE = "silence"
    LEFT = "left"
    ELSEWHERE = "elsewhere"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. The tokens lead to the web version of a mail, and to its own story; None where there is none."""

    kind: Kind
    at: datetime
    when: str
    said: str
    title: str = ""
    topic: str = ""
    is_had: bool = False
    read_token: str | None = None
    story_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The lines of one month by the reader's clock, newest first."""

    name: str
    lines: list[Line] = field(default_factory=list)


class Timeline:
    """Lines in the words of this answer, for one reader in their zone."""

    def __init__(self, site: Site, seen: Visit, there: Sequence[TopicRow], zone: tzinfo) -> None:
        self.zone = zone
        self.names: Mapping[int, str] = {topic.id: topic.name for topic in there}
        self._site = site
        self._seen = seen

    def months(self, connection: Transaction, page: HistoryPage) -> list[Month]:
        """Everything that belongs between the ends of a page, newest first."""
        publication, person = self._seen.publication.id, self._seen.person.id
        span = (page.since, page.until)
        promised = promised_between(connection, publication, person, *span)
        lines = [self.mail(entry) for entry in page.entries]
        lines += [self._promise(one) for one in promised if page.since is None or one.since >= page.since]
        lines += [self._left(one) for one in left_between(connection, publication, person, *span)]
        lines += [self.elsewhere(one) for one in mails_elsewhere(connection, publication, person, *span)]
        lines += [self._silence(one) for one in self._silences(connection, promised, page)]
        lines.sort(key=lambda line: line.at, reverse=True)
        by_month = groupby(lines, key=lambda line: local_date(self.zone, line.at).replace(day=1))
        return [Month(name=month_in_words(first), lines=list(of_month)) for first, of_month in by_month]

    def _silences(self, connection: Transaction, promised: list[Promised], page: HistoryPage) -> list[Silence]:
        if not promised:
            return []
        until = self._seen.now if page.until is None else page.until
        since = min(one.since for one in promised) if page.since is None else page.since
        came = written_between(
            connection, self._seen.publication.id, self._seen.person.id, since - _LONGEST_SILENCE, until + _DAY
        )
        # What belongs to the day on which the page is cut stands on this page or on the next, never on both.
        last = local_date(self.zone, until) + (_DAY if page.until is None else timedelta())
        on_dates = [(topic, local_date(self.zone, at)) for topic, at in came]
        return silences(promised, on_dates, local_date(self.zone, since), last)

    def mail(self, entry: HistoryEntry) -> Line:
        """A campaign or a digest, and what became of it."""
        is_readable = entry.rhythm is None or entry.holds > 0
        return Line(
            kind=Kind.MAIL,
            at=entry.scheduled_at,
            when=self.when(entry.scheduled_at),
            title=entry.title or _digest_title(entry.rhythm),
            topic=self.names.get(entry.topic_id or 0, ""),
            said=self._became(entry),
            is_had=entry.state in _HAD,
            read_token=sibling(self._site, self._seen, Purpose.READ, entry.delivery_id) if is_readable else None,
            story_token=sibling(self._site, self._seen, Purpose.PREFERENCES, entry.delivery_id),
        )

    def _became(self, entry: HistoryEntry) -> str:
        at = "" if entry.came_at is None else self.when(entry.came_at)
        match entry.state:
            case State.ACCEPTED if entry.rhythm is not None:
                said = ngettext("Sent {instant}, with one text.", "Sent {instant}, with {count} texts.", entry.holds)
                return said.format(instant=at, count=entry.holds)
            case State.ACCEPTED:
                return _("Sent {instant}. {why}").format(instant=at, why=self._why(entry))
            case State.IN_DIGEST:
                return _came_in(entry.carrier_rhythm).format(instant=at)
            case State.CAME_ALONG if entry.carrier_title:
                return _("Came along in “{mail}”, {instant}.").format(mail=entry.carrier_title, instant=at)
            case State.CAME_ALONG:
                return _came_along_in(entry.carrier_rhythm).format(instant=at)
            case State.IN_DOUBT:
                return _("Sent {instant}. Whether it arrived, nobody has confirmed.").format(instant=at)
            case _:
                return _underway().get(entry.state) or self._not_had(entry)

    def _not_had(self, entry: HistoryEntry) -> str:
        if entry.state is State.NOT_SENT and entry.rhythm is not None and not entry.holds:
            return _("No mail: what would have been in it went another way.")
        return self.decided(entry)

    def decided(self, entry: HistoryEntry) -> str:
        """The latest decision in words."""
        leaves = Leaves.ALONG if entry.rhythm is None else Leaves.DIGEST
        name = self.names.get(entry.topic_id or 0)
        told = decision_in_words(
            entry.decision, zone=self.zone, at=entry.decided_at, topic=name, leaves=leaves, language=language()
        )
        return told[:1].upper() + told[1:]

    def _why(self, entry: HistoryEntry) -> str:
        name = self.names.get(entry.topic_id or 0)
        return "" if name is None else why_line(name, language=language())

    def _promise(self, one: Promised) -> Line:
        said = sentence(clauses(one.terms, self.names, one.since), language(), plain)
        return Line(
            kind=Kind.PROMISE, at=one.since, when=self.when(one.since), title=_("The promise from here on"), said=said
        )

    def _left(self, one: Left) -> Line:
        return Line(kind=Kind.LEFT, at=one.at, when=self.when(one.at), said=self._left_in_words(one))

    def _left_in_words(self, one: Left) -> str:
        name = None if one.topic_id is None else self.names.get(one.topic_id)
        if name is None:
            said = _("You unsubscribed from everything, and took it back.")
            return said if one.was_undone else _("You unsubscribed from everything.")
        said = _("You unsubscribed from {topic}, and took it back.")
        return (said if one.was_undone else _("You unsubscribed from {topic}.")).format(topic=name)

    def elsewhere(self, one: MailElsewhere) -> Line:
        """A mail that another system sent, which may have broken a promise."""
        name = self.names.get(one.topic_id or 0)
        if one.is_broken:
            said = _(
                "A mail came that you had not asked for. It was sent by another system, which did not ask us first."
            )
        elif name is None:
            said = _("A mail came that another system sent.")
        else:
            said = _("A mail about {topic} came that another system sent.").format(topic=name)
        return Line(
            kind=Kind.BROKEN if one.is_broken else Kind.ELSEWHERE,
            at=one.at,
            when=self.when(one.at),
            topic=name or "",
            said=said,
        )

    def _silence(self, one: Silence) -> Line:
        said = _("From {first} to {last} nothing came about {topic}, which says it writes {often}.").format(
            first=self._date(one.since),
            last=self._date(one.until - _DAY),
            topic=self.names.get(one.topic, ""),
            often=how_often(one.cadence, language()),
        )
        at = min(first_instant(self.zone, one.until), self._seen.now).astimezone(UTC)
        return Line(kind=Kind.SILENCE, at=at - timedelta(microseconds=1), when="", title=_("Silence"), said=said)

    @property
    def now(self) -> datetime:
        """The instant at which it is looked at."""
        return self._seen.now

    def when(self, at: datetime) -> str:
        """An instant by the reader's clock."""
        return when(at, self.zone, self._seen.now, language())

    def _date(self, on: date) -> str:
        return date_in_words(on, local_date(self.zone, self._seen.now), language())


def _digest_title(rhythm: Arrives | None) -> str:
    match rhythm:
        case Arrives.DAILY:
            return _("Your mail of the day")
        case Arrives.MONTHLY:
            return _("Your mail of the month")
        case _:
            return _("Your mail of the week")


def _underway() -> dict[State, str]:
    return {
        State.REFUSED: _("Your mailbox did not take it."),
        State.HANDING_OVER: _("On its way to you."),
        State.DEFERRED: _("Your mailbox asked us to try again later."),
    }


def _came_in(rhythm: Arrives | None) -> str:
    match rhythm:
        case Arrives.DAILY:
            return _("Came in your mail of the day, {instant}.")
        case Arrives.MONTHLY:
            return _("Came in your mail of the month, {instant}.")
        case _:
            return _("Came in your mail of the week, {instant}.")


def _came_along_in(rhythm: Arrives | None) -> str:
    match rhythm:
        case Arrives.DAILY:
            return _("Came along in your mail of the day, {instant}.")
        case Arrives.MONTHLY:
            return _("Came along in your mail of the month, {instant}.")
        case _:
            return _("Came along in your mail of the week, {instant}.")
