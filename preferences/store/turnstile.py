"""Nobody is told that a campaign is paused as long as a group that was begun before may still be decided.

On SQLite the write transaction is all of it: there is one at a time. On PostgreSQL a group that has read which campaigns run
could commit its hand-overs after the pause has committed. So groups go through together, and a pause waits until those
inside are through, and lets nobody in until it has committed itself.
"""

from __future__ import annotations

from sqlalchemy import Connection, Integer, bindparam, func, select

# What advisory locks of this kind are known by; the second number is the publication's.
_KIND = 1_414_681_428
_NUMBERS = 1 << 31
# Asked for each group, and writing the statement takes longer than running it.
_GO_THROUGH = select(func.pg_advisory_xact_lock_shared(_KIND, bindparam("number", type_=Integer)))


def go_through(connection: Connection, publication_id: int) -> None:
    """Decide a group in this transaction. The first thing in it, so that it holds nothing that a pause waits for."""
    if connection.dialect.name == "postgresql":
        connection.execute(_GO_THROUGH, {"number": publication_id % _NUMBERS})


def wait_until_through(connection: Connection, publication_id: int) -> None:
    """Let the groups that are being decided come to their commit, and no other in before this transaction's own.

    Raises `DatabaseAway` where that takes longer than a lock may be waited for. The first thing in the transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_KIND, publication_id % _NUMBERS)))
