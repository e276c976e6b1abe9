"""Decisions in words: one line for every outcome and reason, for a reader's mail history or a marketer's screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from preferences.cadence import CalendarWindow, Weekday, Whose
from preferences.calendar import local_date
from preferences.decision import HELD, Decision, Evidence, Outcome, Reason
from preferences.languages import SOURCE_LANGUAGE
from preferences.wording.catalogue import Catalogue, DecisionWords, Leaves, ShownTo
from preferences.wording.dates import date_in_words, instant_in_words, on_days
from preferences.wording.languages import catalogue_of

__all__ = ["Leaves", "ShownTo", "decision_in_words"]


def decision_in_words(
    decision: Decision,
    *,
    zone: tzinfo,
    at: datetime,
    topic: str | None = None,
    leaves: Leaves = Leaves.ALONG,
    last_came_at: datetime | None = None,
    doubt: str | None = None,
    shown_to: ShownTo = ShownTo.SUBSCRIBER,
    language: str = "en",
) -> str:
    """One line: "waits: at most one mail a week, and one came on Tuesday 24 November; it comes along in your next mail".

    `zone` is the reader's, `at` the instant of the decision, `topic` the name of the charged topic. `leaves` says what
    becomes of what a cap or a pause holds. `last_came_at` is the newest counted instant in the evidence's window; where
    it is missing the window is named. `doubt` is what was in doubt. Plain text, no full stop; every combination of
    outcome and reason has a line. What a marketer is told is in English, as the console is.
    """
    if shown_to is ShownTo.MARKETER:
        language = SOURCE_LANGUAGE
    telling = _Telling(
        decision=decision,
        zone=zone,
        at=at,
        catalogue=catalogue_of(language),
        topic=topic or catalogue_of(language).caps.this_topic,
        leaves=leaves,
        last_came_at=last_came_at,
        doubt=doubt,
        shown_to=shown_to,
        language=language,
    )
    return telling.line()


@dataclass(slots=True, kw_only=True)
class _Telling:
    """One decision in one language, for one kind of reader; it notes whether it has said a time."""

    decision: Decision
    zone: tzinfo
    at: datetime
    catalogue: Catalogue
    topic: str
    leaves: Leaves
    last_came_at: datetime | None
    doubt: str | None
    shown_to: ShownTo
    language: str
    has_said_time: bool = False

    @property
    def words(self) -> DecisionWords:
        return self.catalogue.decisions if self.shown_to is ShownTo.SUBSCRIBER else self.catalogue.of_others

    def line(self) -> str:
        why = self.catalogue.clauses([*self._because(), *self._what_now()])
        line = self.words.outcome[self.decision.outcome].format(why=why)
        if self.shown_to is ShownTo.MARKETER and self.has_said_time:
            return self.words.zone.format(line=line, zone=self.zone)
        return line

    def _because(self) -> list[str]:
        """The full cap where there is one, and the reason unless the cap is all there is to it."""
        decision, evidence = self.decision, self.decision.evidence
        said = [] if evidence is None else [self._full_cap(evidence)]
        if evidence is None or decision.reason not in (Reason.TOPIC_CAP, Reason.TOTAL_CAP):
            said.append(self._reason())
        return said

    def _reason(self) -> str:
        local_day = Weekday(self.at.astimezone(self.zone).weekday())
        reason = self.words.reason[self.decision.reason].format(
            topic=self.topic, on_days=on_days([local_day], self.language)
        )
        if self.decision.reason is Reason.ANY_DOUBT and self.doubt:
            return self.words.in_doubt.format(reason=reason, doubt=self.doubt)
        return reason

    def _full_cap(self, evidence: Evidence) -> str:
        caps, cap = self.catalogue.caps, evidence.cap
        mails = caps.digests if evidence.whose is Whose.RHYTHM else caps.mails
        about = evidence.whose in (Whose.OWN, Whose.ACCEPTED, Whose.CURRENT)
        text = caps.at_most_about if about else caps.at_most
        said = text.format(mails=mails(cap.count).format(count=cap.count), per=caps.per[cap.per], topic=self.topic)
        return self.words.full.format(cap=said, came=self._came(evidence))

    def _came(self, evidence: Evidence) -> str:
        """How many came, and when: the last of them, or the window."""
        count, words = evidence.counted, self.words
        if self.last_came_at is not None:
            said = words.came_on if count == 1 else words.last_came_on
            return said(count).format(count=count, date=self._date(self.last_came_at))
        if evidence.calendar is None:
            said = words.came_on if count == 1 else words.came_since
            return said(count).format(count=count, date=self._date(evidence.since))
        return self._came_within(CalendarWindow(evidence.calendar), count, evidence.since)

    def _came_within(self, window: CalendarWindow, count: int, since: datetime) -> str:
        words, first = self.words, local_date(self.zone, since)
        match window:
            case CalendarWindow.DATE:
                return words.came_on(count).format(count=count, date=self._date(since))
            case CalendarWindow.MONTH:
                month = self.catalogue.calendar.in_months[first.month - 1]
                return words.came_in_month(count).format(count=count, month=month)
            case CalendarWindow.YEAR:
                return words.came_in_year(count).format(count=count, year=first.year)
            case CalendarWindow.QUARTER:
                return words.came_since(count).format(count=count, date=self._date(since))
            case _:
                return words.came_in_week(count).format(count=count, date=self._date(since))

    def _what_now(self) -> list[str]:
        """What becomes of it: nothing more to say of what is sent, on the web or not sent."""
        decision, opens_at = self.decision, self.decision.opens_at
        match decision.outcome:
            case Outcome.WAIT:
                return self._when_it_leaves()
            case Outcome.DIGEST:
                return [] if opens_at is None else [self.words.next_digest.format(instant=self._instant(opens_at))]
            case Outcome.SEND:
                return [] if decision.carrier is None else [self.words.carried]
            case Outcome.WEB | Outcome.NOT_SENT:
                return []

    def _when_it_leaves(self) -> list[str]:
        """What waits for days, hours or a person leaves by itself, once that is known; the rest as `leaves` says."""
        decision, opens_at = self.decision, self.decision.opens_at
        if decision.reason not in HELD or self.leaves is Leaves.ALONE:
            return [] if opens_at is None else [self.words.alone_at.format(instant=self._instant(opens_at))]
        if self.leaves is Leaves.DIGEST:
            return [self.words.digest]
        if decision.reason is Reason.PAUSED and opens_at is not None:
            return [self.words.not_before.format(instant=self._instant(opens_at))]
        return [self.words.along]

    def _date(self, instant: datetime) -> str:
        self.has_said_time = True
        return date_in_words(local_date(self.zone, instant), local_date(self.zone, self.at), self.language)

    def _instant(self, instant: datetime) -> str:
        self.has_said_time = True
        return instant_in_words(instant, self.zone, local_date(self.zone, self.at), self.language)
