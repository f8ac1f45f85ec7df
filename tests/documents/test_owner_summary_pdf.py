"""The summed-up claim to the owner: subtotals are read back, and what does not add up is not handed out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payclerk_core.documents.claim_pdf import ClaimPage, FootingError
from payclerk_core.documents.layout import DATE_TOKEN, SIGN_TOKEN
from payclerk_core.documents.owner_summary_pdf import OwnerSummaryPage, check_subtotals, render_owner_summary
from payclerk_core.documents.words import DICTIONARIES, summary_labels
from payclerk_core.money import Money
from payclerk_core.rules.billing import Line, summarize
from payclerk_core.rules.summarization import CostLine, Layout, Level
from printed import pages_of, pieces, text_of

BY_DIVISION = Layout((Level.DIVISION,))


def row(item, code="03-3000", kind="Labor", scheduled=1000_00, work=100_00, **more):
    held = work // 10
    line = Line(item, more.pop("description", f"Line {item}"), scheduled, 0, work, 0, work_withheld=held, **more)
    return CostLine(line, code, kind)


def page(rows, layout=BY_DIVISION, **changes):
    lines = [one.line for one in rows]
    claim = ClaimPage(
        direction="receivable", project_name="Maple Street", project_number="2611", payer="Owner LLC",
        payee="Builder Inc", contract_number="PC-001", contract_title="The building", claim_number=3,
        invoice_number="3", period_from=date(2026, 11, 1), period_to=date(2026, 11, 30), billed_on=date(2026, 11, 25),
        status_label="", lines=lines, summary=summarize(lines, previous_certificates=Money(50_00)), revision=1,
    )  # fmt: skip
    return OwnerSummaryPage(replace(claim, **changes), rows, layout)


ROWS = [row("001"), row("002", "03-1000", "Material", 500_00, 20_01), row("003", "26.05", "Labor", -75_00, 0)]


def test_lines_stand_under_their_group_with_its_subtotal():
    text = pieces(render_owner_summary(page(ROWS)))
    at = text.index("Division 03")
    assert text[at + 1 : at + 4] == ["001", "Line 001", "1,000.00"]
    assert text[text.index("Subtotal, Division 03") + 1] == "1,500.00"
    assert text[text.index("Subtotal, Division 26") + 1] == "(75.00)"
    assert text[text.index("Grand total") + 1] == "1,425.00"
    assert text[text.index("Current payment due") + 1] == "58.01"
    assert "Summed up by division." in text


def test_collapsed_it_shows_subtotals_only():
    text = pieces(render_owner_summary(page(ROWS, Layout((Level.DIVISION, Level.COST_TYPE), show_lines=False))))
    assert "Line 001" not in text
    assert text[text.index("Division 03") + 1] == "Cost type Labor"
    assert text[text.index("Cost type Labor") + 1] == "1,000.00"
    assert "Summed up by division and cost type; subtotals only." in text


def test_custom_groups_and_the_rest():
    text = pieces(render_owner_summary(page(ROWS, Layout((Level.CUSTOM,), False, {"The shell": ("001", "003")}))))
    assert text[text.index("The shell") + 1] == "925.00"
    assert text[text.index("Other") + 1] == "500.00"


def test_without_groups_the_lines_stand_in_order():
    text = pieces(render_owner_summary(page(ROWS, Layout())))
    assert [one for one in text if one.startswith("Line ")] == ["Line 001", "Line 002", "Line 003"]
    assert "Lines in the order of the schedule." in text


def test_it_is_not_the_page_that_is_signed():
    text = text_of(render_owner_summary(page([row("001", description=SIGN_TOKEN)])))
    assert SIGN_TOKEN not in text
    assert DATE_TOKEN not in text


def test_words_of_a_line_cannot_stand_for_the_claims_own_sums():
    rows = [row("001", description="Current payment due"), row("002", description="Grand total")]
    layout = Layout((Level.CUSTOM,), False, {"Total retainage": ("001",), "Contract sum to date": ("002",)})
    for chosen in (layout, Layout()):
        assert render_owner_summary(page(rows, chosen)).startswith(b"%PDF")


@pytest.mark.parametrize("name", DICTIONARIES)
def test_every_dictionary_prints_its_words(name):
    words = DICTIONARIES[name]
    text = text_of(render_owner_summary(page(ROWS, words=words)))
    assert f"{words.receivable_claim}: summary" in text
    assert all(summary_labels(words)[key] in text for key in ("retainage", "previous_certificates"))


def test_five_hundred_lines_in_sixty_groups_add_up():
    rows = [row(f"{n:03}", f"{n % 20:02}-{n % 3}000", scheduled=n * 1234, work=n * 77) for n in range(1, 501)]
    pdf = render_owner_summary(page(rows, Layout((Level.DIVISION, Level.COST_CODE))))
    assert pages_of(pdf) > 10
    assert len([one for one in pieces(pdf) if one.startswith("Line ")]) == 500
    assert pdf == render_owner_summary(page(rows, Layout((Level.DIVISION, Level.COST_CODE))))


def test_lines_that_are_not_the_claims_are_refused():
    whole = page(ROWS)
    with pytest.raises(FootingError, match="grand total is not the claim's"):
        render_owner_summary(replace(whole, lines=ROWS[:2]))


# --- what is read back


def seven(*values):
    return tuple(Decimal(value) for value in (*values, *(0,) * (7 - len(values))))


GROUPED = [("line", 1, "a"), ("line", 1, "b"), ("subtotal", 0, "One"), ("group", 0, "Two"), ("total", 0, "Grand total")]


def test_printed_subtotals_that_add_up_pass():
    assert list(check_subtotals(GROUPED, [seven(1), seven(2), seven(3), seven(4), seven(7)])) == []


@pytest.mark.parametrize(
    ("printed", "says"),
    [
        ([1, 2, 4, 4, 8], ["'One' does not add up"]),
        ([1, 2, 3, 4, 8], ["'Grand total' does not add up"]),
        ([1, 9, 3, 4, 7], ["'One' does not add up"]),
    ],
)
def test_a_printed_subtotal_that_does_not_add_up_is_named(printed, says):
    assert list(check_subtotals(GROUPED, [seven(value) for value in printed])) == says


cents = st.integers(-(10**12), 10**12)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.text(max_size=40), st.text(max_size=12), st.sampled_from(["", "L"]), cents, cents), max_size=8
    ),
    st.sampled_from([(), (Level.DIVISION,), (Level.DIVISION, Level.COST_CODE), (Level.COST_TYPE, Level.DIVISION)]),
    st.booleans(),
)
def test_any_claim_is_printed_and_adds_up(drawn, levels, show_lines):
    rows = [
        row(f"{n:03}", code, kind, scheduled, work, description=text)
        for n, (text, code, kind, scheduled, work) in enumerate(drawn)
    ]
    assert render_owner_summary(page(rows, Layout(levels, show_lines or not levels))).startswith(b"%PDF")
