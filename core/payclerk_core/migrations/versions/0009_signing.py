"""what an envelope is made of is fixed when it is promised, and what DocuSign refuses payclerk is remembered once

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

from payclerk_core.tables.base import Key, Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("envelope", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pdf_id", Key, nullable=True))
        batch_op.add_column(sa.Column("signer_ids", sa.JSON(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_envelope_pdf_id"), "stored_file", ["pdf_id"], ["id"])
    op.create_table(
        "signing_outage",
        sa.Column("id", Key, nullable=False),
        sa.Column("since", Moment(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("noticed_at", Moment(timezone=True), nullable=True),
        sa.Column("over_at", Moment(timezone=True), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_outage")),
        sa.UniqueConstraint("open", name=op.f("uq_signing_outage_open")),
    )


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
