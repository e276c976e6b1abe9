"""What a decision was made from, and deciding again from it. How it is written down stands in `basis_record`,
and how it is read in `basis_reading`.

Held are the ids of expectation and cadences (which never change) and everything else as it was. Of the counted
instants only those are held that can be in a window with the instant of the decision: no rule asks for others.
"""

from __future__ import annotations

from datetime import datetime

from preferences.along import decide_along
from preferences.basis_reading import from_json
from preferences.basis_record import Basis, Counted, to_json
from preferences.calendar import zone_data_version
from preferences.campaign import Candidate, DigestDue
from preferences.case import charged_topic
from preferences.decision import RULES_VERSION, Decision, decide
from preferences.digest_due import decide_digest
from preferences.expectation import Standing, Terms, TopicTerms
from preferences.history import EMPTY_HISTORY, History, Instants
from preferences.ranking import Verdict, rank_lower
from preferences.reach import Reach, reach_of

__all__ = [
    "Basis",
    "Counted",
    "OtherVersion",
    "basis_of",
    "basis_of_verdict",
    "cadences_named",
    "counted_for",
    "decide_again",
    "from_json",
    "to_json",
]


class OtherVersion(ValueError):
    """A basis from other rules or other zone data: this program cannot make that decision again."""


def basis_of(
    terms: Terms,
    history: History,
    subject: Candidate | DigestDue,
    standing: Standing,
    now: datetime,
    *,
    before: History | None = None,
    carrier: int | None = None,
    in_mail: frozenset[int] = frozenset(),
    rules: int = RULES_VERSION,
    zone_data: str | None = None,
) -> Basis:
    """What the decision about `subject` from these arguments is made from; `carrier` and `in_mail` for coming along.

    `before` is the history at the beginning of the transaction where that is another one.
    """
    charged = None if isinstance(subject, DigestDue) else charged_topic(terms, subject.topics)
    return Basis(
        rules=rules,
        zone_data=zone_data_version() if zone_data is None else zone_data,
        now=now,
        expectation=terms.expectation.id,
        cadences=cadences_named(terms, subject),
        standing=standing,
        subject=subject,
        counted=_counted(terms, history, subject, now),
        had=isinstance(subject, Candidate) and subject.campaign in history.had,
        before=None if before is None or before is history else _counted(terms, before, subject, now),
        carrier=carrier,
        in_mail=charged is not None and charged.topic in in_mail,
    )


def basis_of_verdict(terms: Terms, standing: Standing, verdict: Verdict, now: datetime) -> Basis:
    """What one of the decisions of `decide_together` was made from."""
    return basis_of(
        terms,
        verdict.history,
        verdict.subject,
        standing,
        now,
        before=verdict.before,
        carrier=verdict.decision.carrier,
        in_mail=verdict.in_mail,
    )


def cadences_named(terms: Terms, subject: Candidate | DigestDue) -> tuple[tuple[int, int, int], ...]:
    """The `(topic, accepted, current)` ids of a subject's topics that are expected, by topic."""
    expected = (terms.topics[topic] for topic in sorted(set(subject.topics)) if topic in terms.topics)
    return tuple((one.topic, one.cadences.accepted.id, one.cadences.current.id) for one in expected)


def _counted(terms: Terms, history: History, subject: Candidate | DigestDue, now: datetime) -> Counted:
    if isinstance(subject, DigestDue):
        total = _binding(terms.total_reach, history.total, now)
        of_rhythm = reach_of(terms.rhythm_caps[subject.rhythm][:1])
        rhythm = _binding(of_rhythm, history.digests.get(subject.rhythm, ()), now)
        return Counted(total=total, rhythm=rhythm)
    charged = charged_topic(terms, subject.topics)
    return Counted() if charged is None else counted_for(terms, charged, history, now)


def counted_for(terms: Terms, charged: TopicTerms, history: History, now: datetime) -> Counted:
    """The counted instants that can bind what is charged to a topic."""
    counted, along = history.charged.get(charged.topic, ()), history.along.get(charged.topic, ())
    binding = _binding(charged.reach, counted, now)
    return Counted(
        total=_binding(terms.total_reach, history.total, now),
        charged=binding,
        # Mostly nothing came along.
        along=binding if along == counted else _binding(charged.reach, along, now),
    )


def _binding(reach: Reach, instants: Instants, now: datetime) -> Instants:
    """The newest instants, as many as the largest of the caps asks for, that no window has left behind."""
    newest = instants[: reach.longest_count]
    if not newest or now - newest[-1] <= reach.longest:
        return newest
    return tuple([at for at in newest if now - at <= reach.longest])


def decide_again(basis: Basis, terms: Terms) -> Decision:
    """The decision that was made from this basis, under the same terms.

    Raises `OtherVersion` for another version of rules or zone data, ValueError for terms that are not those named and
    for a coming along that no rule allows: whoever checks reports it as a decision that cannot be made again.
    """
    _check_versions(basis)
    _check_terms(basis, terms)
    history = _history(basis, basis.counted, terms)
    subject, standing, now = basis.subject, basis.standing, basis.now
    if isinstance(subject, DigestDue):
        decision = decide_digest(standing, terms, history, subject, now)
    elif basis.carrier is not None:
        return _along_again(basis, subject, terms, history)
    else:
        decision = decide(standing, terms, history, subject, now)
    if basis.before is None:
        return decision
    return rank_lower(standing, terms, _history(basis, basis.before, terms), subject, decision, now)


def _along_again(basis: Basis, subject: Candidate, terms: Terms, history: History) -> Decision:
    charged = charged_topic(terms, subject.topics)
    in_mail = frozenset({charged.topic}) if charged is not None and basis.in_mail else frozenset[int]()
    carrier = basis.carrier or 0
    decision = decide_along(basis.standing, terms, history, subject, basis.now, carrier, in_mail)
    if decision is None:
        raise ValueError(f"delivery {subject.id} may not come along in {basis.carrier}")
    return decision


def _check_versions(basis: Basis) -> None:
    if basis.rules != RULES_VERSION:
        raise OtherVersion(f"decided under rules {basis.rules}, and these are rules {RULES_VERSION}")
    if basis.zone_data != zone_data_version():
        raise OtherVersion(f"decided with zone data {basis.zone_data}, and this is {zone_data_version()}")


def _check_terms(basis: Basis, terms: Terms) -> None:
    if terms.expectation.id != basis.expectation:
        raise ValueError(f"decided under expectation {basis.expectation}, not {terms.expectation.id}")
    if cadences_named(terms, basis.subject) != basis.cadences:
        raise ValueError(f"decided under the cadences {basis.cadences}, not {cadences_named(terms, basis.subject)}")


def _history(basis: Basis, counted: Counted, terms: Terms) -> History:
    if isinstance(basis.subject, DigestDue):
        return History(total=counted.total, digests={basis.subject.rhythm: counted.rhythm})
    had = frozenset({basis.subject.campaign}) if basis.had else frozenset[int]()
    charged = charged_topic(terms, basis.subject.topics)
    if charged is None:
        return History(had=had) if had else EMPTY_HISTORY
    topic = charged.topic
    return History(total=counted.total, charged={topic: counted.charged}, along={topic: counted.along}, had=had)
