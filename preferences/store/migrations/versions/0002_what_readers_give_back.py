"""What readers give back"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from preferences.store.migrations.widening import widen

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """What readers give back."""
    op.create_table(
        "appearance",
        sa.Column("publication_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("logo_width", sa.Integer(), nullable=True),
        sa.Column("logo_height", sa.Integer(), nullable=True),
        sa.Column("accent", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("ground", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_appearance_publication"),
        sa.PrimaryKeyConstraint("publication_id"),
    )
    op.create_table(
        "address_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("publication_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("address_normalised", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("new_confirmed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("old_confirmed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("done_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["publication_id", "subscriber_id"],
            ["subscriber.publication_id", "subscriber.id"],
            name="fk_address_change_subscriber_id",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("publication_id", "id", name="uq_address_change_publication_id"),
    )
    op.create_index("ix_address_change_subscriber", "address_change", ["subscriber_id"], unique=False)

    op.create_table(
        "referral",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("publication_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("brought_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("confirmed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["publication_id", "brought_by"],
            ["subscriber.publication_id", "subscriber.id"],
            name="fk_referral_brought_by",
        ),
        sa.ForeignKeyConstraint(
            ["publication_id", "campaign_id"],
            ["campaign.publication_id", "campaign.id"],
            name="fk_referral_campaign_id",
        ),
        sa.ForeignKeyConstraint(
            ["publication_id", "request_id"],
            ["sign_up_request.publication_id", "sign_up_request.id"],
            name="fk_referral_request_id",
        ),
        sa.ForeignKeyConstraint(
            ["publication_id", "subscriber_id"],
            ["subscriber.publication_id", "subscriber.id"],
            name="fk_referral_subscriber_id",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("publication_id", "id", name="uq_referral_publication_id"),
        sa.UniqueConstraint("request_id", name="uq_referral_request"),
    )
    op.create_index("ix_referral_brought_by", "referral", ["brought_by"], unique=False)
    op.create_index("ix_referral_campaign", "referral", ["campaign_id"], unique=False)

    op.create_table(
        "topic_sample",
        sa.Column("topic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("publication_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id", "campaign_id"],
            ["campaign.publication_id", "campaign.id"],
            name="fk_topic_sample_campaign_id",
        ),
        sa.ForeignKeyConstraint(
            ["publication_id", "topic_id"], ["topic.publication_id", "topic.id"], name="fk_topic_sample_topic_id"
        ),
        sa.PrimaryKeyConstraint("topic_id"),
    )
    op.create_table(
        "answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("publication_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("may_write_back", sa.Boolean(), nullable=False),
        sa.Column("occurred_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id", "campaign_id"], ["campaign.publication_id", "campaign.id"], name="fk_answer_campaign_id"
        ),
        sa.ForeignKeyConstraint(
            ["publication_id", "delivery_id"], ["delivery.publication_id", "delivery.id"], name="fk_answer_delivery_id"
        ),
        sa.ForeignKeyConstraint(
            ["publication_id", "subscriber_id"],
            ["subscriber.publication_id", "subscriber.id"],
            name="fk_answer_subscriber_id",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("publication_id", "id", name="uq_answer_publication_id"),
    )
    op.create_index("ix_answer_campaign", "answer", ["campaign_id"], unique=False)
    op.create_index("ix_answer_subscriber", "answer", ["subscriber_id"], unique=False)

    op.create_table(
        "vote",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("publication_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("said", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("share", sa.Float(), nullable=True),
        sa.Column("occurred_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("said IN ('more_like_this', 'less_like_this', 'too_often')", name="ck_vote_said"),
        sa.ForeignKeyConstraint(
            ["publication_id", "delivery_id"], ["delivery.publication_id", "delivery.id"], name="fk_vote_delivery_id"
        ),
        sa.ForeignKeyConstraint(
            ["publication_id", "subscriber_id"],
            ["subscriber.publication_id", "subscriber.id"],
            name="fk_vote_subscriber_id",
        ),
        sa.ForeignKeyConstraint(
            ["publication_id", "topic_id"], ["topic.publication_id", "topic.id"], name="fk_vote_topic_id"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("publication_id", "id", name="uq_vote_publication_id"),
    )
    op.create_index("ix_vote_delivery", "vote", ["delivery_id"], unique=False)
    op.create_index("ix_vote_subscriber", "vote", ["subscriber_id"], unique=False)

    op.create_index("ix_event_kind", "event", ["publication_id", "kind", "occurred_at"], unique=False)

    op.add_column("attempt", sa.Column("vote_share", sa.Float(), nullable=True))

    op.add_column("campaign_content", sa.Column("question", sa.Text(), nullable=False, server_default=""))

    op.add_column("publication", sa.Column("proof_days", sa.Integer(), nullable=False, server_default="1095"))
    op.add_column(
        "publication", sa.Column("jurisdiction", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default="")
    )
    op.add_column(
        "publication",
        sa.Column("legal_basis", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default="consent"),
    )
    op.add_column("publication", sa.Column("vote_share", sa.Float(), nullable=False, server_default="0.1"))

    op.add_column("sign_up_request", sa.Column("network", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.create_index(
        "ix_sign_up_request_network", "sign_up_request", ["publication_id", "network", "made_at"], unique=False
    )
    op.create_index(
        "ix_sign_up_request_open",
        "sign_up_request",
        ["made_at"],
        unique=False,
        sqlite_where=sa.text("confirmed_at IS NULL AND address_normalised IS NOT NULL"),
        postgresql_where=sa.text("confirmed_at IS NULL AND address_normalised IS NOT NULL"),
    )
    has_proof = sa.text("network_address IS NOT NULL OR agent IS NOT NULL")
    for name, table, at in (
        ("ix_sign_up_request_proof", "sign_up_request", "made_at"),
        ("ix_consent_proof", "consent", "recorded_at"),
    ):
        op.create_index(
            name, table, ["publication_id", at], unique=False, sqlite_where=has_proof, postgresql_where=has_proof
        )

    op.create_index(
        "ix_foreign_mail_topic", "foreign_mail", ["publication_id", "topic_id", "occurred_at"], unique=False
    )
    op.create_index(
        "ix_foreign_mail_broken",
        "foreign_mail",
        ["publication_id", "occurred_at"],
        unique=False,
        sqlite_where=sa.text("broken = 1"),
        postgresql_where=sa.text("broken"),
    )

    op.add_column("service_mail", sa.Column("network", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.create_index("ix_service_mail_network", "service_mail", ["network", "created_at"], unique=False)

    op.add_column("subscriber", sa.Column("feeds_since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))

    op.add_column("topic", sa.Column("is_unlisted", sa.Boolean(), nullable=False, server_default=sa.false()))
    for table in ("delivery", "decision"):
        widen(table, "reason", "held_for_a_person", "read_on_web")
