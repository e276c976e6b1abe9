"""How large the next group is: what a quarter of a second on the wire holds, as far as the last groups say."""

from __future__ import annotations

from preferences.store.gate import Group

# A group is about this much time's worth of messages on the wire: short enough that a process that is killed leaves few in
# doubt at a slow server, and long enough that a statement is shared by some even there: to decide about a group takes some
# twenty of them, however few its mails are.
GROUP_SECONDS = 0.25
# The largest is for each connection of a lane: so many at most come to be in doubt where a process is killed.
SMALLEST, BEGINS_WITH, LARGEST = 1, 10, 200
# A group is at most so many times as large as the one before.
GROWS = 2
# Above it no lane can be: 64 connections in two lanes.
_LARGEST_OF_ALL = 32 * LARGEST


class Pace:
    """The size of groups in subscribers, kept from one run to the next; a `steady` one does not change."""

    def __init__(self, steady: int | None = None) -> None:
        self._group = steady or BEGINS_WITH
        self._is_steady = steady is not None

    def group(self, connections: int) -> int:
        """How many subscribers the next group of a lane has at most."""
        return self._group if self._is_steady else min(self._group, LARGEST * connections)

    def left(self, begun: int, group: Group, seconds: float) -> None:
        """So many mails left while a lane was driven for so long, after a group was given to it.

        Few of those who are decided about may get one. Making them is not counted: it puts nothing in doubt, and where
        processors are busy, small groups would keep them busier.
        """
        if begun:
            claimed_for_each = group.claimed / max(len(group.mails), 1)
            size = round(begun / max(seconds, 1e-6) * GROUP_SECONDS * claimed_for_each)
            # Of a few, most may still be under way, on connections that are made only now: that says nothing against more.
            self._become(max(size, self._group) if seconds < GROUP_SECONDS else size)

    def none_begun(self, group: Group) -> None:
        """It took so long to come as far as the wire that it was too late for all: of a smaller one some may begin."""
        self._become(group.claimed // 2)

    def nothing_left(self) -> None:
        """Nobody got a mail: deciding alone holds up nothing."""
        self._become(max(LARGEST, self._group))

    def _become(self, size: int) -> None:
        if not self._is_steady:
            self._group = max(SMALLEST, min(_LARGEST_OF_ALL, size, self._group * GROWS))
