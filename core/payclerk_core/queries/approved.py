"""What is approved of the payable claims to date, line by line, told in two ways that must agree.

`approved_below` adds up what each approved claim moved (E, and F against the F before it): that is billed to the owner.
`completed_below` takes column G of each approved claim less that of the claim before it: that is what the tie-out
compares with. Neither reads the columns the other adds up, so a fault of one shows.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ..rules.lifecycle import BILLABLE_TO_OWNER
from ..rules.owner_costs import Below, LineBelow, Place, attributable, within_line
from ..tables import BilledClaim, Claim, ClaimLine, Contract, SovLine

_Cents = ColumnElement[int] | InstrumentedAttribute[int]

_APPROVED: Final = Claim.status.in_([status.value for status in BILLABLE_TO_OWNER])
_COMPLETED: Final = ClaimLine.previous_work_cents + ClaimLine.work_cents + ClaimLine.stored_cents
_WORKED: Final = ClaimLine.work_cents + ClaimLine.moved_cents


def approved_below(session: Session, project_id: int) -> dict[Place, Below]:
    """By contract and cost, what is approved of the payable claims to date, in work and in store, in cents."""
    fresh = _fresh(session, project_id)
    sums: dict[Place, Below] = {}
    for row in session.execute(_moved(project_id)):
        place, line = _place(row), _line_below(row)
        so_far = sums.get(place, Below(fresh=place[0] in fresh))
        sums[place] = so_far.with_line(*attributable(line), line.opening_stored)
    return sums


def completed_below(session: Session, project_id: int) -> dict[Place, int]:
    """By contract and cost, what the approved claims completed and stored to date by their column G, in cents.

    What was in store before payclerk is in it; what was worked before is not.
    """
    sums: defaultdict[Place, int] = defaultdict(int)
    for row in session.execute(_completed(project_id)):
        opened = row.opening_work + row.opening_stored
        stands = opened + int(row.changed or 0)
        total = within_line(opened + int(row.approved_change or 0), scheduled=row.scheduled, stands=stands)
        sums[_place(row)] += total - row.opening_work
    return dict(sums)


def _place(row: Row[Any]) -> Place:
    return row.contract_id, (row.cost_code, row.cost_type)


def _line_below(row: Row[Any]) -> LineBelow:
    return LineBelow(
        scheduled=row.scheduled,
        opening_work=row.opening_work,
        opening_stored=row.opening_stored,
        changed=int(row.changed or 0),
        approved=int(row.approved_change or 0),
        approved_stored=int(row.approved_stored or 0),
        in_store=row.opening_stored if row.in_store is None else int(row.in_store),
    )


def _moved(project_id: int) -> Select[Any]:
    """By line, what its claims moved, what the approved ones did of it, and F on the latest approved one."""
    stored = ClaimLine.stored_cents - _before(ClaimLine.stored_cents, SovLine.opening_stored_cents)
    newest = func.row_number().over(
        partition_by=SovLine.id, order_by=(case((_APPROVED, 1), else_=0).desc(), Claim.number.desc())
    )
    steps = _steps(
        project_id,
        change=_WORKED + stored,
        stored_change=stored,
        in_store=ClaimLine.stored_cents,
        newest=newest,
    )
    last = case((and_(steps.c.approved == 1, steps.c.newest == 1), steps.c.in_store))
    return _by_line(steps, approved_stored=_of_approved(steps, steps.c.stored_change), in_store=func.sum(last))


def _completed(project_id: int) -> Select[Any]:
    opening = SovLine.opening_work_cents + SovLine.opening_stored_cents
    return _by_line(_steps(project_id, change=_COMPLETED - _before(_COMPLETED, opening)))


def _before(column: _Cents, opening: _Cents) -> ColumnElement[int]:
    """The column on the claim before, approved or not; before the first claim, the opening."""
    earlier = func.lag(column).over(partition_by=SovLine.id, order_by=Claim.number)
    return func.coalesce(earlier, opening)


def _steps(project_id: int, **columns: _Cents) -> Subquery:
    """A row for each line of each payable claim. A line that no claim has yet, as one that was in store before."""
    named = [column.label(name) for name, column in columns.items()]
    query = (
        select(
            SovLine.id,
            SovLine.contract_id,
            SovLine.cost_code,
            SovLine.cost_type,
            SovLine.scheduled_cents.label("scheduled"),
            SovLine.opening_work_cents.label("opening_work"),
            SovLine.opening_stored_cents.label("opening_stored"),
            case((_APPROVED, 1), else_=0).label("approved"),
            *named,
        )
        .join(Contract, Contract.id == SovLine.contract_id)
        .outerjoin(ClaimLine, ClaimLine.sov_line_id == SovLine.id)
        .outerjoin(Claim, Claim.id == ClaimLine.claim_id)
        .where(Contract.project_id == project_id, Contract.kind != "prime")
        .where(ClaimLine.id.is_not(None) | (SovLine.opening_stored_cents != 0))
    )
    return query.subquery()


def _by_line(steps: Subquery, **sums: ColumnElement[int]) -> Select[Any]:
    """By line that has an approved claim or was in store before payclerk."""
    c = steps.c
    line = (c.id, c.contract_id, c.cost_code, c.cost_type, c.scheduled, c.opening_work, c.opening_stored)
    changes = func.sum(c.change).label("changed"), _of_approved(steps, c.change).label("approved_change")
    query = select(*line, *changes, *(one.label(name) for name, one in sums.items())).group_by(*line)
    return query.having((func.sum(c.approved) > 0) | (c.opening_stored != 0))


def _of_approved(steps: Subquery, column: ColumnElement[int]) -> ColumnElement[int]:
    return func.sum(case((steps.c.approved == 1, column), else_=0))


def _fresh(session: Session, project_id: int) -> set[int]:
    """The contracts whose latest approved claim is not billed yet."""
    latest = select(Claim.contract_id, func.max(Claim.number).label("number")).join(Claim.contract)
    latest = latest.where(Contract.project_id == project_id, Contract.kind != "prime", _APPROVED)
    last = latest.group_by(Claim.contract_id).subquery()
    query = select(Claim.contract_id).join(
        last, and_(Claim.contract_id == last.c.contract_id, Claim.number == last.c.number)
    )
    query = query.outerjoin(BilledClaim, BilledClaim.claim_id == Claim.id).where(BilledClaim.id.is_(None))
    return set(session.scalars(query))
