"""One of many numbers, as a condition whose text stays the same however many there are.

`IN` with a parameter for each number is written, parsed and planned anew for each count of them, which can take longer
than finding the rows.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import BigInteger, ColumnElement, Connection, Text, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY


def among(connection: Connection, column: ColumnElement[int], numbers: Collection[int]) -> ColumnElement[bool]:
    """Whether a column holds one of these numbers, in the words of the connection's database."""
    spelled = ",".join(map(str, sorted(numbers)))
    if connection.dialect.name == "postgresql":
        return column == any_(cast(literal(f"{{{spelled}}}", Text), ARRAY(BigInteger)))
    return column.in_(select(func.json_each(literal(f"[{spelled}]", Text)).table_valued("value").c.value))
