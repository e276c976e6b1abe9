"""What the rows of the ledger merely name, and no constraint checks: it must be there, in the same publication."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Connection, Select, Table, and_, select

from preferences.audit import Broken
from preferences.store.database import read_whole_tables
from preferences.store.tables import ATTEMPT, COUNTED, DECISION, DELIVERY, EXPECTATION, SUBSCRIBER, TOPIC

# In the words of the tables: where it is named, and what that is.
_NAMED = (
    (DELIVERY, "topic_id", TOPIC),
    (DECISION, "topic_id", TOPIC),
    (DECISION, "expectation_id", EXPECTATION),
    (DECISION, "attempt_id", ATTEMPT),
    (COUNTED, "topic_id", TOPIC),
    (COUNTED, "subscriber_id", SUBSCRIBER),
)
# So many of each are said: where there are more, all have one cause.
_SAID = 100


def wrong_names(connection: Connection, publication_id: int) -> Iterator[Broken]:
    """Rows that name what is not there or another publication's, and what was counted for another than its mail's reader."""
    read_whole_tables(connection)
    for table, name, target in _NAMED:
        for row in connection.execute(_leads_elsewhere(publication_id, table, table.c[name], target)):
            yield _broken(
                f"{table.name} {row.id} names {target.name} {row.named}, which is not there", table, row.about
            )
    for row in connection.execute(_for_somebody_else(publication_id)):
        why = f"counted {row.id} is counted for subscriber {row.named}, and its mail went to subscriber {row.reader}"
        yield _broken(why, DELIVERY, row.about)


def _leads_elsewhere(publication_id: int, table: Table, named: Column[int], target: Table) -> Select[tuple[int, ...]]:
    here = and_(target.c.id == named, target.c.publication_id == table.c.publication_id)
    about = table.c.get("delivery_id", table.c.id)
    return (
        select(table.c.id, named.label("named"), about.label("about"))
        .outerjoin(target, here)
        .where((table.c.publication_id == publication_id) & named.is_not(None) & target.c.id.is_(None))
        .order_by(table.c.id)
        .limit(_SAID)
    )


def _for_somebody_else(publication_id: int) -> Select[tuple[int, ...]]:
    of = COUNTED.c
    return (
        select(
            of.id,
            of.subscriber_id.label("named"),
            DELIVERY.c.id.label("about"),
            DELIVERY.c.subscriber_id.label("reader"),
        )
        .join(ATTEMPT, ATTEMPT.c.id == of.attempt_id)
        .join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery_id)
        .where((of.publication_id == publication_id) & (of.subscriber_id != DELIVERY.c.subscriber_id))
        .order_by(of.id)
        .limit(_SAID)
    )


def _broken(why: str, table: Table, about: int) -> Broken:
    mail = f"{'count' if table is COUNTED else 'delivery'} {about}"
    return Broken(invariant=7, why=why, mail=mail, subscriber=None, at=None)
