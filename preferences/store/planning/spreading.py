"""The slots of `preferences.spread` as SQL, in whole numbers that fit into 64 bits on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, literal

from preferences.spread import PRIME, READERS_STEP, SLOTS, offset_of
from preferences.store.columns import Key


def slot_in_sql(campaign_id: int, subscriber_id: ColumnElement[int], leaves_alone: ColumnElement[bool]) -> Any:
    """The slot of each reader to whom the campaign comes by itself; the first for everybody else."""
    mixed = (subscriber_id % _number(PRIME) * _number(READERS_STEP) + _number(offset_of(campaign_id))) % _number(PRIME)
    square = mixed * mixed % _number(PRIME)
    fifth = square * square % _number(PRIME) * mixed % _number(PRIME)
    return case((leaves_alone, fifth * _number(SLOTS) // _number(PRIME)), else_=_number(0))


def _number(value: int) -> ColumnElement[int]:
    return literal(value, Key)
