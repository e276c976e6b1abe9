"""The audit of one publication: the ledger read in bounded parts, each judged as it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from preferences.audit import (
    MADE_ELSEWHERE,
    Broken,
    audit_subscriber,
    decided_differently,
    ledger,
    wrong_audiences,
    wrong_clauses,
)
from preferences.basis import OtherVersion
from preferences.basis_reading import is_emptied
from preferences.promise import clauses
from preferences.store.auditing.decisions import (
    DecisionToMake,
    decisions_after,
    decisions_elsewhere_after,
)
from preferences.store.auditing.ledgers import read_chunk
from preferences.store.auditing.names import wrong_names
from preferences.store.auditing.shared import read_campaigns, read_publication, snapshot
from preferences.store.auditing.terms import TermsThen, current_at
from preferences.store.database import Database
from preferences.store.publications import PublicationRow
from preferences.store.tables import CAMPAIGN, DELIVERY, SUBSCRIBER

SUBSCRIBERS_AT_ONCE = 200
ROWS_AT_ONCE = 1000


@dataclass(slots=True)
class Checked:
    """How much was checked. `foreign` are mails of other systems.

    Decisions `of_other_versions` of rules or zone data cannot be made again, nor those about people who were erased (`of_erased`);
    those `made_elsewhere` than by the rules have nothing to be made from. Of those `emptied` in time, what they were made from
    is not kept any more.
    """

    subscribers: int = 0
    expectations: int = 0
    mails: int = 0
    foreign: int = 0
    decisions: int = 0
    of_other_versions: int = 0
    of_erased: int = 0
    made_elsewhere: int = 0
    emptied: int = 0
    campaigns: int = 0


class Audit:
    """One pass over the ledger of a publication; `checked` counts along."""

    def __init__(
        self, database: Database, publication: PublicationRow, *, subscribers_at_once: int = SUBSCRIBERS_AT_ONCE
    ) -> None:
        self.checked = Checked()
        self._at_once = subscribers_at_once
        self._database = database
        self._publication = publication

    def broken(self, now: datetime) -> Iterator[Broken]:
        """Everything that is broken, as it is found: by subscriber, then by campaign, then by decision.

        Where rows name what is not there, only those are answered: nothing can be recomputed from them.
        """
        with snapshot(self._database) as connection:
            nameless = list(wrong_names(connection, self._publication.id))
        yield from nameless
        if nameless:
            return
        yield from self._subscribers(now)
        yield from self._audiences()
        yield from self._decisions()

    def _subscribers(self, now: datetime) -> Iterator[Broken]:
        """Invariants 1 to 6 and 8, some subscribers at a time."""
        after = 0
        while True:
            with snapshot(self._database) as connection:
                ids = _ids_after(connection, self._publication.id, after, self._at_once)
                if not ids:
                    return
                found = list(self._chunk(connection, ids, now))
            yield from found
            after = ids[-1]

    def _chunk(self, connection: Connection, ids: list[int], now: datetime) -> Iterator[Broken]:
        chunk = read_chunk(connection, ids)
        publication = read_publication(connection, self._publication.id, self._publication.slug, chunk.campaigns)
        for one in chunk.ledgers.values():
            self.checked.subscribers += 1
            self.checked.expectations += len(one.expectations)
            self.checked.mails += len({row.attempt for row in one.counted if row.attempt is not None})
            self.checked.foreign += len({row.foreign for row in one.counted if row.foreign is not None})
            yield from audit_subscriber(publication, one)
        yield from self._promises(connection, publication, chunk.ledgers, now)

    def _promises(
        self,
        connection: Connection,
        publication: ledger.Publication,
        ledgers: Mapping[int, ledger.SubscriberLedger],
        now: datetime,
    ) -> Iterator[Broken]:
        """Invariant 8: the promise of every expectation as it began, and of those in force as it is said now."""
        then = TermsThen(
            connection, self._publication.id, [one.id for each in ledgers.values() for one in each.expectations]
        )
        then.know(cadence.id for topic in publication.topics.values() for cadence in topic.cadences)
        names = {topic.id: topic.name for topic in publication.topics.values()}
        for each in ledgers.values():
            for one in each.expectations:
                for at in {one.since, one.since if one.until is not None else max(now, one.since)}:
                    for why in _wrong_promise(publication, one, then, names, at):
                        yield Broken(
                            invariant=8,
                            why=why,
                            mail=f"the sentence of expectation {one.id}",
                            subscriber=each.subscriber,
                            at=at,
                            zone=one.zone,
                            zone_name=one.zone_name,
                        )

    def _audiences(self) -> Iterator[Broken]:
        """Invariant 5 for whole campaigns, some at a time."""
        after = 0
        while True:
            with snapshot(self._database) as connection:
                chosen = (CAMPAIGN.c.publication_id == self._publication.id) & (CAMPAIGN.c.id > after)
                planned = chosen & CAMPAIGN.c.planned_at.is_not(None)
                statement = select(CAMPAIGN.c.id).where(planned).order_by(CAMPAIGN.c.id).limit(ROWS_AT_ONCE)
                ids = connection.execute(statement).scalars().all()
                if not ids:
                    return
                campaigns = read_campaigns(connection, ids)
                counts = connection.execute(
                    select(DELIVERY.c.campaign_id, func.count().label("deliveries"))
                    .where(DELIVERY.c.campaign_id.in_(ids))
                    .group_by(DELIVERY.c.campaign_id)
                ).all()
            self.checked.campaigns += len(ids)
            publication = ledger.Publication(slug=self._publication.slug, topics={}, campaigns=campaigns)
            yield from wrong_audiences(publication, {row.campaign_id: row.deliveries for row in counts})
            after = ids[-1]

    def _decisions(self) -> Iterator[Broken]:
        """Invariant 7, some decisions at a time: about deliveries, then about mails that other systems asked for."""
        for read in (decisions_after, decisions_elsewhere_after):
            after = 0
            while True:
                with snapshot(self._database) as connection:
                    rows = read(connection, self._publication.id, after, ROWS_AT_ONCE)
                    if not rows:
                        break
                    expectations = {row.recorded.expectation for row in rows if row.recorded.expectation is not None}
                    then = TermsThen(connection, self._publication.id, expectations)
                    found = [broken for row in rows for broken in self._decision(row, then)]
                yield from found
                after = rows[-1].id

    def _decision(self, row: DecisionToMake, then: TermsThen) -> Iterator[Broken]:
        self.checked.decisions += 1
        if row.recorded.reason in MADE_ELSEWHERE:
            self.checked.made_elsewhere += 1
            return
        if is_emptied(row.recorded.basis):
            self.checked.emptied += 1
            return
        if row.is_erased:
            self.checked.of_erased += 1
            return
        try:
            whys = list(decided_differently(row.recorded, then.of_basis))
        except OtherVersion:
            self.checked.of_other_versions += 1
            return
        for why in whys:
            yield Broken(invariant=7, why=why, mail=row.name, subscriber=row.subscriber, at=row.decided_at)


def _wrong_promise(
    publication: ledger.Publication,
    expectation: ledger.Expectation,
    then: TermsThen,
    names: Mapping[int, str],
    at: datetime,
) -> list[str]:
    try:
        terms = then.of(expectation.id, current_at(publication, expectation, at))
    except ValueError as error:
        return [str(error)]
    return list(wrong_clauses(publication, expectation, clauses(terms, names, at), at))


def _ids_after(connection: Connection, publication_id: int, after: int, limit: int) -> list[int]:
    of = SUBSCRIBER.c
    statement = select(of.id).where((of.publication_id == publication_id) & (of.id > after))
    return list(connection.execute(statement.order_by(of.id).limit(limit)).scalars())
