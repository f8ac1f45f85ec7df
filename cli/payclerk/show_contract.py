"""A contract as `payclerk show` prints it: its terms, lines with their details, and change orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.money import Money
from payclerk_core.queries.contracts import contract_sum
from payclerk_core.tables import ChangeOrder, Contract, SovLine

_OF = {"original": "% of the original sum", "revised": "% of the sum to date", "amount": "in all"}


def contract_lines(session: Session, contract: Contract) -> Iterator[str]:
    """The lines to print, without its events and claims."""
    lines = len(contract.top_lines)
    head = f"Contract {contract.number} {contract.title}, {contract.company.name}: {contract.status}"
    yield f"{head}, {lines} lines, {contract_sum(contract)}"
    yield from _terms(contract)
    yield from _sov(contract)
    yield from _changes(session, contract)


def _terms(contract: Contract) -> Iterator[str]:
    private = ", private" if contract.private else ""
    signed = f", signed {contract.signed_on}" if contract.signed_on else ""
    yield f"  {contract.kind.replace('_', ' ')}, by {contract.accounting}{private}{signed}"
    step = f", {contract.step_work_retainage} % from {contract.step_at} % complete" if contract.step_at else ""
    step += ", stored material counted" if step and contract.step_counts_stored else ""
    yield f"  retainage {contract.work_retainage} % of work, {contract.stored_retainage} % of stored material{step}"
    for rule in contract.retainage_rules:
        yield f"    rule {rule.position}: {rule.percent} % until {rule.until} {_OF[rule.of]} is held"
    contacts = ", ".join(contact.person.name for contact in contract.contacts) or "none"
    ssov = contract.ssov_status.replace("_", " ") if contract.ssov_enabled else "not asked for"
    payments = "on" if contract.payments_enabled else "off"
    yield f"  contacts: {contacts}; payments {payments}; subcontractor's schedule of values: {ssov}"


def _sov(contract: Contract) -> Iterator[str]:
    for line in contract.top_lines:
        yield f"  {_line(contract, line)}"
        details = [detail for detail in contract.lines if detail.parent_id == line.id]
        yield from (f"    {_line(contract, detail)}" for detail in details)
        if details:
            left = line.scheduled_cents - sum(detail.scheduled_cents for detail in details)
            yield f"    remaining to allocate: {Money(left, contract.project.currency)}"


def _line(contract: Contract, line: SovLine) -> str:
    amount = Money(line.scheduled_cents, contract.project.currency)
    units = f"  {line.quantity} {line.unit} at {line.unit_price}" if line.quantity is not None else ""
    change = f"  ({line.change_order.number})" if line.change_order else ""
    return f"{line.item:>8} {line.cost_code} {line.cost_type} {line.description[:44]:<44} {amount!s:>16}{units}{change}"


def _changes(session: Session, contract: Contract) -> Iterator[str]:
    query = select(ChangeOrder).where(ChangeOrder.contract_id == contract.id).order_by(ChangeOrder.id)
    for change in session.scalars(query):
        joined = [line.scheduled_cents for line in contract.top_lines if line.change_order_id == change.id]
        asked = [line.amount_cents for line in change.lines]
        amount = Money(sum(_counted(change, joined, asked)), contract.project.currency)
        on = f" on {change.approved_on}" if change.approved_on else ""
        package = ", as a package" if change.package else ""
        yield f"  change order {change.number} {change.title}: {change.status}{on}, {amount}{package}"


def _counted(change: ChangeOrder, joined: Sequence[int], asked: Sequence[int]) -> Sequence[int]:
    """An approved one is what it put into the schedule of values; an imported one has nothing else."""
    return joined if change.status == "approved" else asked
