"""The fields that readers of a publication have, by name, and how many of an audience lack one, or have no name."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Text, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from preferences.store.planning.audience import Audience
from preferences.store.planning.question import question_unlocked
from preferences.store.tables import SUBSCRIBER

_S = SUBSCRIBER.c
# How many readers are looked at for the names of fields, the newest first; who has none is not looked at.
_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """Of an audience: how many have no name, one of them, and how many lack each field that was asked for."""

    audience: int
    nameless: int
    nameless_id: int | None
    without: Mapping[str, int]


def field_names(connection: Connection, publication_id: int) -> list[str]:
    """The names of the fields that the newest readers have, in alphabetical order."""
    has_some = (_S.publication_id == publication_id) & (_S.fields != "{}")
    rows = connection.execute(select(_S.fields).where(has_some).order_by(_S.id.desc()).limit(_LOOKED_AT)).scalars()
    return sorted({name for fields in rows for name in json.loads(fields)})


def has_field(connection: Connection, publication_id: int, name: str) -> bool:
    """Whether any reader of a publication has a field of that name."""
    of = (_S.publication_id == publication_id) & (_S.fields != "{}") & _has(name, connection.dialect.name)
    return connection.execute(select(literal(1)).where(of).limit(1)).first() is not None


def lacking(connection: Connection, publication_id: int, campaign_id: int, fields: Collection[str]) -> Lacking:
    """Who of a campaign's audience, as it stands now, has no name or lacks one of these fields. Raises `NotFound`."""
    asked = question_unlocked(connection, publication_id, campaign_id)
    names = sorted(set(fields))
    if not asked.topics:
        return Lacking(audience=0, nameless=0, nameless_id=None, without=dict.fromkeys(names, 0))
    members = Audience(asked, connection.dialect.name).members().subquery()
    is_nameless = func.trim(_S.name) == ""
    without = [func.count(case((~_has(name, connection.dialect.name), 1))) for name in names]
    columns = (func.count(), func.count(case((is_nameless, 1))), func.min(case((is_nameless, _S.id))), *without)
    row = connection.execute(select(*columns).join(members, members.c.subscriber_id == _S.id)).one()
    return Lacking(audience=row[0], nameless=row[1], nameless_id=row[2], without=dict(zip(names, row[3:], strict=True)))


def _has(name: str, dialect: str) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return func.jsonb_exists(cast(_S.fields, JSONB), literal(name, Text))
    entry = func.json_each(_S.fields).table_valued("key").alias()
    return select(literal(1)).select_from(entry).where(entry.c.key == name).exists()
