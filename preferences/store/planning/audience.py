"""Who is in the audience of a campaign, with everything that its rules ask for, as one join.

The audience is everyone of the publication with an open expectation that names one of the campaign's topics, in any
way of arriving and whatever their standing, within the segment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from preferences.expectation import DIGESTS, Arrives
from preferences.store.columns import Key
from preferences.store.planning.moments import MOMENTS
from preferences.store.planning.question import Question, Scalar
from preferences.store.planning.spreading import slot_in_sql
from preferences.store.tables import EXPECTATION, EXPECTATION_TOPIC, OPENING, SUBSCRIBER

OF_TOPIC = OPENING.alias("of_topic")
OF_TOTAL = OPENING.alias("of_total")

# Ways of arriving by number, and which of them lets a topic be charged before another.
WAYS = {way: number for number, way in enumerate(Arrives)}
_CLASSES = {Arrives.EACH: 0, Arrives.DAILY: 1, Arrives.WEEKLY: 1, Arrives.MONTHLY: 1, Arrives.WEB: 2}
# A rank holds the class, the position in the campaign's own order, and the way, from the highest to the lowest bits.
_WAYS, _POSITIONS = 1 << 3, 1 << 23

_T = EXPECTATION_TOPIC.c


class Audience:
    """The audience as a join of tables, and for each member the charged topic, the way it arrives (of `WAYS`) and its slot."""

    def __init__(self, asked: Question, dialect: str) -> None:
        self.asked = asked
        self._named = _named(asked)
        self.dialect = dialect
        position = self._named.c.rank % _POSITIONS // _WAYS
        self.charged = case(dict(enumerate(topic.id for topic in asked.topics)), value=position)
        self.way = self._named.c.rank % _WAYS
        self.is_digest = self.way.in_([WAYS[rhythm] for rhythm in sorted(DIGESTS)])
        self.slot: ColumnElement[int] = (
            slot_in_sql(asked.id, EXPECTATION.c.subscriber_id, self.way == WAYS[Arrives.EACH])
            if asked.spread
            else literal(0, Key)
        )
        self.is_notice = self.charged.in_([topic.id for topic in asked.topics if topic.is_notice])

    @property
    def slot_at(self) -> ColumnElement[datetime]:
        """The next slot of the digest in which the charged topic arrives; null where it does not."""
        return case({WAYS[rhythm]: MOMENTS.c[f"{rhythm.value}_at"] for rhythm in sorted(DIGESTS)}, value=self.way)

    @property
    def cadences_text(self) -> ColumnElement[str]:
        """The topics that are expected, with accepted and current cadence, as a basis has them: `[1,1,1],[2,4,5]`."""
        whole: ColumnElement[str] = literal("", Text)
        for topic in sorted(self.asked.topics, key=lambda topic: topic.id):
            accepted = cast(self._named.c[f"accepted_{topic.id}"], Text)
            whole = whole.concat(
                func.coalesce(literal(f",[{topic.id},").concat(accepted).concat(f",{topic.current_id}]"), "")
            )
        return func.substr(whole, 2)

    def members(self) -> Select[Any]:
        """The numbers of everybody in it."""
        tables = self._named.join(EXPECTATION, EXPECTATION.c.id == self._named.c.expectation_id).join(
            SUBSCRIBER, SUBSCRIBER.c.id == EXPECTATION.c.subscriber_id
        )
        return select(EXPECTATION.c.subscriber_id).select_from(tables).where(*self._conditions())

    def rows(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """One row for each member, with these columns of its tables."""
        return select(*columns).select_from(self._tables()).where(*self._conditions())

    def lock(self, connection: Connection) -> None:
        """Hold everybody in it until the transaction ends, so that nobody changes their mind in between.

        Whoever changes terms waits for it, and then decides again what was planned. In number order, as all locks of
        subscribers are; on SQLite the write transaction is the lock.
        """
        if connection.dialect.name == "postgresql":
            chosen = select(SUBSCRIBER.c.id).where(SUBSCRIBER.c.id.in_(self.members()))
            locked = chosen.order_by(SUBSCRIBER.c.id).with_for_update(key_share=True).subquery()
            connection.execute(select(func.count()).select_from(locked))

    def _conditions(self) -> list[ColumnElement[bool]]:
        conditions = [EXPECTATION.c.until.is_(None), EXPECTATION.c.publication_id == self.asked.publication_id]
        if self.asked.segment:
            conditions.append(_within(self.asked.segment, self.dialect))
        return conditions

    def _tables(self) -> FromClause:
        of_subscriber, of_each = SUBSCRIBER.c.id, self.way == WAYS[Arrives.EACH]
        topic, total = OF_TOPIC.c, OF_TOTAL.c
        of_topic = and_(topic.subscriber_id == of_subscriber, topic.topic_key == self.charged, of_each)
        of_total = and_(total.subscriber_id == of_subscriber, total.topic_key == 0, of_each, ~self.is_notice)
        return (
            self._named.join(EXPECTATION, EXPECTATION.c.id == self._named.c.expectation_id)
            .join(SUBSCRIBER, of_subscriber == EXPECTATION.c.subscriber_id)
            .join(MOMENTS, and_(MOMENTS.c.pattern_id == EXPECTATION.c.pattern_id, MOMENTS.c.slot == self.slot))
            .outerjoin(OF_TOPIC, of_topic)
            .outerjoin(OF_TOTAL, of_total)
        )


def _named(asked: Question) -> Subquery:
    """The expectations, open or ended, that name a topic; the lowest rank is that of the topic that is charged."""
    positions = {topic.id: position * _WAYS for position, topic in enumerate(asked.topics)}
    ranks = {way.value: _CLASSES[way] * _POSITIONS + number for way, number in WAYS.items()}
    rank = case(ranks, value=_T.arrives) + case(positions, value=_T.topic_id)
    accepted = [
        func.max(case((_T.topic_id == topic, _T.accepted_id), else_=literal(None, Key))).label(f"accepted_{topic}")
        for topic in positions
    ]
    return (
        select(_T.expectation_id, func.min(rank).label("rank"), *accepted)
        .where(_T.topic_id.in_(positions))
        .group_by(_T.expectation_id)
        .subquery("named")
    )


def _within(segment: Mapping[str, Scalar], dialect: str) -> ColumnElement[bool]:
    """Whether a subscriber's fields have all of these values; a text is no number, and true is neither."""
    if dialect == "postgresql":
        wanted = literal(json.dumps(dict(segment), ensure_ascii=False), Text)
        return cast(SUBSCRIBER.c.fields, JSONB).contains(cast(wanted, JSONB))
    return and_(*(_has(name, value) for name, value in segment.items()))


def _has(name: str, value: Scalar) -> ColumnElement[bool]:
    """The same for one field, on SQLite, which has no containment."""
    entry = func.json_each(SUBSCRIBER.c.fields).table_valued("key", "value", "type").alias()
    same = entry.c.key == name
    match value:
        case None | bool():
            same &= entry.c.type == json.dumps(value)
        case str():
            same &= (entry.c.type == "text") & (entry.c.value == value)
        case _:
            same &= entry.c.type.in_(("integer", "real")) & (entry.c.value == value)
    return select(literal(1)).select_from(entry).where(same).exists()
