"""Writes maple-street.xlsx, the example project: 12 subcontracts, 2 purchase orders and the prime contract.

Run it from anywhere; the same bytes come out each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import xlsxwriter

US = "Harborline Builders"
OWNER = "Maple Street Holdings"
AREAS = ("Level 1 clinic", "Level 1 lobby", "Level 2 clinic", "Level 2 offices", "Level 3 imaging", "Roof and plant")


@dataclass(frozen=True)
class Trade:
    """One contract: who, what, how much retainage, and its lines as (description, whole dollars)."""

    number: str
    title: str
    company: str
    contact: str
    email: str
    language: str
    code: str
    kind: str  # cost type
    retainage: int
    parts: tuple[tuple[str, int], ...]
    by_area: bool = False

    def lines(self) -> Iterator[tuple[str, int]]:
        """Each part once, or once for each area of the building."""
        for text, dollars in self.parts:
            if not self.by_area:
                yield text, dollars
                continue
            for place, area in enumerate(AREAS):
                yield f"{text}, {area.lower()}", dollars + 150 * place


TRADES = (
    Trade("SC-01", "Sitework and utilities", "Prairie Earthworks", "Sam Ortiz", "sam@prairie.example", "en", "31-2000",
          "Subcontract", 10, (("Mobilization", 18500), ("Erosion control", 9200), ("Mass excavation", 84600),
                              ("Storm sewer", 61250), ("Water and sanitary services", 57300), ("Backfill and grading", 39800))),
    Trade("SC-02", "Cast-in-place concrete", "Northside Concrete", "Dana Kowalski", "dana@northside.example", "en", "03-3000",
          "Subcontract", 10, (("Footings", 68400), ("Foundation walls", 91300), ("Slab on grade", 77250), ("Elevated slabs", 143800),
                              ("Stairs and landings", 26400), ("Site concrete", 48900), ("Testing and clean-up", 7350))),
    Trade("SC-03", "Structural steel", "Ironwood Steel", "Pat Nguyen", "pat@ironwood.example", "en", "05-1200", "Subcontract", 10,
          (("Shop drawings", 21400), ("Fabrication, columns", 148600), ("Fabrication, beams", 212750), ("Erection", 156300),
           ("Metal deck", 83900))),
    Trade("SC-04", "Masonry", "Maçonnerie Beaulieu", "Luc Beaulieu", "luc@beaulieu.example", "fr", "04-2000", "Subcontract", 10,
          (("Scaffolding", 17200), ("Brick veneer, north", 44350), ("Brick veneer, south", 43900), ("Brick veneer, east", 38750),
           ("Brick veneer, west", 37900), ("CMU shafts", 51600), ("Cast stone", 22480), ("Cleaning", 6900))),
    Trade("SC-05", "Roofing and waterproofing", "Skyline Roofing", "Chris Adeyemi", "chris@skyline.example", "en", "07-5000",
          "Subcontract", 5, (("Vapor barrier", 19850), ("Insulation", 41300), ("Membrane", 88450), ("Flashing", 27650),
                             ("Roof hatches and accessories", 11200), ("Below-grade waterproofing", 36400))),
    Trade("SC-06", "Curtain wall and glazing", "Vitrerie Lafleur", "Claire Lafleur", "claire@lafleur.example", "fr", "08-4400",
          "Subcontract", 10, (("Engineering", 24600), ("Framing", 61250), ("Insulated glass", 74380), ("Installation", 52940),
                              ("Sealants", 12875)), by_area=True),
    Trade("SC-07", "Drywall and framing", "Acabados Rivera", "Elena Rivera", "elena@rivera.example", "es", "09-2000",
          "Subcontract", 10, (("Layout", 2150), ("Metal studs", 14350), ("Board, first side", 11240), ("In-wall blocking", 3475),
                              ("Board, second side", 11240), ("Tape and finish", 9860), ("Soffits", 6120), ("Shaft walls", 7385),
                              ("Touch-up", 1890), ("Insulation, sound", 4310)), by_area=True),
    Trade("SC-08", "Painting and wall coverings", "Pinturas del Lago", "Marta Solis", "marta@dellago.example", "es", "09-9000",
          "Subcontract", 5, (("Prime", 3650), ("Finish coats", 6480), ("Wall coverings", 5275), ("Touch-up", 1140)), by_area=True),
    Trade("SC-09", "Plumbing", "Clearwater Mechanical", "Jo Becker", "jo@clearwater.example", "en", "22-0000", "Subcontract", 10,
          (("Underground", 12400), ("Rough-in", 23860), ("Medical gas", 31275), ("Fixtures", 18940), ("Insulation", 6215),
           ("Test and balance", 3180)), by_area=True),
    Trade("SC-10", "Heating and ventilation", "Summit Air", "Robin Clarke", "robin@summitair.example", "en", "23-0000",
          "Subcontract", 10, (("Ductwork", 38450), ("Air devices", 12360), ("Piping", 22790), ("Equipment", 64150), ("Controls", 19480),
                              ("Start-up", 4375)), by_area=True),
    Trade("SC-11", "Electrical", "Bright Electric", "Lee Morgan", "lee@gone.example", "en", "26-0000", "Subcontract", 10,
          (("Temporary power", 2100), ("Rough-in", 29870), ("Feeders", 18640), ("Panels", 21355), ("Lighting", 24980), ("Devices", 8420),
           ("Fire alarm", 13765)), by_area=True),
    Trade("SC-12", "Elevators", "Vertical Systems", "Ray Tanaka", "ray@vertical.example", "en", "14-2000", "Subcontract", 10,
          (("Submittals", 12500), ("Material, car 1", 96400), ("Material, car 2", 96400), ("Installation", 118700), ("Testing", 9600))),
    Trade("PO-01", "Laboratory casework", "Casework Supply", "Kim Larsen", "kim@casework.example", "en", "12-3500", "Material", 5,
          (("Base cabinets", 58200), ("Wall cabinets", 34700), ("Tops", 46850), ("Sinks and fittings", 12940), ("Delivery", 4300))),
    Trade("PO-02", "Imaging equipment supports", "Steadfast Supply", "", "", "en", "13-4900", "Material", 5,
          (("Frames", 41200), ("Shielding panels", 67350), ("Anchors", 8460), ("Templates", 2750), ("Freight", 5240))),
)  # fmt: skip
NOT_SIGNED = {"SC-12"}

OUR_PEOPLE = (
    ("Anna Reyes", "anna@harborline.example", "Project accountant", "Admin", "Admin"),
    ("Marcus Webb", "marcus@harborline.example", "Project manager", "Admin", "Standard"),
    ("Priya Nair", "priya@harborline.example", "Field engineer", "Read Only", "None"),
)
OWNERS_PERSON = ("Daniel Cole", "daniel@maplestreet.example", "Owner's representative", "None", "Read Only")


def main() -> None:
    path = Path(__file__).with_name("maple-street.xlsx")
    book = xlsxwriter.Workbook(path)
    book.set_properties({"title": "Maple Street Medical Office", "created": datetime(2026, 11, 1)})  # noqa: DTZ001 - a fixed date, so that the bytes are
    head = book.add_format({"bold": True, "bg_color": "#22384F", "font_color": "#FFFFFF", "text_wrap": True})
    _project(book)
    _table(book, head, "Companies", ["Name"], [[name] for name in (US, OWNER, *(t.company for t in TRADES))])
    people = ["Name", "E-mail", "Company", "Role", "Language", "Commitments", "Client contracts"]
    _table(book, head, "People", people, list(_people()))
    contracts = ["Number", "Kind", "Title", "Company", "Status", "Private"]
    contracts += ["Work retainage %", "Stored retainage %", "Invoice contacts"]
    _table(book, head, "Contracts", contracts, list(_contracts()))
    lines = ["Contract", "Item", "Cost code", "Cost type", "Description", "Scheduled value"]
    _table(book, head, "SOV", lines, list(_lines()))
    book.close()


def _project(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("Project")
    facts = (
        ("Number", "2611"),
        ("Name", "Maple Street Medical Office"),
        ("Time zone", "America/Chicago"),
        ("Currency", "USD"),
        ("Dictionary", "us_general_contractor"),
        ("Slack channel", "maple-street"),
        ("Period start day", 1),
        ("Period end day", 31),
        ("Period due day", 25),
    )
    for row, (name, value) in enumerate(facts):
        sheet.write(row, 0, name, book.add_format({"bold": True}))
        sheet.write(row, 1, value)
    sheet.set_column(0, 1, 32)


def _table(
    book: xlsxwriter.Workbook, head: object, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, columns, head)
    for number, row in enumerate(rows, 1):
        sheet.write_row(number, 0, row)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(columns):
        longest = max(len(str(row[column])) for row in rows)
        sheet.set_column(column, column, min(max(longest, len(title)) + 2, 46))


def _people() -> Iterator[Sequence[object]]:
    for name, email, role, commitments, client in OUR_PEOPLE:
        yield [name, email, US, role, "en", commitments, client]
    name, email, role, commitments, client = OWNERS_PERSON
    yield [name, email, OWNER, role, "en", commitments, client]
    for trade in TRADES:
        if trade.email:
            yield [trade.contact, trade.email, trade.company, "Invoice contact", trade.language, "Read Only", "None"]


def _contracts() -> Iterator[Sequence[object]]:
    for trade in TRADES:
        kind = "subcontract" if trade.number.startswith("SC") else "purchase order"
        status = "out for signature" if trade.number in NOT_SIGNED else "approved"
        rates = [trade.retainage, trade.retainage]
        yield [trade.number, kind, trade.title, trade.company, status, "no", *rates, trade.email]
    yield ["PR-01", "prime", "Construction of Maple Street Medical Office", OWNER, "approved", "no", 5, 5, ""]


def _lines() -> Iterator[Sequence[object]]:
    for trade in TRADES:
        for item, (text, dollars) in enumerate(trade.lines(), 1):
            yield [trade.number, f"{item:03d}", trade.code, trade.kind, text, dollars]
    for item, trade in enumerate(TRADES, 1):
        cost = sum(dollars for _, dollars in trade.lines())
        margin = cost * 8 // 100
        yield ["PR-01", f"{item:03d}", trade.code, trade.kind, trade.title, cost + margin]
    yield ["PR-01", "090", "01-0000", "Fee", "General conditions", 486000]


if __name__ == "__main__":
    main()
