"""Who answers for a contract's billing, and who may see a private one (tasks T1, C2, C7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from ..documents.workbook import EMAIL, LANGUAGES
from ..errors import UserError
from ..queries.contracts import open_period
from ..queries.directory import email_key, is_contact, person_by_email
from ..rules.lifecycle import EDITABLE_BY_CONTACT, InvitationStatus
from ..rules.permissions import Level
from ..rules.ssov import SsovStatus
from ..tables import Claim, Contract, Invitation, InvoiceContact, Member, Person, PrivateListEntry
from .call import Call
from .contracts import administer, load_contract_to_change

_ROLE: Final = "Invoice contact"
_WAITING: Final = frozenset({SsovStatus.DRAFT, SsovStatus.UNDER_REVIEW, SsovStatus.REVISE_AND_RESUBMIT})


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who is not in the directory yet. Letters to them are in `language`."""

    name: str
    email: str
    language: str = "en"


def add_contact(call: Call, contract_id: int, person_id: int) -> InvoiceContact:
    """Make a person of the contract's company an invoice contact; on the Private list by that (tasks T1, C2)."""
    contract = _open(call, contract_id, "C2")
    person = call.get(Person, person_id, "person")
    if is_contact(call.session, contract.id, person.id):
        raise UserError(f"{person.name} is an invoice contact of {contract.number} already.", code="already_contact")
    if person.company_id != contract.company_id:
        text = f"{person.name} works for {person.company.name}; an invoice contact works for {contract.company.name}."
        raise UserError(text, code="other_company", field="person")
    return _add(call, contract, person)


def create_contact(call: Call, contract_id: int, new: NewPerson) -> InvoiceContact:
    """Put a new person of the contract's company into the directory, and make them its invoice contact (task C7)."""
    contract = _open(call, contract_id, "C7")
    name, email = " ".join(new.name.split()), new.email.strip()
    _check(call, name, email, new.language)
    person = Person(
        company_id=contract.company_id, name=name, email=email, email_key=email_key(email), language=new.language
    )
    call.session.add(person)
    call.record("person_created", person, project_id=contract.project_id, after={"name": name, "email": email})
    return _add(call, contract, person)


def remove_contact(call: Call, contract_id: int, person_id: int) -> None:
    """Take an invoice contact off; not the last one while somebody has to answer for open billing (tasks T1, C2)."""
    contract = _open(call, contract_id, "C2")
    contact = next((row for row in contract.contacts if row.person_id == person_id), None)
    if contact is None:
        raise UserError("That person is no invoice contact of this contract any more.", code="not_found")
    if len(contract.contacts) == 1 and (waiting := _waiting(call, contract)):
        name = contact.person.name
        text = f"{name} is the only invoice contact of {contract.number}, and {waiting}; add another one first."
        raise UserError(text, code="last_contact")
    before = {"person": person_id, "name": contact.person.name}
    call.session.delete(contact)
    call.session.flush()
    call.session.expire(contract, ["contacts"])
    call.record("contact_removed", contract, project_id=contract.project_id, before=before)


def _open(call: Call, contract_id: int, task: str) -> Contract:
    """The tables speak of commitments; who answers for the owner's contract is its own administrator's matter."""
    contract = load_contract_to_change(call, contract_id)
    if contract.is_prime:
        call.authorise_administrator(contract.project_id, prime=True)
    else:
        call.authorise(task, contract.project_id, contract)
    return contract


def _check(call: Call, name: str, email: str, language: str) -> None:
    if not name or len(name) > 200:
        raise UserError("Give the person a name of at most 200 characters.", field="name")
    if not EMAIL.fullmatch(email) or len(email) > 320:
        raise UserError(f"'{email[:80]}' is not an e-mail address; write one like name@company.com.", field="email")
    if language not in LANGUAGES:
        raise UserError(f"Letters are written in {', '.join(LANGUAGES)}; choose one of them.", field="language")
    known = person_by_email(call.session, email)
    if known is not None:
        text = f"{email} belongs to {known.name} of {known.company.name} already; add that person as contact instead."
        raise UserError(text, code="duplicate_email", field="email")


def _add(call: Call, contract: Contract, person: Person) -> InvoiceContact:
    _make_member(call, contract, person)
    contact = InvoiceContact(contract_id=contract.id, person_id=person.id)
    call.session.add(contact)
    call.session.flush()
    call.session.expire(contract, ["contacts"])
    after = {"person": person.id, "name": person.name}
    call.record("contact_added", contract, project_id=contract.project_id, after=after)
    return contact


def _make_member(call: Call, contract: Contract, person: Person) -> None:
    """A contact needs Read Only on the contract's tool to do their tasks; what they have already is left alone."""
    query = select(Member.id).where(Member.project_id == contract.project_id, Member.person_id == person.id)
    if call.session.scalar(query) is not None:
        return
    levels = {"commitments": Level.READ_ONLY.value, "client_contracts": Level.NONE.value}
    if contract.is_prime:
        levels = {"commitments": Level.NONE.value, "client_contracts": Level.READ_ONLY.value}
    call.session.add(Member(project_id=contract.project_id, person_id=person.id, role=_ROLE, **levels))


def _waiting(call: Call, contract: Contract) -> str | None:
    """What on this contract waits for an answer of its contacts; None when nothing does."""
    if contract.ssov_enabled and SsovStatus(contract.ssov_status) in _WAITING:
        return "its schedule of values is being broken down"
    returned = select(Claim.id).where(Claim.contract_id == contract.id, Claim.status.in_(list(EDITABLE_BY_CONTACT)))
    if not contract.is_prime and call.session.scalar(returned.limit(1)) is not None:
        return "a claim waits to be sent again"
    return "an invitation to bill is open" if _is_invited(call, contract) else None


def _is_invited(call: Call, contract: Contract) -> bool:
    """Invited or accepted for the open period, and nothing billed for it yet."""
    period = open_period(call.session, contract.project_id)
    if period is None:
        return False
    billed = select(Claim.id).where(Claim.contract_id == contract.id, Claim.period_id == period.id)
    open_ = [InvitationStatus.INVITED.value, InvitationStatus.ACCEPTED.value]
    query = select(Invitation.id).where(
        Invitation.contract_id == contract.id, Invitation.period_id == period.id, Invitation.status.in_(open_)
    )
    return call.session.scalar(query) is not None and call.session.scalar(billed.limit(1)) is None


def add_to_private_list(call: Call, contract_id: int, person_id: int) -> None:
    """Let a member of the project see a private contract. Twice changes nothing."""
    contract = administer(call, contract_id)
    person = call.get(Person, person_id, "person")
    member = select(Member.id).where(Member.project_id == contract.project_id, Member.person_id == person.id)
    if call.session.scalar(member) is None:
        raise UserError(f"{person.name} is not on this project; only its members can be listed.", field="person")
    if _entry(call, contract, person_id) is not None:
        return
    call.session.add(PrivateListEntry(contract_id=contract.id, person_id=person.id))
    after = {"person": person.id, "name": person.name}
    call.record("private_list_added", contract, project_id=contract.project_id, after=after)


def remove_from_private_list(call: Call, contract_id: int, person_id: int) -> None:
    """Take a person off the Private list; an invoice contact stays on it by being one."""
    contract = administer(call, contract_id)
    entry = _entry(call, contract, person_id)
    if entry is None:
        raise UserError("That person is not on the Private list of this contract.", code="not_found")
    call.session.delete(entry)
    call.record("private_list_removed", contract, project_id=contract.project_id, before={"person": person_id})


def _entry(call: Call, contract: Contract, person_id: int) -> PrivateListEntry | None:
    query = select(PrivateListEntry).where(
        PrivateListEntry.contract_id == contract.id, PrivateListEntry.person_id == person_id
    )
    return call.session.scalar(query)
