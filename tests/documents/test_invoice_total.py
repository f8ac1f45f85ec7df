"""The total an invoice names: by the strongest words there are, and nothing where it cannot be told."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices import invoice_pdf
from payclerk_core.documents.invoice_total import read_invoice, totals_in

TOTALS = {
    "Subtotal 90.00\nTax 10.00\nTotal: $100.00": [10000],
    "Total 1,200.00\nLess retainage 120.00\nAmount due $1,080.00": [108000],
    "BALANCE DUE\n$ 2,500.50\nThank you": [250050],
    "Grand Total USD 12,345.67": [1234567],
    "Total HT 1 000,00\nTVA 200,00\nTotal TTC 1 200,00 €": [120000],
    "Net à payer : 1.234,50": [123450],
    "Importe total 12.500,00": [1250000],
    "Total a pagar: $1,250.00": [125000],
    "Total (12.00)": [-1200],
    "Contract total 90,000.00\nTotal completed to date 40,000.00": [],
    "Total hours 12.50": [],
    "Invoice 2026-11": [],
    "Total 12": [],
    "Total\nDrywall 12.00": [],
}


@pytest.mark.parametrize("text", TOTALS)
def test_the_total_stands_beside_its_words(text: str):
    assert [total.cents for total in totals_in(text, "USD")] == TOTALS[text]


DINARS = {
    "Total 1.234": [1234],
    "Amount due KWD 12,345.500": [12345500],
    "Total due\nKWD 100.000": [100000],
    "Net a payer 1 234,500": [1234500],
    "Total 1234,500": [1234500],
    "Total 0,500": [500],
    "Total 1,234": [],  # a thousand to some
    "Total 1,234,567": [],
    "Total 100.50": [],  # two decimals are no amount of dinars to be sure of
}


@pytest.mark.parametrize("text", DINARS)
def test_a_total_in_dinars_has_three_decimals(text: str):
    assert [total.cents for total in totals_in(text, "KWD")] == DINARS[text]


def test_no_total_is_looked_for_in_a_currency_without_decimals():
    assert totals_in("Total 1,234", "JPY") == ()


def test_it_is_read_from_a_pdf_by_its_layout():
    read = read_invoice(invoice_pdf("INVOICE 7", "Drywall 500.00", "Total 500.00", "Amount due: $450.00"))
    assert [total.cents for total in totals_in(read.text, "USD")] == [45000]


def test_a_pdf_behind_a_password_is_known_and_a_damaged_one_says_nothing():
    assert read_invoice(invoice_pdf("Total 1.00", password="secret")).locked
    for damaged in (b"", b"%PDF-1.7", b"%PDF-1.7\n" + b"x" * 1000, invoice_pdf("Total 1.00")[:300]):
        read = read_invoice(damaged)
        assert (totals_in(read.text, "USD"), read.locked) == ((), False)


def test_a_large_or_endless_page_takes_little_time():
    began = time.process_time()
    assert totals_in(read_invoice(invoice_pdf(*["Total 1.00"] * 60_000)).text, "USD") == ()
    assert totals_in("total " * 10_000 + "\n" + "1,111" * 10_000, "USD") == ()
    assert time.process_time() - began < 5


@given(st.text(max_size=200))
def test_any_text_has_totals_or_none(text: str):
    assert all(total.currency == "USD" for total in totals_in("Total " + text, "USD"))
