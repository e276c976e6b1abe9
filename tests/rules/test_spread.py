"""A spread gives each reader a turn that nobody chose: even over the span, another one in each campaign, never its end."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from preferences.spread import LONGEST_SPREAD, SLOTS, delay_of, slot_of

NUMBERS = st.integers(1, (1 << 63) - 1)


@given(campaign=NUMBERS, reader=NUMBERS, minutes=st.integers(1, LONGEST_SPREAD // timedelta(minutes=1)))
def test_nobodys_turn_is_outside_the_span(campaign: int, reader: int, minutes: int) -> None:
    spread = timedelta(minutes=minutes)
    slot = slot_of(campaign, reader)
    assert 0 <= slot < SLOTS
    assert timedelta() <= delay_of(spread, slot) < spread
    assert slot == slot_of(campaign, reader)


def test_every_slot_has_about_as_many_readers() -> None:
    for campaign in (1, 2, 77):
        slots = Counter(slot_of(campaign, reader) for reader in range(1, 60_001))
        assert len(slots) == SLOTS
        assert 0.85 < min(slots.values()) / 1000 < max(slots.values()) / 1000 < 1.15


def test_the_order_is_not_that_of_numbers_and_another_one_in_each_campaign() -> None:
    first, second = ([slot_of(campaign, reader) for reader in range(1, 2001)] for campaign in (1, 2))
    rising = sum(one < two for one, two in pairwise(first)) / len(first)
    assert 0.4 < rising < 0.6
    same = sum(one == two for one, two in zip(first, second, strict=True)) / len(first)
    assert same < 0.06


def test_slots_are_a_sixtieth_of_the_span_apart() -> None:
    assert delay_of(timedelta(minutes=120), 1) == timedelta(minutes=2)
    assert delay_of(timedelta(minutes=1), SLOTS - 1) == timedelta(seconds=59)
