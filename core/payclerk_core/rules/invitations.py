"""Where a contract stands before there is a claim, and why it cannot be invited (domain 1.3, 1.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .lifecycle import BILLING_CONTRACTS, ContractStatus, InvitationStatus


class Standing(StrEnum):
    """What the list of contracts shows for the open period."""

    NOT_APPROVED = "not_approved"
    NO_INVOICE_CONTACTS = "no_invoice_contacts"
    SSOV_NOT_APPROVED = "ssov_not_approved"
    NOT_INVITED = "not_invited"
    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    BILLED = "billed"

    @property
    def label(self) -> str:
        if self is Standing.SSOV_NOT_APPROVED:
            return "SSOVs Not Approved"  # the source product's words
        return self.value.replace("_", " ").capitalize()


class Reached(StrEnum):
    """What is known of an invitation's mails."""

    SOMEBODY = "somebody"  # and nobody is new since
    NOBODY = "nobody"  # and there is a contact or an address that was not tried yet
    NOT_ALL = "not_all"  # the same, but somebody has it
    CAME_BACK = "came_back"  # from every address that the contacts have


@dataclass(frozen=True, slots=True)
class Readiness:
    """Where a contract stands, and what to do before it can be invited (None: it can be)."""

    standing: Standing
    blocked: str | None


def readiness(
    *,
    status: ContractStatus,
    contacts: int,
    invitation: InvitationStatus | None,
    has_claim: bool,
    ssov_approved: bool = True,
    reached: Reached = Reached.SOMEBODY,
) -> Readiness:
    """May this contract be invited to bill the open period? `ssov_approved` is True also where none is asked for.

    An invitation can be sent again to a contact who is new, or whose address was corrected since.
    """
    if has_claim:
        return Readiness(Standing.BILLED, "A claim for this period exists already.")
    if invitation is InvitationStatus.INVITED and reached is Reached.CAME_BACK:
        return Readiness(Standing.INVITED, "Our mail came back; correct the contact's address, then invite again.")
    again = invitation is InvitationStatus.INVITED and reached in {Reached.NOBODY, Reached.NOT_ALL}
    if invitation is not None and not again:
        return Readiness(Standing(invitation.value), f"Already {invitation.value} for this period.")
    if status not in BILLING_CONTRACTS:
        return Readiness(Standing.NOT_APPROVED, f"The contract is {_words(status)}; approve it first.")
    if contacts == 0:
        return Readiness(Standing.NO_INVOICE_CONTACTS, "No invoice contact; add one to the contract first.")
    if not ssov_approved:
        text = "The subcontractor's schedule of values is not approved; approve it first."
        return Readiness(Standing.SSOV_NOT_APPROVED, text)
    return Readiness(Standing.INVITED if again else Standing.NOT_INVITED, None)


def reached_by(contacts: Collection[str], sent: Mapping[str, bool]) -> Reached:
    """Whom an invitation reached. `contacts` are the addresses of now, `sent` those written to: did it come back?"""
    somebody = any(not sent.get(address, True) for address in contacts)
    if untried(contacts, sent):
        return Reached.NOT_ALL if somebody else Reached.NOBODY
    return Reached.SOMEBODY if somebody else Reached.CAME_BACK


def untried(contacts: Collection[str], sent: Mapping[str, bool]) -> frozenset[str]:
    """The addresses of now that were not written to: of a new contact, or a corrected one."""
    return frozenset(address for address in contacts if address not in sent)


def _words(status: ContractStatus) -> str:
    return status.value.replace("_", " ")
