"""One of many numbers, as a condition whose text stays the same however many there are.

`IN` with a parameter for each number is written, parsed and planned anew for each count of them, which can take longer
than finding the rows.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Text,
    any_,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator


def among(connection: Connection, column: ColumnElement[int], numbers: Collection[int]) -> ColumnElement[bool]:
    """Whether a column holds one of these numbers, in the words of the connection's database."""
    spelled = ",".join(map(str, sorted(numbers)))
    if connection.dialect.name == "postgresql":
        return column == any_(cast(literal(f"{{{spelled}}}", Text), ARRAY(BigInteger)))
    return column.in_(select(func.json_each(literal(f"[{spelled}]", Text)).table_valued("value").c.value))


def among_named(column: ColumnElement[int], name: str) -> ColumnElement[bool]:
    """The same for a statement that is written once and run often: whoever runs it gives the numbers by that name."""
    return _Among(column, bindparam(name, type_=_Numbers))


class _Among(FunctionElement[bool]):
    """Whether the first is among the second; each database has its own words for it."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> _Among:  # noqa: ARG002  (whoever asks gives it)
        """A condition as it is: compared with 1, as SQLite is told of what else is true, no index would find it."""
        return self


@compiles(_Among, "postgresql")
def _any_of_array(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, numbers = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} = ANY (CAST({numbers} AS BIGINT[]))"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, numbers = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({numbers}))"


class _Numbers(TypeDecorator[Collection[int]]):
    """Many numbers as one text: of an array where there are arrays, of JSON elsewhere."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> str:
        """The numbers in their order, so that rows are looked for along the index."""
        spelled = str(sorted(value or ()))
        return f"{{{spelled[1:-1]}}}" if dialect.name == "postgresql" else spelled
