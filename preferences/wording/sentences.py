"""The sentence: a promise in words. Different promises are never said alike; zones are not said, the page shows them.

The first line carries the total; what binds a topic beyond it has a line of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat

from preferences.cadence import EVERY_DAY, Cadence, Cap, Period, Weekday
from preferences.expectation import Arrives, Overflow
from preferences.promise import CapClause, DigestClause, Promise, TopicClause, TopicNamed
from preferences.wording.catalogue import Catalogue
from preferences.wording.dates import clock_in_words, date_in_words, on_days, time_in_words
from preferences.wording.languages import catalogue_of

# Part of the proof of consent: it grows whenever the same promise would be said in other words.
SENTENCE_VERSION = 1

_SHORTEST_MONTH = 28

Emphasis = Callable[[str], str]


def starred(name: str) -> str:
    """A topic's name as plain text emphasises it."""
    return f"*{name}*"


def plain(name: str) -> str:
    """A topic's name without emphasis."""
    return name


def sentence(promise: Promise, language: str = "en", emphasis: Emphasis = starred) -> str:
    """The promise in words, lines divided by line breaks. HTML gives an `emphasis` that escapes the name."""
    return "\n".join(sentence_lines(promise, language, emphasis))


def sentence_lines(promise: Promise, language: str = "en", emphasis: Emphasis = starred) -> tuple[str, ...]:
    """The lines of the sentence, never empty; the first carries the total, or what there is of a pause."""
    return tuple(_Saying(promise, language, emphasis).lines())


def how_often(cadence: Cadence, language: str = "en") -> str:
    """A cadence in words: "once a week, usually on Tuesdays"."""
    catalogue, most = catalogue_of(language), cadence.at_most
    caps = catalogue.caps
    often = [caps.often.format(times=caps.times(most.count).format(count=most.count), per=caps.per[most.per])]
    if cadence.days:
        often.append(caps.usually.format(on_days=on_days(cadence.days, language)))
    return catalogue.listed(often)


def at_most(cadence: Cadence, language: str = "en") -> str:
    """What a cadence promises, by itself: "At most one mail a week, usually on Tuesdays"."""
    catalogue, most = catalogue_of(language), cadence.at_most
    caps = catalogue.caps
    mails = caps.mails(most.count).format(count=most.count)
    said = [caps.at_most.format(mails=mails, per=caps.per[most.per])]
    if cadence.days:
        said.append(caps.usually.format(on_days=on_days(cadence.days, language)))
    text = catalogue.listed(said)
    return text[:1].upper() + text[1:]


class _Saying:
    """One promise in one language."""

    def __init__(self, promise: Promise, language: str, emphasis: Emphasis) -> None:
        self.promise = promise
        self.language = language
        self.emphasis = emphasis
        self.catalogue: Catalogue = catalogue_of(language)
        self.words = self.catalogue.promise

    def lines(self) -> Iterator[str]:
        mails = [*self._each(), *(self._digest(clause) for clause in self.promise.digests)]
        web = [self._web()] if self.promise.web else []
        notices_words = self.words.notices_besides if mails or web else self.words.notices
        notices = [notices_words.format(caps=self._notice_caps())] if self.promise.notices else []
        if mails:
            yield from self._after_pause(mails)
            yield from self._limits()
            yield from [*web, *notices]
        elif notices:
            yield from web
            yield from self._after_pause(notices)
            yield from self._limits()
        else:
            yield from web or [self.words.no_mail]

    def _after_pause(self, lines: Sequence[str]) -> Iterator[str]:
        pause = self.promise.pause
        if pause is None or pause.since is not None:
            yield from lines
            return
        until = date_in_words(pause.until, self.promise.said_on, self.language)
        yield self.words.after_pause.format(until=until, line=_small(lines[0]), Line=lines[0])
        yield from lines[1:]

    def _each(self) -> Iterator[str]:
        if self.promise.total is not None:
            yield " ".join([self._total(self.promise.total), *self._overflow()])
            yield from (
                self.words.topic_under_total.format(topic=self._name(clause.topic), often=self._often(clause))
                for clause in self.promise.each
                if clause.caps or clause.usual
            )
            return
        said = [
            self.words.topic.format(topic=self._name(clause.topic), often=self._often(clause))
            for clause in self.promise.each
        ]
        beside = [*self._overflow(), *self._nothing_else()]
        if len(said) == 1:
            yield " ".join([*said, *beside])
        else:
            yield from said
            yield from [" ".join(beside)] if beside else []

    def _total(self, total: Cap) -> str:
        caps = self.catalogue.caps
        mails, per = caps.mails(total.count).format(count=total.count), caps.per[total.per]
        topics = self.promise.in_total
        if len(topics) == 1:
            return self.words.total_one.format(mails=mails, per=per, topic=self._name(topics[0]))
        return self.words.total_many.format(mails=mails, per=per, topics=self.catalogue.listed(self._names(topics)))

    def _overflow(self) -> list[str]:
        """Coming along goes without saying where there is one topic only; leaving out never does."""
        overflow = self.promise.overflow
        if overflow is None or (overflow is Overflow.COME_ALONG and len(self.promise.in_total) == 1):
            return []
        return [self.words.overflow[overflow]]

    def _nothing_else(self) -> list[str]:
        alone = not self.promise.digests and not self.promise.notices
        return [self.words.nothing_else] if alone and self.promise.each else []

    def _often(self, clause: TopicClause) -> str:
        """How often a topic arrives: "once a week and at most twice a month, usually on Tuesdays"."""
        caps = self.catalogue.caps
        expected = min(clause.usual) if clause.usual else None
        in_order = sorted(clause.caps, key=lambda cap: cap.cap.per is Period.WEEK and cap.week_from is not expected)
        said = [
            caps.often.format(times=times(cap.cap.count).format(count=cap.cap.count), per=self._per(cap, expected))
            for times, cap in zip(chain([caps.times], repeat(caps.more_times)), in_order, strict=False)
        ]
        often = [self.catalogue.also(said)] if said else []
        if clause.usual:
            often.append(caps.usually.format(on_days=on_days(clause.usual, self.language)))
        return self.catalogue.listed(often)

    def _per(self, clause: CapClause, expected: Weekday | None) -> str:
        """The period; of a week also where it begins, unless the usual days say that it begins on `expected`."""
        caps = self.catalogue.caps
        if clause.cap.per is not Period.WEEK or clause.week_from is expected:
            return caps.per[clause.cap.per]
        if clause.week_from is None:
            return caps.any_week
        return caps.week_from.format(day=self.catalogue.calendar.counted_from[clause.week_from])

    def _digest(self, clause: DigestClause) -> str:
        day = ""
        if clause.rhythm is Arrives.WEEKLY and clause.weekday is not None:
            day = self.catalogue.calendar.habits[clause.weekday]
        elif clause.day is not None:
            day = self._day_of_month(clause.day)
        return self.words.digest[clause.rhythm].format(
            day=day,
            hour=clock_in_words(clause.hour, self.language),
            topics=self.catalogue.all_of(self._names(clause.topics)),
        )

    def _day_of_month(self, day: int) -> str:
        calendar = self.catalogue.calendar
        said = calendar.day_of_month.format(day=calendar.days_of_month[day - 1])
        if day > _SHORTEST_MONTH:
            said = self.words.monthly_last.format(day=said)
        return said if self.promise.days == EVERY_DAY else self.words.monthly_moves.format(day=said)

    def _limits(self) -> Iterator[str]:
        """Days and hours, and a pause that has not begun."""
        promise = self.promise
        when = [] if promise.days == EVERY_DAY else [on_days(promise.days, self.language)]
        if promise.hours is not None:
            since, until = (time_in_words(at, self.language) for at in (promise.hours.since, promise.hours.until))
            when.append(self.words.hours.format(since=since, until=until))
        if when:
            yield self.words.only_when.format(when=self.catalogue.listed(when))
        if promise.pause is not None and promise.pause.since is not None:
            dates = (
                date_in_words(on, promise.said_on, self.language) for on in (promise.pause.since, promise.pause.until)
            )
            yield self.words.pause_to_come.format(**dict(zip(("since", "until"), dates, strict=True)))

    def _web(self) -> str:
        topics = self._names(self.promise.web)
        return self.words.web(len(topics)).format(topics=self.catalogue.all_of(topics))

    def _notice_caps(self) -> str:
        """The caps of what cannot wait; several such topics are named, one goes without a name."""
        notices = self.promise.notices
        caps = [self._number(clause) for clause in notices]
        if len(notices) > 1:
            caps = [
                self.words.notice_named.format(topic=self._name(clause.topic), caps=said)
                for clause, said in zip(notices, caps, strict=True)
            ]
        return self.catalogue.listed(caps)

    def _number(self, clause: TopicClause) -> str:
        caps = self.catalogue.caps
        return self.catalogue.also(
            [caps.at_most_number.format(number=cap.cap.count, per=self._per(cap, None)) for cap in clause.caps]
        )

    def _name(self, topic: TopicNamed) -> str:
        return self.emphasis(topic.name)

    def _names(self, topics: Sequence[TopicNamed]) -> list[str]:
        return [self._name(topic) for topic in topics]


def _small(text: str) -> str:
    """The same within a sentence."""
    return text[:1].lower() + text[1:]
