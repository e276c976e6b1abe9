"""Planning and forecasting for a million on PostgreSQL and a hundred thousand on SQLite, against writing the
finished rows from a copy.

The reference is what no planning can be faster than: `INSERT … SELECT` of the same deliveries and decisions, from
tables that hold nothing else, into the same tables with the same indexes and constraints. Each is the median of five
runs, and a million are one run unless more are asked for.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import text, update

from benchmarks import Result
from benchmarks.population import NOW, PUBLICATION, populate
from benchmarks.servers import durable_server
from preferences.delivery import CampaignStatus
from preferences.store.database import Database, open_database
from preferences.store.installation import found
from preferences.store.planning import forecast, plan_campaign
from preferences.store.tables import CAMPAIGN, DELIVERY

MADE = 1_000
READERS = 1_000_000
ON_SQLITE = 100_000
# One run of a million takes about five minutes, and as long again to get ready.
RUNS, RUNS_OF_MANY, MANY = 5, 1, 500_000
BARS = {"sqlite": (6.0, 5.0), "postgresql": (3.0, 1.5)}
_REFERENCE = "writing the finished rows"


def run(readers: int = READERS, pairs: int | None = None) -> list[Result]:
    """The claims about PostgreSQL and about SQLite."""
    return [*on_postgresql(readers, pairs), *on_sqlite(min(readers, ON_SQLITE), pairs)]


def on_postgresql(readers: int, runs: int | None) -> list[Result]:
    """The claims about PostgreSQL."""
    with durable_server() as server:
        return _measured("postgresql", server.database_url(server.create()), readers, runs)


def on_sqlite(readers: int, runs: int | None) -> list[Result]:
    """The claims about SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        return _measured("sqlite", f"sqlite:///{Path(folder) / 'planning.sqlite3'}", readers, runs)


def _measured(kind: str, url: str, readers: int, runs: int | None) -> list[Result]:
    usual = RUNS_OF_MANY if readers > MANY else RUNS
    with closing(open_database(url)) as database:
        return Measurement(kind, database, readers // MADE).results(runs or usual)


# Without what the database derives itself.
_WRITTEN = ", ".join(column.name for column in DELIVERY.columns if column.computed is None)


class Measurement:
    """One database with its population, and the three things that are timed on it."""

    def __init__(self, kind: str, database: Database, copies: int) -> None:
        self.kind = kind
        self.everybody = MADE * copies
        self.database = database
        database.migrate()
        found(database, NOW)
        with database.write() as connection:
            self.campaign = populate(connection, made=MADE, copies=copies)
        self._execute("ANALYZE")
        self._plan()
        self._execute(f"CREATE TABLE finished_delivery AS SELECT {_WRITTEN} FROM delivery")
        self._execute("CREATE TABLE finished_decision AS SELECT * FROM decision")
        self._empty()

    def results(self, runs: int) -> list[Result]:
        """The two claims, from runs that take turns."""
        written, planned, foreseen = [], [], []
        for _ in range(runs):
            written.append(self._timed(self._write))
            self._empty()
            foreseen.append(self._timed(self._forecast))
            planned.append(self._timed(self._plan))
            self._empty()
        bars = zip(("planning", "forecast"), (planned, foreseen), BARS[self.kind], strict=True)
        return [self._result(what, median(times), median(written), bar) for what, times, bar in bars]

    def _result(self, what: str, seconds: float, reference: float, bar: float) -> Result:
        return Result(
            claim=f"{what} of {self.everybody:,} on {self.kind}",
            ratio=seconds / reference,
            bar=bar,
            measured=f"{seconds:.2f} s",
            reference=f"{reference:.2f} s for {_REFERENCE}",
        )

    def _timed(self, what: Callable[[], None]) -> float:
        began = perf_counter()
        what()
        return perf_counter() - began

    def _write(self) -> None:
        with self.database.write() as connection:
            connection.execute(text(f"INSERT INTO delivery ({_WRITTEN}) SELECT * FROM finished_delivery ORDER BY id"))
            connection.execute(text("INSERT INTO decision SELECT * FROM finished_decision ORDER BY id"))

    def _plan(self) -> None:
        with self.database.write() as connection:
            audience = plan_campaign(connection, self.campaign, NOW)
        assert audience == self.everybody, audience

    def _forecast(self) -> None:
        with self.database.read() as connection:
            answer = forecast(connection, PUBLICATION, self.campaign, NOW, NOW)
        assert answer.audience == self.everybody, answer

    def _empty(self) -> None:
        """Take back what was planned."""
        if self.kind == "postgresql":
            self._execute("TRUNCATE delivery, decision CASCADE")
        else:
            self._execute("DELETE FROM decision")
            self._execute("DELETE FROM delivery")
        with self.database.write() as connection:
            connection.execute(update(CAMPAIGN).values(status=CampaignStatus.SCHEDULED.value))

    def _execute(self, statement: str) -> None:
        with self.database.write() as connection:
            connection.execute(text(statement))


if __name__ == "__main__":
    results = run(*(int(argument) for argument in sys.argv[1:3]))
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
