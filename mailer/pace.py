"""How large the next group is: what a tenth of a second on the wire holds, as far as the last groups say."""

from __future__ import annotations

# A group is about this much time's worth of messages on the wire: short enough that a process that is killed leaves few in
# doubt at a slow server, and long enough that a statement is shared by many at a fast one.
GROUP_SECONDS = 0.1
SMALLEST, BEGINS_WITH, LARGEST = 1, 10, 200


class Pace:
    """The size of groups in subscribers, kept from one run to the next; a `steady` one does not change."""

    def __init__(self, steady: int | None = None) -> None:
        self.group = steady or BEGINS_WITH
        self._is_steady = steady is not None

    def left(self, mails: int, claimed: int, seconds: float) -> None:
        """So many mails of so many subscribers took so long on the wire, from the first byte to the last answer.

        Few of those who are decided about may get one. Making them is not counted: it puts nothing in doubt, and where
        processors are busy, small groups would keep them busier.
        """
        fits = mails / max(seconds, 1e-6) * GROUP_SECONDS
        self._become(round(fits * claimed / max(mails, 1)))

    def nothing_left(self) -> None:
        """Nobody got a mail: deciding alone holds up nothing."""
        self._become(LARGEST)

    def _become(self, size: int) -> None:
        if not self._is_steady:
            self.group = max(SMALLEST, min(LARGEST, size, self.group * 2))
