"""How fast claims are worked out, beside the same arithmetic in bare whole numbers in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from decimal import Decimal

from payclerk_core.money import Money
from payclerk_core.rules.billing import Before, Contract, Entry, SovItem, bill, summarize
from payclerk_core.rules.job import Job, JobClaim, work_out
from payclerk_core.rules.retainage import Rates, Terms
from payclerk_core.rules.tie_out import Ties, tie_out

RATES = Rates(Decimal(10), Decimal("7.5"))
CONTRACT = Contract(Terms(RATES), RATES)
LINES, PERIODS, JOB_LINES = 10_000, (30, 60, 120), 500
Report = Callable[[str, float, str, float], None]


def one_claim() -> Callable[[], object]:
    """A claim of 10,000 lines: worked out, summed up and tied out."""
    rows = [
        (SovItem(f"{n:05d}", "Work", 1_000_000 + n), Before(123_456, 0, 12_346, 0, 12_346), Entry(4_567 + n, 100))
        for n in range(LINES)
    ]

    def work() -> object:
        lines = bill(CONTRACT, rows).lines
        summary = summarize(lines, previous_certificates=Money(0))
        return tie_out(lines, summary, Ties())

    return work


def bare_claim() -> list[tuple[int, ...]]:
    """The same columns as plain tuples of numbers: two retainages rounded half up, completed, balance."""
    columns = []
    for n in range(LINES):
        work, stored = 123_456 + 4_567 + n, 100
        held = (work * 10 + 50) // 100 + (stored * 75 + 500) // 1000
        columns.append((1_000_000 + n, work, stored, work + stored, 1_000_000 + n - work - stored, held))
    sums = [sum(column) for column in zip(*columns, strict=True)]
    return [*columns, tuple(sums)]


def job(periods: int) -> Job:
    items = tuple(SovItem(str(n), "Work", 10**7) for n in range(JOB_LINES))
    entries = {str(n): Entry(7_000 + n) for n in range(JOB_LINES)}
    return Job(CONTRACT, items, tuple(JobClaim(number, entries) for number in range(1, periods + 1)))


def bench_engine(report: Report) -> None:
    bare = _median(bare_claim)
    report(f"claim of {LINES:,} lines", _median(one_claim()), "bare numbers", bare)
    first = None
    for periods in PERIODS:
        made = job(periods)
        taken = _median(lambda made=made: work_out(made), 3)
        first = first or taken
        report(
            f"job of {periods} periods, {JOB_LINES} lines",
            taken,
            f"{periods / PERIODS[0]:.0f} x the first",
            first * periods / PERIODS[0],
        )


def _median(work: Callable[[], object], rounds: int = 7) -> float:
    work()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
