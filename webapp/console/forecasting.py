"""The forecast in words: how many now, how many within a week and with what, whose promise binds, and what it pushes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from preferences.cadence import Cadence, Cap, Whose
from preferences.calendar import first_instant, local_date
from preferences.decision import Outcome
from preferences.expectation import Arrives
from preferences.links import Kind
from preferences.store.campaigns import CampaignRow, campaign
from preferences.store.planning import Forecast, Outlook, forecast, outlook, planned_instants
from preferences.store.planning.outlook import Bound, Reach
from preferences.store.planning.witness import Mail
from preferences.wording import date_in_words
from webapp.console.desk import Desk
from webapp.console.words import REASONS, at_most, people
from webapp.pages.words import when as when_in_words

WEEK = timedelta(days=7)
_MAILS_NAMED = 4
# How many of the next days are looked at for a better moment by itself; forecasting takes its time.
_DAYS_NEARBY = 3
RHYTHMS = {Arrives.DAILY: "daily", Arrives.WEEKLY: "weekly", Arrives.MONTHLY: "monthly"}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Another moment for it: how many would get it then at once."""

    at: datetime
    in_words: str
    at_once: int
    within: int


def told(desk: Desk, row: CampaignRow, at: datetime) -> Told:
    """What is said about scheduling a campaign at an instant."""
    seen = forecast(desk.connection, desk.owner.id, row.id, at, desk.now)
    ahead = _outlook(desk, row, at)
    words = _Words(desk, row, at)
    return Told(
        forecast=seen,
        said=words.said(seen, ahead),
        parts=_parts(seen, ahead),
        binds=_binds(seen, ahead),
        pushed_out=[] if ahead is None else words.pushed_out(ahead.pushed_out),
        seen_until="" if ahead is None else desk.when(ahead.until),
        counts_on=words.named(seen.counts_on),
    )


def _outlook(desk: Desk, row: CampaignRow, at: datetime) -> Outlook | None:
    return outlook(desk.connection, desk.owner.id, row.id, at, desk.now)


class _Words:
    """Says it about one campaign at one instant."""

    def __init__(self, desk: Desk, row: CampaignRow, at: datetime) -> None:
        self._desk = desk
        self._row = row
        self._starts_on = local_date(desk.zone, at)
        self._is_now = at <= desk.now

    def said(self, seen: Forecast, ahead: Outlook | None) -> list[str]:
        """The sentences."""
        if not seen.audience:
            return ["Nobody expects one of its topics yet, so nobody would get it."]
        at_once = seen.by_outcome[Outcome.SEND] if ahead is None else ahead.at_once
        gets = "gets" if at_once == 1 else "get"
        said = [
            f"{people(at_once)} of {seen.audience:,} {gets} it {'now' if self._is_now else 'then'}.",
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


def nearby(desk: Desk, row: CampaignRow, starts_at: datetime, days: int = _DAYS_NEARBY) -> list[Moment]:
    """The moment itself and the same hour on the days after; for right now, nine o'clock on the days after."""
    start = starts_at.astimezone(desk.zone)
    is_now = starts_at <= desk.now
    hour = start.time().replace(hour=9, minute=0, second=0, microsecond=0) if is_now else start.time()
    moments = [_moment(desk, row, starts_at, start.date())]
    for later in range(1, days + 1):
        at = first_instant(desk.zone, start.date() + timedelta(days=later), hour.replace(tzinfo=None))
        moments.append(_moment(desk, row, at, start.date()))
    return moments


def _moment(desk: Desk, row: CampaignRow, at: datetime, week_from: date) -> Moment:
    seen = forecast(desk.connection, desk.owner.id, row.id, at, desk.now)
    within = sum(count for on, count in seen.reach_by if on <= week_from + WEEK)
    said = "now" if at <= desk.now else when_in_words(at, desk.zone, desk.now, "en")
    at_once = seen.by_outcome[Outcome.SEND]
    # Planning does not see what leaves at the very same instant; who gets which of the two, only playing it tells.
    ahead = _outlook(desk, row, at) if at in planned_instants(desk.connection, desk.owner.id, row.id) else None
    return Moment(at=at, in_words=said, at_once=at_once if ahead is None else ahead.at_once, within=within)


def best_of(moments: list[Moment]) -> Moment | None:
    """The moment with the most readers at once, where that is another than the first; of several the earliest."""
    best = max(moments, key=lambda one: (one.at_once, -one.at.timestamp()))
    return best if best.at_once > moments[0].at_once else None
