"""restored from a backup: what is held and what was lost

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

from payclerk_core.tables.base import Key, Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "restoration",
        sa.Column("id", Key, nullable=False),
        sa.Column("since", Moment(timezone=True), nullable=False),
        sa.Column("began_at", Moment(timezone=True), nullable=False),
        sa.Column("handled_at", Moment(timezone=True), nullable=False),
        sa.Column("read_at", Moment(timezone=True), nullable=True),
        sa.Column("reread", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("status_at", Moment(timezone=True), nullable=False),
        sa.Column("status_by_id", Key, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restoration")),
        sa.UniqueConstraint("open", name=op.f("uq_restoration_open")),
    )
    op.create_table(
        "held_letter",
        sa.Column("id", Key, nullable=False),
        sa.Column("restoration_id", Key, nullable=False),
        sa.Column("recipient_id", Key, nullable=False),
        sa.Column("held_at", Moment(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("status_at", Moment(timezone=True), nullable=False),
        sa.Column("status_by_id", Key, nullable=True),
        sa.ForeignKeyConstraint(["recipient_id"], ["message_recipient.id"], name=op.f("fk_held_letter_recipient_id")),
        sa.ForeignKeyConstraint(["restoration_id"], ["restoration.id"], name=op.f("fk_held_letter_restoration_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_letter")),
        sa.UniqueConstraint("restoration_id", "recipient_id", name=op.f("uq_held_letter_restoration_id_recipient_id")),
    )
    op.create_index(op.f("ix_held_letter_recipient_id"), "held_letter", ["recipient_id"], unique=False)
    op.create_table(
        "lost_letter",
        sa.Column("id", Key, nullable=False),
        sa.Column("restoration_id", Key, nullable=False),
        sa.Column("token", sa.String(length=26), nullable=False),
        sa.Column("person", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("seen_at", Moment(timezone=True), nullable=False),
        sa.Column("seen_in", sa.String(length=20), nullable=False),
        sa.Column("inbox_id", Key, nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox_mail.id"], name=op.f("fk_lost_letter_inbox_id")),
        sa.ForeignKeyConstraint(["restoration_id"], ["restoration.id"], name=op.f("fk_lost_letter_restoration_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lost_letter")),
        sa.UniqueConstraint("restoration_id", "token", name=op.f("uq_lost_letter_restoration_id_token")),
    )


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
