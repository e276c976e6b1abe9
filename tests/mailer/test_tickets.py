"""Which tickets are written: everybody due is named by one, nobody by two, and what is lost is written anew."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mailer.tickets import LARGEST, LOST_AFTER_SECONDS, SMALLEST, Range, Tickets, looked_at, most


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _named(ranges: Sequence[Range], due: Sequence[int]) -> list[int]:
    return [number for number in due for one in ranges if one.after < number <= one.until]


@given(st.sets(st.integers(1, 3000), min_size=1), st.integers(1, 40))
def test_everybody_due_is_named_by_exactly_one_ticket(numbers: set[int], threads: int) -> None:
    due = sorted(numbers)
    tickets = Tickets(1, Watch())
    ranges = tickets.missing(due, threads)
    assert _named(ranges, due)[: most(threads) * SMALLEST] == due[: most(threads) * SMALLEST]
    assert tickets.missing(due, threads) == [] or len(ranges) == most(threads)


@given(st.lists(st.sets(st.integers(1, 400)), min_size=2, max_size=6))
def test_no_ticket_reaches_into_another_that_is_under_way(looks: list[set[int]]) -> None:
    tickets = Tickets(1, Watch())
    under_way: list[Range] = []
    for numbers in looks:
        due = sorted(numbers)
        under_way = [one for one in under_way if _named([one], due)]
        under_way += tickets.missing(due, 4)
        assert _named(under_way, due) == due
        edges = sorted((one.after, one.until) for one in under_way)
        assert all(before[1] <= after[0] for before, after in pairwise(edges))


def test_a_ticket_of_which_nobody_was_decided_about_for_seconds_is_written_anew() -> None:
    watch = Watch()
    tickets = Tickets(1, watch)
    due = list(range(1, SMALLEST + 1))
    first = tickets.missing(due, 1)
    watch.seconds = LOST_AFTER_SECONDS
    assert tickets.missing(due[5:], 1) == []  # it goes on
    watch.seconds += LOST_AFTER_SECONDS
    assert tickets.missing(due[5:], 1) == []
    watch.seconds += 0.1
    again = tickets.missing(due[5:], 1)
    assert _named(again, due) == due[5:]
    assert first


def test_tickets_are_large_while_much_is_due_and_small_at_the_end_so_that_every_thread_has_some() -> None:
    many = Tickets(1, Watch()).missing(list(range(looked_at(10))), 10)
    assert {one.until - one.after for one in many} == {LARGEST}
    assert len(many) == most(10)
    last = Tickets(1, Watch()).missing(list(range(1000)), 10)
    assert len(last) == 20


def test_a_ticket_behind_those_that_are_looked_at_is_not_taken_for_done() -> None:
    tickets = Tickets(1, Watch())
    tickets.missing([looked_at(1) * 3], 1)
    assert tickets.missing(list(range(1, looked_at(1) + 1)), 1)
    assert tickets.under_way == most(1)


def test_what_could_not_be_written_is_written_at_the_next_look() -> None:
    tickets = Tickets(1, Watch())
    ranges = tickets.missing([1, 2, 3], 1)
    tickets.not_written(ranges)
    assert tickets.missing([1, 2, 3], 1) == ranges
