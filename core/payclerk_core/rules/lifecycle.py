"""Which states the records may have, and who may move them (domain 1.3)."""

from __future__ import annotations

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
