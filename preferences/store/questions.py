"""Which questions "more often?" are open for a reader: what their terms leave open, less what they answered with *keep*."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from preferences.errors import Stale
from preferences.expectation import Terms
from preferences.more_often import Question, questions
from preferences.store.among import among
from preferences.store.events import By, record
from preferences.store.tables import EVENT
from preferences.store.terms import terms_of

_KEPT = "cadence_kept"
# One answer for each version of a cadence; a reader of whom there are more is only asked again.
_MOST = 10_000

_E = EVENT.c


def open_questions(connection: Connection, terms: Mapping[int, Terms]) -> dict[int, tuple[Question, ...]]:
    """The open questions of subscribers, from the terms in force of each; who has none is missing.

    Asks the database once, and not at all where no sender plans more than was accepted.
    """
    found = {subscriber: questions(one) for subscriber, one in terms.items()}
    asked = sorted(subscriber for subscriber, open_ones in found.items() if open_ones)
    kept = _kept(connection, asked) if asked else set()
    still_open = {
        subscriber: tuple(one for one in found[subscriber] if (subscriber, one.planned.id) not in kept)
        for subscriber in asked
    }
    return {subscriber: open_ones for subscriber, open_ones in still_open.items() if open_ones}


def _kept(connection: Connection, subscribers: list[int]) -> set[tuple[int, int]]:
    """Subscriber and cadence of every answer that keeps what was accepted."""
    chosen = (
        select(_E.subscriber_id, _E.details)
        .where(among(connection, _E.subscriber_id, subscribers) & (_E.kind == _KEPT))
        .order_by(_E.id.desc())
        .limit(_MOST)
    )
    return {(row.subscriber_id, json.loads(row.details)["cadence"]) for row in connection.execute(chosen)}


def keep_accepted(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    topic_id: int,
    cadence_id: int,
    by: By,
    now: datetime,
) -> bool:
    """Remember that a reader keeps what they accepted, so that this version is not asked about again.

    Terms stay as they are. False where it was answered, or nothing is asked about that topic any more. Raises `Stale`
    where meanwhile another cadence is planned than the one that was on the page.
    """
    terms = terms_of(connection, publication_id, [subscriber_id])
    asked = [one for one in open_questions(connection, terms).get(subscriber_id, ()) if one.topic == topic_id]
    if not asked:
        return False
    if asked[0].planned.id != cadence_id:
        raise Stale("the plan has changed since it was read: look at it again")
    details = {"topic": topic_id, "cadence": cadence_id}
    record(connection, publication_id, _KEPT, by, now, subscriber_id=subscriber_id, details=details)
    return True
