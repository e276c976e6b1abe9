"""What the page of kept promises and its badge say, exactly as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup, escape

from preferences.calendar import local_date, zone_named
from preferences.errors import NotFound
from preferences.outcome import Reason
from preferences.store.kept import Audited, BrokenPromise, Kept, KeptPromises, KeptTopic
from preferences.store.publications import PublicationRow
from preferences.wording import at_most, date_in_words
from webapp.language import _, language, ngettext, number


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLine:
    """One topic as the page says it."""

    slug: str
    name: str
    promise: str
    said: str
    since: str
    is_broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenLine:
    """One broken promise as the page says it."""

    on: str
    said: str


class Days:
    """Dates in words, in the publication's zone."""

    def __init__(self, sender: PublicationRow, now: datetime) -> None:
        self._zone = zone_named(sender.zone)
        self._today = local_date(self._zone, now)

    def __call__(self, at: datetime) -> str:
        return date_in_words(local_date(self._zone, at), self._today, language())


def kept_for(kept: Kept) -> str:
    """How long, exactly as it is."""
    if kept.since is None:
        return _("Nothing was sent yet.")
    if kept.weeks == 0:
        return _("Kept for less than a week.")
    return ngettext("Kept for {count} week.", "Kept for {count} weeks.", kept.weeks).format(count=number(kept.weeks))


def broken_count(kept: Kept) -> str:
    """How many promises were ever broken."""
    return _("Broken: {count}.").format(count=number(kept.broken))


def topic_line(one: KeptTopic, day: Days) -> TopicLine:
    """One topic, with the day from which its weeks are counted, and why from then."""
    kept = one.kept
    since = ""
    if kept.since is not None and kept.since == kept.last_broken_at:
        since = _("Counted from {date}, when it was broken last.").format(date=day(kept.since))
    elif kept.since is not None and kept.since == one.stated_at:
        since = _("Counted from {date}, when this was promised.").format(date=day(kept.since))
    elif kept.since is not None:
        since = _("Counted from {date}, the first mail about it.").format(date=day(kept.since))
    return TopicLine(
        slug=one.topic.slug,
        name=one.topic.name,
        promise=at_most(one.topic.cadence, language()),
        said=f"{kept_for(kept)} {broken_count(kept)}" if kept.since is not None else kept_for(kept),
        since=since,
        is_broken=kept.broken > 0,
    )


def broken_lines(found: KeptPromises, day: Days) -> Iterator[BrokenLine]:
    """What happened, by day: mails that left within one day for one reason are one line."""
    names = {one.topic.id: one.topic.name for one in found.topics}
    days: dict[tuple[str, Reason, tuple[int, ...]], BrokenPromise] = {}
    for one in found.broken:
        key = (day(one.at), one.reason, one.topics)
        before = days.get(key)
        days[key] = one if before is None else replace(one, mails=before.mails + one.mails)
    for (on, _reason, _topics), one in days.items():
        about = ", ".join(names.get(topic, "?") for topic in one.topics)
        yield BrokenLine(on=on, said=_what_happened(one, about))


def _what_happened(one: BrokenPromise, about: str) -> Markup:
    """In one sentence, with how many mails it was."""
    pattern = _HAPPENED.get(one.reason, _not_allowed)(one.mails)
    return escape(pattern).format(count=number(one.mails), topics=Markup("<bdi>{}</bdi>").format(about))


def _not_asked_for(mails: int) -> str:
    return ngettext(
        "{count} mail about {topics} went to a reader who had not asked for it.",
        "{count} mails about {topics} went to readers who had not asked for them.",
        mails,
    )


def _one_more(mails: int) -> str:
    return ngettext(
        "{count} mail about {topics} was one more than was promised.",
        "{count} mails about {topics} were each one more than was promised.",
        mails,
    )


def _in_a_pause(mails: int) -> str:
    return ngettext(
        "{count} mail about {topics} came during a pause.",
        "{count} mails about {topics} came during a pause.",
        mails,
    )


def _at_a_quiet_time(mails: int) -> str:
    return ngettext(
        "{count} mail about {topics} came on a day or at an hour without mail.",
        "{count} mails about {topics} came on a day or at an hour without mail.",
        mails,
    )


def _not_agreed(mails: int) -> str:
    return ngettext(
        "{count} mail about {topics} went to a reader who had left or not agreed.",
        "{count} mails about {topics} went to readers who had left or not agreed.",
        mails,
    )


def _otherwise(mails: int) -> str:
    return ngettext(
        "{count} mail about {topics} came by itself to a reader who had chosen otherwise.",
        "{count} mails about {topics} came by themselves to readers who had chosen otherwise.",
        mails,
    )


def _not_allowed(mails: int) -> str:
    return ngettext(
        "{count} mail about {topics} was not allowed by what was promised.",
        "{count} mails about {topics} were not allowed by what was promised.",
        mails,
    )


_HAPPENED: Mapping[Reason, Callable[[int], str]] = {
    Reason.OFF_TOPIC: _not_asked_for,
    Reason.TOPIC_CAP: _one_more,
    Reason.TOTAL_CAP: _one_more,
    Reason.PAUSED: _in_a_pause,
    Reason.QUIET_DAY: _at_a_quiet_time,
    Reason.QUIET_HOURS: _at_a_quiet_time,
    Reason.UNSUBSCRIBED: _not_agreed,
    Reason.CONSENT_EXPIRED: _not_agreed,
    Reason.UNCONFIRMED: _not_agreed,
    Reason.WEB_ONLY: _otherwise,
    Reason.DIGEST_DAILY: _otherwise,
    Reason.DIGEST_WEEKLY: _otherwise,
    Reason.DIGEST_MONTHLY: _otherwise,
}


def audited_in_words(audited: Audited, day: Days) -> str:
    """What the last audit that was noted has found."""
    checked = ngettext(
        "On {date} every promise was computed anew from the ledger, over {count} mail.",
        "On {date} every promise was computed anew from the ledger, over {count} mails.",
        audited.mails,
    ).format(date=day(audited.at), count=number(audited.mails))
    if not audited.broken:
        return f"{checked} {_('Every one was kept.')}"
    broken = ngettext("{count} was broken.", "{count} were broken.", audited.broken).format(
        count=number(audited.broken)
    )
    return f"{checked} {broken}"


def badge_of(found: KeptPromises, slug: str | None) -> tuple[str, Kept]:
    """What is promised, and how it was kept: of one topic, or of the only one; else of all of them."""
    chosen = [one for one in found.topics if slug is None or one.topic.slug == slug]
    if slug is not None and not chosen:
        raise NotFound("there is no such topic")
    if len(chosen) == 1:
        one = chosen[0]
        kept = one.kept if slug is not None else found.whole
        return at_most(replace(one.topic.cadence, days=frozenset()), language()), kept
    return ngettext("{count} promise", "{count} promises", len(chosen)).format(count=len(chosen)), found.whole


def badge_words(kept: Kept) -> str:
    """What stands on the coloured side of the badge."""
    if kept.since is None:
        return _("nothing sent yet")
    weeks = ngettext("kept for {count} week", "kept for {count} weeks", kept.weeks).format(count=number(kept.weeks))
    if not kept.broken:
        return weeks
    return _("{weeks}, broken: {count}").format(weeks=weeks, count=number(kept.broken))


def width_of(text: str) -> int:
    """About as wide as the text is in 12 pixels of a sans-serif; the picture makes it fit exactly."""
    return sum(_WIDE.get(letter, 13 if ord(letter) > 0x2E80 else 7) for letter in text)


_WIDE = {**dict.fromkeys("ijl.,:;'|!", 3), **dict.fromkeys("frt ()-", 4), **dict.fromkeys("mwMW", 10)}
