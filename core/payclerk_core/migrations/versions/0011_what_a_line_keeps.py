"""what a line keeps of its retainage, a step's measure, the first claim's number, and terms turned on again

What was withheld at lines' own figures is worked out from the claims that are there. By how much less than the rate is
held stays unknown (null): the amounts held say it.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_LINES = """
    SELECT l.id, l.sov_line_id, l.work_cents, l.stored_cents, l.work_withheld_cents,
           l.previous_work_held_cents + l.work_withheld_cents - l.work_released_cents AS held,
           l.work_percent IS NOT NULL AND l.work_withheld_set_cents IS NULL AS own_work,
           l.stored_percent IS NOT NULL AND l.stored_withheld_set_cents IS NULL AS own_stored,
           l.stored_withheld_set_cents IS NOT NULL AS set_stored
    FROM claim_line l JOIN claim c ON c.id = l.claim_id
    WHERE l.sov_line_id IN (
        SELECT sov_line_id FROM claim_line
        WHERE work_percent IS NOT NULL OR stored_percent IS NOT NULL
    )
    ORDER BY l.sov_line_id, c.number
"""
_STORE = """
    UPDATE claim_line SET own_work_cents = :own_work, own_held_cents = :own_held, store_own = :store_own WHERE id = :id
"""
_RELEASED = """
    UPDATE claim_line SET ever_released = true WHERE EXISTS (
        SELECT 1 FROM claim_line earlier
        JOIN claim then_claim ON then_claim.id = earlier.claim_id
        JOIN claim this_claim ON this_claim.id = claim_line.claim_id
        WHERE earlier.sov_line_id = claim_line.sov_line_id AND then_claim.number <= this_claim.number
          AND (earlier.work_released_cents <> 0 OR earlier.stored_released_cents <> 0)
    )
"""


def upgrade():
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.add_column(sa.Column("step_counts_stored", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("first_number", sa.Integer(), server_default="1", nullable=False))
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by_contract", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("claim_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("own_work_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("own_held_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("let_go_cents", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("store_own", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("store_let_go_cents", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("ever_released", sa.Boolean(), server_default=sa.false(), nullable=False))
    _fill_own()
    op.execute(sa.text(_RELEASED))


def _fill_own():
    """Claim after claim of each line that ever had a figure of its own."""
    connection = op.get_bind()
    line, work, held, store_own, found = None, 0, 0, False, []
    for row in connection.execute(sa.text(_LINES)):
        if row.sov_line_id != line:
            line, work, held, store_own = row.sov_line_id, 0, 0, False
        if row.own_work:
            work, held = work + row.work_cents, held + row.work_withheld_cents
        held = min(max(held, min(row.held, 0)), max(row.held, 0))
        store_own = bool(row.stored_cents and (row.own_stored or (store_own and not row.set_stored)))
        found.append({"id": row.id, "own_work": work, "own_held": held, "store_own": store_own})
    if found:
        connection.execute(sa.text(_STORE), found)


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
