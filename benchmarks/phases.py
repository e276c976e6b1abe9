"""Where the time of a send goes: CPU time for each message, as a tree of what called what.

`python -m benchmarks.phases [sqlite|postgresql] [MESSAGES]` sends in this very thread, on one connection, to a fast
mail server. The kernel interrupts every so many milliseconds of CPU time that the process used, and what stands on the
stack then is noted: waiting costs nothing here, and what the database's own process works is said beside it. Measures
no claim.
"""

from __future__ import annotations

import gc
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from time import perf_counter, process_time
from types import CodeType, FrameType

from sqlalchemy import func, select

import benchmarks
from benchmarks.postfix import postfix
from benchmarks.readership import PUBLICATION, populate, write_letter
from benchmarks.servers import DurableServer, durable_server
from mailer.lease import HeldLease, this_process
from mailer.mails import Mails
from mailer.office import Office
from mailer.schedule import tend
from mailer.send import Sender
from mailer.transport import SmtpTransport
from mailer.worker import LOOKS_FOR_CIRCLES
from preferences.links import Links
from preferences.settings import SmtpSecurity, SmtpServer
from preferences.store.clock import SystemClock
from preferences.store.database import open_database
from preferences.store.due import first_due
from preferences.store.events import SYSTEM
from preferences.store.schedules import schedule
from preferences.store.tables import ATTEMPT

EVERY_SECONDS = 0.001
_TREE = Path(benchmarks.__file__).parent.parent
_LEAST_SHARE = 0.012
Stack = tuple[str, ...]


class Watch:
    """Counts the stacks of the main thread, one for each millisecond of CPU time."""

    def __init__(self) -> None:
        self.stacks: Counter[Stack] = Counter()
        self._is_noting = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while it lasts."""
        signal.signal(signal.SIGPROF, self._note)
        signal.setitimer(signal.ITIMER_PROF, EVERY_SECONDS, EVERY_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _note(self, _number: int, frame: FrameType | None) -> None:
        if self._is_noting:
            return  # a slow processor is interrupted while it notes
        self._is_noting = True
        names: list[str] = []
        while frame is not None:
            own, elsewhere = _named(frame.f_code)
            if own is not None:
                names.append(own)
            elif not names:
                names.append(elsewhere)
            frame = frame.f_back
        self.stacks[tuple(name for name in reversed(names) if name)] += 1
        self._is_noting = False

    def tree(self, microseconds: float) -> Iterator[str]:
        """Lines: of so many microseconds for each message, what each function used with all it called."""
        whole = self.stacks.total()
        within: Counter[Stack] = Counter()
        for stack, count in self.stacks.items():
            for depth in range(1, len(stack) + 1):
                within[stack[:depth]] += count
        for stack in sorted(within, key=lambda one: [(-within[one[: end + 1]], one[end]) for end in range(len(one))]):
            if within[stack] >= whole * _LEAST_SHARE:
                yield f"{within[stack] / whole * microseconds:8.1f} µs  {'  ' * len(stack)}{stack[-1]}"


# As many as a ticket names.
TICKET = 500


@cache
def _named(code: CodeType) -> tuple[str | None, str]:
    """The name of a function of ours, empty for one of the benchmarks, None for others; and what else it belongs to."""
    path = Path(code.co_filename)
    if not path.is_relative_to(_TREE) or ".venv" in path.parts:
        return None, _elsewhere(path)
    name = f"{path.relative_to(_TREE).with_suffix('')}.{code.co_qualname}".replace("/", ".")
    return "" if name.startswith("benchmarks.") else name, ""


def _elsewhere(path: Path) -> str:
    """The package of a library's file, or the standard library."""
    parts = path.parts
    return f"({parts[parts.index('site-packages') + 1]})" if "site-packages" in parts else "(Python)"


def main(arguments: list[str]) -> None:
    """Send, and print the tree."""
    kind = (arguments[:1] or ["postgresql"])[0]
    messages = int((arguments[1:2] or ["5000"])[0])
    tools = postfix()
    with tempfile.TemporaryDirectory() as folder, tools.sink() as port:
        if kind == "sqlite":
            _profile(f"sqlite:///{Path(folder) / 'phases.sqlite3'}", port, messages, None)
        else:
            with durable_server() as server:
                _profile(server.database_url(server.create()), port, messages, server)


def _profile(url: str, port: int, messages: int, server: DurableServer | None) -> None:
    gc.set_threshold(*LOOKS_FOR_CIRCLES)
    database = open_database(url)
    database.migrate()
    readers = populate(database, messages)
    campaign, clock = write_letter(database), SystemClock()
    server_of_mail = SmtpServer(host="127.0.0.1", port=port, security=SmtpSecurity.OPPORTUNISTIC)
    office = Office(
        database=database,
        clock=clock,
        links=Links(["a key of the benchmarks that is long enough"]),
        base_url="http://127.0.0.1:8642",
        list_host="localhost",
        transport=SmtpTransport(server_of_mail, clock, local_name="localhost"),
    )
    with database.write() as connection:
        schedule(connection, PUBLICATION, campaign, datetime.now(UTC), SYSTEM, datetime.now(UTC))
    print(f"{database.engine.dialect.name}: {messages:,} messages to {readers:,} readers, one thread, one connection")
    lease = HeldLease(office, this_process("phases"))
    for what in ("planning", "sending"):
        _watched(office, lease, what, messages, server)
    lease.end()
    with database.read() as connection:
        count = select(func.count(), func.count(ATTEMPT.c.committed_at.distinct())).where(
            ATTEMPT.c.outcome == "accepted"
        )
        accepted, groups = connection.execute(count).one()
    print(f"\n{accepted:,} accepted, in groups of {accepted / groups:.0f}")
    database.close()


def _watched(office: Office, lease: HeldLease, what: str, messages: int, server: DurableServer | None) -> None:
    watch = Watch()
    before = _spent(server)
    with watch.watching():
        if what == "planning":
            tend(office)
        else:
            sender = Sender(office, Mails(office), lease.id, lambda: True)
            while due := _first_due(office):
                sender.run(PUBLICATION, after=due[0] - 1, until=due[-1])
    spent = zip(_spent(server), before, strict=True)
    wall, own, theirs = ((now - since) / messages * 1e6 for now, since in spent)
    print(f"\n{what} a message: {own:.0f} µs of CPU here, {theirs:.0f} µs of the server's, {wall:.0f} µs by the clock")
    print("\n".join(watch.tree(own)))


def _first_due(office: Office) -> list[int]:
    """The subscribers of the next ticket."""
    with office.database.read() as connection:
        return first_due(connection, PUBLICATION, office.clock.now(), limit=TICKET)


def _spent(server: DurableServer | None) -> tuple[float, float, float]:
    """Seconds by the clock, of CPU here, and of CPU in the processes of the database."""
    return perf_counter(), process_time(), 0.0 if server is None else server.cpu_seconds()


if __name__ == "__main__":
    main(sys.argv[1:])
