"""The subcontractor's schedule of values: turned on and off, submitted, sent back, approved (tasks C3, C10, T26, T27)."""

from __future__ import annotations

from ..errors import UserError
from ..jobs import promise
from ..queries.contracts import has_approved_changes, has_claims
from ..rules.contract_status import ENDED, words
from ..rules.lifecycle import ContractStatus
from ..rules.ssov import (
    COMPLETE_ONLY,
    EDITABLE_BY_CONTACT,
    SsovStatus,
    enabling_obstacle,
    status_obstacle,
)
from ..tables import Contract
from .call import Call
from .contracts import load_contract_to_change
from .ssov_details import broken_lines, load_to_fill, require_complete, require_enabled, shown, take_away
from .ssov_letters import invite_contacts, return_to_contacts


def enable_ssov(call: Call, contract_id: int) -> Contract:
    """Ask for a breakdown: it starts as a draft, and the contacts there are get the invitation (tasks C10, C3)."""
    contract = _load(call, contract_id, "C10")
    if contract.ssov_enabled:
        return contract
    _require_enabling(call, contract)
    contract.ssov_enabled = True
    _set(call, contract, SsovStatus.DRAFT, reason=None)
    call.record("ssov_enabled", contract, project_id=contract.project_id, after={"ssov": contract.ssov_status})
    if contract.contacts:
        invite_contacts(call, contract)
    return contract


def _require_enabling(call: Call, contract: Contract) -> None:
    status = ContractStatus(contract.status)
    if status in ENDED:
        raise UserError(
            f"Contract {contract.number} is {words(status)}; there is nothing to break down.", code="locked"
        )
    obstacle = enabling_obstacle(
        prime=contract.is_prime,
        by_unit=contract.accounting == "unit",
        has_claims=has_claims(call.session, contract.id),
        has_changes=has_approved_changes(call.session, contract.id),
    )
    if obstacle is not None:
        raise UserError(f"{contract.number}: {obstacle}", code="no_ssov")


def disable_ssov(call: Call, contract_id: int) -> Contract:
    """Ask for no breakdown any more: its details go, and the contract's own lines are billed (task C10)."""
    contract = _load(call, contract_id, "C10")
    if not contract.ssov_enabled:
        return contract
    if has_claims(call.session, contract.id):
        text = f"Claims were made on the breakdown of {contract.number}; it cannot be turned off any more."
        raise UserError(text, code="billed")
    before = {"ssov": contract.ssov_status, "details": shown(broken_lines(contract))}
    take_away(call, contract, [line for line in contract.lines if line.parent_id is not None])
    contract.ssov_enabled = False
    _set(call, contract, SsovStatus.DRAFT, reason=None)
    call.record("ssov_disabled", contract, project_id=contract.project_id, before=before)
    return contract


def invite_to_break_down(call: Call, contract_id: int) -> Contract:
    """Ask the contacts once more, with the file as it stands now (task C3)."""
    contract = _load(call, contract_id, "C3")
    require_enabled(contract)
    status = SsovStatus(contract.ssov_status)
    if status not in EDITABLE_BY_CONTACT:
        text = f"The breakdown of {contract.number} is {status.label}; there is nothing to ask for."
        raise UserError(text, code="locked")
    if not contract.contacts:
        raise UserError(f"Contract {contract.number} has no invoice contact; add one first.", code="no_contact")
    invite_contacts(call, contract)
    return contract


def submit_ssov(call: Call, contract_id: int) -> Contract:
    """Put the breakdown under review, once every line is broken down to the cent (T27, C19); administrators are told."""
    contract = load_to_fill(call, contract_id)
    if SsovStatus(contract.ssov_status) is SsovStatus.UNDER_REVIEW:
        return contract
    require_complete(contract)
    _change_status(call, contract, SsovStatus.UNDER_REVIEW, reason=None, verb="ssov_submitted")
    return contract


def return_ssov(call: Call, contract_id: int, reason: str) -> Contract:
    """Send the breakdown back (Revise & Resubmit): the contacts get the reason, and the file to correct."""
    return set_ssov_status(call, contract_id, SsovStatus.REVISE_AND_RESUBMIT, reason)


def approve_ssov(call: Call, contract_id: int) -> Contract:
    """Approve the breakdown: from now on its details are billed. Nobody is written to (domain 1.5, N5)."""
    return set_ssov_status(call, contract_id, SsovStatus.APPROVED)


def set_ssov_status(call: Call, contract_id: int, status: SsovStatus, reason: str = "") -> Contract:
    """Give the breakdown any status, as an administrator, while nothing is built on it (domain 1.3)."""
    contract = _load(call, contract_id, "T26")
    require_enabled(contract)
    if SsovStatus(contract.ssov_status) is status:
        return contract
    claims, changes = has_claims(call.session, contract.id), has_approved_changes(call.session, contract.id)
    if obstacle := status_obstacle(has_claims=claims, has_changes=changes):
        raise UserError(f"{contract.number}: {obstacle}", code="locked")
    if status in COMPLETE_ONLY:
        require_complete(contract)
    returned = status is SsovStatus.REVISE_AND_RESUBMIT
    if returned and not reason.strip():
        raise UserError("Say what has to change; the contacts read it.", field="reason")
    _change_status(call, contract, status, reason=reason.strip()[:2000] or None, verb="ssov_status_changed")
    if returned:
        return_to_contacts(call, contract)
    return contract


def _load(call: Call, contract_id: int, task: str) -> Contract:
    contract = load_contract_to_change(call, contract_id)
    call.authorise(task, contract.project_id, contract)
    return contract


def _set(call: Call, contract: Contract, status: SsovStatus, *, reason: str | None) -> None:
    contract.ssov_status, contract.ssov_reason = status.value, reason
    contract.ssov_status_at, contract.ssov_status_by_id = call.at, call.actor_id


def _change_status(call: Call, contract: Contract, status: SsovStatus, *, reason: str | None, verb: str) -> None:
    before = {"ssov": contract.ssov_status}
    _set(call, contract, status, reason=reason)
    after = {"ssov": status.value, "reason": reason, "details": shown(broken_lines(contract))}
    call.record(verb, contract, project_id=contract.project_id, before=before, after=after)
    if status is SsovStatus.UNDER_REVIEW:  # N4
        key = f"ssov:{contract.id}:{call.at:%Y%m%dT%H%M%S%f}"
        promise(call.session, "slack.notice", key, {"notice": "ssov", "id": contract.id})
