"""The billing form: sent with the acceptance, read when it comes back, and made into a claim (tasks C18, C15)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..documents.billing_form import (
    BillingForm,
    Entered,
    FilledForm,
    FilledRow,
    FormLine,
    FormTable,
    SealedLine,
    make_form,
    read_table,
)
from ..errors import UserError
from ..money import Money
from ..queries.basis import Basis, basis_of
from ..queries.claim_facts import facts_of
from ..queries.claims import claim_of_period, summary_of
from ..queries.contracts import open_period
from ..queries.directory import is_contact
from ..rules.billing import NEW, StoredMaterials, summarize
from ..rules.findings import told_to_them
from ..rules.lifecycle import InvitationStatus, contact_obstacle
from ..rules.retainage import Rates
from ..tables import BillingPeriod, Claim, ClaimLine, Contract, Invitation, Person, SovLine, Thread
from ..tokens import open_seal, seal
from .call import Call
from .claim_letters import confirm
from .claim_lines import new_line
from .claim_making import ClaimStart, enter_amounts, require_in_time, start_claim, submit, take_turns
from .mailing import NamedFile, store_file

NOTHING_ENTERED: Final[Mapping[int, Entered]] = {}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


_CHANGED: Final = (
    "The contract's lines have changed since this form was made; please fill the newest one, which is attached."
)


@dataclass(frozen=True, slots=True)
class FormIdentity:
    """What a form was made for; sealed into the file, so that a form of another contract or an old one is known."""

    contract_id: int
    period_id: int
    claim_number: int
    revision: int
    shown: str = ""  # a digest of the amounts that it shows

    def sealed(self, secret: bytes) -> str:
        numbers = f"{self.contract_id}:{self.period_id}:{self.claim_number}:{self.revision}"
        return seal(secret, f"form:{numbers}:{self.shown}")


def read_identity(secret: bytes, sealed: str) -> FormIdentity | None:
    text = open_seal(secret, sealed)
    if text is None or not text.startswith("form:"):
        return None
    _, contract_id, period_id, claim_number, revision, shown = text.split(":")
    return FormIdentity(int(contract_id), int(period_id), int(claim_number), int(revision), shown)


def digest_of(lines: Sequence[FormLine]) -> str:
    """What a filled form builds on: a form that shows other amounts than one made now is out of date."""
    amounts = [
        (line.sov_line_id, line.scheduled.cents, line.previous_work.cents, line.work.cents, line.stored.cents)
        for line in lines
    ]
    return hashlib.sha256(repr(amounts).encode()).hexdigest()[:16]


def billing_form_for(
    call: Call,
    contract: Contract,
    period: BillingPeriod,
    *,
    returned: Claim | None = None,
    instead_of: Claim | None = None,
    entered: Mapping[int, Entered] = NOTHING_ENTERED,
) -> NamedFile:
    """The workbook for the contract's next claim, or for the correction of a returned one.

    `instead_of`: a draft whose place the form takes when it comes back. `entered`: what was typed on one that could not be
    taken, to be corrected where it is marked.
    """
    known = returned or instead_of
    basis = basis_of(call.session, contract, before=known.number if known else None)
    revision = returned.revision + 1 if returned else 1
    lines = _form_lines(contract, basis, returned)
    identity = FormIdentity(contract.id, period.id, basis.number, revision, digest_of(lines))
    rates = Rates(returned.work_retainage, returned.stored_retainage) if returned else basis.rates
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
        work_retainage=rates.work,
        stored_retainage=rates.stored,
        previous_certificates=Money(basis.certificates, contract.project.currency),
        lines=lines,
        seal=identity.sealed(call.settings.secret),
        revision=revision,
        entered=entered,
    )
    form = replace(form, held_otherwise=_held_otherwise(form, basis, returned))
    name = f"Billing form {contract.number} claim {basis.number}{f' rev {revision}' if returned else ''}.xlsx"
    return NamedFile(name, store_file(call, make_form(form), XLSX))


def _form_lines(contract: Contract, basis: Basis, returned: Claim | None) -> list[FormLine]:
    """Of a correction: what was claimed. Of a new claim: nothing but what is still in store."""
    moves = contract.project.stored_materials == StoredMaterials.AUTOMATIC
    if returned is not None:
        return [_form_line(contract, row.sov_line, row.previous_work_cents, row) for row in returned.lines]
    lines = []
    for sov in contract.billed_lines:
        before = basis.before.get(sov.id, NEW)
        row = new_line(sov)
        row.stored_cents = 0 if moves else before.stored
        lines.append(_form_line(contract, sov, before.work + (before.stored if moves else 0), row))
    return lines


def _form_line(contract: Contract, sov: SovLine, previous: int, row: ClaimLine) -> FormLine:
    currency = contract.project.currency
    return FormLine(
        sov_line_id=sov.id,
        item=sov.item,
        description=sov.description,
        scheduled=Money(row.scheduled_cents, currency),
        previous_work=Money(previous, currency),
        work=Money(row.work_cents, currency),
        stored=Money(row.stored_cents, currency),
        note=(row.review_reason or "") if row.review == "rejected" else "",
    )


def _held_otherwise(form: BillingForm, basis: Basis, returned: Claim | None) -> Money:
    """How far what is held is from the plain rates, which are all that the form's formulas know.

    Releases, retainage set by hand and the sliding scale make the difference; it is printed as one amount.
    """
    plain = summarize(form.claim_lines(), previous_certificates=form.previous_certificates).retainage
    if returned is not None:
        return summary_of(returned).retainage - plain
    held = sum(line.work_held + line.stored_held for line in basis.before.values())
    return Money(held, form.currency) - plain


@dataclass(frozen=True, slots=True)
class ReturnedForm:
    """A form that came back: who sent it, in which thread, under what name."""

    thread: Thread
    person: Person
    file_name: str
    in_reply_to: str | None = None
    notes: Sequence[str] = ()  # about the files beside it, for the confirmation


def read_returned(call: Call, returned: ReturnedForm, table: FormTable) -> FilledForm:
    """What a form says. One that came without its hidden sheet (a CSV file) is read by the lines it was made with.

    Errors: UserError as of `submit_form`, FormFaults with each cell that cannot be taken.
    """
    if table.lines is not None:
        return read_table(table)
    identity = _known_identity(call, table.seal)
    contract = _contract_of(call, returned, identity)
    claim = claim_of_period(call.session, contract.id, identity.period_id)
    lines = _form_lines(contract, basis_of(call.session, contract, before=identity.claim_number), claim)
    if identity.shown != digest_of(lines):
        raise UserError(_CHANGED, code="old_form")
    return read_table(table, [_sealed(line) for line in lines], contract.project.currency)


def _sealed(line: FormLine) -> SealedLine:
    amounts = line.scheduled.plain(), line.previous_work.plain()
    return SealedLine(line.sov_line_id, line.item, *amounts, line.description)


def _known_identity(call: Call, sealed: str) -> FormIdentity:
    identity = read_identity(call.settings.secret, sealed)
    if identity is None:
        raise UserError(
            "The form's seal is broken; please fill the form we sent, without changing its sheets.", code="seal"
        )
    return identity


def submit_form(call: Call, returned: ReturnedForm, filled: FilledForm) -> Claim:
    """Make the claim of a filled form, or its next revision, and put it Under Review.

    Errors: UserError when the form is not for this thread's contract, is out of date, or bills nothing;
    then nothing is stored.
    """
    identity = _known_identity(call, filled.seal)
    contract = _contract_of(call, returned, identity)
    take_turns(call, contract)
    period = open_period(call.session, contract.project_id)
    if period is None or period.id != identity.period_id:
        raise UserError("This form is of a billing period that is closed.", code="period_closed")
    claim = claim_of_period(call.session, contract.id, period.id)
    if claim is not None:
        _require_editable(call, claim)
    _check_current(identity, contract, claim, basis_of(call.session, contract, before=identity.claim_number))
    if claim is None:
        require_in_time(call, period)
        claim = start_claim(
            call, ClaimStart(contract, period, returned.thread, returned.person, filled.invoice_number or "")
        )
    else:
        claim.revision, claim.invoice_number = identity.revision, filled.invoice_number or claim.invoice_number
    enter_amounts(call, claim, _amounts(claim, filled.rows))
    findings = submit(call, claim)
    notes = [*told_to_them(findings), *returned.notes]
    confirm(call, returned.thread, returned.person, claim, notes, returned.in_reply_to)
    return claim


def _contract_of(call: Call, returned: ReturnedForm, identity: FormIdentity) -> Contract:
    if identity.contract_id != returned.thread.contract_id:
        text = "This form belongs to another contract; please send it in answer to that contract's mail."
        raise UserError(text, code="other_contract")
    contract = call.get(Contract, identity.contract_id, "contract")
    if not is_contact(call.session, contract.id, returned.person.id):
        raise UserError("Only an invoice contact of this contract may bill on it.", code="not_contact")
    return contract


def _require_editable(call: Call, claim: Claim) -> None:
    if (why := contact_obstacle(facts_of(call.session, claim))) is not None:
        raise UserError(f"Claim {claim.number}: {why}", code="not_editable")


def _check_current(identity: FormIdentity, contract: Contract, claim: Claim | None, basis: Basis) -> None:
    number, revision = (claim.number, claim.revision + 1) if claim else (basis.number, 1)
    current = FormIdentity(contract.id, identity.period_id, number, revision)
    if replace(identity, shown="") != current:
        raise UserError("This form is out of date; please fill the newest one, which is attached.", code="old_form")
    if identity.shown != digest_of(_form_lines(contract, basis, claim)):
        raise UserError(_CHANGED, code="old_form")


def _amounts(claim: Claim, rows: Sequence[FilledRow]) -> dict[int, tuple[int, int]]:
    items = {line.sov_line.id: line.sov_line.item for line in claim.lines}
    if {row.sov_line_id: row.item for row in rows} != items:
        raise UserError(_CHANGED, code="old_form")
    return {row.sov_line_id: (row.work.cents, row.stored.cents) for row in rows}


def accepted_by_form(invitation: Invitation | None) -> bool:
    """A filled form from somebody who never said yes is a yes."""
    return invitation is not None and invitation.status == InvitationStatus.INVITED.value
