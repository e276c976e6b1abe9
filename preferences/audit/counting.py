"""Invariant 2: every cap that binds a mail, given what was recorded by then; and that what left was counted at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from preferences.audit.ledger import RHYTHMS, Cap, Counted, Expectation, Publication
from preferences.audit.mails import Mail
from preferences.audit.terms import rhythm_cap, topic_caps, total_caps
from preferences.audit.windows import PERIOD_NAMES, overfull

# No window is longer than a leap year; a few days more for zones.
_LONGEST = timedelta(days=370)


def miscounted(publication: Publication, mail: Mail) -> Iterator[str]:
    """What is wrong with how a hand-over counts.

    It counts from its commit, once in total unless it is a notice, and as long as it may have arrived.
    """
    outcome = "under way" if mail.attempt is None or mail.attempt.outcome is None else mail.attempt.outcome
    if mail.stands and not all(row.uncounted_at is None for row in mail.rows):
        yield f"its hand-over is {outcome}, but it counts no longer"
    elif mail.stands and not mail.rows:
        yield f"its hand-over is {outcome}, but it was never counted"
    elif mail.stands:
        is_notice = any(publication.topics[topic].is_notice for topic in mail.charged)
        times = sum(1 for row in mail.rows if row.in_total)
        if times != (0 if is_notice else 1):
            yield f"counted {times} times in total, instead of {'never' if is_notice else 'once'}"
    if any(row.counted_at != mail.at for row in mail.rows):
        yield "counted at another instant than that of its hand-over"


def full_caps(publication: Publication, mails: Sequence[Mail], mail: Mail, expectation: Expectation) -> Iterator[str]:
    """Every cap that bound this mail and had no room for it, one reason each."""
    recent = (other for other in mails if other is not mail and mail.at - other.at < _LONGEST)
    before = [rows for other in recent if (rows := _rows_before(other, mail))]
    is_notice = any(publication.topics[topic].is_notice for topic in mail.charged)
    if not is_notice:
        yield from _full(total_caps(expectation), _instants(before, _in_total), expectation, mail)
    if mail.rhythm in RHYTHMS:
        counted = _instants(before, _as_digest(mail.rhythm))
        yield from _full([rhythm_cap(mail.rhythm)], counted, expectation, mail)
    else:
        for topic in mail.charged:
            counted = _instants(before, _charged_to(topic))
            yield from _full(_caps_of(publication, expectation, mail, topic), counted, expectation, mail)
    for topic in dict.fromkeys(mail.along):
        counted = _instants(before, _about(topic))
        for why in _full(_caps_of(publication, expectation, mail, topic), counted, expectation, mail):
            yield f"what came along: {why}"


def _rows_before(other: Mail, mail: Mail) -> list[Counted]:
    """The rows of another mail that were recorded before this one, and that counted when it was handed over.

    What was un-counted at the very instant was so in the same transaction, which records results before it decides.
    """
    first = mail.rows[0].id
    return [row for row in other.rows if row.id < first and (row.uncounted_at is None or row.uncounted_at > mail.at)]


_Counts = Callable[[Counted], bool]


def _in_total(row: Counted) -> bool:
    return row.in_total


def _as_digest(rhythm: str) -> _Counts:
    return lambda row: row.in_total and row.rhythm == rhythm


def _charged_to(topic: int) -> _Counts:
    return lambda row: row.topic == topic and not row.along


def _about(topic: int) -> _Counts:
    """What came along counts for its topic only against what else would come along."""
    return lambda row: row.topic == topic


def _instants(mails: Iterable[Sequence[Counted]], counts: _Counts) -> list[datetime]:
    """The instants of the mails that have a row that counts here; a mail counts once."""
    found = (next((row for row in rows if counts(row)), None) for rows in mails)
    return [row.counted_at for row in found if row is not None]


def _caps_of(publication: Publication, expectation: Expectation, mail: Mail, topic: int) -> list[Cap]:
    choice = expectation.choices.get(topic)
    return [] if choice is None else list(topic_caps(publication, choice, mail.at, mail.sent))


def _full(caps: Iterable[Cap], counted: Sequence[datetime], expectation: Expectation, mail: Mail) -> Iterator[str]:
    for cap in caps:
        found = overfull(cap, counted, expectation.zone, mail.at)
        if found is not None:
            said = f"{cap.whose}, at most {cap.count} {PERIOD_NAMES[cap.per]}"
            yield f"{said}: this was number {found.held} of at most {found.most} {found.window}"
