"""Everything is killed, again and again, in the middle of one send: nothing is lost, and nothing arrives twice.

`python -m benchmarks.torture [KILLS MESSAGES]` sends to a mail server that is slowed so that it takes minutes, through
two workers, two schedulers, a web server, Valkey and PostgreSQL, each a process, and kills them in turn (`kill -9`), each
time while something is being handed over. Where there are many kills, a worker is also stopped until its lease is over,
and woken. What is compared in the end is the mail server's own log, the ledger, and
what the audit makes of it. The database is the real thing: every commit waits for the disk.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.fleet import DatabaseServer, Fleet, Role, SinkLog, database_server, fleet, slow_sink
from benchmarks.product import broken_promises, status_of
from benchmarks.readership import SENT_TO, populate, write_letter
from preferences.delivery import AttemptOutcome, CampaignStatus, State
from preferences.store.database import Database, DatabaseAway, open_database
from preferences.store.tables import ATTEMPT, DELIVERY, LEASE, SUBSCRIBER

KILLS, MESSAGES = 100, 20_000
MANY = 10
CONNECTIONS = 5  # of each of two workers
# Of the long send; a short one has hardly more messages than there are in the groups of one kill.
LEAST_ARRIVED = 0.95
SINK_DELAY_MS = 40.0
PATIENCE_SECONDS = 180
_OVER = {CampaignStatus.FINISHED.value, CampaignStatus.PAUSED.value}


@dataclass(slots=True)
class Kill:
    """One kill: who, the process number where it was a worker, and how much was being handed over at that moment."""

    role: Role
    process: int
    under_way: int


@dataclass(slots=True)
class Story:
    """What was done, and where everything can be looked at."""

    database: Database
    fleet: Fleet
    log: SinkLog
    kills: list[Kill] = field(default_factory=list)
    slept: set[int] = field(default_factory=set)

    def under_way(self, process: int | None = None) -> int:
        """How many mails are being handed over now, of all or of one process; 0 while nobody can say."""
        tables = ATTEMPT.join(LEASE, LEASE.c.id == ATTEMPT.c.lease_id)
        now = ATTEMPT.c.outcome.is_(None) & LEASE.c.ended_at.is_(None)
        chosen = select(func.count()).select_from(tables)
        try:
            with self.database.read() as connection:
                of = now if process is None else now & (LEASE.c.process == process)
                count: int = connection.execute(chosen.where(of)).scalar_one()
        except DatabaseAway:
            return 0
        return count

    def kill(self, role: Role, once_arrived: float) -> None:
        """Kill one once so many mails have arrived and while something is being handed over, and begin it anew."""
        _wait_until(lambda: self.log.look() >= once_arrived, f"{once_arrived:.0f} mails have arrived")
        while True:
            _wait_until(lambda: self.is_at_work(role), "something is being handed over")
            process = self.fleet.worker() if role is Role.WORKER else None
            before = self.under_way(process)
            self.fleet.kill(role)
            # Of a worker nothing is recorded any more, so that what stands there now was interrupted for sure.
            caught = self.under_way(process) if role is Role.WORKER else before
            self.fleet.begin(role)
            if caught > 0:
                self.kills.append(Kill(role, process or 0, caught))
                return

    def is_at_work(self, role: Role) -> bool:
        """Whether something is being handed over: of a worker that is to be killed, by itself."""
        self.fleet.begin_who_gave_up()
        return self.under_way(self.fleet.worker() if role is Role.WORKER else None) > 0

    def sleep_through_a_lease(self) -> None:
        """Stop a worker in the middle of handing over until somebody else has swept its lease, and wake it."""
        process = self.fleet.worker()
        _wait_until(lambda: self.under_way(process) > 0, "something is being handed over")
        with self.fleet.asleep():
            _wait_until(lambda: self.is_swept(process), "the lease of who sleeps is over")
        self.slept.add(process)

    def is_swept(self, process: int) -> bool:
        """Whether every lease of a process has ended."""
        living = select(func.count()).where((LEASE.c.process == process) & LEASE.c.ended_at.is_(None))
        with self.database.read() as connection:
            return connection.execute(living).scalar_one() == 0


def _wait_until(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"waited {PATIENCE_SECONDS} s until {what}")
        time.sleep(0.005)


def torture(server: DatabaseServer, folder: Path, kills: int, messages: int) -> bool:
    """Send, and kill so often meanwhile; whether everything is as it has to be."""
    with (
        closing(open_database(server.url)) as database,
        slow_sink(folder, SINK_DELAY_MS) as (port, log),
    ):
        database.migrate()
        populate(database, messages)
        campaign = write_letter(database)
        with fleet(database, server, folder, port, CONNECTIONS) as (running, product):
            story = Story(database, running, log)
            product.schedule_now(campaign)
            roles = tuple(Role)
            for number in range(kills):
                # The last of them comes while something is left, however many are in doubt by then.
                arrived = log.look()
                left = max(0.0, LEAST_ARRIVED * messages - arrived)
                story.kill(roles[number % len(roles)], arrived + left / (kills - number + 0.7))
                if number == kills // 2 and kills >= MANY:
                    story.sleep_through_a_lease()
                if number % 10 == 9:
                    print(f"  {number + 1} kills, {log.look():,} arrived", flush=True)
            _wait_until(lambda: status_of(database, campaign) in _OVER, "the campaign is finished")
        log.look()
        return _judge(story, campaign, messages)


def _judge(story: Story, campaign: int, messages: int) -> bool:
    """Compare the mail server's log with the ledger, and the ledger with itself; says each of it."""
    arrived = story.log.arrived
    accepted = _addresses(story.database, campaign, State.ACCEPTED)
    in_doubt = _addresses(story.database, campaign, State.IN_DOUBT)
    groups, strangers = _doubted_groups(story)
    killed = Counter(kill.role.value for kill in story.kills)
    print(f"  killed: {', '.join(f'{role} {times}' for role, times in killed.items())}")
    print(f"  {len(arrived):,} arrived of {messages:,}; {len(in_doubt)} in doubt, in {sum(groups.values())} groups")
    broken = broken_promises(story.database)
    findings = {
        "arrived twice": [one for one, times in arrived.items() if times > 1],
        "accepted, and never arrived": sorted(accepted - arrived.keys()),
        "arrived, and neither accepted nor in doubt": sorted(arrived.keys() - accepted - in_doubt),
        "neither accepted nor in doubt": ["…"] * (messages - len(accepted | in_doubt)),
        "in doubt though no worker was killed": strangers,
        "more groups in doubt than connections": [str(one) for one, several in groups.items() if several > CONNECTIONS],
        "broken promises": broken,
        "too few arrived": ["…"] * (messages >= MESSAGES and len(arrived) < LEAST_ARRIVED * messages),
    }
    for what, found in findings.items():
        if found:
            print(f"  WRONG: {what}: {len(found)}, such as {found[:3]}")
    return not any(findings.values())


def _addresses(database: Database, campaign: int, state: State) -> set[str]:
    of = DELIVERY.c
    chosen = select(SUBSCRIBER.c.address).join(DELIVERY, of.subscriber_id == SUBSCRIBER.c.id)
    with database.read() as connection:
        rows = connection.execute(chosen.where((of.campaign_id == campaign) & (of.state == state.value)))
        return {str(address) for address in rows.scalars()}


def _doubted_groups(story: Story) -> tuple[Counter[int], list[str]]:
    """How many groups of each killed worker were put in doubt, and the attempts of anybody else that were."""
    of = ATTEMPT.c
    chosen = select(of.id, of.committed_at, LEASE.c.process).join(LEASE, LEASE.c.id == of.lease_id)
    with story.database.read() as connection:
        rows = connection.execute(chosen.where(of.outcome == AttemptOutcome.IN_DOUBT.value)).all()
    workers = {kill.process for kill in story.kills if kill.role is Role.WORKER} | story.slept
    groups = {(row.process, row.committed_at) for row in rows if row.process in workers}
    strangers = [f"attempt {row.id} of process {row.process}" for row in rows if row.process not in workers]
    return Counter(process for process, _ in groups), strangers


def main(arguments: list[str]) -> int:
    """Torture, and answer the exit code."""
    kills, messages = (int(one) for one in arguments) if arguments else (KILLS, MESSAGES)
    assert messages % SENT_TO == 0, f"a multiple of {SENT_TO}"
    print(f"{kills} kills in a send of {messages:,}")
    with database_server() as server, tempfile.TemporaryDirectory() as folder:
        is_right = torture(server, Path(folder), kills, messages)
    print("nothing was lost, and nothing arrived twice" if is_right else "NOT as it has to be")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
