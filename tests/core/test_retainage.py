"""Retainage: rates, sliding scale, releases."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.rules.billing import Before, Contract, Entry, SovItem, bill
from payclerk_core.rules.retainage import (
    Limits,
    LineBase,
    Of,
    Rates,
    ScaleRule,
    StepDown,
    Terms,
    may_be_held,
    rates_in_force,
    release_amount,
    release_percent,
    scale_withheld,
    within,
)

ZERO, FIVE, TEN = Decimal(0), Decimal(5), Decimal(10)
NONE = Rates(ZERO, ZERO)


def scaled(*rules: ScaleRule) -> Contract:
    return Contract(Terms(NONE, rules), NONE)


def periods(contract: Contract, scheduled: int, works: list[int]) -> list[int]:
    """What is withheld of one line in each period, in cents."""
    before, withheld = Before(), []
    for work in works:
        line = bill(contract, [(SovItem("1", "Work", scheduled), before, Entry(work))]).lines[0]
        withheld.append(line.work_withheld)
        before = line.after(before.gross)
    return withheld


def test_a_scale_stops_when_its_share_of_the_sum_is_held() -> None:
    """The example of domain 3.3: 400,000.00, 10 % of each claim until 5 %, which is 20,000.00."""
    contract = scaled(ScaleRule(TEN, Of.ORIGINAL, FIVE))

    assert periods(contract, 40_000_000, [15_000_000, 15_000_000, 10_000_000]) == [1_500_000, 500_000, 0]


def test_a_scale_goes_on_with_its_next_rule_in_the_middle_of_a_claim() -> None:
    contract = scaled(ScaleRule(TEN, Of.AMOUNT, Decimal(1000)), ScaleRule(FIVE, Of.AMOUNT, Decimal(1500)))

    # 10,000.00 of the 14,000.00 fill the first rule; the other 4,000.00 are at 5 %.
    assert periods(contract, 10_000_000, [1_400_000, 1_000_000]) == [120_000, 30_000]


def test_a_scale_of_the_revised_sum_grows_with_change_orders() -> None:
    rule = ScaleRule(TEN, Of.REVISED, FIVE)
    rows = [
        (SovItem("1", "Work", 10_000_000), Before(), Entry(10_000_000)),
        (SovItem("2", "More", 2_000_000, "CO-1"), Before(), Entry(0)),
    ]

    assert sum(line.held for line in bill(scaled(rule), rows).lines) == 600_000
    assert rule.limit(10_000_000, 12_000_000) == 600_000
    assert ScaleRule(TEN, Of.ORIGINAL, FIVE).limit(10_000_000, 12_000_000) == 500_000


def test_what_was_released_is_not_held_again() -> None:
    contract = scaled(ScaleRule(TEN, Of.AMOUNT, Decimal(100)))
    before = Before(100_000, 0, 0, 0, gross=10_000)

    line = bill(contract, [(SovItem("1", "Work", 10**7), before, Entry(50_000))]).lines[0]

    assert line.work_withheld == 0


def test_moving_the_store_into_work_moves_what_is_held_of_it() -> None:
    contract = scaled(ScaleRule(TEN, Of.AMOUNT, Decimal(10_000)))
    before = Before(0, 80_000, 0, 8_000, gross=8_000)

    line = bill(contract, [(SovItem("1", "Work", 10**6), before, Entry(80_000, 0))]).lines[0]

    assert (line.work_held, line.stored_held, line.held) == (8_000, 0, 8_000)


def test_store_and_work_share_what_a_scale_withholds() -> None:
    contract = scaled(ScaleRule(TEN, Of.AMOUNT, Decimal(60)))

    line = bill(contract, [(SovItem("1", "Work", 10**6), Before(), Entry(60_000, 40_000))]).lines[0]

    assert (line.work_held, line.stored_held) == (3_600, 2_400)


def test_work_taken_back_gives_back_at_the_rule_in_force() -> None:
    contract = scaled(ScaleRule(TEN, Of.AMOUNT, Decimal(1000)))

    assert periods(contract, 10**6, [50_000, -20_000]) == [5_000, -2_000]


def test_a_rate_set_by_hand_ends_the_scale() -> None:
    contract = scaled(ScaleRule(TEN, Of.AMOUNT, Decimal(1000)))
    rows = [(SovItem("1", "Work", 10**6), Before(50_000, work_held=5_000, gross=5_000), Entry(10_000))]

    assert bill(contract, rows, new_rates=Rates(FIVE, FIVE)).lines[0].work_held == 3_000


bases = st.builds(
    LineBase,
    work_before=st.integers(0, 10**6),
    work=st.integers(-(10**5), 10**6),
    stored_before=st.just(0),
    stored=st.integers(0, 10**5),
    work_held=st.just(0),
    stored_held=st.just(0),
    gross=st.integers(0, 1000),
)
rules = st.lists(
    st.builds(ScaleRule, st.decimals("0.01", 100, places=2), st.just(Of.AMOUNT), st.decimals(0, 1000, places=2)),
    max_size=5,
).map(lambda found: tuple(sorted(found, key=lambda rule: rule.until)))


@given(rules, st.lists(bases, min_size=1, max_size=10))
def test_a_scale_never_withholds_more_than_its_last_limit(rules: tuple[ScaleRule, ...], lines: list[LineBase]) -> None:
    withheld = scale_withheld(rules, Limits(0, 0), lines)

    held = sum(line.gross for line in lines)
    limit = max([held, *(int(rule.until * 100) for rule in rules)])
    assert held + sum(work + stored for work, stored in withheld) <= limit


def test_at_most_five_rules_and_rates_from_0_to_100() -> None:
    rule = ScaleRule(TEN, Of.AMOUNT, TEN)

    with pytest.raises(UserError, match="at most 5"):
        Terms(NONE, (rule,) * 6)
    with pytest.raises(UserError, match="0 to 100"):
        Rates(Decimal(101), ZERO)
    with pytest.raises(UserError, match="0 to 100"):
        Terms(NONE, (ScaleRule(Decimal(-1), Of.AMOUNT, TEN),))
    with pytest.raises(UserError, match="above zero"):
        Terms(NONE, (ScaleRule(TEN, Of.AMOUNT, Decimal(-1)),))


def test_a_step_down_only_ever_lowers() -> None:
    terms = Terms(Rates(TEN, FIVE), step=StepDown(Decimal(50), FIVE))

    assert rates_in_force(terms, Rates(TEN, FIVE), 49, 100).work == TEN
    assert rates_in_force(terms, Rates(TEN, FIVE), 50, 100).work == FIVE
    assert rates_in_force(terms, Rates(Decimal(2), FIVE), 90, 100).work == Decimal(2)
    assert rates_in_force(terms, Rates(TEN, FIVE), 0, 0).work == TEN
    assert rates_in_force(Terms(Rates(TEN, FIVE)), Rates(TEN, FIVE), 90, 100).work == TEN


@pytest.mark.parametrize(
    ("held", "billed", "kept"), [(5, 10, 5), (-1, 10, 0), (11, 10, 10), (5, -10, 0), (-5, -10, -5), (-11, -10, -10)]
)
def test_held_is_kept_between_nothing_and_all(held: int, billed: int, kept: int) -> None:
    assert within(held, billed) == kept


def test_releasing_a_percentage_rounds_per_line() -> None:
    assert release_percent([333, 333, -100], Decimal(50)) == [167, 167, -50]
    with pytest.raises(UserError, match="0 to 100"):
        release_percent([1], Decimal("100.01"))


@given(st.lists(st.integers(-100, 10**6), max_size=20), st.data())
def test_releasing_an_amount_is_exact_and_takes_no_more_than_a_line_holds(held: list[int], data: st.DataObject) -> None:
    available = sum(cents for cents in held if cents > 0)
    amount = data.draw(st.integers(0, available))

    shares = release_amount(held, Money(amount))

    assert sum(shares) == amount
    assert all(0 <= share <= max(cents, 0) for share, cents in zip(shares, held, strict=True))


def test_releasing_more_than_is_held_or_less_than_nothing_is_refused() -> None:
    with pytest.raises(UserError, match=r"Only \$1.00 is held") as refused:
        release_amount([60, 40], Money(101))
    assert refused.value.code == "release_exceeds_held"
    with pytest.raises(UserError, match="more than zero"):
        release_amount([60, 40], Money(-1))


def base(work: int, stored: int = 0, stored_before: int = 0, stored_held: int = 0, gross: int = 0) -> LineBase:
    return LineBase(0, work, stored_before, stored, 0, stored_held, gross)


AT_TEN = ScaleRule(TEN, Of.AMOUNT, Decimal(50))


def test_half_of_the_store_takes_half_of_what_is_held_of_it_along() -> None:
    wide = ScaleRule(TEN, Of.AMOUNT, Decimal(10_000))

    assert scale_withheld([wide], Limits(0, 0), [base(400, 400, 800, 80, 80)]) == [(40, -40)]
    assert scale_withheld([wide], Limits(0, 0), [base(900, 400, 800, 80, 80)]) == [(90, -40)]
    assert scale_withheld([wide], Limits(0, 0), [base(0, 400, 800, 80, 80)]) == [(0, -40)]
    assert scale_withheld([wide], Limits(0, 0), [base(0, 900, 800, 80, 80)]) == [(0, 10)]
    assert scale_withheld([wide], Limits(0, 0), [base(-100, 300, 0)]) == [(0, 20)]


def test_what_one_line_takes_back_leaves_room_for_another() -> None:
    """50.00 are left in all: the deduction gives back 20.00, so the other line can be held 70.00."""
    assert scale_withheld([AT_TEN], Limits(0, 0), [base(100_000), base(-20_000)]) == [(7_000, 0), (-2_000, 0)]


def test_a_limit_that_is_just_reached_leaves_each_line_its_own() -> None:
    assert scale_withheld([AT_TEN], Limits(0, 0), [base(25_000), base(25_000)]) == [(2_500, 0), (2_500, 0)]
    assert scale_withheld([AT_TEN], Limits(0, 0), [base(25_001), base(25_006)]) == [(2_500, 0), (2_500, 0)]


def test_full_rules_are_passed_over() -> None:
    rules = [AT_TEN, ScaleRule(FIVE, Of.AMOUNT, Decimal(80)), ScaleRule(Decimal(1), Of.AMOUNT, Decimal(90))]

    assert scale_withheld(rules, Limits(0, 0), [base(10_000, gross=5_000)]) == [(500, 0)]
    # 30.00 of the second rule take 600.00; the other 400.00 are at 1 %.
    assert scale_withheld(rules, Limits(0, 0), [base(100_000, gross=5_000)]) == [(3_400, 0)]
    assert scale_withheld(rules, Limits(0, 0), [base(10_000, gross=9_000)]) == [(0, 0)]
    assert scale_withheld([], Limits(0, 0), [base(10_000)]) == [(0, 0)]


def test_one_cent_is_worth_as_much_care_as_any_other_amount() -> None:
    assert release_amount([1, 1, -5], Money(2)) == [1, 1, 0]
    with pytest.raises(UserError, match=r"Only \$0\.02 is held"):
        release_amount([1, 1, -5], Money(3))
    whole = Decimal(100)
    cents = scaled(ScaleRule(whole, Of.AMOUNT, Decimal("0.01")), ScaleRule(whole, Of.AMOUNT, Decimal(1)))
    assert periods(cents, 10_000, [1, 1, 2]) == [1, 1, 2]
    assert periods(cents, 10_000, [2, 200]) == [2, 98]


def test_a_cent_that_leaves_the_store_takes_what_is_held_of_it_along() -> None:
    stored = LineBase(work_before=0, work=1, stored_before=1, stored=0, work_held=0, stored_held=1, gross=1)
    assert scale_withheld((ScaleRule(TEN, Of.AMOUNT, TEN),), Limits(1000, 1000), [stored]) == [(1, -1)]


def test_five_rules_are_a_scale() -> None:
    rule = ScaleRule(TEN, Of.AMOUNT, TEN)
    assert len(Terms(NONE, (rule,) * 5).scale) == 5


@pytest.mark.parametrize(
    ("retainage", "billed", "may"),
    [(0, 0, True), (0, 5, True), (5, 5, True), (6, 5, False), (-1, 5, False), (-5, -5, True), (-6, -5, False)],
)
def test_what_may_be_held_of_what_was_billed(retainage: int, billed: int, may: bool) -> None:
    assert may_be_held(Money(retainage), Money(billed)) is may
