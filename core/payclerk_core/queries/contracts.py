"""The contracts of a project as the list of the open period shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from ..money import Money, total
from ..rules.invitations import Readiness, readiness, unreached
from ..rules.lifecycle import ContractStatus, InvitationStatus, PeriodStatus
from ..tables import BillingPeriod, Claim, Contract, Invitation, InvoiceContact
from .directory import email_key
from .invitations import came_back


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One contract and where it stands in the open period."""

    contract: Contract
    invitation: Invitation | None
    readiness: Readiness
    contract_sum: Money

    @property
    def label(self) -> str:
        return f"{self.contract.number} {self.contract.company.name}"


def open_period(session: Session, project_id: int) -> BillingPeriod | None:
    return session.scalar(
        select(BillingPeriod).where(
            BillingPeriod.project_id == project_id, BillingPeriod.status == PeriodStatus.OPEN.value
        )
    )


def prime_contract(session: Session, project_id: int) -> Contract | None:
    return session.scalar(select(Contract).where(Contract.project_id == project_id, Contract.kind == "prime"))


def contract_rows(session: Session, project_id: int, period_id: int) -> Sequence[ContractRow]:
    """Every subcontract and purchase order, by number."""
    contracts = session.scalars(
        select(Contract)
        .where(Contract.project_id == project_id, Contract.kind != "prime")
        .options(
            joinedload(Contract.company),
            joinedload(Contract.project),
            selectinload(Contract.lines),
            selectinload(Contract.contacts).joinedload(InvoiceContact.person),
        )
        .order_by(Contract.kind.desc(), Contract.number)
    ).all()
    invitations = {
        row.contract_id: row for row in session.scalars(select(Invitation).where(Invitation.period_id == period_id))
    }
    billed = set(session.scalars(select(Claim.contract_id).where(Claim.period_id == period_id)))
    mails = came_back(session, [row.thread_id for row in invitations.values()])
    return [_row(contract, invitations.get(contract.id), contract.id in billed, mails) for contract in contracts]


def _row(
    contract: Contract, invitation: Invitation | None, has_claim: bool, mails: Mapping[int, dict[str, bool]]
) -> ContractRow:
    addresses = {email_key(contact.person.email) for contact in contract.contacts}
    currency = contract.project.currency
    return ContractRow(
        contract,
        invitation,
        readiness(
            status=ContractStatus(contract.status),
            contacts=len(contract.contacts),
            invitation=InvitationStatus(invitation.status) if invitation else None,
            has_claim=has_claim,
            unreached=len(unreached(addresses, mails[invitation.thread_id])) if invitation else 0,
        ),
        total((Money(line.scheduled_cents, currency) for line in contract.lines), currency),
    )
