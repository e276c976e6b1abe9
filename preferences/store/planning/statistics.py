"""What PostgreSQL knows of the tables that planning reads: looked at anew where it knows nothing, or not enough.

After an import the server learns by itself within a minute how many rows there are and of what kind. A campaign that is
planned, or a forecast that is asked for, before that would be answered by joins that suit a dozen rows: measured with
five thousand readers, seven seconds instead of one.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, text

from preferences.store.tables import DELIVERY, EXPECTATION, EXPECTATION_TOPIC, OPENING, SUBSCRIBER

_READ: tuple[Table, ...] = (DELIVERY, EXPECTATION, EXPECTATION_TOPIC, OPENING, SUBSCRIBER)
# So small a table is read whole anyhow, in a moment.
_FEW_OCTETS = 128 * 1024
# What was learnt in a transaction that was taken back is not kept, though the server takes it for learnt.
_UNKNOWN = text("""
    SELECT relname FROM pg_class
    WHERE oid = ANY(CAST(:tables AS regclass[])) AND pg_relation_size(oid) > :few AND (
        pg_relation_size(oid) > 2 * relpages * CAST(current_setting('block_size') AS bigint)
        OR NOT EXISTS (SELECT FROM pg_stats WHERE schemaname = current_schema() AND tablename = relname)
    )
    ORDER BY relname
""")


def know_tables(connection: Connection) -> list[str]:
    """Have those tables looked at that never were, or have more than doubled since; answers which. None on SQLite.

    Until the transaction ends, nobody else has them looked at; whoever reads or writes them does not wait.
    """
    if connection.dialect.name != "postgresql":
        return []
    names = [table.name for table in _READ]
    unknown = list(connection.execute(_UNKNOWN, {"tables": names, "few": _FEW_OCTETS}).scalars())
    for name in unknown:
        connection.execute(text(f"ANALYZE {name}"))
    return unknown
