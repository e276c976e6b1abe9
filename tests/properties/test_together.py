"""Deciding everything due at once: the rank order, the last opening, what comes along, and deciding it all again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.basis import basis_of_verdict, decide_again, from_json, to_json
from preferences.campaign import Candidate, DigestDue, Origin
from preferences.decision import Outcome, Reason, decide
from preferences.digest import next_slot
from preferences.digest_due import decide_digest
from preferences.expectation import DIGESTS, Overflow, Standing
from preferences.ranking import Verdict, decide_together
from tests.properties.page import Reader
from tests.properties.page_digest import slots
from tests.properties.page_together import Together, digest_answer
from tests.properties.worlds import TOPICS, candidates, examples, history_of, readers, standings, terms_of

rhythms = st.sampled_from(sorted(DIGESTS))


@st.composite
def digests(draw: st.DrawFn, reader: Reader, now: datetime, number: int) -> DigestDue:
    """A digest on time or late, mostly of topics that come in it."""
    asked = sorted({choice.arrives for choice in reader.asked.topics if choice.arrives in DIGESTS})
    rhythm = draw(st.sampled_from(asked) if asked else rhythms)
    mine = frozenset(choice.topic for choice in reader.asked.topics if choice.arrives is rhythm)
    late = draw(st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=5)]))
    slot_at = now - late
    slot_on = slot_at.astimezone(reader.zone).date()
    topics = mine or draw(st.frozensets(st.sampled_from(TOPICS), min_size=1))
    return DigestDue(id=number, rhythm=rhythm, slot_on=slot_on, slot_at=slot_at, topics=topics)


@st.composite
def transactions(
    draw: st.DrawFn,
) -> tuple[Reader, Standing, list[Candidate | DigestDue], list[Candidate], datetime]:
    reader, now = draw(readers())
    due: list[Candidate | DigestDue] = [
        draw(candidates(now, id=number)) for number in range(10, 10 + draw(st.integers(1, 5)))
    ]
    due += [draw(digests(reader, now, number)) for number in range(30, 30 + draw(st.integers(0, 1)))]
    waiting = [draw(candidates(now, id=number)) for number in range(40, 40 + draw(st.integers(1, 4)))]
    return reader, draw(standings(now)), draw(st.permutations(due)), waiting, now


def verdicts_of(
    reader: Reader, standing: Standing, due: list[Candidate | DigestDue], waiting: list[Candidate], now: datetime
) -> tuple[Verdict, ...]:
    return decide_together(standing, terms_of(reader), history_of(reader), due, waiting, now)


@examples(150)
@given(transactions())
def test_everything_due_is_decided_as_the_law_asks_for(
    drawn: tuple[Reader, Standing, list[Candidate | DigestDue], list[Candidate], datetime],
) -> None:
    reader, standing, due, waiting, now = drawn

    verdicts = verdicts_of(reader, standing, due, waiting, now)

    wanted = Together(reader, standing, now).answers(due, waiting)
    found = {(isinstance(one.subject, DigestDue), one.subject.id): one.decision for one in verdicts}
    assert found.keys() == wanted.keys()
    for key, decision in found.items():
        answer = wanted[key]
        assert (decision.outcome, decision.reason, decision.topic) == (answer.outcome, answer.reason, answer.topic)
        assert (decision.carrier, decision.expires_at) == (answer.carrier, answer.expires_at)
        if answer.outcome == "wait":
            assert decision.opens_at == answer.opens_at
            assert decision.opens_at is not None
            assert decision.opens_at > now


@examples(100)
@given(transactions())
def test_deciding_again_from_what_a_decision_stored_gives_the_same_decision(
    drawn: tuple[Reader, Standing, list[Candidate | DigestDue], list[Candidate], datetime],
) -> None:
    reader, standing, due, waiting, now = drawn
    terms = terms_of(reader)

    for verdict in verdicts_of(reader, standing, due, waiting, now):
        stored = to_json(basis_of_verdict(terms, standing, verdict, now))

        assert decide_again(from_json(stored), terms) == verdict.decision
        assert to_json(from_json(stored)) == stored


@examples(60)
@given(transactions())
def test_a_reader_who_leaves_out_gets_nothing_along_but_items_of_digests(
    drawn: tuple[Reader, Standing, list[Candidate | DigestDue], list[Candidate], datetime],
) -> None:
    reader, standing, due, waiting, now = drawn
    reader = replace(reader, asked=replace(reader.asked, overflow=Overflow.LEAVE_OUT))
    terms = terms_of(reader)

    for verdict in verdicts_of(reader, standing, due, waiting, now):
        if verdict.decision.carrier is not None:
            assert terms.topics[verdict.decision.topic or 0].arrives in DIGESTS


@examples(60)
@given(transactions())
def test_a_notice_carries_nothing_and_comes_along_in_nothing(
    drawn: tuple[Reader, Standing, list[Candidate | DigestDue], list[Candidate], datetime],
) -> None:
    reader, standing, due, waiting, now = drawn
    terms = terms_of(reader)

    verdicts = verdicts_of(reader, standing, due, waiting, now)

    notices = {one.subject.id for one in verdicts if (topic := one.decision.topic) and terms.topics[topic].notice}
    assert not notices & {one.decision.carrier for one in verdicts}
    assert not any(one.decision.carrier for one in verdicts if one.subject.id in notices)


@examples(60)
@given(transactions())
def test_the_order_in_which_candidates_are_given_changes_nothing(
    drawn: tuple[Reader, Standing, list[Candidate | DigestDue], list[Candidate], datetime],
) -> None:
    reader, standing, due, waiting, now = drawn

    forwards = verdicts_of(reader, standing, due, waiting, now)
    backwards = verdicts_of(reader, standing, due[::-1], waiting[::-1], now)

    assert forwards == backwards


@examples(60)
@given(st.data())
def test_a_digest_is_decided_as_the_law_asks_for(data: st.DataObject) -> None:
    reader, now = data.draw(readers(ways=rhythms))
    standing, due = data.draw(standings(now)), data.draw(digests(reader, now, 30))

    decision = decide_digest(standing, terms_of(reader), history_of(reader), due, now)

    wanted = digest_answer(reader, standing, due, now)
    assert (decision.outcome, decision.reason) == (wanted.outcome, wanted.reason)
    assert decision.opens_at == wanted.opens_at


@examples(60)
@given(st.data())
def test_slots_are_those_of_the_rhythm(data: st.DataObject) -> None:
    reader, now = data.draw(readers())
    terms, rhythm = terms_of(reader), data.draw(rhythms)
    wanted = slots(reader, rhythm, now)
    for _ in range(4):
        slot = next_slot(terms, rhythm, now)
        assert (slot.on, slot.at) == next(wanted)
        assert slot.on.weekday() in {int(day) for day in reader.asked.days}
        now = slot.at + timedelta(microseconds=1)


@examples(60)
@given(st.data())
def test_what_another_system_sends_waits_for_no_mail_and_comes_along_in_none(data: st.DataObject) -> None:
    reader, now = data.draw(readers())
    terms, history = terms_of(reader), history_of(reader)
    subject = replace(data.draw(candidates(now)), origin=Origin.OTHER_SYSTEM, has_waited=True, coming_at=now)

    decision = decide(Standing(confirmed=True), terms, history, subject, now)

    assert decision.reason is not Reason.NEXT_MAIL
    assert decision.outcome is not Outcome.DIGEST
    for verdict in decide_together(Standing(confirmed=True), terms, history, [subject], [subject], now):
        assert verdict.decision.carrier is None


@pytest.mark.parametrize("broken", ["{}", "[]", "nonsense", '{"format":1}', '{"format":2}', "null", "1e999"])
def test_a_basis_that_was_not_written_by_this_program_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="stored basis"):
        from_json(broken)
