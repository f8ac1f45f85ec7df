"""The small project in the template: one contract by amounts with details, one by units, one change order, one owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

_ANNA: Final = {"Name": "Anna Reyes", "E-mail": "anna@builder.example", "Company": "Example Builders"}
_LEE: Final = {"Name": "Lee Morgan", "E-mail": "lee@electric.example", "Company": "Bright Electric"}
_SAM: Final = {"Name": "Sam Ortiz", "E-mail": "sam@earthworks.example", "Company": "Prairie Earthworks"}
_CONTACT: Final = {"Role": "Invoice contact", "Language": "en", "Commitments": "read only", "Client contracts": "none"}


def _line(contract: str, item: str, code: str, kind: str, description: str, amount: int, **more: Any) -> dict[str, Any]:
    words = {"Contract": contract, "Item": item, "Cost code": code, "Cost type": kind, "Description": description}
    return {**words, "Scheduled value": amount, **{name.replace("_", " "): value for name, value in more.items()}}


EXAMPLE: Final[Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "Project": [
        {
            "Number": "EX-1",
            "Name": "Example project",
            "Time zone": "America/Chicago",
            "Currency": "USD",
            "Dictionary": "us_general_contractor",
            "Slack channel": "example-project",
            "Period start day": 1,
            "Period end day": 31,
            "Period due day": 25,
            "Invoice type": "work_and_materials",
            "Remind every days": 2,
            "Weekly digest": "yes",
            "Tell approved": "yes",
            "Show claimed": "yes",
            "Overbilling": "warn",
            "Stored materials": "manual",
            "Public works": "no",
            "Owner answers": "propose",
        }
    ],
    "Companies": [
        {"Name": "Example Builders", "Prevent overbilling": "no"},
        {"Name": "Bright Electric"},
        {"Name": "Prairie Earthworks"},
        {"Name": "Main Street Owner"},
    ],
    "People": [
        {**_ANNA, "Role": "Accountant", "Language": "en", "Commitments": "admin", "Client contracts": "admin"},
        {**_LEE, **_CONTACT},
        {**_SAM, **_CONTACT},
    ],
    "Contracts": [
        {
            "Number": "SC-01",
            "Kind": "subcontract",
            "Title": "Electrical",
            "Company": "Bright Electric",
            "Status": "approved",
            "Private": "no",
            "Work retainage %": 10,
            "Stored retainage %": 5,
            "Invoice contacts": "lee@electric.example",
            "Accounting": "amount",
            "Signed on": date(2026, 3, 2),
            "Payments": "yes",
            "SSOV": "yes",
            "SSOV status": "approved",
        },
        {
            "Number": "SC-02",
            "Kind": "subcontract",
            "Title": "Earthworks",
            "Company": "Prairie Earthworks",
            "Status": "approved",
            "Private": "yes",
            "Work retainage %": 10,
            "Stored retainage %": 10,
            "Invoice contacts": "sam@earthworks.example",
            "Accounting": "unit",
            "Step at %": 50,
            "Step work retainage %": 5,
        },
        {
            "Number": "PR-01",
            "Kind": "prime",
            "Title": "Construction",
            "Company": "Main Street Owner",
            "Status": "approved",
            "Work retainage %": 5,
            "Stored retainage %": 5,
        },
    ],
    "Private list": [{"Contract": "SC-02", "E-mail": "anna@builder.example"}],
    "Retainage rules": [
        {"Contract": "SC-01", "Percent": 10, "Of": "revised", "Until": 5},
        {"Contract": "SC-01", "Percent": 5, "Of": "revised", "Until": Decimal("7.5")},
    ],
    "SOV": [
        _line("SC-01", "001", "26-1000", "Subcontract", "Rough-in", 40000),
        _line("SC-01", "001.1", "26-1000", "Subcontract", "Rough-in, level 1", 25000, Parent="001", Opening_work=10000,
              Opening_retainage=1000),
        _line("SC-01", "001.2", "26-1000", "Subcontract", "Rough-in, level 2", 15000, Parent="001"),
        _line("SC-01", "002", "26-5000", "Subcontract", "Lighting", 60000, Opening_stored=2000, Opening_retainage=100),
        _line("SC-02", "001", "31-2000", "Subcontract", "Excavation", 15000, Quantity=1200, Unit="m3",
              Unit_price=Decimal("12.5")),
        _line("SC-02", "002", "31-2000", "Subcontract", "Mobilization", 5000, Quantity=1, Unit="LS", Unit_price=5000),
        _line("PR-01", "001", "26-1000", "Subcontract", "Electrical", 110000),
        _line("PR-01", "002", "31-2000", "Subcontract", "Earthworks", 22000),
    ],
    "Change orders": [
        {
            "Contract": "SC-01",
            "Number": "CO-1",
            "Title": "More outlets",
            "Approved on": date(2026, 5, 4),
            "Item": "900",
            "Cost code": "26-1000",
            "Cost type": "Subcontract",
            "Description": "Twelve more outlets",
            "Amount": Decimal("1850.5"),
            "Status": "approved",
            "Package": "no",
        },
        {
            "Contract": "SC-01",
            "Number": "CO-2",
            "Title": "Fewer lamps",
            "Item": "901",
            "Cost code": "26-5000",
            "Cost type": "Subcontract",
            "Description": "Four lamps less",
            "Amount": -640,
            "Status": "pending",
        },
    ],
}  # fmt: skip
