"""The words a claim is printed in: one set for each point-of-view dictionary (domain section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """US general contractor's words by default; a project's dictionary replaces some."""

    payable_claim: str = "Subcontractor invoice"
    receivable_claim: str = "Owner invoice"
    payable_payee: str = "Subcontractor"
    payable_payer: str = "Contractor"
    receivable_payee: str = "Contractor"
    receivable_payer: str = "Owner"
    payable_contract: str = "Commitment"
    receivable_contract: str = "Prime contract"
    schedule: str = "Schedule of values"
    change_orders: str = "change orders"
    retainage: str = "Retainage"
    certificates: str = "certificates for payment"
    paper: str = "us-letter"

    def claim(self, direction: str) -> str:
        return self.payable_claim if direction == "payable" else self.receivable_claim

    def payee(self, direction: str) -> str:
        return self.payable_payee if direction == "payable" else self.receivable_payee

    def payer(self, direction: str) -> str:
        return self.payable_payer if direction == "payable" else self.receivable_payer

    def contract(self, direction: str) -> str:
        return self.payable_contract if direction == "payable" else self.receivable_contract


US_GC: Final = Words()
DICTIONARIES: Final[Mapping[str, Words]] = {
    "us_general_contractor": US_GC,
    "us_owner": replace(
        US_GC,
        payable_claim="Contractor invoice",
        receivable_claim="Funding invoice",
        payable_payee="Contractor",
        payable_payer="Owner",
        receivable_payee="Owner",
        receivable_payer="Funding source",
        payable_contract="Contract",
        receivable_contract="Funding",
    ),
    "us_specialty_contractor": replace(
        US_GC,
        payable_claim="Subcontractor progress billing",
        receivable_claim="Client invoice",
        payable_payer="Specialty contractor",
        receivable_payee="Specialty contractor",
        receivable_payer="Client",
        payable_contract="Subcontract",
        receivable_contract="Client contract",
    ),
    "au_nz": replace(
        US_GC,
        payable_claim="Subcontractor progress claim",
        receivable_claim="Head contract progress claim",
        payable_payer="Head contractor",
        receivable_payee="Head contractor",
        receivable_payer="Principal",
        payable_contract="Subcontract",
        receivable_contract="Head contract",
        change_orders="variations",
        retainage="Retention",
        certificates="payment schedules",
        paper="a4",
    ),
    "uk": replace(
        US_GC,
        payable_claim="Subcontractor payment application",
        receivable_claim="Main contract payment application",
        payable_payer="Main contractor",
        receivable_payee="Main contractor",
        receivable_payer="Employer",
        payable_contract="Subcontract",
        receivable_contract="Main contract",
        schedule="Bill of quantities",
        change_orders="variations",
        retainage="Retention",
        certificates="payment notices",
        paper="a4",
    ),
}


def summary_labels(words: Words) -> Mapping[str, str]:
    """The printed label of each summary line, by the name of its field; the printed page is read back by these."""
    held = words.retainage
    return {
        "original_sum": "Original contract sum",
        "change_orders": f"Net change by {words.change_orders}",
        "contract_sum": "Contract sum to date",
        "completed": "Total completed and stored to date",
        "work_retainage": f"{held} on completed work",
        "stored_retainage": f"{held} on stored material",
        "retainage": f"Total {held.lower()}",
        "earned": f"Total earned less {held.lower()}",
        "previous_certificates": f"Less previous {words.certificates}",
        "due": "Current payment due",
        "balance": f"Balance to finish, including {held.lower()}",
        "additions": f"Additions by {words.change_orders}",
        "deductions": f"Deductions by {words.change_orders}",
    }
