"""Sample facts for every letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Fault:
    where: str
    what: str
    fix: str


FACTS: dict[str, object] = {
    "project_name": "Riverside Tower",
    "project_number": "2026-014",
    "contract_number": "SC-0031",
    "contract_title": "Structural steel & metal deck",
    "contract_sum": "$670,000.00",
    "company": "Delgado Steel Erectors",
    "contact_name": "Maria Delgado",
    "invited_by": "Anna Lindqvist",
    "sender_name": "Anna Lindqvist",
    "period_from": date(2026, 11, 1),
    "period_to": date(2026, 11, 30),
    "due_on": date(2026, 11, 25),
    "link": "https://billing.example.com/confirm/abcdefghijklmnopqrstuvwxyz",
    "code": "4829 1377",
    "expires_on": date(2026, 11, 30),
    "days_left": 3,
    "matter": "answer",
    "ask": "https://billing.example.com/confirm/ask/12.abcdefghijklmnopqrstuvwxyz",
    "note": "Please bill stored steel separately.\nThank you for the early start on level 9!",
    "reason": "no steel was set in November",
    "why": 'it says more than a plain answer ("yes, but only for level 9")',
    "claim_number": 4,
    "invoice_number": "INV-2291",
    "completed": "$412,350.00",
    "percent": "61.55 %",
    "retainage": "$41,235.00",
    "previous": "$288,900.00",
    "due": "$82,215.00",
    "warnings": [
        "Line 05: $12,480.00 is billed of the scheduled $12,000.00 (104.00 %).",
        "Line 07: this period takes back $300.00 of earlier work.",
    ],
    "file_name": "Billing form SC-0031 claim 4.xlsx",
    "faults": [
        Fault("F12", "'twelve' is not an amount.", "Write an amount like 1234.50, with at most two decimals."),
        {"where": "G15", "what": "There is a formula without a result.", "fix": "Write the amount itself."},
    ],
    "lines": [
        {"item": "03", "description": "Erection, levels 7 to 9", "claimed": "$64,000.00", "reason": "Level 9 is open."},
        {"item": "06", "description": "Metal deck", "claimed": "$18,500.00", "reason": "Bill of sale is missing."},
    ],
    "claimed": "$82,500.00",
    "scheduled": "$61,000.00",
    "payable": "$54,900.00",
    "received_on": date(2026, 11, 1),
    "answer_due_on": date(2026, 11, 30),
    "differences": [
        {
            "item": "03",
            "description": "Erection, levels 7 to 9",
            "claimed": "$64,000.00",
            "scheduled": "$42,500.00",
            "reason": "Level 9 is open.",
        },
    ],
    "billed": [
        {
            "item": "03",
            "description": "Erection, levels 7 to 9",
            "work": "$64,000.00",
            "stored": "$4,000.00",
            "to_date": "40.00 %",
        },
    ],
    "changed": False,
    "revised": False,
    "refused": [{"name": "invoice.exe", "why": "It is a program."}],
    "lines_count": 6,
    "details_count": 21,
    "status_label": "Approved as Noted",
    "subject": "Riverside Tower: SC-0031 progress claim #4",
    "asked": True,
    "message": "Dear Mr. Okafor,\n\nour claim for November is attached.\nThe steel is up to level 9.\n\nAnna",
    "summary": [
        {"label": "Contract sum to date", "amount": "$670,000.00"},
        {"label": "Total completed and stored to date", "amount": "$412,350.00"},
        {"label": "Current payment due", "amount": "$82,215.00"},
    ],
}
