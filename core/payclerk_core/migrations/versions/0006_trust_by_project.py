"""what a decision by mail needs, by project: nothing there means as payclerk is set up

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("project", schema=None) as batch_op:
        for name in ("trust_invitation", "trust_billing", "trust_owner"):
            batch_op.add_column(sa.Column(name, sa.String(length=10), nullable=True))


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
