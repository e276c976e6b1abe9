"""The proof: processes are killed in the middle of a send, and two campaigns race for the same openings.

`python -m benchmarks.prove` prints what the mail server's own log says, and fails when anything is sent twice, is
missing, or breaks a promise. Takes about a minute.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, func, insert, select

from preferences.address import parse_address
from preferences.asked import asked_from_json
from preferences.cadence import Cadence, Cap, Period
from preferences.delivery import CampaignStatus, State
from preferences.store.auditing import Audit
from preferences.store.campaign_values import CampaignValues
from preferences.store.campaigns import create_campaign
from preferences.store.clock import SystemClock
from preferences.store.database import Database, open_database
from preferences.store.events import SYSTEM
from preferences.store.expectations import begin_expectation
from preferences.store.installation import found
from preferences.store.publications import change_publication, publication_named
from preferences.store.schedules import schedule
from preferences.store.subscribers import add_subscriber
from preferences.store.tables import (
    ATTEMPT,
    CAMPAIGN,
    COUNTED,
    DELIVERY,
    EXPECTATION,
    EXPECTATION_TOPIC,
    LEASE,
    SUBSCRIBER,
    UNCOUNTED,
)
from preferences.store.topics import create_topic
from tests.postgresql import running_server

READERS = 2000
KILLS = 5
SINK_DELAY_MS = 3.0
WORKERS = 4
PATIENCE_SECONDS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A database and a mail server that keeps a log."""

    url: str
    database: Database
    port: int
    log: Path

    def arrived(self) -> Counter[str]:
        """How often each recipient's mails reached the mail server."""
        return Counter(line.split()[0] for line in self.log.read_text().splitlines())

    def worker(self) -> subprocess.Popen[str]:
        """A mailer process, ready to work."""
        command = [sys.executable, "-m", "benchmarks.prove_worker", self.url, str(self.port)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if process.stdout is None or process.stdout.readline().strip() != "ready":
            raise SystemExit("a mailer process did not start")
        return process


@contextmanager
def ground(url: str, folder: Path, delay_ms: float) -> Iterator[Ground]:
    """A migrated database with a publication and two topics, and a running mail server."""
    database = open_database(url)
    database.migrate()
    log = folder / "sink.log"
    log.touch()
    command = [sys.executable, "-m", "benchmarks.sink", str(log), str(delay_ms)]
    sink = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert sink.stdout is not None
        port = int(sink.stdout.readline())
        yield Ground(url=url, database=database, port=port, log=log)
    finally:
        sink.terminate()
        sink.wait()
        database.close()


def populate(database: Database, readers: int, *, total: int | None) -> None:
    """A publication with two topics and confirmed readers of both."""
    now = SystemClock().now() - timedelta(hours=1)
    found(database, now)
    asked = {"topics": [{"topic": "letter"}, {"topic": "events"}]}
    if total is not None:
        asked["at_most"] = {"count": total, "per": "week"}  # type: ignore[assignment]
    with database.write() as connection:
        change_publication(connection, 1, {"sender": "letter@example.org", "postal_address": "1 Example Street"})
        for slug in ("letter", "events"):
            cadence = Cadence(id=0, at_most=Cap(count=5, per=Period.WEEK))
            create_topic(connection, 1, slug=slug, name=slug, cadence=cadence, by=SYSTEM, now=now)
        address = parse_address("reader0@example.org")
        first = add_subscriber(connection, 1, address, now, confirmed_at=now)
        begin_expectation(connection, 1, first, asked_from_json(asked), SYSTEM, now, zone="Europe/Berlin")
        _copies_of(connection, first, readers - 1)


def _copies_of(connection: Connection, first: int, copies: int) -> None:
    """More readers like the first, row by row the same but for their numbers and addresses."""
    like = dict(connection.execute(select(SUBSCRIBER).where(SUBSCRIBER.c.id == first)).mappings().one())
    asked = dict(connection.execute(select(EXPECTATION)).mappings().one())
    topics = [dict(row) for row in connection.execute(select(EXPECTATION_TOPIC)).mappings()]
    people, expectations, choices = [], [], []
    for number in range(1, copies + 1):
        address = f"reader{number}@example.org"
        people.append({**like, "id": first + number, "address": address, "address_normalised": address})
        expectations.append({**asked, "id": asked["id"] + number, "subscriber_id": first + number})
        choices += [{**topic, "expectation_id": asked["id"] + number} for topic in topics]
    connection.execute(insert(SUBSCRIBER), people)
    connection.execute(insert(EXPECTATION), expectations)
    connection.execute(insert(EXPECTATION_TOPIC), choices)


def send(database: Database, *topics: str) -> list[int]:
    """A campaign for each topic, scheduled now, all in one transaction."""
    now = SystemClock().now()
    campaigns = []
    with database.write() as connection:
        for topic in topics:
            values = CampaignValues(name=topic, subject=topic, title=topic, topics=(topic,), markdown=f"# {topic}")
            campaigns.append(create_campaign(connection, 1, values, SYSTEM, now))
            schedule(connection, 1, campaigns[-1], now, SYSTEM, now)
    return campaigns


def newest_lease(database: Database) -> int:
    """The number of the newest lease; whoever begins to work now gets a higher one."""
    with database.read() as connection:
        return connection.execute(select(func.max(LEASE.c.id))).scalar() or 0


def handing_over(database: Database, after: int) -> int:
    """How many attempts are under way of those who began to work after that lease."""
    with database.read() as connection:
        under_way = ATTEMPT.c.outcome.is_(None) & (ATTEMPT.c.lease_id > after)
        count: int = connection.execute(select(func.count()).select_from(ATTEMPT).where(under_way)).scalar_one()
    return count


def wait_until_settled(database: Database, campaigns: list[int]) -> None:
    """Wait until nothing is due or handing over any more for these campaigns."""
    settled = {CampaignStatus.FINISHED.value, CampaignStatus.WAITING.value}
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with database.read() as connection:
            statuses = connection.execute(select(CAMPAIGN.c.status).where(CAMPAIGN.c.id.in_(campaigns))).scalars()
            if set(statuses) <= settled:
                return
        time.sleep(0.2)
    raise SystemExit(f"the campaigns did not settle within {PATIENCE_SECONDS} s")


def prove_kills(url: str, folder: Path, seed: int) -> bool:
    """Kill the mailer at random moments of a send; compare its ledger with the mail server's log."""
    chance = random.Random(seed)
    with ground(url, folder, SINK_DELAY_MS) as place:
        populate(place.database, READERS, total=None)
        (campaign,) = send(place.database, "letter")
        caught = 0
        for kill in range(KILLS):
            wanted = (kill + chance.random()) * READERS / (KILLS + 1)
            under_way = _kill_while_handing_over(place, wanted)
            caught += under_way
            print(f"  killed after {sum(place.arrived().values())} mails, while {under_way} were handing over")
        last = place.worker()
        wait_until_settled(place.database, [campaign])
        last.send_signal(signal.SIGTERM)
        last.wait()
        return _judge_kills(place, campaign, caught)


def _kill_while_handing_over(place: Ground, wanted: float) -> int:
    """Kill a worker once `wanted` mails arrived and while something is handing over; answers how much was."""
    end = time.monotonic() + PATIENCE_SECONDS
    before = newest_lease(place.database)
    worker = place.worker()
    while time.monotonic() < end:
        if sum(place.arrived().values()) >= wanted and handing_over(place.database, before) > 0:
            worker.kill()
            worker.wait()
            under_way = handing_over(place.database, before)
            if under_way > 0:
                return under_way
            worker = place.worker()  # it had just finished its group: not the moment that was asked for
        time.sleep(0.002)
    raise SystemExit("nothing was handing over: the send is over, or never began")


def _judge_kills(place: Ground, campaign: int, caught: int) -> bool:
    arrived = place.arrived()
    with place.database.read() as connection:
        rows = connection.execute(
            select(DELIVERY.c.subscriber_id, DELIVERY.c.state).where(DELIVERY.c.campaign_id == campaign)
        ).all()
    in_doubt = {f"reader{row.subscriber_id - 1}@example.org" for row in rows if row.state == State.IN_DOUBT.value}
    everybody = {f"reader{number}@example.org" for number in range(READERS)}
    twice = [reader for reader, times in arrived.items() if times > 1]
    missing = everybody - set(arrived) - in_doubt
    print(
        f"  {len(twice)} twice · {len(missing)} missing · {len(in_doubt)} in doubt (of {caught} handing over at a kill)"
    )
    return not twice and not missing and len(in_doubt) <= caught and len(rows) == READERS


def prove_race(url: str, folder: Path) -> bool:
    """Two campaigns at once through several processes, under a total of one a week: nobody is sent two mails."""
    with ground(url, folder, 0) as place:
        populate(place.database, READERS, total=1)
        workers = [place.worker() for _ in range(WORKERS)]
        campaigns = send(place.database, "letter", "events")
        wait_until_settled(place.database, campaigns)
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait()
        arrived = place.arrived()
        with place.database.read() as connection:
            counted = connection.execute(
                select(COUNTED.c.subscriber_id, func.count())
                .outerjoin(UNCOUNTED, UNCOUNTED.c.counted_id == COUNTED.c.id)
                .where(COUNTED.c.in_total & UNCOUNTED.c.counted_id.is_(None))
                .group_by(COUNTED.c.subscriber_id)
            ).all()
        most = max(count for _, count in counted)
        print(f"  {len(arrived)} readers, at most {max(arrived.values())} mail each, at most {most} counted")
        return len(arrived) == READERS and max(arrived.values()) == 1 and most == 1


def audit(url: str) -> bool:
    """Whether the ledger in a database, recomputed with code of its own, keeps every promise."""
    database = open_database(url)
    try:
        with database.read() as connection:
            publication = publication_named(connection, None)
        broken = list(Audit(database, publication).broken(SystemClock().now()))
    finally:
        database.close()
    for one in broken[:20]:
        print(f"  broken: {one}")
    print(f"  audit: {len(broken)} broken promises")
    return not broken


def main() -> int:
    """Prove both, on PostgreSQL; answers the exit code."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    with running_server() as server, tempfile.TemporaryDirectory() as folder:
        results: list[bool] = []
        for title, proof in (
            (f"{KILLS} kills in a send of {READERS}", lambda url, at: prove_kills(url, at, seed)),
            (f"two campaigns, {WORKERS} processes, one mail a week", prove_race),
        ):
            print(title)
            place = Path(folder) / str(len(results))
            place.mkdir()
            url = server.database_url(server.create())
            results.append(proof(url, place) and audit(url))
    print("proved" if all(results) else "NOT proved")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
