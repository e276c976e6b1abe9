"""Many readers from few: those who were made as the store makes them, and their copies under numbers and addresses of
their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, Table, case, func, insert, literal, select, text

from preferences.store.tables import COUNTED, EXPECTATION, EXPECTATION_TOPIC, FOREIGN_MAIL, OPENING, SUBSCRIBER

_SHIFTED = {"id", "subscriber_id", "expectation_id", "foreign_mail_id"}


def copy_everybody(connection: Connection, copies: int) -> None:
    """Make everybody who was made so many times in all, with numbers that are shifted by a multiple of the highest.

    Copies are copied in turn, so that a million takes as many statements as a thousand.
    """
    if connection.dialect.name == "postgresql":
        # What is a copy of rows that were checked is not checked again.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    have = 1
    while have < copies:
        more = min(have, copies - have)
        for table in (SUBSCRIBER, EXPECTATION, EXPECTATION_TOPIC, FOREIGN_MAIL, COUNTED, OPENING):
            columns = [_copied(column, have) for column in table.columns]
            made = select(*columns).where(_key(table) <= _STEP * more)
            connection.execute(insert(table).from_select([column.name for column in table.columns], made))
        have += more
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = origin"))


# Higher than any number among those who are made.
_STEP = 100_000


def _key(table: Table) -> Column[Any]:
    return table.c[next(name for name in ("id", "expectation_id", "subscriber_id") if name in table.c)]


def _copied(column: Column[Any], have: int) -> Any:
    if column.name in _SHIFTED:
        return column + literal(have * _STEP, column.type)
    if column.name in ("address", "address_normalised"):
        return func.replace(column, "@", f"-{have}@")
    if column.name == "name":
        return case((column == "", column), else_=column.concat(f" {have}."))
    if column.name == "external_id":
        return column.concat(f" and {have}")
    return column
