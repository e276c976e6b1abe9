"""What an import changes for people who were here already: the topic is added, or they have left since."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from preferences.expectation import Suppression
from preferences.importing.rows import ImportedSubscriber
from preferences.importing.standings import ImportedAs
from preferences.store.changes import settle
from preferences.store.imports.orders import BY_IMPORT
from preferences.store.imports.proofs import Proofs
from preferences.store.standings import change_standing
from preferences.store.suppressions import suppress, suppress_address
from preferences.store.tables import CONSENT, EVENT, EXPECTATION, EXPECTATION_TOPIC, SUBSCRIBER
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Scope

_E, _T = EXPECTATION.c, EXPECTATION_TOPIC.c
_MADE = {"made_by": BY_IMPORT.made_by.value, "route": BY_IMPORT.route.value}


def add_topic(connection: Connection, proofs: Proofs, people: Sequence[tuple[int, ImportedSubscriber]]) -> None:
    """End the expectations in force of these locked subscribers, and begin the same with the topic added last."""
    if not people:
        return
    ids = [subscriber_id for subscriber_id, _ in people]
    before = _end_expectations(connection, proofs, ids)
    begun = _begin_again(connection, proofs, before)
    _copy_topics(connection, proofs, before, begun)
    connection.execute(update(SUBSCRIBER).where(SUBSCRIBER.c.id.in_(ids)).values(version=SUBSCRIBER.c.version + 1))
    connection.execute(insert(CONSENT), [row for one in people for row in proofs.consents(connection, *one)])
    connection.execute(insert(EVENT), [_event(proofs, id_, begun[id_], before[id_]["id"]) for id_ in ids])
    settle(connection, proofs.order.publication.id, ids, proofs.now)


def _end_expectations(connection: Connection, proofs: Proofs, ids: Sequence[int]) -> dict[int, Mapping[Any, Any]]:
    """The rows of the expectations that end now, by subscriber."""
    open_ones = _E.subscriber_id.in_(ids) & _E.until.is_(None)
    rows = connection.execute(select(EXPECTATION).where(open_ones)).mappings().all()
    connection.execute(update(EXPECTATION).where(open_ones).values(until=proofs.now))
    return {row["subscriber_id"]: row for row in rows}


def _begin_again(connection: Connection, proofs: Proofs, before: Mapping[int, Mapping[Any, Any]]) -> dict[int, int]:
    """The numbers of the expectations that begin now, by subscriber; all but the topics is as it was."""
    fresh = {"since": proofs.now, "recorded_at": proofs.now, **_MADE}
    rows = [
        {name: value for name, value in row.items() if name not in ("id", "until")} | fresh for row in before.values()
    ]
    begun = connection.execute(insert(EXPECTATION).returning(_E.id, _E.subscriber_id), rows)
    return {row.subscriber_id: row.id for row in begun}


def _copy_topics(
    connection: Connection, proofs: Proofs, before: Mapping[int, Mapping[Any, Any]], begun: Mapping[int, int]
) -> None:
    order = proofs.order
    begun_after = {row["id"]: begun[subscriber_id] for subscriber_id, row in before.items()}
    chosen = _T.expectation_id.in_(begun_after)
    kept = connection.execute(select(EXPECTATION_TOPIC).where(chosen)).mappings().all()
    last = dict(
        connection.execute(
            select(_T.expectation_id, func.max(_T.position)).where(chosen).group_by(_T.expectation_id)
        ).all()
    )
    rows = [{**row, "expectation_id": begun_after[row["expectation_id"]]} for row in kept]
    rows += [
        {
            "publication_id": order.publication.id,
            "expectation_id": after,
            "topic_id": order.topic.id,
            "position": last.get(ended, -1) + 1,
            "arrives": order.arrives.value,
            "own_count": None,
            "own_per": None,
            "accepted_id": order.topic.cadence.id,
        }
        for ended, after in begun_after.items()
    ]
    connection.execute(insert(EXPECTATION_TOPIC), rows)


def _event(proofs: Proofs, subscriber_id: int, expectation_id: int, before: int) -> dict[str, Any]:
    details = {"expectation": expectation_id, "before": before, "batch": proofs.batch_id}
    return {
        "publication_id": proofs.order.publication.id,
        "subscriber_id": subscriber_id,
        "kind": "expectation_changed",
        "details": json.dumps(details, separators=(",", ":"), sort_keys=True),
        "occurred_at": proofs.now,
        "recorded_at": proofs.now,
        **_MADE,
    }


def end_mail(connection: Connection, proofs: Proofs, subscriber_id: int, person: ImportedSubscriber) -> None:
    """Write no more to somebody who came by import and of whom the file says that mail had to end."""
    publication_id, now = proofs.order.publication.id, proofs.now
    if person.standing is ImportedAs.COMPLAINED:
        suppress(connection, publication_id, subscriber_id, Suppression.COMPLAINT, BY_IMPORT, now)
    elif person.standing is ImportedAs.DEAD:
        dead = Suppression.DEAD_ADDRESS
        suppress_address(connection, publication_id, person.address.normalised, dead, BY_IMPORT, now)
        change_standing(
            connection,
            publication_id,
            subscriber_id,
            "suppressed",
            BY_IMPORT,
            now,
            columns={"suppressed": dead.value, "suppressed_at": now},
            details={"reason": dead.value, "batch": proofs.batch_id},
        )
        settle(connection, publication_id, [subscriber_id], now)
    else:
        unsubscribe(
            connection,
            publication_id,
            subscriber_id,
            Scope.ALL,
            BY_IMPORT,
            now,
            cause=person.cause,
            words=person.words,
        )
