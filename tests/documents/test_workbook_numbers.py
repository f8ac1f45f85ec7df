"""Numbers kept as text: whatever a program writes is read back, in whichever of the two ways it writes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.documents.workbook.numbers import Mark, UnclearNumberError, mark_of, number_in

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


def written(amount: Decimal, mark: Mark, *, grouped: bool) -> str:
    plain = f"{amount:,.2f}" if grouped else f"{amount:.2f}"
    return plain if mark is Mark.POINT else plain.translate(str.maketrans(",.", ".,"))


@given(st.lists(AMOUNTS, min_size=1), st.sampled_from([Mark.POINT, Mark.COMMA]), st.booleans())
def test_two_decimals_always_say_how_they_are_written(amounts, mark, grouped):
    texts = [written(amount, mark, grouped=grouped) for amount in amounts]
    assert mark_of(texts) is mark
    assert [number_in(text, mark) for text in texts] == amounts


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(".,"))
def test_three_digits_behind_a_lone_sign_never_say(front, behind, sign):
    text = f"{front}{sign}{behind:03d}"
    assert mark_of([text]) is Mark.UNSURE
    with pytest.raises(UnclearNumberError, match="two ways"):
        number_in(text, Mark.UNSURE)


@given(st.text(max_size=12), st.sampled_from(Mark))
def test_any_text_is_a_number_or_refused(text, mark):
    try:
        number_in(text, mark)
    except UnclearNumberError as error:
        assert str(error)


@pytest.mark.parametrize("text", ["1,23,456", "1.2.3", "abc", "", "--5", "1e5", "٣", "12 %", "0x10", "1,,0", "."])
def test_what_is_no_number(text):
    with pytest.raises(UnclearNumberError):
        number_in(text, Mark.POINT)
