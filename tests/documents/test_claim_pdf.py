"""The printed claim foots, carries forward, shows what it was given, and nothing in its data is ever markup."""

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

from payclerk_core.documents.claim_certificate import Certified
from payclerk_core.documents.claim_pdf import ClaimPage, FootingError, render_claim
from payclerk_core.documents.footing import BROUGHT, check_footing, printed_certificate, read_back
from payclerk_core.documents.layout import DATE_TOKEN, PAPERS, SIGN_TOKEN
from payclerk_core.documents.page_text import fragments
from payclerk_core.documents.typeset import amount, printable
from payclerk_core.documents.words import DICTIONARIES, US_GC
from payclerk_core.documents.workbook import DICTIONARIES as NAMES_IN_WORKBOOK
from payclerk_core.money import Money
from payclerk_core.rules.billing import Line, summarize
from payclerk_core.rules.retainage import Rates
from printed import pages_of, pieces


def line(item="001", description="Rough-in, level 2", **changes):
    amounts = {"scheduled": 1_000_000, "previous_work": 250_000, "this_work": 125_050, "stored": 4_000}
    chosen = {**amounts, "work_rate": Decimal(10), "stored_rate": Decimal(5), "change_order": None, **changes}
    held = {
        "work_withheld": Money(chosen["previous_work"] + chosen["this_work"]).percent(chosen["work_rate"]).cents,
        "stored_withheld": Money(chosen["stored"]).percent(chosen["stored_rate"]).cents,
    }
    columns = [chosen[name] for name in amounts]
    return Line(item, description, *columns, change_order=chosen["change_order"], **held)


def page(lines, **changes):
    facts = {
        "direction": "payable",
        "project_name": "Maple Street Medical Office",
        "project_number": "2611",
        "payer": "Harborline Builders",
        "payee": "Delgado Drywall",
        "contract_number": "SC-04",
        "contract_title": "Drywall",
        "claim_number": 3,
        "invoice_number": "INV-3",
        "period_from": date(2026, 11, 1),
        "period_to": date(2026, 11, 30),
        "billed_on": date(2026, 11, 25),
        "status_label": "Under Review",
        "lines": lines,
        "summary": summarize(lines, previous_certificates=Money(100_000)),
        "revision": 1,
    }
    return ClaimPage(**{**facts, **changes})


def many(count):
    return [line(f"{i:03d}", f"Line {i}", scheduled=i * 12_345, this_work=i * 77) for i in range(1, count + 1)]


def text_of(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return "\n".join(piece.text for sheet in opened.pages for piece in fragments(sheet))


@pytest.mark.parametrize("count", [0, 1, 20, 60, 500])
def test_each_length_foots_and_carries_forward(count):
    footed = read_back(render_claim(page(many(count))))
    assert check_footing(footed) == []
    assert sum(len(sheet.rows) for sheet in footed.sheets) == count
    assert [sheet.last_label for sheet in footed.sheets[:-1]] == ["Carried forward"] * (len(footed.sheets) - 1)
    assert len(footed.sheets) > 1 or count < 60


def test_the_same_claim_gives_the_same_bytes():
    assert render_claim(page(many(30))) == render_claim(page(many(30)))


def test_another_reader_sees_the_same_numbers():
    """pypdf and poppler read what our own reader reads."""
    pdf = render_claim(page([line()]))
    first = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert "Current payment due" in first
    shown = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()
    due = next(row for row in shown.splitlines() if "Current payment due" in row)
    assert due.split()[-1] == amount(page([line()]).summary.due)


@pytest.mark.parametrize(
    "nasty",
    [
        '#import "x"',
        "*bold* _it_",
        "$x^2$",
        "`code`",
        "@label <tag>",
        "\\ // comment",
        "= heading",
        "- list",
        "#{1+1}",
        "é ß ł Ω Ж",
    ],
)
def test_data_is_printed_and_never_run(nasty):
    printed = text_of(render_claim(page([line(description=nasty)], payee=nasty, contract_title=nasty)))
    assert printed.replace("\n", " ").count(nasty) >= 2


@pytest.mark.parametrize("odd", ["a\x00b", "a\x1b[31mb", "a\u202eb", "a\nb", "a\ud800b"])
def test_control_and_direction_characters_are_not_printed(odd):
    assert printable(odd) in {"a b", "a [31mb"}


def test_a_word_without_end_does_not_run_over_its_column():
    long = "x" * 300
    with pikepdf.open(io.BytesIO(render_claim(page([line(description=long)])))) as opened:
        found = [piece for piece in fragments(opened.pages[1]) if set(piece.text) == {"x"}]
    assert "".join(piece.text for piece in found) == long
    left, right = PAPERS["us-letter"].edges()[1]
    assert all(left <= piece.x < right - 4 * len(piece.text) for piece in found)
    assert len({piece.y for piece in found}) > 5


def test_a_long_item_wraps_in_its_own_column():
    with pikepdf.open(io.BytesIO(render_claim(page([line("9" * 40)])))) as opened:
        found = [piece for piece in fragments(opened.pages[1]) if set(piece.text) == {"9"}]
    assert "".join(piece.text for piece in found) == "9" * 40
    assert all(piece.x + 4 * len(piece.text) < PAPERS["us-letter"].edges()[0][1] for piece in found)


@pytest.mark.parametrize(
    ("scheduled", "shown"), [(-1, "< -9,999"), (1, "> 9,999"), (0, "0.00"), (125_050, "100.00"), (12_505, "1,000.00")]
)
def test_a_percentage_fits_its_column(scheduled, shown):
    only = line(scheduled=scheduled, previous_work=0, stored=0)
    assert shown.replace(",", "") in text_of(render_claim(page([only]))).replace(",", "")


def test_data_cannot_place_a_signature_tab():
    """DocuSign sets a tab on every occurrence of the token: only ours may be in the file."""
    printed = text_of(
        render_claim(page([line(description=SIGN_TOKEN), line("2", DATE_TOKEN.upper())], payee=SIGN_TOKEN))
    )
    assert printed.lower().count(SIGN_TOKEN) == 1
    assert printed.lower().count(DATE_TOKEN) == 1


@pytest.mark.parametrize("paper", ["us-letter", "a4"])
def test_the_anchor_stands_where_the_layout_says(paper):
    pdf = render_claim(page([line()], words=replace(US_GC, paper=paper)))
    size = PAPERS[paper]
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        found = {piece.text: piece for piece in fragments(opened.pages[0])}
    for token, spot in ((SIGN_TOKEN, size.sign_here), (DATE_TOKEN, size.date_here)):
        assert abs(found[token].x - spot.x) <= 1
        assert abs(size.height - found[token].y - spot.y) <= 2


@pytest.mark.parametrize("name", DICTIONARIES)
@pytest.mark.parametrize("direction", ["payable", "receivable"])
def test_every_dictionary_prints_its_words_and_foots(name, direction):
    words = DICTIONARIES[name]
    pdf = render_claim(page([line()], words=words, direction=direction))
    assert words.claim(direction) in text_of(pdf)
    assert words.retainage in text_of(pdf)


def test_the_workbook_knows_the_same_dictionaries():
    assert tuple(NAMES_IN_WORKBOOK) == tuple(DICTIONARIES)


def test_change_orders_are_boxed_by_sign():
    lines = [
        line(),
        line("2", scheduled=50_000, change_order="CO-1"),
        line("3", scheduled=-20_000, change_order="CO-2"),
    ]
    summary = read_back(render_claim(page(lines))).summary
    assert (summary["additions"], summary["deductions"], summary["change_orders"]) == (500, -200, 300)


def beside(pdf, label):
    """The piece of text set after this one."""
    text = pieces(pdf)
    return text[text.index(label) + 1]


RATES = Rates(Decimal(10), Decimal(5))


@pytest.mark.parametrize(
    ("lines", "work", "stored"),
    [
        ([line(), line("2", scheduled=77)], "10%", "5%"),
        ([line(), line("2", work_rate=Decimal(5))], "varies by line, 7.5% overall", "5%"),
        ([line(work_rate=Decimal("7.5")), line("2", work_rate=Decimal("7.5"), stored=0)], "7.5%", "5%"),
        ([line(stored=0)], "10%", "5%"),  # nothing is stored: the percent in force
        ([line(work_rate=Decimal(0), stored_rate=Decimal(0))], "0%", "0%"),  # all of it was released
    ],
)
def test_lines_5a_and_5b_say_which_percent_is_held(lines, work, stored):
    pdf = render_claim(page(lines, rates=RATES))
    assert beside(pdf, "Retainage on completed work") == work
    assert beside(pdf, "Retainage on stored material") == stored


def test_where_nothing_is_billed_under_a_scale_no_percent_is_printed():
    pdf = render_claim(page([line(stored=0)], rates=None))
    assert beside(pdf, "Retainage on completed work") == "10%"
    assert beside(pdf, "Retainage on stored material") == "0.00"


def test_only_later_sheets_bring_something_forward():
    with pikepdf.open(io.BytesIO(render_claim(page(many(100))))) as opened:
        sheets = [[piece.text for piece in fragments(sheet)] for sheet in opened.pages[1:]]
    assert len(sheets) > 2
    assert [BROUGHT in sheet for sheet in sheets] == [False, *[True] * (len(sheets) - 1)]


def test_the_projects_number_has_a_place_of_its_own():
    pdf = render_claim(page([line()]))
    assert (beside(pdf, "Project"), beside(pdf, "Project number")) == ("Maple Street Medical Office", "2611")
    assert "Project number" not in pieces(render_claim(page([line()], project_number="")))


def certified(cents, reason="", by="Ana Ruiz, Harborline Builders"):
    return Certified(Money(cents), date(2026, 11, 28), by, reason)


def test_what_was_certified_stands_on_it_with_who_when_and_why():
    pdf = render_claim(page([line()], certified=certified(200_000, "The swale is not graded")))
    assert beside(pdf, "Amount certified") == "2,000.00"
    assert beside(pdf, "Less than line 8 by") == amount(page([line()]).summary.due - Money(200_000))
    assert beside(pdf, "Certified by") == "Ana Ruiz, Harborline Builders"
    assert "28 Nov 2026" in pieces(pdf)
    assert "The swale is not graded" in pieces(pdf)
    assert printed_certificate(pdf) == 2000


def test_what_was_certified_as_asked_needs_no_explanation():
    due = page([line()]).summary.due
    text = pieces(render_claim(page([line()], certified=certified(due.cents))))
    assert text[text.index("Amount certified") + 1] == amount(due)
    assert not [piece for piece in text if "than line 8 by" in piece]


def test_a_claim_that_is_not_certified_leaves_the_blank():
    pdf = render_claim(page([line()]))
    assert printed_certificate(pdf) is None
    assert pieces(pdf).count("Amount certified") == 1


@pytest.mark.parametrize("name", DICTIONARIES)
@pytest.mark.parametrize("direction", ["payable", "receivable"])
def test_a_long_explanation_gets_a_page_and_no_signature_is_printed_over(name, direction):
    """As long as it may be, with the longest names: what has no room above the boxes is on the last page, whole."""
    long = " ".join(f"word{n}" for n in range(250))
    facts = {"words": DICTIONARIES[name], "direction": direction, "certified": certified(1, long, "Name " * 50)}
    wide = {"project_name": "Wide " * 20, "contract_title": "Title " * 20, "payer": "Payer " * 10}
    pdf = render_claim(page(many(60), **facts, **wide))
    assert pages_of(pdf) == pages_of(render_claim(page(many(60), **{**facts, "certified": None}, **wide))) + 1
    assert " ".join(pieces(pdf)).count("word249") == 1
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        (told,) = [piece for piece in fragments(opened.pages[0]) if piece.text.startswith("The explanation is")]
    paper = PAPERS[facts["words"].paper]
    assert told.y > paper.height - paper.sign_top
    assert check_footing(read_back(pdf, facts["words"])) == []


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "100,000"), ("KWD", "100.000"), ("USD", "1,000.00")])
def test_each_currency_is_printed_with_its_own_decimals_and_foots(currency, shown):
    lines = [Line(f"{n}", "Work", 100_000, 0, 50_000, 0, work_withheld=5_000, currency=currency) for n in range(60)]
    facts = {"summary": summarize(lines, previous_certificates=Money(0, currency)), "rates": RATES}
    pdf = render_claim(page(lines, certified=Certified(Money(100_000, currency), date(2026, 11, 28), "Ana"), **facts))
    assert beside(pdf, "Amount certified") == shown
    assert beside(pdf, "Retainage on completed work") == "10%"
    assert check_footing(read_back(pdf)) == []


def test_a_rejected_line_says_why():
    pdf = render_claim(page([line()], review={"001": ("rejected", "No delivery ticket")}))
    assert "Rejected: No delivery ticket" in text_of(pdf)


def test_a_claim_whose_summary_is_another_claims_is_refused():
    other = summarize(many(2), previous_certificates=Money(0))
    with pytest.raises(FootingError) as refused:
        render_claim(page(many(3), summary=other))
    assert "does not foot" in refused.value.message
    assert any("contract_sum" in text for text in refused.value.differences)


def tampered(kind):
    footed = read_back(render_claim(page(many(60))))
    first, second = footed.sheets[:2]
    cent = Decimal("0.01")
    moved = (first.carried[0] + cent, *first.carried[1:])
    if kind == "carried":
        sheets = (replace(first, carried=moved), *footed.sheets[1:])
    elif kind == "brought":
        sheets = (replace(first, brought=(cent, *first.brought[1:])), *footed.sheets[1:])
    elif kind == "lost row":
        sheets = (first, replace(second, rows=second.rows[1:]), *footed.sheets[2:])
    elif kind == "unlabelled":
        sheets = (first, replace(second, first_label="001"), *footed.sheets[2:])
    elif kind == "lost page":
        sheets = footed.sheets[:-1]
    elif kind == "no sheet":
        sheets = ()
    else:
        return replace(footed, summary={**footed.summary, kind: footed.summary[kind] + cent})
    return replace(footed, sheets=sheets)


@pytest.mark.parametrize(
    "kind",
    [
        "carried",
        "brought",
        "lost row",
        "lost page",
        "unlabelled",
        "no sheet",
        "original_sum",
        "completed",
        "retainage",
        "due",
        "balance",
        "earned",
    ],
)
def test_what_does_not_foot_is_found(kind):
    assert check_footing(tampered(kind))


def test_a_page_that_is_no_claim_is_refused():
    pdf = pikepdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out)
    with pytest.raises(ValueError, match="no amount is printed beside 'Original contract sum'"):
        read_back(out.getvalue())


cents = st.integers(-(10**13), 10**13)
lines = st.lists(
    st.builds(
        line,
        item=st.text(max_size=40),
        description=st.text(max_size=300),
        scheduled=cents,
        previous_work=cents,
        this_work=cents,
        stored=st.integers(0, 10**12),
        work_rate=st.decimals(0, 100, places=2),
        stored_rate=st.decimals(0, 100, places=2),
        change_order=st.none() | st.text(max_size=40),
    ),
    max_size=12,
)


@given(lines, cents)
@settings(max_examples=15)
def test_any_claim_prints_and_foots(drawn, previous):
    summary = summarize(drawn, previous_certificates=Money(previous))
    assert render_claim(page(drawn, summary=summary)).startswith(b"%PDF")
