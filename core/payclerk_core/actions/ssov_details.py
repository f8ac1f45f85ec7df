"""The details of a breakdown: read from the contract, put into it, checked before they count (tasks T19, T26, T27, C19)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..errors import UserError
from ..money import Money
from ..queries.contracts import has_claims
from ..queries.directory import is_contact
from ..rules.ssov import (
    Broken,
    Detail,
    SsovStatus,
    detail_faults,
    editing_obstacle,
    repeated_items,
    unallocated,
)
from ..tables import Contract, SovLine
from .call import Call
from .contracts import load_contract_to_change
from .sov_lines import next_position

_LONGEST_ITEM, _LONGEST_DESCRIPTION = 40, 300


def put_details(call: Call, contract_id: int, details: Mapping[str, Sequence[Detail]]) -> Contract:
    """Break these lines (by item) down into these details, in place of what they had; none: take them away.

    For the contact (T27, C19), or an administrator on their behalf (T26); no mail is sent. Not to the cent yet is
    fine: submitting asks for that.
    """
    contract = load_to_fill(call, contract_id)
    parents = {line.item: line for line in _original_lines(contract)}
    unknown = [item for item in details if item not in parents]
    if unknown:
        text = f"Contract {contract.number} has no line {', '.join(unknown)} to break down; see its schedule of values."
        raise UserError(text, code="unknown_line")
    chosen = [_broken(parents[item], contract.project.currency, rows) for item, rows in details.items()]
    gone = [line for line in contract.lines if line.parent_id in {parents[item].id for item in details}]
    _check(contract, chosen, gone)
    before = shown(row for row in broken_lines(contract) if row.item in details)
    if before == shown(chosen):
        return contract
    take_away(call, contract, gone)
    for line in chosen:
        _add_details(call, contract, parents[line.item], line.details)
    after = {"details": shown(chosen)}
    call.record("ssov_filled", contract, project_id=contract.project_id, before={"details": before}, after=after)
    return contract


def load_to_fill(call: Call, contract_id: int) -> Contract:
    """The contract, held, for who may fill its breakdown now: a contact in their turn, or an administrator for them.

    The tables name the administrator's task twice, with different rights (T19, T26): the stricter row counts.
    """
    contract = load_contract_to_change(call, contract_id)
    by_contact = call.actor is not None and is_contact(call.session, contract.id, call.actor.id)
    call.authorise("C19" if by_contact else "T26", contract.project_id, contract)
    require_enabled(contract)
    claims = has_claims(call.session, contract.id)
    obstacle = editing_obstacle(SsovStatus(contract.ssov_status), by_contact=by_contact, has_claims=claims)
    if obstacle is not None:
        raise UserError(f"{contract.number}: {obstacle}", code="locked")
    return contract


def require_enabled(contract: Contract) -> None:
    """Refuse where no breakdown is asked for."""
    if not contract.ssov_enabled:
        text = f"Contract {contract.number} asks for no breakdown; an administrator turns it on first."
        raise UserError(text, code="ssov_off")


def require_complete(contract: Contract) -> None:
    """Refuse while anything remains to be allocated of any line, and say of which."""
    lines = broken_lines(contract)
    if not lines:
        raise UserError(f"Contract {contract.number} has no lines to break down; add them first.", code="no_lines")
    if missing := unallocated(lines):
        more = f" And {len(missing) - 10} lines more." if len(missing) > 10 else ""
        text = f"The breakdown of {contract.number} is not complete. {' '.join(missing[:10])}{more}"
        raise UserError(text, code="not_allocated")


def broken_lines(contract: Contract) -> list[Broken]:
    """The contract's original lines, each with its details. Lines of change orders are billed as they are."""
    currency = contract.project.currency
    details: dict[int, list[Detail]] = {}
    for line in contract.lines:
        if line.parent_id is not None:
            row = Detail(line.item, line.description, Money(line.scheduled_cents, currency))
            details.setdefault(line.parent_id, []).append(row)
    return [_broken(line, currency, details.get(line.id, [])) for line in _original_lines(contract)]


def shown(lines: Iterable[Broken]) -> dict[str, object]:
    """The details as an event keeps them: item, description and cents under their line."""
    return {line.item: [[row.item, row.description, row.amount.cents] for row in line.details] for line in lines}


def take_away(call: Call, contract: Contract, lines: Sequence[SovLine]) -> None:
    """Delete details nobody billed on; their items and places are free again."""
    for line in lines:
        call.session.delete(line)
    call.session.flush()
    call.session.expire(contract, ["lines"])


def _original_lines(contract: Contract) -> list[SovLine]:
    return [line for line in contract.top_lines if line.change_order_id is None]


def _broken(line: SovLine, currency: str, details: Sequence[Detail]) -> Broken:
    clean = (Detail(row.item.strip(), " ".join(row.description.split()), row.amount) for row in details)
    return Broken(line.item, Money(line.scheduled_cents, currency), tuple(clean))


def _check(contract: Contract, chosen: Sequence[Broken], gone: Sequence[SovLine]) -> None:
    """All that is wrong with the details, at once."""
    details = [detail for line in chosen for detail in line.details]
    currency = contract.project.currency
    if any(detail.amount.currency != currency for detail in details):
        raise UserError(f"Amounts of contract {contract.number} are in {currency}.", field="amount")
    faults = [fault for line in chosen for fault in detail_faults(line)]
    faults += [fault for detail in details for fault in _text_faults(detail)]
    taken = {line.item for line in contract.lines} - {line.item for line in gone}
    faults += [
        f"Item {item} is used twice on {contract.number}; renumber it." for item in repeated_items(details, taken)
    ]
    if faults:
        more = f" And {len(faults) - 20} faults more." if len(faults) > 20 else ""
        raise UserError(" ".join(faults[:20]) + more, code="faults")


def _text_faults(detail: Detail) -> Iterator[str]:
    if not 0 < len(detail.item) <= _LONGEST_ITEM:
        yield f"Detail '{detail.item[:40]}' needs an item of at most {_LONGEST_ITEM} characters."
    if not 0 < len(detail.description) <= _LONGEST_DESCRIPTION:
        yield f"Detail {detail.item[:40]} needs a description of at most {_LONGEST_DESCRIPTION} characters."


def _add_details(call: Call, contract: Contract, parent: SovLine, details: Sequence[Detail]) -> None:
    """Details are of their parent's cost, so that what they bill reaches the owner's claim in the same line."""
    for place, detail in enumerate(details, next_position(contract)):
        line = SovLine(
            contract=contract,
            parent_id=parent.id,
            position=place,
            item=detail.item,
            cost_code=parent.cost_code,
            cost_type=parent.cost_type,
            description=detail.description,
            scheduled_cents=detail.amount.cents,
        )
        call.session.add(line)
    call.session.flush()
