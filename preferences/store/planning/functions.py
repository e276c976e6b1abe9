"""The few functions of SQL that SQLite and PostgreSQL call by different names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction, ReturnTypeFromArgs

from preferences.store.columns import Key


class largest(ReturnTypeFromArgs[Any]):  # noqa: N801 - the name it has in SQL
    """The largest of several values, none of which is null."""

    inherit_cache = True


@compiles(largest, "postgresql")
def _largest_postgresql(element: largest, compiler: Any, **kw: Any) -> str:
    return f"greatest{compiler.process(element.clause_expr, **kw)}"


@compiles(largest, "sqlite")
def _largest_sqlite(element: largest, compiler: Any, **kw: Any) -> str:
    return f"max{compiler.process(element.clause_expr, **kw)}"


class micros(GenericFunction[int]):  # noqa: N801 - the name it has in SQL
    """An instant as whole microseconds since 1970, as a basis has them."""

    type = Key
    inherit_cache = True


@compiles(micros, "postgresql")
def _micros_postgresql(element: micros, compiler: Any, **kw: Any) -> str:
    column = compiler.process(element.clauses, **kw)
    return f"CAST(extract(epoch FROM {column}) * 1000000 AS BIGINT)"


@compiles(micros, "sqlite")
def _micros_sqlite(element: micros, compiler: Any, **kw: Any) -> str:
    column = compiler.process(element.clauses, **kw)
    seconds = f"CAST(strftime('%s', substr({column}, 1, 19)) AS INTEGER)"
    return f"({seconds} * 1000000 + CAST(substr({column}, 21, 6) AS INTEGER))"


def joined(*pieces: ColumnElement[Any] | str) -> ColumnElement[str]:
    """Texts one after the other; null where one of them is."""
    first, *rest = [literal(piece, Text) if isinstance(piece, str) else piece for piece in pieces]
    whole: ColumnElement[str] = first
    for piece in rest:
        whole = whole.concat(piece)
    return whole
