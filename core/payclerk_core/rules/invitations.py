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

    SOMEBODY = "somebody"
    NOBODY = "nobody"  # and there is a contact or an address that was not tried yet
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

    An invitation that reached none of the contacts of now can be sent again, once there is another address to try.
    """
    if has_claim:
        return Readiness(Standing.BILLED, "A claim for this period exists already.")
    if invitation is InvitationStatus.INVITED and reached is Reached.CAME_BACK:
        return Readiness(Standing.INVITED, "Our mail came back; correct the contact's address, then invite again.")
    if invitation is not None and not (invitation is InvitationStatus.INVITED and reached is Reached.NOBODY):
        return Readiness(Standing(invitation.value), f"Already {invitation.value} for this period.")
    if status not in BILLING_CONTRACTS:
        return Readiness(Standing.NOT_APPROVED, f"The contract is {_words(status)}; approve it first.")
    if contacts == 0:
        return Readiness(Standing.NO_INVOICE_CONTACTS, "No invoice contact; add one to the contract first.")
    if not ssov_approved:
        text = "The subcontractor's schedule of values is not approved; approve it first."
        return Readiness(Standing.SSOV_NOT_APPROVED, text)
    return Readiness(Standing.NOT_INVITED if invitation is None else Standing.INVITED, None)


def reached_by(contacts: Collection[str], sent: Mapping[str, bool]) -> Reached:
    """Whom an invitation reached. `contacts` are the addresses of now, `sent` those written to: did it come back?"""
    if any(not sent.get(address, True) for address in contacts):
        return Reached.SOMEBODY
    return Reached.NOBODY if any(address not in sent for address in contacts) else Reached.CAME_BACK


def _words(status: ContractStatus) -> str:
    return status.value.replace("_", " ")
