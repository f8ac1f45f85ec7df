"""the billing engine

Revision: 0002, after 0001
"""

from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from alembic import op
from payclerk_core.tables import base


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "period_schedule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frequency", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("set_at", base.Moment(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_period_schedule_project_id")),
        sa.ForeignKeyConstraint(["set_by_id"], ["person.id"], name=op.f("fk_period_schedule_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_schedule")),
        sa.UniqueConstraint("project_id", name=op.f("uq_period_schedule_project_id")),
    )
    op.create_table(
        "retainage_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contract_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("percent", base.Rate(length=20), nullable=False),
        sa.Column("of", sa.String(length=10), nullable=False),
        sa.Column("until", base.Rate(length=20), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_retainage_rule_contract_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retainage_rule")),
        sa.UniqueConstraint("contract_id", "position", name=op.f("uq_retainage_rule_contract_id_position")),
    )
    op.create_table(
        "change_order_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("change_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("cost_code", sa.String(length=40), nullable=False),
        sa.Column("cost_type", sa.String(length=40), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_order_id"], ["change_order.id"], name=op.f("fk_change_order_line_change_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_order_line")),
        sa.UniqueConstraint("change_order_id", "position", name=op.f("uq_change_order_line_change_order_id_position")),
    )
    with op.batch_alter_table("change_order_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_order_line_change_order_id"), ["change_order_id"], unique=False)

    op.create_table(
        "certificate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("claim_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("certified_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("recorded_at", base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_certificate_claim_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"], name=op.f("fk_certificate_recorded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_certificate_claim_id")),
    )
    op.create_table(
        "payment_schedule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("claim_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("claimed_cents", sa.BigInteger(), nullable=False),
        sa.Column("scheduled_cents", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("answer_due_on", sa.Date(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("pdf_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("issued_at", base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_payment_schedule_claim_id")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["person.id"], name=op.f("fk_payment_schedule_issued_by_id")),
        sa.ForeignKeyConstraint(["pdf_id"], ["stored_file.id"], name=op.f("fk_payment_schedule_pdf_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_schedule")),
        sa.UniqueConstraint("claim_id", "revision", name=op.f("uq_payment_schedule_claim_id_revision")),
    )
    with op.batch_alter_table("change_order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("package", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=20), server_default="progress", nullable=False))
        batch_op.add_column(sa.Column("rates_set", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(
            sa.Column("stored_materials", sa.String(length=10), server_default="manual", nullable=False)
        )
        batch_op.add_column(sa.Column("payment_due_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("comment", sa.String(length=2000), nullable=True))
        batch_op.add_column(sa.Column("with_backup", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("pdf_layout", sa.JSON(), nullable=True))

    with op.batch_alter_table("claim_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quantity", base.Rate(length=20), nullable=True))
        batch_op.add_column(sa.Column("moved_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("previous_work_held_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("work_withheld_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("work_released_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("previous_stored_held_cents", sa.BigInteger(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("stored_withheld_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("stored_released_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("work_percent", base.Rate(length=20), nullable=True))
        batch_op.add_column(sa.Column("work_withheld_set_cents", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("stored_percent", base.Rate(length=20), nullable=True))
        batch_op.add_column(sa.Column("stored_withheld_set_cents", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.add_column(sa.Column("prevent_overbilling", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accounting", sa.String(length=10), server_default="amount", nullable=False))
        batch_op.add_column(sa.Column("signed_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("step_at", base.Rate(length=20), nullable=True))
        batch_op.add_column(sa.Column("step_work_retainage", base.Rate(length=20), nullable=True))
        batch_op.add_column(sa.Column("payments_enabled", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("ssov_enabled", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("ssov_status", sa.String(length=40), server_default="draft", nullable=False))
        batch_op.add_column(sa.Column("ssov_status_at", base.Moment(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("ssov_status_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("ssov_reason", sa.String(length=2000), nullable=True))

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("invoice_type", sa.String(length=40), server_default="work_and_materials", nullable=False)
        )
        batch_op.add_column(sa.Column("invitation_note", sa.String(length=2000), server_default="", nullable=False))
        batch_op.add_column(sa.Column("remind_every_days", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("weekly_digest", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("tell_approved", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("show_claimed", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("overbilling", sa.String(length=10), server_default="warn", nullable=False))
        batch_op.add_column(
            sa.Column("stored_materials", sa.String(length=10), server_default="manual", nullable=False)
        )
        batch_op.add_column(sa.Column("pdf_footer", sa.String(length=500), server_default="", nullable=False))
        batch_op.add_column(sa.Column("jurisdiction", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("public_works", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("sov_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("quantity", base.Rate(length=20), nullable=True))
        batch_op.add_column(sa.Column("unit", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("unit_price", base.Rate(length=20), nullable=True))
        batch_op.add_column(sa.Column("opening_work_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("opening_stored_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("opening_retainage_cents", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.create_index(batch_op.f("ix_sov_line_parent_id"), ["parent_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_sov_line_parent_id"), "sov_line", ["parent_id"], ["id"])

    _hold_what_was_held()
    _list_what_changed()


def _hold_what_was_held():
    """Retainage was a rate of the claim; it becomes what each line held before it and withheld by it."""
    lines = sa.text(
        "SELECT l.id, l.previous_work_cents, l.work_cents, l.stored_cents, c.work_retainage, c.stored_retainage"
        " FROM claim_line l JOIN claim c ON c.id = l.claim_id"
    )
    fill = sa.text(
        "UPDATE claim_line SET previous_work_held_cents = :before, work_withheld_cents = :work,"
        " stored_withheld_cents = :stored WHERE id = :id"
    )
    connection = op.get_bind()
    for row in connection.execute(lines).all():
        before = _part(row.previous_work_cents, row.work_retainage)
        work = _part(row.previous_work_cents + row.work_cents, row.work_retainage) - before
        stored = _part(row.stored_cents, row.stored_retainage)
        connection.execute(fill, {"id": row.id, "before": before, "work": work, "stored": stored})


def _part(cents, rate):
    return int((cents * Decimal(rate) / 100).to_integral_value(ROUND_HALF_UP))


def _list_what_changed():
    """A change order's lines stood only in the schedule of values."""
    op.execute(
        "INSERT INTO change_order_line"
        " (change_order_id, position, item, cost_code, cost_type, description, amount_cents)"
        " SELECT change_order_id, position, item, cost_code, cost_type, description, scheduled_cents"
        " FROM sov_line WHERE change_order_id IS NOT NULL"
    )


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
