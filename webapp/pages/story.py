"""Why am I getting this? The whole story of one mail: what was decided in order, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from preferences.decision import Outcome
from preferences.delivery import AttemptOutcome
from preferences.store.mail_history import HistoryEntry
from preferences.store.stories import Step, Tried, leaves_from, steps_of, tries_of
from preferences.store.transactions import Transaction
from preferences.wording import Leaves, decision_in_words
from webapp.language import _, language
from webapp.pages.timeline import Line, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One thing that happened, and when, by the reader's clock."""

    at: datetime
    when: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A mail with all that happened to it, oldest first."""

    line: Line
    chapters: list[Chapter]


def story_of(connection: Transaction, timeline: Timeline, entry: HistoryEntry) -> Story:
    """The story of one entry of a history."""
    decided = [_decided(timeline, entry, step) for step in steps_of(connection, entry.delivery_id)]
    tried = [_tried(timeline, one) for one in tries_of(connection, entry.decision.carrier or entry.delivery_id)]
    # What was decided again in the same words says nothing new; the first of them says since when.
    told = [next(same) for _words, same in groupby(decided, key=lambda chapter: chapter.said)]
    # What is decided at the instant of a hand-over led to it.
    coming = _coming(connection, timeline, entry)
    return Story(line=timeline.mail(entry), chapters=sorted([*told, *tried, *coming], key=lambda chapter: chapter.at))


def _coming(connection: Transaction, timeline: Timeline, entry: HistoryEntry) -> list[Chapter]:
    """When something that is to leave leaves at the earliest, where that is not now."""
    found = leaves_from(connection, entry.delivery_id, timeline.now)
    if found is None:
        return []
    said = _("It leaves at that moment at the earliest.")
    if found.is_slowed:
        said = _("It leaves at that moment at the earliest: until then your mailbox provider takes less mail from us.")
    return [Chapter(at=found.from_at, when=timeline.when(found.from_at), said=said)]


def _decided(timeline: Timeline, entry: HistoryEntry, step: Step) -> Chapter:
    leaves = Leaves.ALONG if entry.rhythm is None else Leaves.DIGEST
    told = decision_in_words(
        step.decision,
        zone=timeline.zone,
        at=step.at,
        topic=timeline.names.get(step.decision.topic or entry.topic_id or 0),
        leaves=leaves,
        language=language(),
    )
    said = told[:1].upper() + told[1:]
    if step.decision.outcome is Outcome.SEND and entry.rhythm is not None:
        said = _("Its time has come, and your promise allows it.")
    return Chapter(at=step.at, when=timeline.when(step.at), said=said)


def _tried(timeline: Timeline, one: Tried) -> Chapter:
    return Chapter(at=one.at, when=timeline.when(one.at), said=_came_of_it(one.outcome))


def _came_of_it(outcome: AttemptOutcome | None) -> str:
    match outcome:
        case None:
            return _("It is on its way to your mailbox.")
        case AttemptOutcome.ACCEPTED:
            return _("Your mailbox took it.")
        case AttemptOutcome.IN_DOUBT:
            return _("It was sent, and no answer came. It is not sent twice.")
        case AttemptOutcome.REFUSED:
            return _("Your mailbox did not take it.")
        case AttemptOutcome.DEFERRED:
            return _("Your mailbox asked us to try again later.")
        case AttemptOutcome.GIVEN_BACK:
            return _("It could not leave at that moment.")
