"""Sentences are kept for the next reader, and none is said when it is not true any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.phrases import Phrases, TopicNames
from preferences.calendar import first_instant, local_date
from preferences.expectation import Terms
from preferences.promise import clauses
from preferences.wording import plain, sentence
from tests.properties.page import Reader
from tests.properties.worlds import effort, pauses, readers, terms_of

MOMENT = timedelta(microseconds=1)


@settings(max_examples=effort(60), deadline=None)
@given(st.data())
def test_a_promise_is_said_as_it_is_at_that_instant(data: st.DataObject) -> None:
    """Whatever was said before: on other days, and before, in and after a pause."""
    reader, now = data.draw(readers())
    on = local_date(terms_of(reader).zone, now)
    paused = data.draw(st.none() | pauses(on))
    terms = terms_of(replace(reader, asked=replace(reader.asked, paused=paused)))
    names = TopicNames({number: f"Topic {number}" for number in terms.topics})
    turns = [
        now,
        *(terms.pause or ()),
        *(first_instant(terms.zone, on + timedelta(days=days)) for days in range(-1, 3)),
    ]
    instants = [at + apart for at in turns for apart in (-MOMENT, 0 * MOMENT, MOMENT)]
    phrases = Phrases()
    for at in data.draw(st.permutations([*instants, *instants])):
        for language in ("en", "de"):
            assert phrases.promise(terms, names, at, language) == said(terms, names, at, language)


@settings(max_examples=effort(20), deadline=None)
@given(readers())
def test_a_topic_is_called_as_it_is_called_now(reader_and_now: tuple[Reader, datetime]) -> None:
    reader, now = reader_and_now
    terms, phrases = terms_of(reader), Phrases()
    for name in ("Before", "After", "Before"):
        names = phrases.names({number: f"{name} {number}" for number in terms.topics})
        assert phrases.promise(terms, names, now, "en") == said(terms, names, now)
        assert phrases.names(dict(names.names)) is names


def said(terms: Terms, names: TopicNames, at: datetime, language: str = "en") -> str:
    return sentence(clauses(terms, names.names, at), language, plain)
