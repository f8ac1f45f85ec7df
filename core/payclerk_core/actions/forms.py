"""The billing form: sent with the acceptance, read when it comes back, and made into a claim (tasks C18, C15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..dates import project_date
from ..documents.billing_form import BillingForm, FilledForm, FilledRow, FormFaults, FormLine, make_form
from ..errors import UserError
from ..jobs import promise
from ..money import Money
from ..queries.claims import Basis, basis_of, claim_of_period, lines_of, summary_of
from ..queries.contracts import open_period
from ..queries.directory import is_contact
from ..rules.billing import Finding, check_claim
from ..rules.lifecycle import EDITABLE_BY_CONTACT, ClaimStatus, InvitationStatus
from ..tables import BillingPeriod, Claim, ClaimLine, Contract, Invitation, Person, Thread
from ..tokens import open_seal, seal
from .call import Call
from .claim_pages import named_pdf, reload_claim, store_pdf
from .mailing import About, NamedFile, Recipient, store_file, write_letter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class FormIdentity:
    """What a form was made for; sealed into the file, so that a form of another contract or an old one is known."""

    contract_id: int
    period_id: int
    claim_number: int
    revision: int

    def sealed(self, secret: bytes) -> str:
        return seal(secret, f"form:{self.contract_id}:{self.period_id}:{self.claim_number}:{self.revision}")


def read_identity(secret: bytes, sealed: str) -> FormIdentity | None:
    text = open_seal(secret, sealed)
    if text is None or not text.startswith("form:"):
        return None
    return FormIdentity(*(int(part) for part in text.split(":")[1:]))


def billing_form_for(
    call: Call, contract: Contract, period: BillingPeriod, *, returned: Claim | None = None
) -> NamedFile:
    """The workbook for the contract's next claim, or for the correction of a returned one."""
    basis = basis_of(call.session, contract, before=returned.number if returned else None)
    revision = returned.revision + 1 if returned else 1
    identity = FormIdentity(contract.id, period.id, basis.number, revision)
    form = BillingForm(
        project_name=contract.project.name,
        project_number=contract.project.number,
        contract_number=contract.number,
        contract_title=contract.title,
        company=contract.company.name,
        claim_number=basis.number,
        period_from=period.starts_on,
        period_to=period.ends_on,
        due_on=period.due_on,
        currency=contract.project.currency,
        work_retainage=contract.work_retainage,
        stored_retainage=contract.stored_retainage,
        previous_certificates=Money(basis.previous_certificates, contract.project.currency),
        lines=_form_lines(contract, basis, returned),
        seal=identity.sealed(call.settings.secret),
        revision=revision,
    )
    name = f"Billing form {contract.number} claim {basis.number}{f' rev {revision}' if returned else ''}.xlsx"
    return NamedFile(name, store_file(call, make_form(form), XLSX))


def _form_lines(contract: Contract, basis: Basis, returned: Claim | None) -> list[FormLine]:
    currency = contract.project.currency
    reviewed = {line.sov_line_id: line for line in returned.lines} if returned else {}
    lines = []
    for sov in contract.lines:
        before = reviewed.get(sov.id)
        lines.append(
            FormLine(
                sov_line_id=sov.id,
                item=sov.item,
                description=sov.description,
                scheduled=Money(sov.scheduled_cents, currency),
                previous_work=Money(basis.previous_work.get(sov.id, 0), currency),
                work=Money(before.work_cents if before else 0, currency),
                stored=Money(before.stored_cents if before else basis.stored.get(sov.id, 0), currency),
                note=(before.review_reason or "") if before and before.review == "rejected" else "",
            )
        )
    return lines


@dataclass(frozen=True, slots=True)
class ReturnedForm:
    """A form that came back: who sent it, in which thread, under what name."""

    thread: Thread
    person: Person
    file_name: str
    in_reply_to: str | None = None


def submit_form(call: Call, returned: ReturnedForm, filled: FilledForm) -> Claim:
    """Make the claim of a filled form, or its next revision, and put it Under Review.

    Errors: UserError when the form is not for this thread's contract, is out of date, or bills nothing;
    then nothing is stored.
    """
    identity = read_identity(call.settings.secret, filled.seal)
    if identity is None:
        raise UserError(
            "The form's seal is broken; please fill the form we sent, without changing its sheets.", code="seal"
        )
    contract = _contract_of(call, returned, identity)
    period = open_period(call.session, contract.project_id)
    if period is None or period.id != identity.period_id:
        raise UserError("This form is of a billing period that is closed.", code="period_closed")
    claim = claim_of_period(call.session, contract.id, period.id)
    basis = basis_of(call.session, contract, before=identity.claim_number)
    _check_current(identity, claim, basis)
    if claim is None:
        claim = _new_claim(call, returned, contract, period, basis, filled)
    else:
        claim.revision, claim.invoice_number = identity.revision, filled.invoice_number or claim.invoice_number
        _fill(claim, filled.rows)
    return _submit(call, returned, claim)


def _contract_of(call: Call, returned: ReturnedForm, identity: FormIdentity) -> Contract:
    if identity.contract_id != returned.thread.contract_id:
        raise UserError("This form belongs to another contract; please send it in answer to that contract's mail.")
    contract = call.get(Contract, identity.contract_id, "contract")
    if not is_contact(call.session, contract.id, returned.person.id):
        raise UserError("Only an invoice contact of this contract may bill on it.", code="not_contact")
    return contract


def _check_current(identity: FormIdentity, claim: Claim | None, basis: Basis) -> None:
    if claim is None:
        if identity.claim_number != basis.number or identity.revision != 1:
            raise UserError("This form is out of date; please fill the newest one, which is attached.", code="old_form")
        return
    if ClaimStatus(claim.status) not in EDITABLE_BY_CONTACT:
        text = f"Claim {claim.number} is {ClaimStatus(claim.status).label}; it cannot be changed now."
        raise UserError(text, code="not_editable")
    if identity.claim_number != claim.number or identity.revision != claim.revision + 1:
        raise UserError("This form is out of date; please fill the newest one, which is attached.", code="old_form")


def _new_claim(
    call: Call, returned: ReturnedForm, contract: Contract, period: BillingPeriod, basis: Basis, filled: FilledForm
) -> Claim:
    claim = Claim(
        contract=contract,
        period=period,
        number=basis.number,
        invoice_number=filled.invoice_number or f"{contract.number}-{basis.number}",
        billed_on=project_date(call.at, contract.project.timezone),
        submitted_at=None,
        work_retainage=contract.work_retainage,
        stored_retainage=contract.stored_retainage,
        previous_certificates_cents=basis.previous_certificates,
        thread_id=returned.thread.id,
        pdf_id=None,
        created_by_id=returned.person.id,
        **call.stamp(ClaimStatus.DRAFT.value),
    )
    claim.lines = [
        ClaimLine(
            sov_line=sov,
            position=sov.position,
            scheduled_cents=sov.scheduled_cents,
            previous_work_cents=basis.previous_work.get(sov.id, 0),
            work_cents=0,
            stored_cents=0,
            claimed_work_cents=0,
            claimed_stored_cents=0,
            reviewed_at=None,
            reviewed_by_id=None,
            review_reason=None,
        )
        for sov in contract.lines
    ]
    _fill(claim, filled.rows)
    call.session.add(claim)
    call.session.flush()
    returned.thread.claim_id = claim.id
    call.record("claim_created", claim, project_id=contract.project_id, after={"number": claim.number})
    return claim


def _fill(claim: Claim, rows: Sequence[FilledRow]) -> None:
    amounts = {row.sov_line_id: row for row in rows}
    if set(amounts) != {line.sov_line.id for line in claim.lines}:
        text = (
            "The contract's lines have changed since this form was made; please fill the newest one, which is attached."
        )
        raise UserError(text, code="old_form")
    for line in claim.lines:
        row = amounts[line.sov_line.id]
        line.work_cents = line.claimed_work_cents = row.work.cents
        line.stored_cents = line.claimed_stored_cents = row.stored.cents
        # A corrected line waits for its review again; the reason stays in the events.
        line.review, line.review_reason = "no_action", None


def _submit(call: Call, returned: ReturnedForm, claim: Claim) -> Claim:
    findings = check_claim(lines_of(claim))
    errors = [finding.text for finding in findings if finding.severity == "error"]
    if errors:
        raise UserError(" ".join(errors), code="does_not_tie")
    before = {"status": claim.status}
    call.move(claim, ClaimStatus.UNDER_REVIEW.value)
    claim.submitted_at = call.at
    after = {
        "status": claim.status,
        "revision": claim.revision,
        "due_cents": summary_of(claim).due.cents,
        "lines": {line.sov_line.item: [line.work_cents, line.stored_cents] for line in claim.lines},
    }
    call.record("submitted", claim, project_id=claim.contract.project_id, before=before, after=after)
    pdf = store_pdf(call, claim)
    _confirm(call, returned, reload_claim(call, claim.id), findings, named_pdf(claim, pdf))
    notice = {"notice": "submitted", "id": claim.id}
    promise(call.session, "slack.notice", f"submitted:{claim.id}:r{claim.revision}", notice)
    return claim


def _confirm(call: Call, returned: ReturnedForm, claim: Claim, findings: Sequence[Finding], pdf: NamedFile) -> None:
    """Say back what was understood, with the PDF."""
    summary = summary_of(claim)
    facts = {
        "contact_name": returned.person.name,
        "project_name": claim.contract.project.name,
        "project_number": claim.contract.project.number,
        "contract_number": claim.contract.number,
        "contract_title": claim.contract.title,
        "claim_number": claim.number,
        "invoice_number": claim.invoice_number,
        "period_from": claim.period.starts_on,
        "period_to": claim.period.ends_on,
        "completed": str(summary.completed),
        "retainage": str(summary.retainage),
        "previous": str(summary.previous_certificates),
        "due": str(summary.due),
        "percent": f"{summary.percent} %",
        "warnings": [finding.text for finding in findings if finding.severity == "warning"],
    }
    about = About("claim", claim_id=claim.id)
    recipients = [Recipient(returned.person)]
    write_letter(
        call, returned.thread, "claim_received", recipients, facts, about, files=[pdf], in_reply_to=returned.in_reply_to
    )


def refuse_form(call: Call, returned: ReturnedForm, error: UserError) -> None:
    """Answer a form that could not be taken: each cell and what is wrong. Nothing but the mail is stored."""
    contract = call.get(Contract, returned.thread.contract_id or 0, "contract")
    facts: dict[str, object] = {
        "contact_name": returned.person.name,
        "project_name": contract.project.name,
        "contract_number": contract.number,
        "file_name": returned.file_name,
    }
    if isinstance(error, FormFaults):
        name = "form_faults"
        facts["faults"] = [{"where": f.cell, "what": f.what, "fix": f.fix} for f in error.faults]
    else:
        name, facts["why"] = "file_refused", error.message
    invitation = call.session.query(Invitation).filter_by(thread_id=returned.thread.id).one_or_none()
    about = About("form", invitation_id=invitation.id if invitation else None, claim_id=returned.thread.claim_id)
    recipients = [Recipient(returned.person)]
    files = _newest_form(call, contract) if error.code == "old_form" else []
    write_letter(call, returned.thread, name, recipients, facts, about, files=files, in_reply_to=returned.in_reply_to)
    call.record("form_refused", returned.thread, project_id=contract.project_id, after={"why": error.message[:500]})


def _newest_form(call: Call, contract: Contract) -> list[NamedFile]:
    """The form that can be filled now: for the open period's claim, or for its correction."""
    period = open_period(call.session, contract.project_id)
    if period is None:
        return []
    claim = claim_of_period(call.session, contract.id, period.id)
    if claim is not None and ClaimStatus(claim.status) not in EDITABLE_BY_CONTACT:
        return []
    return [billing_form_for(call, contract, period, returned=claim)]


def accepted_by_form(invitation: Invitation | None) -> bool:
    """A filled form from somebody who never said yes is a yes."""
    return invitation is not None and invitation.status == InvitationStatus.INVITED.value
