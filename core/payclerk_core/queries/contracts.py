"""The contracts of a project as the list of the open period shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from ..money import Money, total
from ..rules.change_orders import ChangeStatus
from ..rules.invitations import Reached, Readiness, reached_by, readiness
from ..rules.lifecycle import ContractStatus, InvitationStatus, PeriodStatus
from ..rules.ssov import SsovStatus
from ..tables import (
    BillingPeriod,
    ChangeOrder,
    Claim,
    Contract,
    Invitation,
    InvoiceContact,
    Message,
    MessageRecipient,
)
from .directory import email_key


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
    sent = written_to(session, [row.thread_id for row in invitations.values()])
    return [_row(contract, invitations.get(contract.id), contract.id in billed, sent) for contract in contracts]


def written_to(session: Session, thread_ids: Collection[int]) -> Mapping[int, dict[str, bool]]:
    """By thread, the addresses we wrote to, and whether our newest mail there came back."""
    query = (
        select(Message.thread_id, MessageRecipient.email, MessageRecipient.bounced_at)
        .join(Message, Message.id == MessageRecipient.message_id)
        .where(Message.thread_id.in_(thread_ids), Message.direction == "out")
        .order_by(MessageRecipient.id)
    )
    sent: dict[int, dict[str, bool]] = {}
    for thread_id, email, bounced_at in session.execute(query):
        sent.setdefault(thread_id, {})[email_key(email)] = bounced_at is not None
    return sent


def _row(
    contract: Contract, invitation: Invitation | None, has_claim: bool, sent: Mapping[int, dict[str, bool]]
) -> ContractRow:
    contacts = [contact.person.email_key for contact in contract.contacts]
    return ContractRow(
        contract,
        invitation,
        readiness(
            status=ContractStatus(contract.status),
            contacts=len(contract.contacts),
            invitation=InvitationStatus(invitation.status) if invitation else None,
            has_claim=has_claim,
            ssov_approved=ssov_settled(contract),
            reached=reached_by(contacts, sent.get(invitation.thread_id, {})) if invitation else Reached.SOMEBODY,
        ),
        contract_sum(contract),
    )


def contract_sum(contract: Contract) -> Money:
    """What the contract comes to: its own lines with those of approved change orders, each counted once."""
    currency = contract.project.currency
    return total((Money(line.scheduled_cents, currency) for line in contract.top_lines), currency)


def ssov_settled(contract: Contract) -> bool:
    """Nothing of the subcontractor's schedule of values stands in the way: none is asked for, or it is approved."""
    return not contract.ssov_enabled or contract.ssov_status == SsovStatus.APPROVED.value


def has_claims(session: Session, contract_id: int) -> bool:
    """Has any claim been made on the contract, in whatever state?"""
    return session.scalar(select(Claim.id).where(Claim.contract_id == contract_id).limit(1)) is not None


def was_billed(session: Session, contract: Contract) -> bool:
    """Was anything billed on it: a claim of ours, or amounts from before payclerk?"""
    opening = (line.opening_work_cents or line.opening_stored_cents for line in contract.lines)
    return any(opening) or has_claims(session, contract.id)


def has_approved_changes(session: Session, contract_id: int) -> bool:
    """Does an approved change order count in the contract's sum?"""
    query = select(ChangeOrder.id).where(
        ChangeOrder.contract_id == contract_id, ChangeOrder.status == ChangeStatus.APPROVED.value
    )
    return session.scalar(query.limit(1)) is not None
