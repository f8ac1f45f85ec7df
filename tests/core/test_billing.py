"""The two pages of a claim: the published worked cases, and what must hold for any claim."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.errors import UserError
from payclerk_core.money import Money, total
from payclerk_core.rules.billing import (
    NEW,
    Before,
    Contract,
    Entry,
    Line,
    SovItem,
    StoredMaterials,
    bill,
    change_box,
    split_release,
    summarize,
)
from payclerk_core.rules.retainage import Rates, StepDown, Terms

TEN, FIVE, ZERO = Decimal(10), Decimal(5), Decimal(0)
RATES = Rates(TEN, FIVE)
CONTRACT = Contract(Terms(RATES), RATES)


def dollars(amount: int) -> int:
    return amount * 100


def item(scheduled: int, name: str = "1", change_order: str | None = None) -> SovItem:
    return SovItem(name, "Work", scheduled, change_order)


def one(scheduled: int, before: Before = NEW, entry: Entry = Entry(), contract: Contract = CONTRACT) -> Line:  # noqa: B008
    """The only line of a claim."""
    return bill(contract, [(item(scheduled), before, entry)]).lines[0]


def test_columns_of_a_line() -> None:
    line = one(dollars(1000), Before(work=dollars(200), work_held=dollars(20)), Entry(dollars(300), dollars(100)))

    assert (line.previous_work, line.this_work, line.stored) == (Money(20000), Money(30000), Money(10000))
    assert (line.completed, line.work_to_date, line.balance) == (Money(60000), Money(50000), Money(40000))
    assert (line.percent, line.retainage) == (Decimal("60.00"), Money(5000 + 500))
    assert (line.work_retainage, line.stored_retainage, line.release) == (Money(5000), Money(500), Money(0))


def test_one_of_the_two_retainages_may_be_set_alone() -> None:
    work = one(dollars(900), NEW, Entry(dollars(100), dollars(100), work_withheld=1))
    stored = one(dollars(900), NEW, Entry(dollars(100), dollars(100), stored_withheld=1))

    assert (work.work_held, work.stored_held) == (1, 500)
    assert (stored.work_held, stored.stored_held) == (1000, 1)


def test_retainage_is_rounded_per_line_and_then_summed() -> None:
    rows = [(item(c, str(c)), NEW, Entry(c)) for c in (3333333, 3333333 + 0, 3333334)]

    lines = bill(CONTRACT, rows).lines

    assert summarize(lines, previous_certificates=Money(0)).work_retainage == Money(999999)


def test_retainage_of_many_small_periods_is_the_rate_of_the_work_to_date() -> None:
    """Twenty periods of five cents at 10 %: rounding each would hold 20 cents instead of 10."""
    before = NEW
    for _ in range(20):
        before = one(1000, before, Entry(5)).after()

    assert (before.work, before.work_held) == (100, 10)


def test_stored_material_stays_until_it_is_moved_by_hand() -> None:
    before = Before(stored=dollars(80), stored_held=dollars(4))

    assert one(dollars(100), before).stored == Money(8000)
    assert one(dollars(100), before, Entry(dollars(80), 0)).stored == Money(0)


def test_installing_what_was_held_at_a_lower_rate_costs_the_difference() -> None:
    """Trap 2 of domain 3.4: 5 % of the store becomes 10 % of work, with nothing new billed."""
    before = Before(stored=dollars(80_000), stored_held=dollars(4_000))
    line = one(dollars(100_000), before, Entry(dollars(80_000), 0))

    summary = summarize([line], previous_certificates=Money(dollars(76_000)))

    assert summary.due == Money(-dollars(4_000))


def test_the_automatic_mode_counts_the_store_as_installed_with_its_retainage() -> None:
    automatic = Contract(Terms(RATES), RATES, StoredMaterials.AUTOMATIC)
    before = Before(dollars(100), dollars(80), dollars(10), dollars(4))

    line = one(dollars(1000), before, Entry(dollars(50), dollars(20)), automatic)

    assert (line.previous_work, line.moved_cents, line.stored) == (Money(18000), dollars(80), Money(2000))
    assert (line.work_held_before, line.stored_held_before) == (dollars(14), 0)
    assert (line.work_retainage, line.stored_retainage) == (Money(1900), Money(100))


def test_a_new_rate_counts_for_the_whole_balance() -> None:
    before = Before(dollars(700), work_held=dollars(70))
    rows = [(item(dollars(1290)), before, Entry(dollars(30)))]

    billed = bill(CONTRACT, rows, new_rates=Rates(FIVE, FIVE))

    assert (billed.lines[0].work_retainage, billed.rates.work) == (Money(3650), FIVE)


@pytest.mark.parametrize(("work", "held", "rate"), [(60_000, 3_000, FIVE), (40_000, 4_000, TEN)])
def test_a_step_down_lowers_the_whole_base(work: int, held: int, rate: Decimal) -> None:
    """MB-CORE of domain 3.6: 10 % stepping to 5 % at 50 % complete."""
    stepping = Contract(Terms(RATES, step=StepDown(Decimal(50), FIVE)), RATES)

    billed = bill(stepping, [(item(dollars(100_000)), NEW, Entry(dollars(work)))])

    assert (billed.lines[0].work_retainage, billed.rates.work) == (Money(dollars(held)), rate)


def test_a_percentage_or_an_amount_for_one_line_and_period() -> None:
    before = Before(dollars(100), dollars(50), dollars(10), dollars(5))
    by_percent = Entry(dollars(100), dollars(50), work_percent=Decimal(20), stored_percent=ZERO)
    by_amount = Entry(dollars(100), dollars(50), work_withheld=dollars(1), stored_withheld=dollars(2))

    assert (one(dollars(900), before, by_percent).work_held, one(dollars(900), before, by_percent).stored_held) == (
        3000,
        0,
    )
    assert (one(dollars(900), before, by_amount).work_held, one(dollars(900), before, by_amount).stored_held) == (
        1100,
        200,
    )


def test_how_complete_a_line_is_may_be_given_in_percent() -> None:
    line = one(dollars(1000), Before(dollars(200)), Entry(stored=dollars(100), to_percent=Decimal("62.5")))

    assert (line.this_work, line.percent) == (Money(dollars(325)), Decimal("62.50"))


def test_a_release_lowers_what_is_held() -> None:
    """The FAQ's case of domain 3.6: 50.00 and 209.63 are held, the next period releases all."""
    rows = [
        (item(dollars(900), "1"), Before(50000, work_held=5000), Entry(released=5000)),
        (item(dollars(9000), "2"), Before(209630, work_held=20963), Entry(released=20963)),
    ]

    summary = summarize(bill(CONTRACT, rows).lines, previous_certificates=Money(50000 + 209630 - 25963))

    assert (summary.retainage, summary.due) == (Money(0), Money(25963))


@pytest.mark.parametrize(
    "entry",
    [Entry(released=6001), Entry(work_released=5001), Entry(stored_released=1001), Entry(released=-1)],
)
def test_more_than_is_held_is_never_released(entry: Entry) -> None:
    before = Before(dollars(500), dollars(200), 5000, 1000)

    with pytest.raises(UserError, match="cannot be released") as refused:
        one(dollars(900), before, entry)

    assert (refused.value.code, refused.value.field) == ("release_exceeds_held", "lines.1")


def test_a_release_is_taken_from_work_first() -> None:
    assert split_release(700, 500) == (500, 200)
    assert split_release(300, 500) == (300, 0)


def test_a_deduction_gives_back_what_is_held_of_it() -> None:
    line = one(-dollars(300), NEW, Entry(-dollars(300)))

    assert (line.retainage, line.percent, line.balance) == (Money(-3000), Decimal("100.00"), Money(0))


def test_work_taken_back_after_a_release_never_holds_less_than_nothing() -> None:
    line = one(dollars(1000), Before(dollars(500), work_held=0), Entry(-dollars(200)))

    assert line.work_held == 0


def test_change_orders_are_line_two_and_stand_in_the_box() -> None:
    rows = [
        (item(dollars(100_000)), NEW, Entry(dollars(20_000))),
        (item(dollars(10_000), "CO1", "CO-1"), NEW, Entry()),
        (item(-dollars(4_000), "CO2", "CO-2"), NEW, Entry()),
    ]
    lines = bill(CONTRACT, rows).lines
    summary = summarize(lines, previous_certificates=Money(0))
    box = change_box(lines, {"CO-1"}, "USD")

    assert (summary.original_sum, summary.change_orders) == (Money(dollars(100_000)), Money(dollars(6_000)))
    assert (box.previous_additions, box.previous_deductions) == (Money(dollars(10_000)), Money(0))
    assert (box.additions, box.deductions, box.net) == (Money(0), Money(-dollars(4_000)), summary.change_orders)


def summary_case(
    scheduled: int, before: Before, work: int, stored: int, rates: Rates, previous: int
) -> tuple[int, ...]:
    line = one(scheduled, before, Entry(work, stored), Contract(Terms(rates), rates))
    s = summarize([line], previous_certificates=Money(previous))
    amounts = (s.contract_sum, s.completed, s.work_retainage, s.stored_retainage, s.earned, s.due, s.balance)
    return tuple(amount.cents for amount in amounts)


# The small cases of domain 3.6, in cents: lines 3, 4, 5a, 5b, 6, 8, 9.
SMALL = {
    "CODE-69091": ((11_000_000, NEW, 2_000_000, 0, RATES, 0), (11_000_000, 2_000_000, 200_000, 0, 1_800_000, 1_800_000, 9_200_000)),
    "CODE-69091 held 3,500": (
        (5_000_000, Before(2_000_000, work_held=200_000), 1_500_000, 0, RATES, 1_800_000),
        (5_000_000, 3_500_000, 350_000, 0, 3_150_000, 1_350_000, 1_850_000),
    ),
    "CODE-55027": (
        (10_000_000, Before(2_000_000, work_held=200_000), 3_000_000, 0, RATES, 1_800_000),
        (10_000_000, 5_000_000, 500_000, 0, 4_500_000, 2_700_000, 5_500_000),
    ),
    "CODE-54167": (
        (20_000_000, Before(9_000_000, work_held=900_000), 3_000_000, 0, RATES, 8_000_000),
        (20_000_000, 12_000_000, 1_200_000, 0, 10_800_000, 2_800_000, 9_200_000),
    ),
    "MB-CORE 5 %": (
        (11_000_000, NEW, 5_000_000, 0, Rates(FIVE, FIVE), 500_000),
        (11_000_000, 5_000_000, 250_000, 0, 4_750_000, 4_250_000, 6_250_000),
    ),
    "MB-CORE split rates": (
        (10_000_000, NEW, 4_000_000, 2_000_000, Rates(TEN, ZERO), 0),
        (10_000_000, 6_000_000, 400_000, 0, 5_600_000, 5_600_000, 4_400_000),
    ),
    "CODE-70843": ((33_333, NEW, 33_333, 0, RATES, 0), (33_333, 33_333, 3_333, 0, 30_000, 30_000, 3_333)),
    "MB-DEMO": (
        (100_000_000, NEW, 34_700_000, 0, Rates(FIVE, FIVE), 0),
        (100_000_000, 34_700_000, 1_735_000, 0, 32_965_000, 32_965_000, 67_035_000),
    ),
    "LEVELSET-Q": (
        (1_500_000, NEW, 1_200_000, 0, Rates(FIVE, FIVE), 0),
        (1_500_000, 1_200_000, 60_000, 0, 1_140_000, 1_140_000, 360_000),
    ),
    # The source adds what was certified (net) to what is billed (gross); D is gross, so line 4 is 55,700.00.
    "PAYAPPPRO negative": (
        (26_250_000, NEW, 4_850_000, 720_000, Rates(TEN, TEN), 12_240_000),
        (26_250_000, 5_570_000, 485_000, 72_000, 5_013_000, -7_227_000, 21_237_000),
    ),
    "Castell": ((10_000_000, NEW, 5_000_000, 0, RATES, 0), (10_000_000, 5_000_000, 500_000, 0, 4_500_000, 4_500_000, 5_500_000)),
}  # fmt: skip


@pytest.mark.parametrize(("given_", "expected"), SMALL.values(), ids=SMALL)
def test_small_worked_cases(given_: tuple[int, Before, int, int, Rates, int], expected: tuple[int, ...]) -> None:
    assert summary_case(*given_) == expected


small = st.integers(-(10**7), 10**7)
amounts = st.integers(0, 10**7)
percents = st.decimals(0, 100, places=2)
rates = st.builds(Rates, percents, percents)


@st.composite
def standings(draw: st.DrawFn) -> Before:
    """Where a line may stand: nothing held of what is not billed."""
    work, stored = draw(amounts), draw(amounts)
    return Before(work, stored, draw(st.integers(0, work)), draw(st.integers(0, stored)))


rows = st.lists(
    st.tuples(
        st.builds(SovItem, st.text(max_size=3), st.just("Work"), small),
        standings(),
        st.builds(Entry, st.integers(0, 10**6), st.none() | amounts),
    ),
    max_size=30,
)


@given(rows, rates, small, st.sampled_from(StoredMaterials))
def test_the_summary_is_the_sum_of_its_lines(
    rows: list[tuple[SovItem, Before, Entry]], rates: Rates, previous: int, stored: StoredMaterials
) -> None:
    lines = bill(Contract(Terms(rates), rates, stored), rows).lines
    summary = summarize(lines, previous_certificates=Money(previous))

    assert summary.completed == total((line.completed for line in lines), "USD")
    assert summary.retainage == total((line.retainage for line in lines), "USD")
    assert summary.earned + summary.retainage == summary.completed
    assert summary.due + summary.previous_certificates == summary.earned
    assert summary.balance == total((line.balance for line in lines), "USD") + summary.retainage


@given(rows, rates, st.none() | rates, st.sampled_from(StoredMaterials))
def test_held_is_never_negative_nor_more_than_billed(
    rows: list[tuple[SovItem, Before, Entry]], rates: Rates, new: Rates | None, stored: StoredMaterials
) -> None:
    for line in bill(Contract(Terms(rates), rates, stored), rows, new_rates=new).lines:
        assert 0 <= line.work_held <= line.work_to_date.cents
        assert 0 <= line.stored_held <= line.stored_cents


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12), rates, st.sampled_from(StoredMaterials))
def test_to_date_is_the_sum_of_the_periods(works: list[int], rates: Rates, stored: StoredMaterials) -> None:
    contract, before, withheld = Contract(Terms(rates), rates, stored), NEW, 0
    for work in works:
        line = one(10**9, before, Entry(work, 0), contract)
        withheld += line.work_withheld
        before = line.after(before.gross)

    assert before.work == sum(works)
    assert before.work_held == before.gross == withheld == Money(sum(works)).percent(rates.work).cents


def test_releases_of_work_and_of_stored_material_go_together() -> None:
    before = Before(dollars(500), dollars(200), 5000, 1000, gross=7000)
    line = one(dollars(900), before, Entry(work_released=1200, stored_released=300, released=4000))

    assert (line.work_released, line.stored_released, line.released) == (5000, 500, 5500)
    assert (line.work_held, line.stored_held, line.held) == (0, 500, 500)
    assert line.after(before.gross) == Before(dollars(500), dollars(200), 0, 500, 7000)
    assert line.after() == Before(dollars(500), dollars(200), 0, 500, 0)


def test_the_refusal_of_a_release_says_how_much_was_asked_for_and_is_held() -> None:
    before = Before(dollars(500), dollars(200), 5000, 1000)

    with pytest.raises(UserError) as refused:
        one(dollars(900), before, Entry(work_released=5000, stored_released=1001))

    assert refused.value.message == "Line 1: $60.01 cannot be released, $60.00 is held."


@pytest.mark.parametrize("rate", ["4", "10", "15"])
def test_a_rate_of_one_kind_that_stays_is_not_worked_out_anew(rate: str) -> None:
    """What is held less than the rate says was let go: it stays so, whichever rate changes and however."""
    before = Before(dollars(500), dollars(200), 1, 2)
    rows = [(item(dollars(900)), before, Entry(dollars(100)))]

    work = bill(CONTRACT, rows, new_rates=Rates(Decimal(rate), FIVE)).lines[0]
    stored = bill(CONTRACT, rows, new_rates=Rates(TEN, Decimal(rate))).lines[0]

    assert work.work_held == 1 + dollars(100) * int(rate) // 100
    assert work.stored_held == 2
    assert stored.work_held == 1 + 1000
    assert stored.stored_held == 2


@pytest.mark.parametrize("rate", ["4", "15"])
def test_a_new_rate_of_one_kind_counts_for_that_kind_alone(rate: str) -> None:
    before = Before(dollars(500), dollars(200), 5000, 1000)
    rows = [(item(dollars(900)), before, Entry(dollars(100)))]

    work = bill(CONTRACT, rows, new_rates=Rates(Decimal(rate), FIVE)).lines[0]
    stored = bill(CONTRACT, rows, new_rates=Rates(TEN, Decimal(rate))).lines[0]

    assert (work.work_held, work.stored_held) == (dollars(600) * int(rate) // 100, 1000)
    assert (stored.work_held, stored.stored_held) == (6000, dollars(200) * int(rate) // 100)


def test_a_figure_of_the_lines_own_is_known_from_each_of_the_four() -> None:
    assert not Entry().own.of_work
    assert not Entry().own.of_stored
    for name in ("work_percent", "work_withheld"):
        assert Entry(**{name: 0}).own.of_work
    for name in ("stored_percent", "stored_withheld"):
        assert Entry(**{name: 0}).own.of_stored


def test_what_a_claim_withholds_it_can_release_at_once_and_no_cent_more() -> None:
    before = Before(50000, work_held=5000)

    line = one(dollars(900), before, Entry(10000, work_released=6000))
    assert (line.work_withheld, line.work_released, line.work_held) == (1000, 6000, 0)
    with pytest.raises(UserError, match=r"\$60\.01 cannot be released, \$60\.00 is held"):
        one(dollars(900), before, Entry(10000, work_released=6001))


def test_a_change_order_is_one_addition_or_one_deduction():
    """Case 44: +6,500.00 and -2,250.00 of one order are an addition of 4,250.00."""
    lines = [
        Line("a", "Added", 650_000, 0, 0, 0, change_order="CO1"),
        Line("b", "Left out", -225_000, 0, 0, 0, change_order="CO1"),
    ]
    box = change_box(lines, (), "USD")
    assert (box.additions, box.deductions) == (Money(425_000), Money(0))
