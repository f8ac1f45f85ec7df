"""confirm pages

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op
from payclerk_core.tables import base


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "confirmation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("token", sa.String(length=26), nullable=False),
        sa.Column("letter_id", KEY, nullable=False),
        sa.Column("about_id", KEY, nullable=False),
        sa.Column("thread_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("proposed", sa.String(length=20), nullable=True),
        sa.Column("answered", sa.String(length=20), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", base.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", base.Moment(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("status_at", base.Moment(timezone=True), nullable=False),
        sa.Column("status_by_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["letter_id"], ["message.id"], name=op.f("fk_confirmation_letter_id")),
        sa.ForeignKeyConstraint(["about_id"], ["message.id"], name=op.f("fk_confirmation_about_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_confirmation_thread_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_confirmation_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation")),
        sa.UniqueConstraint("token", name=op.f("uq_confirmation_token")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_confirmation_letter_id")),
    )
    op.create_index("ix_confirmation_person_id", "confirmation", ["person_id"])
