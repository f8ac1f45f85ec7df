"""Contracts: making and editing them, their status, and whether payments are recorded on them (tasks T15, C11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from ..errors import UserError
from ..queries.basis import terms_of
from ..queries.contracts import has_claims, prime_contract, was_billed
from ..rules.contract_status import LOCKED, move_obstacle, words
from ..rules.contract_terms import check_terms
from ..rules.lifecycle import ContractStatus
from ..rules.retainage import Terms
from ..tables import Claim, Company, Contract, Payment, Project, RetainageRule
from .call import Call

KINDS: Final = ("subcontract", "purchase_order", "prime")
ACCOUNTING: Final = ("amount", "unit")
# domain 1.2: what an approved or complete contract keeps as it is.
_LOCKED_FIELDS: Final = {"company_id": "company", "kind": "kind", "accounting": "way of accounting"}


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """The general fields of a contract, as a person fills them in."""

    number: str
    title: str
    kind: str  # subcontract, purchase_order, prime
    company_id: int
    retainage: Terms
    accounting: str = "amount"  # or unit; fixed once there are lines
    private: bool = False
    signed_on: date | None = field(default=None)


def load_contract_to_change(call: Call, contract_id: int) -> Contract:
    """The contract, held until the transaction ends: two people acting at once take turns."""
    call.session.execute(select(Contract.id).where(Contract.id == contract_id).with_for_update())
    contract = call.get(Contract, contract_id, "contract")
    call.session.refresh(contract)
    return contract


def administer(call: Call, contract_id: int) -> Contract:
    """The contract, held, for an administrator of its tool; no row of the tables of tasks names keeping contracts."""
    contract = load_contract_to_change(call, contract_id)
    call.authorise_administrator(contract.project_id, prime=contract.is_prime)
    return contract


def create_contract(call: Call, project_id: int, facts: ContractFacts) -> Contract:
    """Make a contract in Draft. Payments are recorded on a commitment once they are turned on (task T15)."""
    call.authorise_administrator(project_id, prime=facts.kind == "prime")
    project = call.get(Project, project_id, "project")
    _check(call, project, facts, known=None)
    contract = Contract(
        project=project,
        **_columns(facts),
        payments_enabled=facts.kind == "prime",
        **call.stamp(ContractStatus.DRAFT.value),
    )
    contract.retainage_rules = _rules(facts.retainage)
    call.session.add(contract)
    call.record("contract_created", contract, project_id=project_id, after=_shown(facts))
    return contract


def edit_contract(call: Call, contract_id: int, facts: ContractFacts) -> Contract:
    """Give a contract these general fields. A step down or a sliding scale counts from the next claim on."""
    contract = administer(call, contract_id)
    _check(call, contract.project, facts, known=contract)
    before, after = _shown(facts_of(contract)), _shown(facts)
    changed = [name for name in after if before[name] != after[name]]
    if not changed:
        return contract
    for name in changed:
        _require_open(contract, name)
    if {"work_retainage", "stored_retainage"} & set(changed) and has_claims(call.session, contract.id):
        # A claim goes on with the rates of the one before it: a new rate here would count for nothing.
        text = f"Claims were made on contract {contract.number}; set the new rate of retainage on its next claim."
        raise UserError(text, code="billed", field="work_retainage")
    for column, value in _columns(facts).items():
        setattr(contract, column, value)
    if "rules" in changed:
        _replace_rules(call, contract, facts.retainage)
    change = {"before": {name: before[name] for name in changed}, "after": {name: after[name] for name in changed}}
    call.record("contract_edited", contract, project_id=contract.project_id, **change)
    return contract


def facts_of(contract: Contract) -> ContractFacts:
    """The general fields as they are: what an editing form starts from."""
    return ContractFacts(
        contract.number,
        contract.title,
        contract.kind,
        contract.company_id,
        terms_of(contract),
        contract.accounting,
        contract.private,
        contract.signed_on,
    )


def _check(call: Call, project: Project, facts: ContractFacts, *, known: Contract | None) -> None:
    for name, longest in (("number", 40), ("title", 200)):
        value = getattr(facts, name).strip()
        if not value or len(value) > longest:
            raise UserError(f"Give the contract a {name} of at most {longest} characters.", field=name)
    if facts.kind not in KINDS:
        raise UserError("Choose subcontract, purchase order or prime.", field="kind")
    if facts.accounting not in ACCOUNTING:
        raise UserError("Choose to keep it by amount or by unit.", field="accounting")
    call.get(Company, facts.company_id, "company")
    check_terms(facts.retainage, project.currency)
    _require_new_number(call, project, facts, known)
    _require_one_prime(call, project, facts, known)


def _require_new_number(call: Call, project: Project, facts: ContractFacts, known: Contract | None) -> None:
    query = select(Contract.id).where(Contract.project_id == project.id, Contract.number == facts.number.strip())
    found = call.session.scalar(query)
    if found is not None and (known is None or found != known.id):
        text = f"There is a contract {facts.number.strip()} on this project already; choose another number."
        raise UserError(text, code="duplicate_number", field="number")


def _require_one_prime(call: Call, project: Project, facts: ContractFacts, known: Contract | None) -> None:
    """The owner's claim is made on the project's prime contract, so there is one; and none turns into another kind."""
    if known is not None and known.is_prime != (facts.kind == "prime"):
        text = "A prime contract and a subcontract are not the same record; make a new contract instead."
        raise UserError(text, field="kind")
    prime = prime_contract(call.session, project.id)
    if known is None and facts.kind == "prime" and prime is not None:
        text = f"The project has its prime contract, {prime.number}, already; edit that one."
        raise UserError(text, code="second_prime", field="kind")


def _require_open(contract: Contract, name: str) -> None:
    """Refuse to change what the contract's status, lines or contacts hold in place."""
    if name not in _LOCKED_FIELDS:
        return
    status = ContractStatus(contract.status)
    if status in LOCKED:
        text = f"Contract {contract.number} is {words(status)}: its {_LOCKED_FIELDS[name]} is locked."
        raise UserError(f"{text} Approved contracts are locked.", code="locked", field=name)
    if name == "accounting" and contract.lines:
        text = "The contract has lines, so its way of accounting is fixed; remove its lines first."
        raise UserError(text, code="has_lines", field=name)
    if name == "company_id" and contract.contacts:
        text = f"Its invoice contacts work for {contract.company.name}; remove them before you change the company."
        raise UserError(text, code="has_contacts", field=name)


def _columns(facts: ContractFacts) -> dict[str, Any]:
    terms = facts.retainage
    return {
        "number": facts.number.strip(),
        "title": facts.title.strip(),
        "kind": facts.kind,
        "company_id": facts.company_id,
        "accounting": facts.accounting,
        "private": facts.private,
        "signed_on": facts.signed_on,
        "work_retainage": terms.rates.work,
        "stored_retainage": terms.rates.stored,
        "step_at": terms.step.at if terms.step else None,
        "step_work_retainage": terms.step.work if terms.step else None,
        "step_counts_stored": terms.step.counts_stored if terms.step else False,
    }


def _shown(facts: ContractFacts) -> dict[str, object]:
    """The fields as an event keeps them."""
    plain: dict[str, object] = {
        name: value if isinstance(value, bool | int | str) or value is None else str(value)
        for name, value in _columns(facts).items()
    }
    return plain | {"rules": [[str(r.percent), r.of.value, str(r.until)] for r in facts.retainage.scale]}


def _rules(terms: Terms) -> list[RetainageRule]:
    return [
        RetainageRule(position=place, percent=rule.percent, of=rule.of.value, until=rule.until)
        for place, rule in enumerate(terms.scale, 1)
    ]


def _replace_rules(call: Call, contract: Contract, terms: Terms) -> None:
    for rule in list(contract.retainage_rules):
        call.session.delete(rule)
    call.session.flush()  # the positions are free before they are taken again
    call.session.expire(contract, ["retainage_rules"])
    contract.retainage_rules.extend(_rules(terms))


def change_contract_status(call: Call, contract_id: int, status: ContractStatus) -> Contract:
    """Move a contract to another status. The same status again changes nothing."""
    contract = administer(call, contract_id)
    current = ContractStatus(contract.status)
    if current is status:
        return contract
    billed = was_billed(call.session, contract)
    obstacle = move_obstacle(current, status, lines=len(contract.lines), billed=billed)
    if obstacle is not None:
        raise UserError(f"Contract {contract.number}: {obstacle}", code="wrong_move", field="status")
    call.move(contract, status.value)
    change: Mapping[str, Any] = {"before": {"status": current.value}, "after": {"status": status.value}}
    call.record("contract_status_changed", contract, project_id=contract.project_id, **change)
    return contract


def enable_payments(call: Call, contract_id: int, *, enabled: bool = True) -> Contract:
    """Turn recording payments on a commitment on, or off while none is recorded (tasks T15, C11)."""
    contract = load_contract_to_change(call, contract_id)
    call.authorise("T15", contract.project_id, contract)
    if contract.is_prime:
        raise UserError("Payments received are always recorded on the prime contract; there is nothing to turn on.")
    if contract.payments_enabled == enabled:
        return contract
    if not enabled and _has_payments(call, contract):
        text = f"Payments are recorded on contract {contract.number}; they cannot be turned off any more."
        raise UserError(text, code="has_payments")
    contract.payments_enabled = enabled
    verb = "payments_enabled" if enabled else "payments_disabled"
    call.record(verb, contract, project_id=contract.project_id, after={"payments": enabled})
    return contract


def _has_payments(call: Call, contract: Contract) -> bool:
    query = select(Payment.id).join(Payment.claim).where(Claim.contract_id == contract.id)
    return call.session.scalar(query.limit(1)) is not None
