"""The printed list shows every claim once, its subtotals, and only text."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from itertools import pairwise

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payclerk_core.documents.list_pdf import ListedClaim, ListedGroup, ListPage, render_list
from payclerk_core.documents.page_text import fragments
from payclerk_core.documents.words import DICTIONARIES
from payclerk_core.money import Money, total
from printed import pages_of, pieces


def claim(number=1, due=100_00, paid=0, **changes):
    facts = {
        "contract": f"SC-{number:03}", "company": "Harbor Plumbing", "claim_number": number, "invoice_number": "INV-1",
        "period_from": date(2026, 11, 1), "period_to": date(2026, 11, 30), "status": "Approved", "due": Money(due),
        "paid": Money(paid), "payment": "Unpaid",
    }  # fmt: skip
    return ListedClaim(**{**facts, **changes})


def group(name, rows):
    return ListedGroup(name, rows, total((r.due for r in rows), "USD"), total((r.paid for r in rows), "USD"))


def page(groups, **changes):
    facts = {
        "project_name": "Maple Street", "project_number": "2611", "made_at": datetime(2026, 11, 30, 9, 5, tzinfo=UTC),
        "narrowed": [("Status", "Approved")], "grouped_by": "Contract company", "groups": groups,
        "due": total((g.due for g in groups), "USD"), "paid": total((g.paid for g in groups), "USD"),
    }  # fmt: skip
    return ListPage(**{**facts, **changes})


def test_a_group_has_its_heading_claims_and_subtotal():
    groups = [group("Harbor", [claim(1, 900_00, 400_00), claim(2, -50_00)]), group("North", [claim(3, 1800_00)])]
    text = pieces(render_list(page(groups)))
    at = text.index("Harbor")
    assert text[at + 1] == "SC-001"
    for wanted in ("Harbor, 2 claims", "850.00", "400.00", "450.00", "(50.00)", "North, 1 claim", "Total, 3 claims"):
        assert wanted in text
    assert "2,650.00" in text[text.index("Total, 3 claims") :]
    assert "30 Nov 2026 09:05 UTC" in text


def test_without_groups_there_is_only_the_total():
    text = pieces(render_list(page([group("", [claim()])], grouped_by="")))
    assert "Total, 1 claim" in text
    assert ", 1 claim" not in text
    assert "Grouped by" not in text


def test_an_empty_list_says_so():
    assert "No claim matches." in pieces(render_list(page([])))


def test_many_claims_run_over_pages_with_their_head():
    rows = [claim(number) for number in range(1, 401)]
    pdf = render_list(page([group("Harbor", rows)]))
    text = pieces(pdf)
    assert pages_of(pdf) > 5
    assert text.count("Company") == pages_of(pdf)
    assert [one for one in text if one.startswith("SC-")] == [row.contract for row in rows]


@pytest.mark.parametrize("name", DICTIONARIES)
def test_it_is_printed_in_the_words_of_the_project(name):
    words = DICTIONARIES[name]
    text = pieces(render_list(page([group("", [claim()])], words=words)))
    assert f"{words.payable_claim}s" in text
    assert words.payable_contract in text


@settings(max_examples=25)
@given(st.text(max_size=60), st.integers(-(10**14), 10**14))
def test_any_text_and_amount_is_printed(text, cents):
    row = claim(due=cents, company=text, invoice_number=text, contract=text)
    assert render_list(page([group(text, [row])], narrowed=[("Search", text)])).startswith(b"%PDF")


def test_the_widest_amounts_do_not_touch():
    row = claim(due=-(10**15) + 1, paid=10**15 - 1)
    pdf = render_list(page([group("Harbor", [row])]))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        places = {piece.text: piece.x for piece in fragments(opened.pages[0])}
    # Columns of 70 points begin where the one before ends.
    starts = [places[text] for text in ("(9,999,999,999,999.99)", "9,999,999,999,999.99", "(19,999,999,999,999.98)")]
    assert all(right - left > 60 for left, right in pairwise(starts))


def test_the_same_list_gives_the_same_bytes():
    assert render_list(page([group("Harbor", [claim()])])) == render_list(page([group("Harbor", [claim()])]))
