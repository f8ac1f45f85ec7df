"""Billing a small contract in plain words by mail: understood, said back with the claim, submitted when they say so.

The pending claim is the period's draft. A new text takes its place, SUBMIT in answer to the newest letter makes it Under
Review, CANCEL drops it. Whatever changed since that letter makes a new letter, and submits nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import UserError
from ..queries.basis import basis_of
from ..queries.claims import claim_of_period
from ..queries.contracts import open_period
from ..queries.directory import is_contact
from ..queries.ties import findings_of
from ..rules.findings import Finding, refuse_errors, told_to_them
from ..rules.text_billing import MOST_LINES, BilledLine, Said, billed_lines
from ..tables import BillingPeriod, Claim, Contract
from .call import Call
from .claim_editing import LineEntry, amounts_of
from .claim_letters import confirm
from .claim_making import ClaimStart, enter_amounts, require_in_time, start_claim, submit, take_turns
from .forms import accepted_by_form
from .invitations import accept_by_form
from .text_drafts import drop_draft, is_as_echoed, made_anew, require_forward, text_draft
from .text_letters import TextMail, echo, invitation_of, tell_cancelled
from .text_revisions import bill_revision, cancel_revision, returned_claim, submit_revision


def bill_by_text(call: Call, mail: TextMail, said: Sequence[Said]) -> Claim:
    """Make or change the draft as these sentences say, and say it back. Nothing is submitted.

    Errors: UserError when the contract cannot be billed so, TextFaults with each sentence that cannot be taken.
    """
    contract = _contract(call, mail)
    take_turns(call, contract)
    period = _period(call, mail, contract)
    if (returned := returned_claim(call, mail.thread)) is not None:
        return bill_revision(call, mail, returned, period, said)
    require_in_time(call, period)
    claim = _draft(call, mail, contract, period)
    _enter(call, claim, billed_lines(said, _ids_by_item(claim), contract.project.currency))
    return echo(call, mail, claim, changed=False)


def _contract(call: Call, mail: TextMail) -> Contract:
    contract = call.get(Contract, mail.thread.contract_id or 0, "contract")
    if not is_contact(call.session, contract.id, mail.person.id):
        raise UserError("Only an invoice contact of this contract may bill on it.", code="not_contact")
    if contract.accounting == "unit":
        raise UserError("This contract is billed by units; please fill the billing form.", code="by_unit")
    if len(contract.billed_lines) > MOST_LINES:
        text = f"This contract has more than {MOST_LINES} lines; please fill the billing form."
        raise UserError(text, code="too_many_lines")
    return contract


def _period(call: Call, mail: TextMail, contract: Contract) -> BillingPeriod:
    period = open_period(call.session, contract.project_id)
    invitation = invitation_of(call, mail.thread)
    if period is None or (invitation is not None and invitation.period_id != period.id):
        raise UserError("This mail is of a billing period that is closed.", code="period_closed")
    return period


def _draft(call: Call, mail: TextMail, contract: Contract, period: BillingPeriod) -> Claim:
    claim = claim_of_period(call.session, contract.id, period.id)
    start = ClaimStart(contract, period, mail.thread, mail.person)
    if claim is None:
        return start_claim(call, start)
    if text_draft(call, mail.thread) is not claim:
        text = f"Claim {claim.number} of this period was begun in another way; please fill the billing form."
        raise UserError(text, code="not_editable")
    return made_anew(call, claim, start)  # the contract may have changed since


def _ids_by_item(claim: Claim) -> Mapping[str, int]:
    return {row.sov_line.item: row.sov_line_id for row in claim.lines}


def _enter(call: Call, claim: Claim, billed: Mapping[int, BilledLine]) -> None:
    """What the text does not name is not billed, and stored material stays in store."""
    before = basis_of(call.session, claim.contract, before=claim.number).before
    manual = claim.stored_materials == "manual"
    kept = {row.sov_line_id: before[row.sov_line_id].stored for row in claim.lines if row.sov_line_id in before}
    nothing = {row.sov_line_id: (0, kept.get(row.sov_line_id, 0) if manual else 0) for row in claim.lines}
    enter_amounts(call, claim, nothing)
    entries = {key: LineEntry(line.work, percent=line.percent, stored=line.stored) for key, line in billed.items()}
    amounts = amounts_of(call, claim, entries)
    require_forward(claim, billed, amounts)
    enter_amounts(call, claim, amounts)
    refuse_errors(findings_of(call.session, claim))


def submit_text(call: Call, mail: TextMail, answered: int | None) -> list[Finding] | None:
    """Submit the draft that the letter `answered` said back. None: it changed since, and was said back anew.

    Errors: UserError when there is nothing to submit, when it is too late, or when it does not tie.
    """
    contract = _contract(call, mail)
    take_turns(call, contract)
    period = _period(call, mail, contract)
    claim = text_draft(call, mail.thread)
    if claim is None:
        return submit_revision(call, mail, period, answered)
    require_in_time(call, period)
    if not is_as_echoed(call, claim, answered):
        anew = made_anew(call, claim, ClaimStart(contract, period, mail.thread, mail.person))
        echo(call, mail, anew, changed=True)
        return None
    invitation = invitation_of(call, mail.thread)
    if invitation is not None and accepted_by_form(invitation):
        accept_by_form(call, invitation, mail.person)
    findings = submit(call, claim)
    confirm(call, mail.thread, mail.person, claim, told_to_them(findings), mail.in_reply_to)
    return findings


def cancel_text(call: Call, mail: TextMail) -> bool:
    """Drop the draft and say so. False when there is none."""
    contract = _contract(call, mail)
    take_turns(call, contract)
    number = claim.number if (claim := text_draft(call, mail.thread)) is not None else 0
    if not drop_draft(call, mail.thread):
        return cancel_revision(call, mail, contract)
    tell_cancelled(call, mail, contract, number)
    return True
