"""Amounts in the cells of a form that came back: none is guessed, and none stops the reader."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from payclerk_core.documents.amounts import NotAnAmountError, amount_in


def read(value: object, *, comma: bool = False) -> int:
    return amount_in(SimpleNamespace(value=value, number_format="General"), "USD", comma=comma).cents


@pytest.mark.parametrize("comma", [False, True])
def test_a_lone_group_of_three_that_may_be_thousands_or_a_fraction_is_not_guessed(comma: bool) -> None:
    told = "can be read in two ways"
    with pytest.raises(NotAnAmountError, match=f"'4,000' {told}"):
        read("4,000", comma=comma)
    if comma:
        assert read("4.000", comma=True) == 400_000  # whose fractions have commas groups with points
    else:
        with pytest.raises(NotAnAmountError, match=f"'4.000' {told}"):
            read("4.000")


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), float("-inf"), 1e300, "NaN", "inf", "1e9", "0x10", "--5"]
)
def test_what_no_one_counts_with_is_refused_in_words(value: object) -> None:
    with pytest.raises(NotAnAmountError):
        read(value)
