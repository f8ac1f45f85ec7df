"""The printed payment schedule foots, shows each line and reason, and nothing in its data is ever markup."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pikepdf
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payclerk_core.documents.layout import SIGN_TOKEN
from payclerk_core.documents.page_text import fragments
from payclerk_core.documents.payment_schedule import (
    SchedulePage,
    _data,
    check_schedule,
    checked,
    read_schedule,
    render_schedule,
)
from payclerk_core.documents.typeset import typeset
from payclerk_core.errors import UserError
from payclerk_core.money import Money, total
from payclerk_core.rules.payment_schedules import ScheduledLine

CENT = Decimal("0.01")


def line(item="001", description="Plasterboard, level 2", claimed=400_000, scheduled=320_000, reason="Open on level 2"):
    return ScheduledLine(item, description, Money(claimed, "AUD"), Money(scheduled, "AUD"), reason)


def page(lines, **changes):
    facts = {
        "project_name": "Bondi Road Apartments",
        "project_number": "2611",
        "payer": "Harborline Builders",
        "payee": "Delgado Drywall",
        "contract_number": "SC-04",
        "contract_title": "Drywall",
        "claim_number": 3,
        "revision": 2,
        "invoice_number": "INV-3",
        "billed_on": date(2026, 11, 25),
        "period_from": date(2026, 11, 1),
        "period_to": date(2026, 11, 30),
        "received_on": date(2026, 11, 25),
        "answer_due_on": date(2026, 12, 9),
        "business_days": 10,
        "law": "New South Wales, security of payment",
        "issued_on": date(2026, 12, 9),
        "lines": lines,
        "footer": "",
    }
    facts["payable"] = total((one.scheduled for one in lines), "AUD")
    return SchedulePage(**{**facts, **changes})


def many(count):
    return [
        line(f"{i:03d}", f"Line {i}", i * 12_345, i * 12_300, "Short" if i % 3 else "") for i in range(1, count + 1)
    ]


def pieces_of(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return [list(fragments(sheet)) for sheet in opened.pages]


def text_of(pdf):
    return "\n".join(piece.text for sheet in pieces_of(pdf) for piece in sheet)


@pytest.mark.parametrize("count", [0, 1, 30, 200])
def test_each_length_foots(count):
    pdf = render_schedule(page(many(count)))
    printed = read_schedule(pdf)
    assert check_schedule(printed) == []
    assert len(printed.rows) == count
    assert printed.sums[1] == sum(i * 12_300 for i in range(count + 1)) / Decimal(100)
    assert len(pieces_of(pdf)) > 1 or count < 200


def test_the_same_schedule_gives_the_same_bytes():
    assert render_schedule(page(many(40))) == render_schedule(page(many(40)))


def test_another_reader_sees_the_same_numbers():
    """pypdf and poppler read what our own reader reads."""
    pdf = render_schedule(page([line(), line("002", "Cornices", 100_000, 100_000, "")]))
    assert "Open on level 2" in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    rows = [row.split() for row in done.stdout.decode().splitlines()]
    assert ["Total", "5,000.00", "4,200.00", "(800.00)"] in rows
    assert any(row[:1] == ["001"] and row[-3:] == ["4,000.00", "3,200.00", "(800.00)"] for row in rows)


def test_the_reason_stands_below_its_line():
    (sheet,) = pieces_of(render_schedule(page([line(), line("002", "Cornices", 100_000, 0, "Not begun")])))
    heights = {piece.text: piece.y for piece in sheet}
    order = ["Plasterboard, level 2", "Reason: Open on level 2", "Cornices", "Reason: Not begun", "Total"]
    assert [heights[text] for text in order] == sorted((heights[text] for text in order), reverse=True)


def test_the_claim_is_identified_and_the_days_are_told():
    text = " ".join(text_of(render_schedule(page([line()]))).split())
    for said in (
        "SC-04, claim 3, revision 2",
        "No. 3, revision 2; INV-3, 25 Nov 2026",
        "1 Nov 2026 to 30 Nov 2026",
        "To (subcontractor)",
        "From (head contractor)",
        "9 Dec 2026 (10 business days:",
        "All amounts in AUD",
        "Payable on this claim",
    ):
        assert said in text


def test_a_late_one_does_not_say_so_on_the_paper_that_is_served():
    assert "Issued after" not in text_of(render_schedule(page([line()], issued_on=date(2026, 12, 10))))


def test_the_project_s_footer_stands_on_each_page_and_on_the_paper():
    longest = "Harborline Builders, ABN 00. " * 17
    sheets = pieces_of(render_schedule(page(many(45), footer=longest)))
    assert len(sheets) == 2
    for sheet in sheets:
        footer = [piece for piece in sheet if piece.text.startswith("Harborline Builders, ABN")]
        assert footer
        assert min(piece.y for piece in footer) > 12
        assert max(piece.y for piece in footer) < min(piece.y for piece in sheet if piece.text.startswith("Line "))


@pytest.mark.parametrize(
    "nasty", ['#import "x"', "*bold* _it_", "$x^2$", "`code`", "@label <tag>", "= heading", "#{1+1}"]
)
def test_data_is_printed_and_never_run(nasty):
    only = line(description=nasty, reason=nasty)
    assert text_of(render_schedule(page([only], payee=nasty, footer=nasty))).count(nasty) >= 4


def test_a_reason_without_end_runs_on_to_the_next_page():
    pdf = render_schedule(page([line(), line("002", reason="not done " * 222), line("003")]))
    assert text_of(pdf).replace("\n", " ").count("not done") >= 215  # some fall on a line's end
    assert len(read_schedule(pdf).rows) == 3


def test_a_reason_that_is_an_amount_is_no_row():
    printed = read_schedule(render_schedule(page([line(reason="1,234.50 1,234.50 1,234.50", description="9.99")])))
    assert printed.rows == ((4_000, 3_200, -800),)


def test_data_cannot_place_a_signature_tab():
    text = text_of(render_schedule(page([line(description=SIGN_TOKEN, reason=SIGN_TOKEN)], payee=SIGN_TOKEN)))
    assert SIGN_TOKEN not in text


def tampered(kind):
    printed = read_schedule(render_schedule(page(many(5))))
    if kind == "lost row":
        return replace(printed, rows=printed.rows[1:])
    if kind == "row":
        claimed, scheduled, difference = printed.rows[0]
        return replace(printed, rows=((claimed, scheduled, difference + CENT), *printed.rows[1:]))
    if kind == "sums":
        return replace(printed, sums=(printed.sums[0] + CENT, printed.sums[1] + CENT, printed.sums[2]))
    return replace(printed, totals={**printed.totals, kind: printed.totals[kind] + CENT})


@pytest.mark.parametrize("kind", ["lost row", "row", "sums", "claimed", "scheduled", "difference"])
def test_what_does_not_foot_is_found(kind):
    assert check_schedule(tampered(kind))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (page([line()]), "1 of 2 lines are on it"),
        (page([line(), line("002", scheduled=320_001)]), "line 002 is printed with other amounts"),
        (page([line(), line("002", "Cornices")], payable=Money(100, "AUD")), "is printed as 1.00 instead of"),
    ],
)
def test_the_page_of_another_claim_is_refused(other, said):
    with pytest.raises(UserError, match=said) as refused:
        checked(typeset("payment_schedule.typ", _data(other)), page([line(), line("002")]))
    assert refused.value.code == "does_not_foot"


def test_a_page_that_is_no_schedule_is_refused():
    pdf = pikepdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out)
    with pytest.raises(ValueError, match="no amount is printed beside 'Amount claimed'"):
        read_schedule(out.getvalue())


cents = st.integers(-(10**13), 10**13)
some_lines = st.lists(
    st.builds(
        line,
        item=st.text(max_size=40),
        description=st.text(max_size=300),
        claimed=cents,
        scheduled=cents,
        reason=st.text(max_size=600),
    ),
    max_size=12,
)


@given(some_lines)
@settings(max_examples=15)
def test_any_schedule_prints_and_foots(drawn):
    assert render_schedule(page(drawn)).startswith(b"%PDF")
