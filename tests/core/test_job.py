"""A job claim after claim: the ten-period project of domain 3.6, and what a chain of claims must keep."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.rules.billing import Before, Contract, Entry, SovItem
from payclerk_core.rules.job import Job, JobChange, JobClaim, work_out
from payclerk_core.rules.retainage import Rates, Terms
from payclerk_core.rules.tie_out import Overbilling

RATES = Rates(Decimal(10), Decimal(5))
CONTRACT = Contract(Terms(RATES), RATES)
ITEMS = tuple(
    SovItem(name, name, k * 100_000)
    for name, k in (("Site", 200), ("Structure", 500), ("Envelope", 300), ("Fit-out", 200))
)


def k(thousands: float) -> int:
    return int(thousands * 100_000)


def claim(
    number: int, rates: Rates | None = None, certified: int | None = None, **entries: int | tuple[int, int]
) -> JobClaim:
    """Entries in thousands by line: work, or work and what is in store."""
    made = {
        name.replace("_", "-"): Entry(k(e)) if isinstance(e, int) else Entry(k(e[0]), k(e[1]))
        for name, e in entries.items()
    }
    return JobClaim(number, made, rates, None if certified is None else Money(certified))


TEN_PERIODS = Job(
    contract=CONTRACT,
    items=ITEMS,
    changes=(
        JobChange("CO-1", 3, (SovItem("Canopy", "Canopy", k(120), "CO-1"),)),
        JobChange("CO-2", 6, (SovItem("Doors", "Fewer doors", -k(30), "CO-2"),)),
    ),
    claims=(
        claim(1, Site=60, Structure=40),
        claim(2, Site=40, Structure=110),
        claim(3, Structure=150),
        claim(4, Envelope=(100, 80)),
        claim(5, Envelope=(80, 0)),
        claim(6, Canopy=120),
        claim(7, Rates(Decimal(5), Decimal(5)), Envelope=30),
        claim(8, Envelope=50, Fit_out=120, certified=13_650_000),
        claim(9, Structure=100),
        claim(10, Rates(Decimal(0), Decimal(0)), Site=100, Structure=100, Envelope=40, Fit_out=80, Doors=-30),
    ),
    original_sum=Money(k(1200)),
)

# Lines 3, 4, 5a, 5b, 6, 7, 8, 9 in thousands.
EXPECTED = (
    (1200, 100, 10, 0, 90, 0, 90, 1110),
    (1200, 250, 25, 0, 225, 90, 135, 975),
    (1320, 400, 40, 0, 360, 225, 135, 960),
    (1320, 580, 50, 4, 526, 360, 166, 794),
    (1320, 580, 58, 0, 522, 526, -4, 798),
    (1290, 700, 70, 0, 630, 522, 108, 660),
    (1290, 730, 36.5, 0, 693.5, 630, 63.5, 596.5),
    (1290, 900, 45, 0, 855, 693.5, 161.5, 435),
    (1290, 1000, 50, 0, 950, 830, 120, 340),
    (1290, 1290, 0, 0, 1290, 950, 340, 0),
)


def test_the_ten_period_project_to_the_cent() -> None:
    pages = work_out(TEN_PERIODS)

    for page, expected in zip(pages, EXPECTED, strict=True):
        s = page.summary
        shown = (
            s.contract_sum, s.completed, s.work_retainage, s.stored_retainage,
            s.earned, s.previous_certificates, s.due, s.balance,
        )  # fmt: skip
        assert [amount.cents for amount in shown] == [k(amount) for amount in expected], f"claim {page.number}"
    assert pages[5].changes.deductions == Money(-k(30))
    assert pages[5].changes.previous_additions == Money(k(120))
    assert [finding.code for finding in pages[7].findings] == ["certified_differs"]


def test_line_7_may_be_stated_by_somebody_else_and_is_looked_at() -> None:
    """PAYAPPPRO of domain 3.6: line 7 is net and D is gross; they are not to be mixed."""
    job = Job(
        CONTRACT,
        (SovItem("1", "Work", 26_250_000),),
        (JobClaim(1, {"1": Entry(4_850_000, 720_000)}, less_previous=Money(12_240_000)),),
    )

    (page,) = work_out(job)

    assert (page.summary.completed, page.summary.previous_certificates) == (Money(5_570_000), Money(12_240_000))
    assert [finding.code for finding in page.findings] == ["due_negative", "previous_certificates"]


def test_opening_balances_are_where_the_first_claim_starts() -> None:
    job = Job(
        CONTRACT,
        (SovItem("1", "Work", 10_000_000),),
        (JobClaim(4, {"1": Entry(1_000_000)}),),
        openings={"1": Before(2_000_000, 0, 100_000, 0, 100_000)},
    )

    (page,) = work_out(job)

    assert (page.lines[0].previous_work, page.summary.previous_certificates) == (Money(2_000_000), Money(1_900_000))
    assert page.summary.work_retainage == Money(100_000 + 100_000)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"claims": (JobClaim(1, {"9": Entry(1)}),)}, "unknown_line", "claims[0].lines.9"),
        ({"claims": (JobClaim(2, {}), JobClaim(2, {}))}, "sequence", "claims[1].number"),
        ({"items": (ITEMS[0], ITEMS[0])}, "duplicate_item", "lines.Site"),
        ({"original_sum": Money(1)}, "contract_sum", "claims[0]"),
        ({"claims": (JobClaim(1, {"Site": Entry(released=1)}),)}, "release_exceeds_held", "claims[0].lines.Site"),
    ],
)
def test_refusals_say_where(change: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(UserError) as refused:
        work_out(replace(TEN_PERIODS, **change))

    assert (refused.value.code, refused.value.field) == (code, field)


def test_overbilling_is_prevented_with_the_lines_named() -> None:
    over = replace(TEN_PERIODS, overbilling=Overbilling.PREVENT, claims=(claim(1, Site=201, Structure=501),))

    with pytest.raises(UserError, match=r"Line Site: .*Line Structure: ") as refused:
        work_out(over)

    assert refused.value.code == "overbilled"


works = st.lists(st.lists(st.integers(0, 10**6), min_size=3, max_size=3), min_size=1, max_size=8)


@given(works, st.integers(0, 5))
def test_what_is_due_adds_up_to_what_is_earned(works: list[list[int]], stepped: int) -> None:
    items = tuple(SovItem(str(n), "Work", 10**8) for n in range(3))
    claims = tuple(
        JobClaim(
            n,
            {str(i): Entry(work) for i, work in enumerate(row)},
            Rates(Decimal(5), Decimal(5)) if n == stepped else None,
        )
        for n, row in enumerate(works, 1)
    )

    pages = work_out(Job(CONTRACT, items, claims))

    last = pages[-1].summary
    assert sum(page.summary.due.cents for page in pages) == last.earned.cents
    assert last.completed.cents == sum(map(sum, works))
    for earlier, later in pairwise(pages):
        assert later.summary.previous_certificates == earlier.summary.earned
        for old, new in zip(earlier.lines, later.lines, strict=True):
            assert (new.previous_work, new.work_held_before) == (old.work_to_date, old.work_held)
