"""which payable claims were billed on which claim to the owner, and at what

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BILLABLE = ("approved", "approved_as_noted", "pending_owner_approval")


def upgrade():
    op.create_table(
        "billed_claim",
        sa.Column("id", KEY, nullable=False),
        sa.Column("claim_id", KEY, nullable=False),
        sa.Column("owner_claim_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_billed_claim_claim_id")),
        sa.ForeignKeyConstraint(["owner_claim_id"], ["claim.id"], name=op.f("fk_billed_claim_owner_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billed_claim")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_billed_claim_claim_id")),
    )
    op.create_index("ix_billed_claim_owner_claim_id", "billed_claim", ["owner_claim_id"])
    op.create_table(
        "billed_cost",
        sa.Column("id", KEY, nullable=False),
        sa.Column("owner_claim_id", KEY, nullable=False),
        sa.Column("contract_id", KEY, nullable=False),
        sa.Column("cost_code", sa.String(length=40), nullable=False),
        sa.Column("cost_type", sa.String(length=40), nullable=False),
        sa.Column("work_cents", sa.BigInteger(), nullable=False),
        sa.Column("stored_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_claim_id"], ["claim.id"], name=op.f("fk_billed_cost_owner_claim_id")),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_billed_cost_contract_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billed_cost")),
        sa.UniqueConstraint(
            "owner_claim_id",
            "contract_id",
            "cost_code",
            "cost_type",
            name=op.f("uq_billed_cost_owner_claim_id_contract_id_cost_code_cost_type"),
        ),
    )
    _fill(op.get_bind())


# The tables as they are at this revision, as far as they are read here.
claim = sa.table("claim", *map(sa.column, ("id", "contract_id", "period_id", "number", "status", "stored_materials")))
claim_line = sa.table("claim_line", *map(sa.column, ("claim_id", "sov_line_id", "work_cents", "stored_cents")))
contract = sa.table("contract", *map(sa.column, ("id", "project_id", "kind")))
sov_line = sa.table(
    "sov_line", *map(sa.column, ("id", "contract_id", "item", "cost_code", "cost_type", "opening_stored_cents"))
)
event = sa.table(
    "event",
    *map(sa.column, ("id", "record", "record_id", "verb")),
    sa.column("after", sa.JSON),
)
billed_claim = sa.table("billed_claim", *map(sa.column, ("claim_id", "owner_claim_id")))
billed_cost = sa.table(
    "billed_cost",
    *map(sa.column, ("owner_claim_id", "contract_id", "cost_code", "cost_type", "work_cents", "stored_cents")),
)


def _fill(connection):
    """Until now a claim to the owner took the claims of its own period that were approved when it was made."""
    owners = sa.select(claim.c.id, claim.c.period_id, claim.c.stored_materials, contract.c.project_id)
    owners = owners.join(contract, contract.c.id == claim.c.contract_id).where(contract.c.kind == "prime")
    taken = {}  # by contract, the latest claim that was taken, and the event before which it was
    for owner in connection.execute(owners.order_by(claim.c.contract_id, claim.c.number)).all():
        made, lines = _made(connection, owner.id)
        if lines is not None and not any(line[0] or line[1] for line in lines.values()):
            continue  # it was made without their costs, to be filled in by hand
        costs = {}
        if owner.stored_materials == "automatic":
            carried = []
        else:
            carried = [one for one in taken.values() if one[0].project_id == owner.project_id]
        for row in _payable(connection, owner, made):
            connection.execute(billed_claim.insert().values(claim_id=row.id, owner_claim_id=owner.id))
            for line, work, _ in _lines(connection, row.id, made):
                _add(costs, row.contract_id, line, work, 0)
            taken[row.contract_id] = (row, made)
            carried = [one for one in carried if one[0].contract_id != row.contract_id] + [(row, made)]
        for row, moment in carried:
            for line, _, stored in _lines(connection, row.id, moment):
                _add(costs, row.contract_id, line, 0, stored)
        if owner.stored_materials != "automatic":
            for line in _openings(connection, owner.project_id, taken):
                _add(costs, line.contract_id, line, 0, line.opening_stored_cents)
        for (contract_id, code, kind), (work, stored) in sorted(costs.items()):
            connection.execute(
                billed_cost.insert().values(
                    owner_claim_id=owner.id,
                    contract_id=contract_id,
                    cost_code=code,
                    cost_type=kind,
                    work_cents=work,
                    stored_cents=stored,
                )
            )


def _add(costs, contract_id, line, work, stored):
    key = (contract_id, line.cost_code, line.cost_type)
    before = costs.get(key, (0, 0))
    costs[key] = (before[0] + work, before[1] + stored)


def _events(connection, claim_id, before):
    query = sa.select(event.c.id, event.c.verb, event.c.after).order_by(event.c.id)
    query = query.where(event.c.record == "claim", event.c.record_id == claim_id)
    return connection.execute(query if before is None else query.where(event.c.id < before)).all()


def _made(connection, owner_id):
    """The event of its making, and what its lines were then: work, stored, held, released by item."""
    for row in _events(connection, owner_id, None):
        if row.verb == "owner_claim_created":
            return row.id, (row.after or {}).get("lines")
    return None, None


def _payable(connection, owner, made):
    query = sa.select(claim.c.id, claim.c.contract_id, claim.c.status, contract.c.project_id)
    query = query.join(contract, contract.c.id == claim.c.contract_id).where(contract.c.kind != "prime")
    query = query.where(contract.c.project_id == owner.project_id, claim.c.period_id == owner.period_id)
    rows = connection.execute(query.order_by(claim.c.contract_id, claim.c.number)).all()
    return [row for row in rows if _status_at(connection, row, made) in BILLABLE]


def _status_at(connection, row, made):
    if made is None:
        return row.status
    said = [(one.after or {}).get("status") for one in _events(connection, row.id, made)]
    return next((status for status in reversed(said) if status), None)


def _lines(connection, claim_id, made):
    """Each line's cost with its work and stored material as they were before that event."""
    query = sa.select(
        sov_line.c.item, sov_line.c.cost_code, sov_line.c.cost_type, claim_line.c.work_cents, claim_line.c.stored_cents
    )
    query = query.join(sov_line, sov_line.c.id == claim_line.c.sov_line_id).where(claim_line.c.claim_id == claim_id)
    # The lines of a review are verdicts, not figures.
    told = [] if made is None else [one for one in _events(connection, claim_id, made) if one.verb != "reviewed"]
    figures = next((lines for one in reversed(told) if (lines := (one.after or {}).get("lines"))), {})
    for row in connection.execute(query).all():
        work, stored = (figures.get(row.item) or (row.work_cents, row.stored_cents))[:2]
        yield row, work, stored


def _openings(connection, project_id, taken):
    query = sa.select(
        sov_line.c.contract_id, sov_line.c.cost_code, sov_line.c.cost_type, sov_line.c.opening_stored_cents
    )
    query = query.join(contract, contract.c.id == sov_line.c.contract_id)
    query = query.where(
        contract.c.project_id == project_id, contract.c.kind != "prime", sov_line.c.opening_stored_cents != 0
    )
    return [row for row in connection.execute(query).all() if row.contract_id not in taken]
