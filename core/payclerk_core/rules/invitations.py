"""Where a contract stands before there is a claim, why it cannot be invited, and who is written to again.

Domain 1.3 and 1.4; the reminders are N2 of 1.5.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .lifecycle import BILLING_CONTRACTS, ContractStatus, InvitationStatus


class Standing(StrEnum):
    """What the list of contracts shows for the open period."""

    NOT_APPROVED = "not_approved"
    NO_INVOICE_CONTACTS = "no_invoice_contacts"
    NOT_INVITED = "not_invited"
    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    BILLED = "billed"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Readiness:
    """Where a contract stands, and what to do before it can be invited (None: it can be).

    `again` says why an invitation that was sent already can be sent once more.
    """

    standing: Standing
    blocked: str | None
    again: str = ""


def readiness(
    *,
    status: ContractStatus,
    contacts: int,
    invitation: InvitationStatus | None,
    has_claim: bool,
    unreached: int = 0,
) -> Readiness:
    """May this contract be invited to bill the open period? `unreached`: how many contacts still have to get it."""
    if has_claim:
        return Readiness(Standing.BILLED, "A claim for this period exists already.")
    if invitation is InvitationStatus.INVITED and unreached and status in BILLING_CONTRACTS:
        return Readiness(Standing.INVITED, None, again="the invitation did not reach every contact: send it again")
    if invitation is not None:
        return Readiness(Standing(invitation.value), f"Already {invitation.value} for this period.")
    if status not in BILLING_CONTRACTS:
        return Readiness(Standing.NOT_APPROVED, f"The contract is {_words(status)}; approve it first.")
    if contacts == 0:
        return Readiness(Standing.NO_INVOICE_CONTACTS, "No invoice contact; add one to the contract first.")
    return Readiness(Standing.NOT_INVITED, None)


def unreached(contacts: Collection[str], came_back: Mapping[str, bool]) -> frozenset[str]:
    """The addresses that an invitation has to be sent to again; empty when it has reached somebody and nobody is new.

    `contacts`: the addresses of the contract's contacts now; `came_back`: for each address that was written to, whether
    the newest mail to it came back. Whoever is new or was corrected gets it; when all mail came back, everybody does.
    """
    new = frozenset(address for address in contacts if address not in came_back)
    if new or any(not came_back[address] for address in contacts):
        return new
    return frozenset(contacts)


def reached(contacts: Collection[str], came_back: Mapping[str, bool]) -> frozenset[str]:
    """The addresses whose newest mail did not come back: only they are reminded."""
    return frozenset(address for address in contacts if not came_back.get(address, True))


def reminder_is_due(*, written_on: date, due_on: date, today: date, every_days: int) -> bool:
    """Is it time to remind who was last written to on that day? 0 is never; nothing goes out after the due date (N2).

    A clock that was down reminds once and counts from there.
    """
    return every_days > 0 and today <= due_on and (today - written_on).days >= every_days


def _words(status: ContractStatus) -> str:
    return status.value.replace("_", " ")
