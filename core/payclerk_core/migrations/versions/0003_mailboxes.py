"""several mailboxes and their watchdog

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op
from payclerk_core.tables import base


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "mailbox_silence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=320), nullable=False),
        sa.Column("since", base.Moment(timezone=True), nullable=False),
        sa.Column("noticed_at", base.Moment(timezone=True), nullable=False),
        sa.Column("over_at", base.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_silence")),
        sa.UniqueConstraint("account", "since", name=op.f("uq_mailbox_silence_account_since")),
    )


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
