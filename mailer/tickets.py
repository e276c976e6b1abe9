"""Which tickets are under way, and which are to be written: a ticket names a publication and a range of subscribers.

Nothing of this is kept but in memory, and nothing is asked of the broker: whether a ticket was done, or lost, is seen
from who is still due. A process that takes over begins with nothing and writes what is missing.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

# A ticket holds so many subscribers at most: one group of a lane of five connections, and handshakes for some hundred mails.
LARGEST = 1000
SMALLEST = 20
# So many tickets of a publication are under way at least where so much is due: with `LARGEST`, more than a second's work.
FEWEST = 8
# A ticket of whose subscribers none was decided about for so long is taken for lost. One too many finds nothing to do.
LOST_AFTER_SECONDS = 5.0


def most(threads: int) -> int:
    """How many tickets of a publication are under way at most: each thread has one, and another waits for it."""
    return max(FEWEST, 2 * threads)


def looked_at(threads: int) -> int:
    """How many subscribers are looked at in one look; those behind them are looked at when some of these are done."""
    return most(threads) * LARGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The subscribers of a publication whose number is greater than `after` and not greater than `until`."""

    publication_id: int
    after: int
    until: int


@dataclass(slots=True)
class _UnderWay:
    """One ticket that was written: how many of its subscribers were due at the last look, and when that changed."""

    left: int
    changed: float


class Tickets:
    """The tickets of one publication, from look to look."""

    def __init__(self, publication_id: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._publication_id = publication_id
        self._seconds = seconds
        self._under_way: dict[Range, _UnderWay] = {}

    @property
    def under_way(self) -> int:
        """How many tickets were written and neither done nor lost, as far as the last look showed."""
        return len(self._under_way)

    def missing(self, due: Sequence[int], threads: int) -> list[Range]:
        """The tickets to write now, and from now on taken for written.

        `due` are the subscribers due, in number order, at most as many as are `looked_at`; `threads` is how many work on
        them, so that the last tickets of a send keep all of them at it.
        """
        self._look(due, looked_at(threads))
        uncovered = list(self._uncovered(due))
        size = max(SMALLEST, min(LARGEST, -(-len(uncovered) // max(1, 2 * threads))))
        ranges = list(self._ranges(uncovered, size))[: max(0, most(threads) - self.under_way)]
        for one in ranges:
            self._under_way[one] = _UnderWay(_count(due, one), self._seconds())
        return ranges

    def not_written(self, ranges: Sequence[Range]) -> None:
        """The broker was away: these were not written after all."""
        for one in ranges:
            self._under_way.pop(one, None)

    def _look(self, due: Sequence[int], limit: int) -> None:
        now = self._seconds()
        last_seen = due[-1] if len(due) >= limit else None
        for one, ticket in list(self._under_way.items()):
            left = _count(due, one)
            if left != ticket.left:
                ticket.left, ticket.changed = left, now
            is_out_of_sight = last_seen is not None and one.after >= last_seen
            if (left == 0 and not is_out_of_sight) or now - ticket.changed > LOST_AFTER_SECONDS:
                del self._under_way[one]

    def _uncovered(self, due: Sequence[int]) -> Iterator[int]:
        """The subscribers due of whom no ticket under way speaks."""
        covered = sorted((one.after, one.until) for one in self._under_way)
        starts = [after for after, _ in covered]
        for number in due:
            place = bisect_left(starts, number) - 1
            if place < 0 or number > covered[place][1]:
                yield number

    def _ranges(self, numbers: Sequence[int], size: int) -> Iterator[Range]:
        """Ranges of so many of these numbers, none of which reaches into a ticket that is under way."""
        starts = sorted(one.until for one in self._under_way)
        first = 0
        while first < len(numbers):
            last = min(first + size, len(numbers)) - 1
            between = bisect_right(starts, numbers[first])
            if between < len(starts):
                last = min(last, bisect_right(numbers, starts[between]) - 1)
            yield Range(publication_id=self._publication_id, after=numbers[first] - 1, until=numbers[last])
            first = last + 1


def _count(due: Sequence[int], one: Range) -> int:
    return bisect_right(due, one.until) - bisect_right(due, one.after)
