"""The lines of a contract's schedule of values, while it is open: added, edited, removed, never renumbered (column A)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from ..errors import UserError
from ..rules.contract_status import LOCKED, words
from ..rules.lifecycle import ContractStatus
from ..rules.sov import SovEntry, scheduled_of
from ..rules.ssov import COMPLETE_ONLY, SsovStatus
from ..tables import ClaimLine, Contract, SovLine
from .call import Call
from .contracts import administer


def add_sov_line(call: Call, contract_id: int, entry: SovEntry) -> SovLine:
    """Add a line at the end."""
    contract = administer(call, contract_id)
    _require_open(contract)
    cents = scheduled_of(entry, contract.accounting, contract.project.currency).cents
    require_new_items(contract, [entry.item])
    line = SovLine(contract=contract, position=next_position(contract))
    _fill(line, entry, cents)
    call.session.add(line)
    call.record("sov_line_added", contract, project_id=contract.project_id, after=_shown(line))
    return line


def edit_sov_line(call: Call, line_id: int, entry: SovEntry) -> SovLine:
    """Give a line these values; its place stays."""
    contract, line = _load(call, line_id)
    cents = scheduled_of(entry, contract.accounting, contract.project.currency).cents
    if line.item != entry.item.strip():
        require_new_items(contract, [entry.item])
    if cents != line.scheduled_cents:
        _require_whole(contract, line)
    before = _shown(line)
    _fill(line, entry, cents)
    if before != _shown(line):
        call.record("sov_line_edited", contract, project_id=contract.project_id, before=before, after=_shown(line))
    return line


def remove_sov_line(call: Call, line_id: int) -> None:
    """Take a line away; the others keep their places and items."""
    contract, line = _load(call, line_id)
    _require_whole(contract, line)
    before = _shown(line)
    call.session.delete(line)
    call.session.flush()
    call.session.expire(contract, ["lines"])
    call.record("sov_line_removed", contract, project_id=contract.project_id, before=before)


def _load(call: Call, line_id: int) -> tuple[Contract, SovLine]:
    contract_id = call.session.scalar(select(SovLine.contract_id).where(SovLine.id == line_id))
    if contract_id is None:
        raise UserError("There is no such line any more; open the list again.", code="not_found")
    contract = administer(call, contract_id)
    line = call.get(SovLine, line_id, "line")  # read once the contract is held: another may have changed it
    _require_open(contract)
    if line.parent_id is not None:
        raise UserError(f"Line {line.item} is the subcontractor's detail; it changes with their breakdown.")
    if line.change_order_id is not None:
        raise UserError(f"Line {line.item} belongs to a change order; answer it with another change order.")
    billed = select(ClaimLine.id).where(ClaimLine.sov_line_id == line.id).limit(1)
    if call.session.scalar(billed) is not None or line.opening_work_cents or line.opening_stored_cents:
        text = f"Line {line.item} was billed on and stays as it is; change the sum by a change order."
        raise UserError(text, code="billed")
    return contract, line


def _require_open(contract: Contract) -> None:
    status = ContractStatus(contract.status)
    if status in LOCKED:
        text = f"Contract {contract.number} is {words(status)}: its schedule of values is locked."
        raise UserError(f"{text} Approved contracts are locked; use a change order.", code="locked")
    if contract.ssov_enabled and SsovStatus(contract.ssov_status) in COMPLETE_ONLY:
        label = SsovStatus(contract.ssov_status).label
        text = f"The breakdown of contract {contract.number} is {label}; set it back to Draft before its lines change."
        raise UserError(text, code="broken_down")


def _require_whole(contract: Contract, line: SovLine) -> None:
    if any(detail.parent_id == line.id for detail in contract.lines):
        text = f"Line {line.item} is broken down; take its details away first."
        raise UserError(text, code="broken_down")


def require_new_items(contract: Contract, items: Iterable[str]) -> None:
    """Items are unique on a contract, details of the breakdown and change orders among them."""
    taken = {line.item for line in contract.lines}
    for item in items:
        if item.strip() in taken:
            text = f"There is an item {item.strip()} on contract {contract.number} already; number it otherwise."
            raise UserError(text, code="duplicate_item", field="item")


def next_position(contract: Contract) -> int:
    """The place after the last line."""
    return max((line.position for line in contract.lines), default=0) + 1


def _fill(line: SovLine, entry: SovEntry, cents: int) -> None:
    line.item, line.description = entry.item.strip(), entry.description.strip()
    line.cost_code, line.cost_type = entry.cost_code.strip(), entry.cost_type.strip()
    line.quantity, line.unit_price = entry.quantity, entry.unit_price
    line.unit = (entry.unit or "").strip() or None
    line.scheduled_cents = cents


def _shown(line: SovLine) -> dict[str, object]:
    """The line as an event keeps it."""
    shown: dict[str, object] = {
        "item": line.item,
        "cost": [line.cost_code, line.cost_type],
        "description": line.description,
        "cents": line.scheduled_cents,
    }
    if line.quantity is not None:
        shown["unit"] = [str(line.quantity), line.unit, str(line.unit_price)]
    return shown
