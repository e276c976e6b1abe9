"""The mailer at full strength"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from preferences.store.migrations.unreferring import stop_referring

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """The mailer at full strength."""
    op.add_column("campaign", sa.Column("spread_minutes", sa.Integer(), nullable=True))
    op.add_column("publication", sa.Column("ledger_days", sa.Integer(), nullable=True))
    for name in ("seen_at", "steady_since"):
        op.add_column("installation", sa.Column(name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.create_table(
        "emptied",
        sa.Column("publication_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("last_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("emptied_rows", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("emptied_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_emptied_publication"),
        sa.PrimaryKeyConstraint("publication_id", "what"),
    )
    op.create_table(
        "restoration",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("found_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("known_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("known_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("marked_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("marked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("answer IN ('written', 'not_written')", name="ck_restoration_answer"),
        sa.PrimaryKeyConstraint("id"),
    )
    text = sqlmodel.sql.sqltypes.AutoString
    for name in ("host", "listens", "did"):
        op.add_column("lease", sa.Column(name, text(), nullable=False, server_default=""))
    for name in ("process", "threads"):
        op.add_column("lease", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("lease", sa.Column("schedules", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("lease", sa.Column("did_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column("attempt", sa.Column("relay", text(), nullable=True))
    _pace_of_destinations()
    _keys_of_senders()
    _what_is_merely_named()
    _what_updates_leave_alone()


def _what_is_merely_named() -> None:
    """A row of the ledger refers to what it is about; each further reference would be looked up for every mail."""
    # Whose hand-over has ended is asked of the attempts, which have an index of their own for it.
    op.drop_index("ix_delivery_lease", "delivery")
    for table, column in (
        ("delivery", "topic_id"),
        *(("decision", name) for name in ("expectation_id", "topic_id", "attempt_id")),
        *(("counted", name) for name in ("subscriber_id", "topic_id")),
    ):
        stop_referring(table, column)


def _pace_of_destinations() -> None:
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "destination",
        sa.Column("domain", text(), nullable=False),
        sa.Column("slowed_at", instant(), nullable=True),
        sa.Column("slow_until", instant(), nullable=True),
        sa.Column("pause_seconds", sa.Integer(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=True),
        sa.Column("hour_at", instant(), nullable=True),
        sa.Column("in_hour", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("domain"),
    )
    op.create_table(
        "warm_up",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _keys_of_senders() -> None:
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "dkim_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("domain", text(), nullable=False),
        sa.Column("selector", text(), nullable=False),
        sa.Column("algorithm", text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("activated_at", instant(), nullable=True),
        sa.Column("replaced_at", instant(), nullable=True),
        sa.Column("retired_at", instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("domain", "selector", name="uq_dkim_key_selector"),
    )
    op.create_index("ix_dkim_key_signing", "dkim_key", ["activated_at"])


def _what_updates_leave_alone() -> None:
    """On PostgreSQL an UPDATE writes into all indexes of a table, or where nothing changes that they name into none."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for index in ("ix_delivery_wakes", "ix_delivery_open"):
        op.drop_index(index, "delivery")
    if is_postgresql:
        # There must be room on a row's page for what it becomes; it takes up as much elsewhere otherwise.
        for table in ("delivery", "opening"):
            op.execute(f"ALTER TABLE {table} SET (fillfactor = 50)")
        for table, name in (
            *((table, f"uq_{table}_publication_id") for table in ("decision", "observation")),
            ("delivery", "uq_delivery_digest_slot"),
        ):
            op.drop_constraint(name, table, type_="unique")
    # One statement, so that PostgreSQL writes the table once.
    derived = {"is_open": f"state IN ({_OPEN})", "is_in_doubt": "state = 'in_doubt'"}
    kept = "STORED" if is_postgresql else "VIRTUAL"
    added = [f"ADD COLUMN {name} BOOLEAN GENERATED ALWAYS AS ({said}) {kept}" for name, said in derived.items()]
    for one in [", ".join(added)] if is_postgresql else added:
        op.execute(f"ALTER TABLE delivery {one}")
    is_true = "" if is_postgresql else " = 1"
    _index_where("ix_delivery_wakes", ["wakes_at"], "wakes_at IS NOT NULL")
    _index_where("ix_delivery_open", ["subscriber_id"], f"is_open{is_true}")
    _index_where("ix_delivery_in_doubt", ["publication_id"], f"is_in_doubt{is_true}")
    digests = ["subscriber_id", "rhythm", "slot_on"]
    _index_where("uq_delivery_digest_slot", digests, "rhythm IS NOT NULL", unique=True)


_OPEN = "'waiting', 'digest_to_come', 'deferred', 'handing_over', 'due'"


def _index_where(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, "delivery", columns, unique=unique, sqlite_where=where, postgresql_where=where)
