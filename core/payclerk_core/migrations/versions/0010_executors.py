"""the processes that run jobs, and how often a job was taken over from one that ended

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

from payclerk_core.tables.base import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "executor",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("beats_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executor")),
    )
    op.create_table(
        "job_takeover",
        sa.Column("workflow_id", sa.String(length=300), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", name=op.f("pk_job_takeover")),
    )


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
