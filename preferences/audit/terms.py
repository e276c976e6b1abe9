"""What bound one mail at its instant: the expectation in force, the cadences, the standing, the last word on a topic.

Two things can carry the same instant, always where a clock stands still between two changes. Then what the decision
names says which came first, as long as it names something that was in force at that instant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from preferences.audit.ledger import (
    EACH,
    RHYTHMS,
    WEB,
    Cadence,
    Cap,
    Choice,
    Expectation,
    Publication,
    Sent,
    Standing,
    SubscriberLedger,
    Topic,
    Unsubscribe,
)


def in_force(ledger: SubscriberLedger, at: datetime, sent: Sent | None) -> Expectation | None:
    """The expectation in force at an instant; of those that meet in it, the one the decision names."""
    meeting = [one for one in ledger.expectations if one.since <= at and (one.until is None or at <= one.until)]
    for one in meeting:
        if sent is not None and one.id == sent.expectation:
            return one
    return next((one for one in reversed(meeting) if one.until is None or at < one.until), None)


def current_cadence(topic: Topic, at: datetime, sent: Sent | None) -> Cadence | None:
    """The version a topic stated at an instant; of several at that very instant, the one the decision names."""
    stated = [one for one in topic.cadences if one.stated_at <= at]
    if not stated:
        return None
    named = None if sent is None else sent.current.get(topic.id)
    for place, one in enumerate(stated):
        newer_are_of_this_instant = all(other.stated_at == at for other in stated[place + 1 :])
        if one.id == named and newer_are_of_this_instant:
            return one
    return stated[-1]


def topic_caps(publication: Publication, choice: Choice, at: datetime, sent: Sent | None) -> Iterator[Cap]:
    """The own cap, the accepted and the current cadence of one topic, as they bound at an instant."""
    topic = publication.topics[choice.topic]
    if choice.own is not None:
        yield Cap(whose=f"own cap for {topic.name}", count=choice.own[0], per=choice.own[1])
    accepted = next((one for one in topic.cadences if one.id == choice.accepted), None)
    for whose, cadence in (("accepted", accepted), ("current", current_cadence(topic, at, sent))):
        if cadence is not None:
            week_from = min(cadence.days) if cadence.days else None
            yield Cap(
                whose=f"{whose} cadence of {topic.name}", count=cadence.count, per=cadence.per, week_from=week_from
            )


def total_caps(expectation: Expectation) -> Iterator[Cap]:
    """The total, where there is one."""
    if expectation.total is not None:
        yield Cap(whose="total", count=expectation.total[0], per=expectation.total[1])


def rhythm_cap(rhythm: str) -> Cap:
    """A rhythm as a cap: one a day, week or month."""
    return Cap(whose=f"{rhythm} digest", count=1, per=RHYTHMS[rhythm])


def charged_choice(expectation: Expectation, topics: Sequence[int]) -> Choice | None:
    """The first of the topics expected as each message, else the first that comes in a digest, else on the web."""
    expected = [expectation.choices[topic] for topic in topics if topic in expectation.choices]
    for ways in ({EACH}, set(RHYTHMS), {WEB}):
        for choice in expected:
            if choice.arrives in ways:
                return choice
    return None


def standing_forbids(ledger: SubscriberLedger, at: datetime, sent: Sent | None) -> str | None:
    """Why nothing may be written to somebody at an instant, whatever was asked for; None where it may."""
    standing = standing_at(ledger, at, sent)
    if standing is None or not standing.confirmed:
        return "not confirmed"
    if standing.suppressed is not None:
        return f"the address is suppressed ({standing.suppressed})"
    if standing.unsubscribed:
        return "unsubscribed from everything"
    if standing.consent_ends_at is not None and standing.consent_ends_at <= at:
        return f"the consent had ended at {standing.consent_ends_at:%Y-%m-%d %H:%M} UTC"
    return None


def standing_at(ledger: SubscriberLedger, at: datetime, sent: Sent | None) -> Standing | None:
    """The standing at an instant; of those that meet in it, the one the decision names."""
    reached = [(since, standing) for since, standing in ledger.standings if since <= at]
    before = [standing for since, standing in reached if since < at][-1:]
    meeting = [*before, *(standing for since, standing in reached if since == at)]
    if sent is not None and sent.standing in meeting:
        return sent.standing
    return meeting[-1] if meeting else None


def last_word_was_leaving(
    ledger: SubscriberLedger, expectation: Expectation | None, topic: int, at: datetime
) -> Unsubscribe | None:
    """The unsubscribe that was the last word on a topic at an instant, None where it was not.

    `expectation` is the one in force then; without one nobody can have come back.
    """
    for leaving in reversed(ledger.unsubscribes):
        if leaving.topic not in (None, topic) or not _came_before(leaving, expectation, at):
            continue
        if leaving.undone_at is not None and leaving.undone_at <= at:
            continue
        if expectation is None or not _has_returned(ledger, leaving, expectation, topic):
            return leaving
    return None


def _came_before(leaving: Unsubscribe, expectation: Expectation | None, at: datetime) -> bool:
    """At the very instant of the mail, an expectation that ended with it says that the mail was earlier."""
    if leaving.occurred_at == at:
        return expectation is None or expectation.until != at
    return leaving.occurred_at < at


def _has_returned(ledger: SubscriberLedger, leaving: Unsubscribe, judged: Expectation, topic: int) -> bool:
    """Whether what was left is asked for anew by an expectation that began later, up to the one that is judged."""
    until_judged = ledger.expectations[: ledger.expectations.index(judged) + 1]
    left_at = next((place for place, one in enumerate(until_judged) if one.id == leaving.expectation), None)
    if left_at is None:
        return any(topic in one.choices for one in until_judged if one.since > leaving.occurred_at)
    after = until_judged[left_at + 1 :]
    if leaving.topic is None:
        return any(topic in one.choices for one in after)
    return any(
        topic not in one.choices and topic in following.choices
        for one, following in zip(until_judged[left_at:], after, strict=False)
    )
