"""what becomes of the owner's clear answers: proposed to a person, or acting by themselves

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("owner_answers", sa.String(length=10), server_default="propose", nullable=False))


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
