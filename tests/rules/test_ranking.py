"""The rank order, key by key, and what breaks ties."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from preferences.cadence import Cap, Period
from preferences.campaign import Candidate, ExpiryBasis
from preferences.decision import Outcome, decide
from preferences.expectation import Arrives
from preferences.history import EMPTY_HISTORY, History
from preferences.ranking import decide_together, rank
from tests.people import (
    ALERTS,
    CONFIRMED,
    DORA,
    EVENTS,
    GRETA,
    JOBS,
    LETTER,
    ONE_A_WEEK,
    berlin,
    candidate,
    changed,
    mail,
    terms_for,
    waited,
)

AT = berlin(24, 9)


def test_each_key_of_the_rank_order_wins_over_every_later_one() -> None:
    """From the last to the first: each candidate is better in one key and worse in all that follow."""
    base = candidate((LETTER,), AT, id=90)
    older = replace(base, id=91, scheduled_at=AT - timedelta(hours=1))
    sooner = replace(base, id=92, scheduled_at=AT, expires_at=AT + timedelta(days=1))
    apter = replace(base, id=93, expires_at=None, relevance=2.0)
    on_time = replace(base, id=94, relevance=-2.0)
    late = [replace(one, has_waited=True) for one in (apter, sooner, older, replace(base, id=95), base)]
    urgent = replace(late[-1], id=96, priority=1, relevance=-9.0)
    alert = replace(urgent, id=97, topics=(ALERTS,), priority=-9)
    wanted: list[Candidate] = [alert, urgent, on_time, late[0], late[1], late[2], late[4], late[3]]

    assert all(rank(one, GRETA) < rank(other, GRETA) for one, other in pairwise(wanted))


def test_nothing_comes_along_in_a_notice() -> None:
    alert = candidate((ALERTS,), AT, id=7, campaign=7)
    letter = waited((LETTER,), berlin(20, 15))
    verdicts = decide_together(CONFIRMED, GRETA, EMPTY_HISTORY, [alert], [letter], AT)
    assert [one.subject.id for one in verdicts] == [7]


def test_ties_between_caps_are_broken_in_favour_of_the_readers_own() -> None:
    terms = terms_for({JOBS: Arrives.EACH}, own={JOBS: Cap(count=5, per=Period.WEEK)})
    full = History.of([mail(JOBS, berlin(24, hour)) for hour in (9, 10, 11, 12, 13)])
    decision = decide(CONFIRMED, terms, full, candidate((JOBS,), berlin(24, 14)), berlin(24, 14))
    assert decision.evidence is not None
    assert decision.evidence.whose == "own"


def test_what_a_marketer_wants_gone_by_the_slot_may_still_stand_in_it() -> None:
    news = candidate((EVENTS,), berlin(26, 9), expires_at=berlin(27, 18), expiry=ExpiryBasis.MARKETER)
    assert decide(CONFIRMED, DORA, EMPTY_HISTORY, news, berlin(26, 9)).outcome is Outcome.DIGEST
    sooner = replace(news, expires_at=berlin(27, 17, 59))
    assert decide(CONFIRMED, DORA, EMPTY_HISTORY, sooner, berlin(26, 9)).outcome is Outcome.NOT_SENT


def test_raising_a_cadence_touches_nobody_who_accepted_less_and_lowering_applies_at_once() -> None:
    terms = terms_for({LETTER: Arrives.EACH})
    stated = terms.cadences[LETTER]
    more = replace(stated.current, id=11, at_most=Cap(count=7, per=Period.WEEK), days=frozenset())
    came = History.of([mail(LETTER, AT)])
    at = berlin(25, 10)
    raised = type(terms)(expectation=terms.expectation, cadences={LETTER: replace(stated, current=more)})
    assert decide(CONFIRMED, raised, came, candidate((LETTER,), at), at).outcome is Outcome.WAIT
    lowered = type(terms)(
        expectation=changed(
            raised, topics=tuple(replace(one, accepted=11) for one in raised.expectation.topics)
        ).expectation,
        cadences={LETTER: replace(stated, accepted=more, current=replace(more, id=12, at_most=ONE_A_WEEK))},
    )
    assert decide(CONFIRMED, lowered, came, candidate((LETTER,), at), at).outcome is Outcome.WAIT
