"""why a mailbox is silent

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op


revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("mailbox_silence", sa.Column("reason", sa.String(length=500), nullable=True))


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
