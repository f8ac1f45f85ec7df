"""Which states the records may have, and who may move them (domain 1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ClaimStatus(StrEnum):
    DRAFT = "draft"
    UNDER_REVIEW = "under_review"
    REVISE_AND_RESUBMIT = "revise_and_resubmit"
    PENDING_OWNER_APPROVAL = "pending_owner_approval"
    APPROVED_AS_NOTED = "approved_as_noted"
    APPROVED = "approved"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Final = {
    ClaimStatus.DRAFT: "Draft",
    ClaimStatus.UNDER_REVIEW: "Under Review",
    ClaimStatus.REVISE_AND_RESUBMIT: "Revise & Resubmit",
    ClaimStatus.PENDING_OWNER_APPROVAL: "Pending Owner Approval",
    ClaimStatus.APPROVED_AS_NOTED: "Approved as Noted",
    ClaimStatus.APPROVED: "Approved",
}

# Seed page "Bulk Send ... to DocuSign": the only statuses that may go out for signature.
SIGNABLE: Final = frozenset({ClaimStatus.APPROVED, ClaimStatus.APPROVED_AS_NOTED, ClaimStatus.PENDING_OWNER_APPROVAL})
# domain 2.5: what feeds the owner's claim; the same three.
BILLABLE_TO_OWNER: Final = SIGNABLE
EDITABLE_BY_CONTACT: Final = frozenset({ClaimStatus.DRAFT, ClaimStatus.REVISE_AND_RESUBMIT})
PAYABLE_STATUSES: Final = frozenset(ClaimStatus)
# domain 1.3: the owner's claim has four.
RECEIVABLE_STATUSES: Final = frozenset(
    {ClaimStatus.DRAFT, ClaimStatus.UNDER_REVIEW, ClaimStatus.REVISE_AND_RESUBMIT, ClaimStatus.APPROVED}
)
# How far a claim has come. Nothing that was paid or signed goes back to an earlier stage.
_STAGE: Final = {
    ClaimStatus.DRAFT: 0,
    ClaimStatus.REVISE_AND_RESUBMIT: 0,
    ClaimStatus.UNDER_REVIEW: 1,
    ClaimStatus.PENDING_OWNER_APPROVAL: 2,
    ClaimStatus.APPROVED_AS_NOTED: 3,
    ClaimStatus.APPROVED: 3,
}
# What was certified counts instead of line 8, whatever becomes of the claim's amounts.
CERTIFIED: Final = "Another amount was certified of it; withdraw the certificate first."


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What decides where a claim may go from its status. The defaults are a payable claim that nothing hangs on."""

    status: ClaimStatus
    prime: bool = False
    latest: bool = True  # of its contract
    paid: bool = False  # at least in part
    out_for_signature: bool = False  # sent or signed
    on_owner_claim: bool = False  # one that is no draft any more
    rejected_lines: bool = False
    certified: bool = False  # another amount than was asked for


def status_obstacle(facts: ClaimFacts, to: ClaimStatus) -> str | None:
    """Why an administrator cannot give the claim this status; None when they can.

    The source product lets administrators set any status in any order. payclerk lets them, but for moves that would
    leave money or a signature without its ground (docs/decisions.md).
    """
    if to not in (RECEIVABLE_STATUSES if facts.prime else PAYABLE_STATUSES):
        return f"A claim to the owner cannot be {to.label}."
    if facts.status is to:
        return f"Already {to.label}."
    if to is ClaimStatus.APPROVED and facts.rejected_lines:
        return "Has rejected lines; review it on its own."
    if to in EDITABLE_BY_CONTACT and not facts.latest:
        return "A later claim of the contract builds on it; only the latest can be opened again."
    if facts.status in SIGNABLE and to not in SIGNABLE:
        return CERTIFIED if facts.certified else _hangs_on_it(facts)
    if _STAGE[to] < _STAGE[facts.status]:
        return _was_acted_on(facts)
    return None


def _was_acted_on(facts: ClaimFacts) -> str | None:
    """Why a claim cannot go back to any earlier stage: what was paid or signed stays as far as it had come."""
    if facts.paid:
        return "A payment is recorded on it; delete the payment first."
    if facts.out_for_signature:
        return "It is out for signature or signed; void the envelope first with /billing void."
    return None


def _hangs_on_it(facts: ClaimFacts) -> str | None:
    """Why an approval cannot be taken back."""
    if (why := _was_acted_on(facts)) is not None:
        return why
    if facts.on_owner_claim:
        return "A claim to the owner includes it; send that one back first."
    return None


def edit_obstacle(facts: ClaimFacts) -> str | None:
    """Why the amounts of a claim cannot change now, whoever asks; None when they can (domain 1.3)."""
    if not facts.latest:
        return "A later claim of the contract builds on it; only the latest can be changed."
    if facts.status in SIGNABLE:
        return f"It is {facts.status.label}; set it to Under Review or Revise & Resubmit first."
    return _hangs_on_it(facts)


def contact_obstacle(facts: ClaimFacts) -> str | None:
    """Why an invoice contact cannot change the claim: only the latest, and only a draft or one that was sent back."""
    if facts.status not in EDITABLE_BY_CONTACT:
        return f"It is {facts.status.label}; it cannot be changed now."
    return edit_obstacle(facts)


def delete_obstacle(facts: ClaimFacts) -> str | None:
    """Why the claim cannot be deleted: only the latest can, and nothing may hang on it (task T11).

    What the owner approved hangs on our claim to them: it is sent back before it is deleted.
    """
    if not facts.latest:
        return "Only the latest claim of a contract can be deleted."
    if facts.prime and facts.status in SIGNABLE:
        return f"It is {facts.status.label}; set it to Under Review or Revise & Resubmit first."
    return _hangs_on_it(facts)


class InvitationStatus(StrEnum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class PeriodStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class ContractStatus(StrEnum):
    DRAFT = "draft"
    OUT_FOR_BID = "out_for_bid"
    OUT_FOR_SIGNATURE = "out_for_signature"
    APPROVED = "approved"
    COMPLETE = "complete"
    TERMINATED = "terminated"
    VOID = "void"


class PaymentStatus(StrEnum):
    UNPAID = "unpaid"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"


BILLING_CONTRACTS: Final = frozenset({ContractStatus.APPROVED, ContractStatus.COMPLETE})


def payment_status(due_cents: int, paid_cents: int) -> PaymentStatus:
    """Unpaid, partly or fully paid, of one claim's own payments (domain 1.3)."""
    if paid_cents <= 0:
        return PaymentStatus.UNPAID
    return PaymentStatus.PAID if paid_cents >= due_cents else PaymentStatus.PARTLY_PAID
