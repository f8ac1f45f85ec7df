"""Each currency with its own minor unit (ISO 4217): read, shown, rounded, on forms, on papers and in imports."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.documents.amounts import NotAnAmountError, amount_in
from payclerk_core.documents.sheets import cell_money, number_format
from payclerk_core.documents.typeset import amount
from payclerk_core.errors import UserError
from payclerk_core.money import Money, currencies, decimal_to_money, minor_units, read_money
from payclerk_core.rules.billing import Before, Contract, Entry, SovItem, bill
from payclerk_core.rules.contract_terms import check_terms, decimals, terms_in_words
from payclerk_core.rules.retainage import Of, Rates, ScaleRule, Terms
from payclerk_core.rules.units import unit_amount

KINDS = [("USD", "1,234.50"), ("JPY", "123,450"), ("KWD", "123.450")]


@pytest.mark.parametrize(("currency", "shown"), KINDS)
def test_an_amount_has_the_decimals_of_its_currency(currency: str, shown: str) -> None:
    money = Money(123450, currency)

    assert money.grouped() == amount(money) == shown
    assert money.plain() == shown.replace(",", "")
    assert str(money).endswith(shown)
    assert amount(-money) == f"({shown})"
    assert money.whole == Decimal(money.plain())


@given(st.integers(-(10**12), 10**12), st.sampled_from(currencies()))
def test_what_is_shown_is_read_back_in_any_currency(cents: int, currency: str) -> None:
    money = Money(cents, currency)

    assert read_money(money.plain(), currency) == read_money(str(money), currency) == money
    assert cell_money(money.whole, currency) == money


@pytest.mark.parametrize(
    ("currency", "value", "why"),
    [
        ("USD", "1e999999999", "too large"),
        ("USD", "1e-999999999", "two decimals"),
        ("JPY", "0.5", "no decimals"),
        ("KWD", "0.0005", "3 decimals at most"),
        ("USD", "0.005", "two decimals"),
    ],
)
def test_what_is_finer_than_the_minor_unit_is_refused(currency: str, value: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decimal_to_money(Decimal(value), currency)


@pytest.mark.parametrize("text", ["1,234", "(1,234)", "-12,500", "KWD 1,234"])
def test_a_lone_comma_is_refused_where_amounts_have_three_decimals(text: str) -> None:
    with pytest.raises(ValueError, match="can be read in two ways"):
        read_money(text, "KWD")
    assert read_money(text.removeprefix("KWD "), "USD").cents % 100 == 0


def test_a_point_stands_before_three_decimals() -> None:
    assert read_money("1.234", "KWD") == Money(1234, "KWD")
    assert read_money("1,234.500", "KWD") == Money(1234500, "KWD")


@dataclass
class Cell:
    """A cell of a form that came back, kept as text."""

    value: str
    number_format: str = "General"


@pytest.mark.parametrize(
    ("text", "currency", "comma", "cents"),
    [
        ("1.234", "KWD", False, 1234),
        ("-1.234", "BHD", False, -1234),
        ("1,234.500", "KWD", False, 1234500),
        ("1,234", "KWD", True, 1234),  # the file writes decimal commas
        ("1.234,500", "KWD", True, 1234500),
        ("1,234", "JPY", False, 1234),
    ],
)
def test_a_cell_kept_as_text_has_its_currencys_decimals(text: str, currency: str, comma: bool, cents: int) -> None:
    assert amount_in(Cell(text), currency, comma=comma) == Money(cents, currency)


@pytest.mark.parametrize(
    ("text", "currency", "why"),
    [
        ("1,234", "KWD", "two ways"),
        ("1.234", "USD", "two ways"),
        ("1.234", "JPY", "two ways"),
        ("1.234,500", "KWD", "decimal comma"),
        ("1234,5", "KWD", "decimal comma"),
    ],
)
def test_a_cell_that_can_be_read_in_two_ways_is_refused(text: str, currency: str, why: str) -> None:
    with pytest.raises(NotAnAmountError, match=why):
        amount_in(Cell(text), currency)


def test_a_code_that_is_no_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="XXQ is not a currency in use"):
        minor_units("XXQ")


@pytest.mark.parametrize(("currency", "cents"), [("USD", 33333), ("JPY", 333), ("KWD", 333333)])
def test_units_are_rounded_to_the_minor_unit(currency: str, cents: int) -> None:
    assert unit_amount(Decimal(10), Decimal("33.3333"), currency) == Money(cents, currency)


@pytest.mark.parametrize(("currency", "most"), [("USD", 5000), ("JPY", 50), ("KWD", 50000)])
def test_a_scale_until_an_amount_counts_whole_units(currency: str, most: int) -> None:
    none = Rates(Decimal(0), Decimal(0))
    terms = Terms(none, (ScaleRule(Decimal(10), Of.AMOUNT, Decimal(50)),))

    billed = bill(Contract(terms, none, currency=currency), [(SovItem("1", "Work", 10**7), Before(), Entry(10**7))])

    assert billed.lines[0].held == most


@pytest.mark.parametrize(
    ("currency", "until", "why"),
    [("JPY", "10", None), ("USD", "10.05", None), ("KWD", "10.005", None),
     ("JPY", "10.5", "an amount like 20000; 10.5 is too exact for JPY, which has no decimals"),
     ("USD", "10.005", "an amount like 20000.00; 10.005 has fractions of a cent"),
     ("KWD", "10.0005", "an amount like 20000.000; 10.0005 is too exact for KWD, which has 3 decimals at most"),
     ("USD", "1e999999999", "too large")],
)  # fmt: skip
def test_a_scale_ends_at_an_amount_of_its_currency(currency: str, until: str, why: str | None) -> None:
    terms = Terms(Rates(Decimal(0), Decimal(0)), (ScaleRule(Decimal(10), Of.AMOUNT, Decimal(until)),))
    if why is None:
        check_terms(terms, currency)
        assert terms_in_words(terms, currency).startswith("10% until")
        return
    with pytest.raises(UserError, match=why):
        check_terms(terms, currency)


@pytest.mark.parametrize(
    ("number", "places"),
    [("7.50", 1), ("100", 0), ("1e999999999", 0), ("1e-999999999", 999999999), ("0.00", 0), ("1." + "0" * 40 + "1", 41)],
)  # fmt: skip
def test_decimals_are_counted_by_the_digits(number: str, places: int) -> None:
    assert decimals(Decimal(number)) == places


def test_a_sheet_shows_the_currencys_decimals() -> None:
    assert [number_format(currency).split(";")[0] for currency, _ in KINDS] == ["#,##0.00", "#,##0", "#,##0.000"]
