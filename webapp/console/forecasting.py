"""The forecast in words: how many now, how many within a week and with what, whose promise binds, and what it pushes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from preferences.cadence import Cadence, Cap, Whose
from preferences.calendar import local_date
from preferences.decision import Outcome
from preferences.expectation import Arrives
from preferences.links import Kind
from preferences.spread import NO_SPREAD
from preferences.store.campaigns import CampaignRow, campaign
from preferences.store.planning import Forecast, Outlook, forecast, outlook
from preferences.store.planning.outlook import Bound, Reach
from preferences.store.planning.witness import Mail
from preferences.store.schedules import planned_at
from preferences.wording import date_in_words
from webapp.console.desk import Desk
from webapp.console.words import REASONS, at_most, people

WEEK = timedelta(days=7)
_MAILS_NAMED = 4
RHYTHMS = {Arrives.DAILY: "daily", Arrives.WEEKLY: "weekly", Arrives.MONTHLY: "monthly"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a campaign is to begin: at an instant, `local_at` in each reader's own zone instead, spread over a span."""

    at: datetime
    local_at: datetime | None = None
    spread: timedelta = NO_SPREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The forecast of one campaign at one instant, as the page says it.

    `said` are sentences, the most important first; `binds` and `pushed_out` lines with how many readers, most first;
    `pushed_out` with the id of the campaign where it is one. `seen_until` is how far was looked, empty where the
    publication is too large for it. `parts` divide the audience for the bar, as the outcome's does.
    """

    forecast: Forecast
    parts: list[tuple[str, int]]
    said: list[str]
    binds: list[tuple[str, int]]
    pushed_out: list[tuple[str, str, int]]
    seen_until: str
    counts_on: list[tuple[str, str]]


def told(desk: Desk, row: CampaignRow, start: Start) -> Told:
    """What is said about scheduling a campaign so."""
    seen = forecast_of(desk, row, start)
    ahead = outlook_of(desk, row, start)
    words = _Words(desk, row, start)
    return Told(
        forecast=seen,
        said=words.said(seen, ahead),
        parts=_parts(seen, ahead),
        binds=_binds(seen, ahead),
        pushed_out=[] if ahead is None else words.pushed_out(ahead.pushed_out),
        seen_until="" if ahead is None else desk.when(ahead.until),
        counts_on=words.named(seen.counts_on),
    )


def forecast_of(desk: Desk, row: CampaignRow, start: Start) -> Forecast:
    """The forecast of a campaign that begins so."""
    at, local_at, spread = planned_for(desk, start), start.local_at, start.spread
    return forecast(desk.connection, desk.owner.id, row.id, at, desk.now, local_at=local_at, spread=spread)


def outlook_of(desk: Desk, row: CampaignRow, start: Start) -> Outlook | None:
    """What follows from it; None for a publication that is too large to be played through."""
    at, local_at, spread = planned_for(desk, start), start.local_at, start.spread
    return outlook(desk.connection, desk.owner.id, row.id, at, desk.now, local_at=local_at, spread=spread)


def planned_for(desk: Desk, start: Start) -> datetime:
    """When it would be planned: for a local time, when the first zone reaches it."""
    return start.at if start.local_at is None else planned_at(start.local_at, desk.owner, desk.now)


class _Words:
    """Says it about one campaign that begins in one way."""

    def __init__(self, desk: Desk, row: CampaignRow, start: Start) -> None:
        self._desk = desk
        self._row = row
        self._start = start
        self._starts_on = local_date(desk.zone, start.at)
        self._is_now = start.at <= desk.now and start.local_at is None

    def said(self, seen: Forecast, ahead: Outlook | None) -> list[str]:
        """The sentences."""
        if not seen.audience:
            return ["Nobody expects one of its topics yet, so nobody would get it."]
        at_once = seen.by_outcome[Outcome.SEND] if ahead is None else ahead.at_once
        gets = "gets" if at_once == 1 else "get"
        said = [
            f"{people(at_once)} of {seen.audience:,} {gets} it {self._then(seen)}.",
            self._within(at_once, seen, ahead),
        ]
        if ahead is None:
            said += self._roughly(seen)
        else:
            said += [*self._later(ahead.later), *self._rest(ahead)]
        on_web = seen.by_outcome[Outcome.WEB]
        if on_web:
            said.append(f"{people(on_web)} {'finds' if on_web == 1 else 'find'} it on the web, as they asked.")
        return said

    def _then(self, seen: Forecast) -> str:
        """When it leaves who is sent it: at one instant, or from one to another."""
        first, last = seen.sent_from, seen.sent_until
        if first is None or last is None or first == last:
            return "now" if self._is_now else "then"
        since = "now" if self._is_now else self._desk.when(first)
        whose = ", each by their own clock" if self._start.local_at is not None else ""
        zone = self._desk.zone
        is_same_day = local_date(zone, first) == local_date(zone, last)
        until = f"{last.astimezone(zone):%H:%M}" if is_same_day else self._desk.when(last)
        return f"between {since} and {until}{whose}"

    def _later(self, later: Mapping[Reach, int]) -> Iterable[str]:
        """ "61 later, with Tuesday's letter": mail by mail, what is alone and what is in digests each together."""
        alone, digests, mails = Counter[date](), Counter[date](), Counter[tuple[date, int]]()
        for reach, count in later.items():
            if reach.mail.rhythm is not None:
                digests[reach.on] += count
            elif reach.mail.campaign in (None, self._row.id):
                alone[reach.on] += count
            else:
                mails[reach.on, reach.mail.campaign] += count
        for (on, number), count in mails.most_common(_MAILS_NAMED):
            yield f"{count:,} later, with {self._possessive(on)} “{self._name(number)}”."
        others = mails.total() - sum(count for _, count in mails.most_common(_MAILS_NAMED))
        if others:
            yield f"{others:,} later, with other mails."
        if alone:
            yield f"{alone.total():,} later by itself, {self._between(alone)}."
        if digests:
            verb = "finds" if digests.total() == 1 else "find"
            yield f"{people(digests.total())} {verb} it in a digest, {self._between(digests)}."

    def _rest(self, ahead: Outlook) -> Iterable[str]:
        if ahead.open:
            until = date_in_words(local_date(self._desk.zone, ahead.until), self._today)
            yield f"{people(ahead.open)} {'waits' if ahead.open == 1 else 'wait'} longer than until {until}."
        if ahead.not_sent:
            yield f"{people(ahead.not_sent)} {'does' if ahead.not_sent == 1 else 'do'} not get it."

    def _roughly(self, seen: Forecast) -> Iterable[str]:
        """What planning alone knows, for a publication too large to play everybody through."""
        for outcome, verb in (
            (Outcome.WAIT, "later"),
            (Outcome.DIGEST, "in a digest"),
            (Outcome.NOT_SENT, "not at all"),
        ):
            if seen.by_outcome[outcome]:
                yield f"{people(seen.by_outcome[outcome])} {verb}."

    def _within(self, at_once: int, seen: Forecast, ahead: Outlook | None) -> str:
        ends = self._starts_on + WEEK
        if ahead is None:
            within = sum(count for on, count in seen.reach_by if on <= ends)
        else:
            within = at_once + sum(count for reach, count in ahead.later.items() if reach.on <= ends)
        return f"It reaches {people(within)} within a week."

    def pushed_out(self, mails: Mapping[Mail, int]) -> list[tuple[str, str, int]]:
        """Each campaign, and each day's digests of a rhythm."""
        lines = []
        for mail, count in mails.items():
            if mail.campaign is not None:
                lines.append((f"“{self._name(mail.campaign)}”", self._desk.id(Kind.CAMPAIGN, mail.campaign), count))
            elif mail.rhythm is not None and mail.slot_on is not None:
                on = date_in_words(mail.slot_on, self._today)
                lines.append((f"the {RHYTHMS[mail.rhythm]} digest of {on}", "", count))
        return lines

    def named(self, numbers: Iterable[int]) -> list[tuple[str, str]]:
        """The campaigns of these numbers: id and name."""
        return [(self._desk.id(Kind.CAMPAIGN, number), self._name(number)) for number in numbers]

    def _name(self, number: int) -> str:
        return campaign(self._desk.connection, self._desk.owner.id, number).values.name

    @property
    def _today(self) -> date:
        return local_date(self._desk.zone, self._desk.now)

    def _possessive(self, on: date) -> str:
        """A day that belongs to a mail: today's, Tuesday's, and further away its date."""
        if on == self._today:
            return "today’s"
        if on - self._today < WEEK:
            return f"{date_in_words(on, self._today).split()[0]}’s"
        return f"{date_in_words(on, self._today)}’s"

    def _between(self, days: Mapping[date, int]) -> str:
        first, last = (date_in_words(on, self._today) for on in (min(days), max(days)))
        return f"on {first}" if first == last else f"from {first} to {last}"


def _parts(seen: Forecast, ahead: Outlook | None) -> list[tuple[str, int]]:
    """Who gets it at once, on the web, later, and not at all."""
    at_once = seen.by_outcome[Outcome.SEND] if ahead is None else ahead.at_once
    on_web = seen.by_outcome[Outcome.WEB]
    never = seen.by_outcome[Outcome.NOT_SENT] if ahead is None else ahead.not_sent
    later = seen.audience - at_once - on_web - never
    return [("is-had", at_once), ("is-read", on_web), ("is-waiting", later), ("is-not", never)]


def _binds(seen: Forecast, ahead: Outlook | None) -> list[tuple[str, int]]:
    """Whose promise binds, in words that name the cap."""
    if ahead is None:
        counted = Counter({REASONS[why]: count for why, count in seen.by_reason.items() if why not in _FREE})
    else:
        counted = Counter()
        for bound, count in ahead.bound.items():
            counted[_bound_in_words(bound)] += count
    return counted.most_common()


_FREE = frozenset({"expected", "web_only"})


def _bound_in_words(bound: Bound) -> str:
    if bound.cap is None:
        return REASONS[bound.reason]
    return _WHOSE.get(bound.whose or Whose.TOTAL, "{often}").format(often=_often(bound.cap))


def _often(cap: Cap) -> str:
    return at_most(Cadence(id=0, at_most=cap))


_WHOSE = {
    Whose.TOTAL: "they asked for mail {often}, and have had that",
    Whose.OWN: "they asked for this topic {often}, and have had that",
    Whose.ACCEPTED: "they accepted this topic {often}, and have had that",
    Whose.CURRENT: "this topic writes {often}, and they have had that",
}
