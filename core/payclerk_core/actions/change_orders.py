"""Change orders of a contract: asked for, decided, answered by another; only approved ones count (domain 2.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from ..dates import project_date
from ..errors import UserError
from ..money import Money
from ..queries.claims import latest_claim, lines_of
from ..queries.contracts import ssov_settled
from ..rules.change_orders import (
    EDITABLE,
    Billed,
    ChangeEntry,
    ChangeStatus,
    CostKey,
    below_billed,
    check_entries,
    joining_lines,
    reversed_entries,
)
from ..rules.contract_status import ENDED, words
from ..rules.lifecycle import BILLING_CONTRACTS, ContractStatus
from ..tables import ChangeOrder, ChangeOrderLine, ClaimLine, Contract, SovLine
from .call import Call
from .contracts import administer
from .sov_lines import next_position, require_new_items


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """A change order as somebody asks for it. A `package` joins the schedule of values as one line."""

    number: str
    title: str
    lines: tuple[ChangeEntry, ...]
    package: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """An approved change order, and what deserves a look now."""

    change: ChangeOrder
    warnings: tuple[str, ...]


def create_change_order(call: Call, contract_id: int, facts: ChangeFacts) -> ChangeOrder:
    """Ask for a change of the contract's sum; it counts for nothing until it is approved."""
    contract = administer(call, contract_id)
    status = ContractStatus(contract.status)
    if status in ENDED:
        raise UserError(f"Contract {contract.number} is {words(status)}; it cannot change any more.", code="locked")
    _check(call, contract, facts, known=None)
    change = ChangeOrder(
        contract_id=contract.id,
        number=facts.number.strip(),
        title=facts.title.strip(),
        package=facts.package,
        approved_on=None,
        **call.stamp(ChangeStatus.DRAFT.value),
    )
    change.lines = _rows(facts.lines)
    call.session.add(change)
    call.record("change_order_created", change, project_id=contract.project_id, after=_shown(change))
    return change


def edit_change_order(call: Call, change_id: int, facts: ChangeFacts) -> ChangeOrder:
    """Give a change order that is not decided yet these values."""
    contract, change = _load(call, change_id)
    _require(change, EDITABLE, "answer it with another change order")
    _check(call, contract, facts, known=change)
    before = _shown(change)
    change.number, change.title, change.package = facts.number.strip(), facts.title.strip(), facts.package
    for row in list(change.lines):
        call.session.delete(row)
    call.session.flush()  # the positions are free before they are taken again
    call.session.expire(change, ["lines"])
    change.lines.extend(_rows(facts.lines))
    call.record("change_order_edited", change, project_id=contract.project_id, before=before, after=_shown(change))
    return change


def submit_change_order(call: Call, change_id: int) -> ChangeOrder:
    """Put a draft up for decision."""
    contract, change = _load(call, change_id)
    _require(change, {ChangeStatus.DRAFT}, "there is nothing to submit")
    _move(call, contract, change, ChangeStatus.PENDING, "change_order_submitted")
    return change


def approve_change_order(call: Call, change_id: int, *, approved_on: date | None = None) -> Approval:
    """Let its lines join the schedule of values, at the end; they count from the next claim on."""
    contract, change = _load(call, change_id)
    _require(change, {ChangeStatus.PENDING}, "submit it first")
    _require_changeable(contract)
    entries = entries_of(change, contract.project.currency)
    joining = joining_lines(entries, package=change.package, number=change.number, title=change.title)
    require_new_items(contract, [entry.item for entry in joining])
    warnings = below_billed(joining, billed_of(call, contract), contract.project.currency)
    _join(call, contract, change, joining)
    change.approved_on = approved_on or project_date(call.at, contract.project.timezone)
    after = {**_shown(change), "approved_on": str(change.approved_on), "warnings": warnings}
    _move(call, contract, change, ChangeStatus.APPROVED, "change_order_approved", after)
    return Approval(change, tuple(warnings))


def void_change_order(call: Call, change_id: int) -> ChangeOrder:
    """Take a change order back; an approved one only while no claim lists its lines."""
    contract, change = _load(call, change_id)
    _require(change, {*EDITABLE, ChangeStatus.APPROVED}, "nothing more can be taken back")
    joined = [line for line in contract.lines if line.change_order_id == change.id]
    listed = select(ClaimLine.id).where(ClaimLine.sov_line_id.in_([line.id for line in joined])).limit(1)
    opened = any(line.opening_work_cents or line.opening_stored_cents for line in joined)
    if opened or call.session.scalar(listed) is not None:
        text = f"Change order {change.number} is on a claim already; answer it with one that takes it back."
        raise UserError(text, code="billed")
    for line in joined:
        call.session.delete(line)
    call.session.flush()
    call.session.expire(contract, ["lines"])
    _move(call, contract, change, ChangeStatus.VOID, "change_order_voided")
    return change


def reverse_change_order(call: Call, change_id: int, number: str) -> ChangeOrder:
    """Draft the change order that takes an approved one back, line by line; it is decided as any other."""
    contract, change = _load(call, change_id)
    _require(change, {ChangeStatus.APPROVED}, "edit or void it instead")
    lines = reversed_entries(_approved_lines(contract, change), number.strip())
    facts = ChangeFacts(number, f"Reversal of {change.number}: {change.title}"[:200], tuple(lines))
    return create_change_order(call, contract.id, facts)


def _load(call: Call, change_id: int) -> tuple[Contract, ChangeOrder]:
    """The change order, read once its contract is held: two people deciding at once take turns."""
    contract_id = call.session.scalar(select(ChangeOrder.contract_id).where(ChangeOrder.id == change_id))
    if contract_id is None:
        raise UserError("There is no such change order any more; open the list again.", code="not_found")
    contract = administer(call, contract_id)
    return contract, call.get(ChangeOrder, change_id, "change order")


def _require(change: ChangeOrder, statuses: Collection[ChangeStatus], advice: str) -> None:
    if ChangeStatus(change.status) not in statuses:
        raise UserError(f"Change order {change.number} is {change.status}; {advice}.", code="wrong_status")


def _require_changeable(contract: Contract) -> None:
    status = ContractStatus(contract.status)
    if status not in BILLING_CONTRACTS:
        text = f"Contract {contract.number} is {words(status)}; a change order is approved on an approved contract."
        raise UserError(text, code="not_approved")
    if not ssov_settled(contract):
        # Its status could not be set any more (domain 1.3), so that nothing could ever be billed on the contract.
        text = f"The breakdown of contract {contract.number} is not approved yet; approve it, or turn it off, first."
        raise UserError(text, code="ssov_open")


def _check(call: Call, contract: Contract, facts: ChangeFacts, *, known: ChangeOrder | None) -> None:
    for name, longest in (("number", 40), ("title", 200)):
        value = getattr(facts, name).strip()
        if not value or len(value) > longest:
            raise UserError(f"Give the change order a {name} of at most {longest} characters.", field=name)
    query = select(ChangeOrder.id).where(
        ChangeOrder.contract_id == contract.id, ChangeOrder.number == facts.number.strip()
    )
    found = call.session.scalar(query)
    if found is not None and (known is None or found != known.id):
        text = f"There is a change order {facts.number.strip()} on this contract already; choose another number."
        raise UserError(text, code="duplicate_number", field="number")
    check_entries(facts.lines, contract.project.currency)
    joining = joining_lines(facts.lines, package=facts.package, number=facts.number.strip(), title=facts.title.strip())
    require_new_items(contract, [entry.item for entry in joining])


def _rows(entries: Sequence[ChangeEntry]) -> list[ChangeOrderLine]:
    return [
        ChangeOrderLine(
            position=place,
            item=entry.item.strip(),
            cost_code=entry.cost_code.strip(),
            cost_type=entry.cost_type.strip(),
            description=entry.description.strip(),
            amount_cents=entry.amount.cents,
        )
        for place, entry in enumerate(entries, 1)
    ]


def entries_of(change: ChangeOrder, currency: str) -> list[ChangeEntry]:
    """The lines of a change order as it was asked for."""
    return [
        ChangeEntry(row.item, row.cost_code, row.cost_type, row.description, Money(row.amount_cents, currency))
        for row in change.lines
    ]


def _approved_lines(contract: Contract, change: ChangeOrder) -> list[ChangeEntry]:
    """What is in the schedule of values because of it; an imported one has no lines of its own."""
    currency = contract.project.currency
    return [
        ChangeEntry(row.item, row.cost_code, row.cost_type, row.description, Money(row.scheduled_cents, currency))
        for row in contract.top_lines
        if row.change_order_id == change.id
    ]


def billed_of(call: Call, contract: Contract) -> Billed:
    """What is scheduled, and completed and stored to date, by cost code and type."""
    currency = contract.project.currency
    scheduled: dict[CostKey, Money] = defaultdict(lambda: Money(0, currency))
    completed: dict[CostKey, Money] = defaultdict(lambda: Money(0, currency))
    for line in contract.top_lines:
        scheduled[line.cost_code, line.cost_type] += Money(line.scheduled_cents, currency)
    claim = latest_claim(call.session, contract.id)
    if claim is not None:
        for row, page in zip(claim.lines, lines_of(claim), strict=True):
            completed[row.sov_line.cost_code, row.sov_line.cost_type] += page.completed
    else:
        for line in contract.lines:
            opening = Money(line.opening_work_cents + line.opening_stored_cents, currency)
            completed[line.cost_code, line.cost_type] += opening
    return Billed(scheduled, completed)


def _join(call: Call, contract: Contract, change: ChangeOrder, entries: Sequence[ChangeEntry]) -> None:
    first = next_position(contract)
    for place, entry in enumerate(entries, first):
        line = SovLine(
            contract=contract,
            position=place,
            item=entry.item,
            cost_code=entry.cost_code,
            cost_type=entry.cost_type,
            description=entry.description,
            scheduled_cents=entry.amount.cents,
            change_order=change,
        )
        call.session.add(line)
    call.session.flush()


def _move(
    call: Call,
    contract: Contract,
    change: ChangeOrder,
    status: ChangeStatus,
    verb: str,
    after: dict[str, object] | None = None,
) -> None:
    before = {"status": change.status}
    call.move(change, status.value)
    after = {**(after or {}), "status": status.value}
    call.record(verb, change, project_id=contract.project_id, before=before, after=after)


def _shown(change: ChangeOrder) -> dict[str, object]:
    """The change order as an event keeps it."""
    return {
        "contract": change.contract_id,
        "number": change.number,
        "title": change.title,
        "package": change.package,
        "cents": sum(row.amount_cents for row in change.lines),
        "lines": [[row.item, row.cost_code, row.cost_type, row.amount_cents] for row in change.lines],
    }
