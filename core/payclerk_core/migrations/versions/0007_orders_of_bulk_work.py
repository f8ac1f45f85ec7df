"""what a bulk order was confirmed on, and what it did

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

import payclerk_core.tables.base


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("selection", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen", payclerk_core.tables.base.Json(), nullable=True))
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("report", payclerk_core.tables.base.Json(), nullable=True))
    with op.batch_alter_table("batch_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen", sa.String(length=120), nullable=True))


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
