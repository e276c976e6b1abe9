"""How large the next group is: what a moment on the wire holds, whatever the first few seem to say."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mailer.pace import BEGINS_WITH, GROUP_SECONDS, GROWS, LARGEST, SMALLEST, Pace
from preferences.store.gate import Group
from tests.mailer.town import TUESDAY

SECONDS = st.floats(1e-6, 10)
# As many readers as mails.
GROUP = Group(mails=(), begins_until=TUESDAY, last_subscriber=0, claimed=1)


def sizes(*drives: tuple[int, float]) -> list[int]:
    """The sizes of groups, each of which was driven so many seconds while so many mails left."""
    pace = Pace()
    found = [pace.group(100)]
    for begun, seconds in drives:
        pace.left(begun, GROUP, seconds)
        found.append(pace.group(100))
    return found


@given(st.lists(st.tuples(st.integers(0, 1000), SECONDS), max_size=20))
def test_a_group_is_never_much_larger_than_the_one_before_and_never_empty(drives: list[tuple[int, float]]) -> None:
    found = sizes(*drives)
    assert found[0] == BEGINS_WITH
    assert all(SMALLEST <= size <= 100 * LARGEST for size in found)
    assert all(later <= GROWS * size for size, later in pairwise(found))


@given(st.integers(1, 1000), st.floats(1e-6, GROUP_SECONDS * 0.99))
def test_what_took_less_than_its_time_is_not_followed_by_fewer(begun: int, seconds: float) -> None:
    before, after = sizes((begun, seconds))
    assert after >= before


def test_what_took_longer_is_followed_by_as_many_as_leave_in_a_moment() -> None:
    assert sizes((1000, 0.1), (1000, 0.1), (10, 20 * GROUP_SECONDS))[-1] == SMALLEST
    assert sizes((1000, 0.1), (20, 4 * GROUP_SECONDS))[-1] == 5
