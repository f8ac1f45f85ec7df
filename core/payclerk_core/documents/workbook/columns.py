"""The sheets of an import file and their columns: one list, which the reader, the template and docs/import.md follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...money import currencies
from ...rules.lifecycle import ContractStatus
from ...rules.permissions import Level

KINDS: Final = ("subcontract", "purchase_order", "prime")
CURRENCIES: Final = currencies()
LANGUAGES: Final = ("en", "fr", "es")
DICTIONARIES: Final = ("us_general_contractor", "us_owner", "us_specialty_contractor", "au_nz", "uk")
LEVELS: Final = tuple(level.value for level in Level)
STATUSES: Final = tuple(status.value for status in ContractStatus)
CHANGE_STATUSES: Final = ("approved", "draft", "pending", "void")
SSOV_STATUSES: Final = ("draft", "under_review", "revise_and_resubmit", "approved")
INVOICE_TYPES: Final = ("work_and_materials", "work_materials_and_retainage", "by_invitation")
OWNER_ANSWERS: Final = ("propose", "act")
# Not "address", which anybody can forge: only whoever runs payclerk may say so, for all projects.
TRUSTS: Final = ("verified", "confirm")
YES_NO: Final = ("no", "yes")


@dataclass(frozen=True, slots=True)
class Column:
    """One column (or row of the sheet Project). With an `attribute` it may be missing; the record then stays as it is.

    Kinds: text, choice, yes, percent, count, money, quantity, day. `empty` is what an empty cell means; REQUIRED: a fault.
    """

    name: str
    kind: str
    help: str
    empty: Any = None
    attribute: str = ""
    choices: tuple[str, ...] = ()
    longest: int = 300
    low: int = 0
    high: int = 100


REQUIRED: Final = object()
MOST_TOLD: Final = 30  # choices that are listed; of more, some are named


def told(column: Column) -> str:
    """What may be written into a column with choices; empty for another."""
    if len(column.choices) > MOST_TOLD:
        return "A code of ISO 4217, such as USD, EUR or JPY."
    return f"One of: {', '.join(column.choices)}." if column.choices else ""


def _text(name: str, longest: int, note: str, empty: Any = REQUIRED, attribute: str = "") -> Column:
    return Column(name, "text", note, empty, attribute, longest=longest)


def _choice(name: str, choices: tuple[str, ...], note: str, empty: Any = REQUIRED, attribute: str = "") -> Column:
    return Column(name, "choice", note, empty, attribute, choices)


def _yes(name: str, note: str, attribute: str = "", *, empty: bool = False) -> Column:
    return Column(name, "yes", note, empty, attribute, YES_NO)


def _number(
    name: str, kind: str, note: str, empty: Any = None, attribute: str = "", low: int = 0, high: int = 100
) -> Column:
    return Column(name, kind, note, empty, attribute, low=low, high=high)


_CONTRACT: Final = _text("Contract", 40, "The contract's number, as in the sheet Contracts.")
_LINE: Final = (
    _text("Item", 40, "The line's item number; unique in its contract and never changed."),
    _text("Cost code", 40, "The cost code of the line."),
    _text("Cost type", 40, "The cost type, such as Labor, Material or Subcontract."),
    _text("Description", 300, "What the line is for."),
)
_OPENING: Final = (
    _number("Opening work", "money", "Work billed before payclerk.", 0, "opening_work_cents"),
    _number("Opening stored", "money", "Stored material billed before payclerk.", 0, "opening_stored_cents"),
    _number("Opening retainage", "money", "Held of both before payclerk.", 0, "opening_retainage_cents"),
)
OPENING_NAMES: Final = tuple(column.attribute for column in _OPENING)

SHEETS: Final[Mapping[str, tuple[Column, ...]]] = {
    "Project": (
        _text("Number", 40, "The project's number; it finds the project again."),
        _text("Name", 200, "The project's name."),
        _text("Time zone", 60, "Where the project is: America/Chicago, Europe/London."),
        _choice("Currency", CURRENCIES, "The currency of all amounts."),
        _choice("Dictionary", DICTIONARIES, "Whose words are used.", "us_general_contractor"),
        _text("Slack channel", 80, "The channel's name, without #.", None),
        _number("Period start day", "count", "First day of a billing period (1).", 1, "", 1, 31),
        _number("Period end day", "count", "Last day; 31 is the month's last.", 31, "", 1, 31),
        _number("Period due day", "count", "When claims are due.", 25, "", 1, 31),
        _choice("Invoice type", INVOICE_TYPES, "What may be billed.", "work_and_materials", "invoice_type"),
        _text("Invitation note", 2000, "Added to invitations and reminders.", "", "invitation_note"),
        _number("Remind every days", "count", "0: no reminders.", 1, "remind_every_days", 0, 31),
        _yes("Weekly digest", "Send the weekly digest.", "weekly_digest", empty=True),
        _yes("Tell approved", "Mail subcontractors when a claim is approved.", "tell_approved", empty=True),
        _yes("Show claimed", "Show what was claimed beside what stands.", "show_claimed", empty=True),
        _choice("Overbilling", ("allow", "warn", "prevent"), "Lines over 100 %.", "warn", "overbilling"),
        _choice("Stored materials", ("manual", "automatic"), "How they become work.", "manual", "stored_materials"),
        _text("PDF footer", 500, "Printed under each claim.", "", "pdf_footer"),
        _text("Jurisdiction", 20, "Whose law counts, such as us-il.", None, "jurisdiction"),
        _yes("Public works", "The project is public works.", "public_works"),
        _choice("Owner answers", OWNER_ANSWERS, "Does a clear one act?", "propose", "owner_answers"),
        _choice("Trust invitation", TRUSTS, "What accepting by mail needs.", None, "trust_invitation"),
        _choice("Trust billing", TRUSTS, "What billing by mail needs.", None, "trust_billing"),
        _choice("Trust owner", TRUSTS, "What the owner's answer needs.", None, "trust_owner"),
    ),
    "Companies": (
        _text("Name", 200, "The company's name; it finds the company again."),
        _yes("Prevent overbilling", "On all of its projects, over their own setting.", "prevent_overbilling"),
    ),
    "People": (
        _text("Name", 200, "The person's name."),
        _text("E-mail", 320, "The person's address; it finds the person again, where there is no Key."),
        _text("Company", 200, "A name of the sheet Companies."),
        _text("Role", 80, "What the person is on the project."),
        _choice("Language", LANGUAGES, "Of the mails the person gets.", "en"),
        _choice("Commitments", LEVELS, "Level on subcontracts and purchase orders.", "none"),
        _choice("Client contracts", LEVELS, "Level on the prime contract.", "none"),
        _text("Former e-mail", 320, "The address payclerk knows, when E-mail is the person's new one.", "", "former"),
        _text(
            "Key", 100, "Written by payclerk: it finds the person whatever the address. Leave it as it is.", "", "key"
        ),
    ),
    "Contracts": (
        _text("Number", 40, "The contract's number; it finds the contract again."),
        _choice("Kind", KINDS, "Subcontract, purchase order, or prime (with the owner)."),
        _text("Title", 200, "What the contract is for."),
        _text("Company", 200, "The other side: a name of the sheet Companies."),
        _choice("Status", STATUSES, "Only approved and complete contracts are billed.", "draft"),
        _yes("Private", "Only administrators and the Private list see it."),
        _number("Work retainage %", "percent", "Held back of work.", 0),
        _number("Stored retainage %", "percent", "Held back of stored material.", 0),
        _text("Invoice contacts", 2000, "E-mails of people of the company, with ; between.", ""),
        _choice("Accounting", ("amount", "unit"), "unit: lines have a quantity and a price.", "amount", "accounting"),
        _number("Signed on", "day", "Decides which cap of retainage applies.", None, "signed_on"),
        _number("Step at %", "percent", "From this percent complete ...", None, "step_at"),
        _number("Step work retainage %", "percent", "... this much of work is held.", None, "step_work_retainage"),
        _yes("Step counts stored", "Stored material counts as complete.", "step_counts_stored"),
        _number("First claim number", "count", "Joining midway: of the first claim here.", 1, "first_number", 1, 9999),
        _yes("Payments", "The Payments Issued tab is on.", "payments_enabled", empty=True),
        _yes("SSOV", "The subcontractor details the schedule.", "ssov_enabled"),
        _choice("SSOV status", SSOV_STATUSES, "Where the details stand.", "draft", "ssov_status"),
    ),
    "Private list": (_CONTRACT, _text("E-mail", 320, "Somebody of the sheet People who may see it.")),
    "Retainage rules": (
        _CONTRACT,
        _number("Percent", "percent", "Held of each claim ...", REQUIRED),
        _choice("Of", ("original", "revised", "amount"), "... until so much of this is held:"),
        _number("Until", "quantity", "Percent of the contract's sum, or an amount.", REQUIRED),
    ),
    "SOV": (
        _CONTRACT,
        *_LINE,
        _number("Scheduled value", "money", "The line's amount (column C).", REQUIRED),
        _number("Quantity", "quantity", "Unit lines only.", None, "quantity"),
        _text("Unit", 20, "Unit lines only: m3, hour, LS.", None, "unit"),
        _number("Unit price", "quantity", "To four decimals; quantity x price is the value.", None, "unit_price"),
        *_OPENING,
        _text("Parent", 40, "The item that this line details (SSOV).", None, "parent"),
    ),
    "Change orders": (
        _CONTRACT,
        _text("Number", 40, "The change order's number; a row for each of its lines."),
        _text("Title", 200, "What the change is."),
        _number("Approved on", "day", "Needed for an approved one.", None),
        *_LINE,
        _number("Amount", "money", "Additions positive, deductions negative.", REQUIRED),
        _choice("Status", CHANGE_STATUSES, "Only approved ones count.", "approved", "status"),
        _yes("Package", "One line for the whole in the schedule of values.", "package"),
        *_OPENING,
    ),
}
NEEDED: Final = ("Project", "Companies", "People", "Contracts", "SOV")
CHANGE_COLUMNS: Final = tuple(column.name for column in SHEETS["Change orders"] if not column.attribute)


def sheet_named(name: str) -> str | None:
    """The sheet that a tab, or a file without its ending, is named like; None for none."""
    plain = " ".join(name.replace("_", " ").replace("-", " ").split()).casefold()
    return next((sheet for sheet in SHEETS if sheet.casefold() == plain), None)
