"""Tie-out: each way in which a claim does not tie, found by its code; a claim that ties, without one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.rules.billing import Before, Line, Summary, summarize
from payclerk_core.rules.findings import Severity, refuse_errors, texts
from payclerk_core.rules.tie_out import Overbilling, Ties, tie_out


def line(
    item: str = "1", scheduled: int = 100_000, previous: int = 0, work: int = 10_000, stored: int = 0, **more: object
) -> Line:
    plain = Line(item, "Work", scheduled, previous, work, stored, work_withheld=(previous + work) // 10)
    return plain._replace(**more)


def summary(*lines: Line, previous: int = 0) -> Summary:
    return summarize(lines, previous_certificates=Money(previous))


NONE = Ties()


def codes(*lines: Line, ties: Ties = NONE, page: Summary | None = None, severity: Severity | None = None) -> list[str]:
    found = tie_out(lines, page or summary(*lines), ties)
    return [finding.code for finding in found if severity is None or finding.severity is severity]


def test_a_claim_that_ties_has_no_finding() -> None:
    ties = Ties(
        number=2,
        previous_number=1,
        before={"1": Before(20_000, work_held=2_000)},
        certificates=Money(18_000),
        original_sum=Money(100_000),
        change_orders={},
    )
    tied = line(previous=20_000, work_held_before=2_000, work_withheld=1_000)

    assert codes(tied, ties=ties, page=summary(tied, previous=18_000)) == []


@pytest.mark.parametrize(
    "name", ["contract_sum", "completed", "work_retainage", "original_sum", "earned", "due", "balance"]
)
def test_a_header_that_is_not_the_sum_of_the_lines(name: str) -> None:
    page = summary(line())
    wrong = replace(page, **{name: getattr(page, name) + Money(1)})

    assert "summary" in codes(line(), page=wrong, severity=Severity.ERROR)


CASES = {
    "original sum": ("contract_sum", line(), Ties(original_sum=Money(1))),
    "change order not approved": ("change_order", line(change_order="CO-1"), Ties(change_orders={})),
    "change order with other lines": ("change_order", line(change_order="CO-1"), Ties(change_orders={"CO-1": 99_999})),
    "line 7": ("previous_certificates", line(), Ties(certificates=Money(1))),
    "carried work": ("carry_forward", line(), Ties(before={"1": Before(work=5)})),
    "carried retainage": ("retainage_carried", line(previous=5), Ties(before={"1": Before(work=5, work_held=1)})),
    "stored below zero": ("stored_negative", line(stored=-1), Ties()),
    "work below zero": ("work_negative", line(work=-1), Ties()),
    "overbilled": ("overbilled", line(work=100_001), Ties(overbilling=Overbilling.PREVENT)),
    "billed on nothing": ("overbilled", line(scheduled=0, work=1), Ties(overbilling=Overbilling.PREVENT)),
    "nothing billed": ("nothing_billed", line(work=0), Ties()),
    "held below zero": ("retainage_negative", line(work_withheld=-1), Ties()),
    "held above billed": ("retainage_exceeds", line(work_withheld=10_001), Ties()),
    "line held below zero": ("retainage_line", line(work_withheld=-1), Ties()),
    "release that bills": ("release_bills", line(scheduled=10_000), Ties(release=True)),
    "release with a store": ("release_stored", line(scheduled=10_000, work=0, stored=10_000), Ties(release=True)),
    "release before the end": ("release_incomplete", line(previous=50_000, work=0), Ties(release=True)),
}  # fmt: skip


@pytest.mark.parametrize(("code", "bad", "ties"), CASES.values(), ids=CASES)
def test_errors(code: str, bad: Line, ties: Ties) -> None:
    assert code in codes(bad, ties=ties, severity=Severity.ERROR)


WARNINGS = {
    "less certified": ("certified_differs", line(), Ties(certified=Money(1))),
    "more certified": ("certified_differs", line(), Ties(certified=Money(99_999))),
    "gap": ("sequence_gap", line(), Ties(number=3, previous_number=1)),
    "one before is open": ("unapproved_before", line(), Ties(number=2, previous_number=1, unapproved_before="Draft")),
    "overbilled": ("overbilled", line(work=100_001), Ties()),
    "deduction beyond itself": ("overbilled", line(scheduled=-100, work=-101), Ties()),
    "deduction billed up": ("overbilled", line(scheduled=-100, work=1), Ties()),
    "work taken back": ("work_taken_back", line(previous=10_000, work=-1), Ties()),
    "stored twice": ("stored_twice", line(stored=500, work=500), Ties(before={"1": Before(stored=500)})),
    "released": ("retainage_released", line(work_withheld=1_000, work_released=1), Ties()),
}  # fmt: skip


@pytest.mark.parametrize(("code", "bad", "ties"), WARNINGS.values(), ids=WARNINGS)
def test_warnings(code: str, bad: Line, ties: Ties) -> None:
    assert code in codes(bad, ties=ties, severity=Severity.WARNING)


def test_less_due_than_nothing_is_a_warning() -> None:
    assert codes(line(), page=summary(line(), previous=50_000)) == ["due_negative"]


def test_what_is_allowed_is_not_mentioned() -> None:
    over = line(work=100_001)

    assert codes(over, ties=Ties(overbilling=Overbilling.ALLOW)) == []
    assert codes(line(work=0), ties=Ties(may_be_empty=True)) == []
    assert codes(line(change_order="CO-1"), ties=Ties(change_orders={"CO-1": 100_000})) == []
    assert codes(line(scheduled=-100, work=-50, work_withheld=-5)) == ["due_negative"]


def test_a_release_of_complete_lines_is_only_pointed_out() -> None:
    done = line(scheduled=10_000, previous=10_000, work=0, work_held_before=1_000, work_withheld=0, work_released=1_000)

    assert codes(done, ties=Ties(release=True)) == ["retainage_released"]


def test_moved_material_is_no_fault_of_column_d() -> None:
    """The automatic mode: D is D + E and what was in store (domain 7, item 17)."""
    before = {"1": Before(20_000, 5_000, 2_000, 500)}
    moved = line(previous=25_000, work=0, moved_cents=5_000, work_held_before=2_500, work_withheld=0)

    assert codes(moved, ties=Ties(before=before, may_be_empty=True)) == []


def test_errors_come_first_and_refuse_with_all_texts() -> None:
    bad = [line("7", work=100_001), line("8", stored=-1)]
    found = tie_out(bad, summary(*bad), Ties())

    assert found[0].severity is Severity.ERROR
    assert texts(found, Severity.WARNING) == [finding.text for finding in found if finding.code == "overbilled"]
    with pytest.raises(UserError, match="Line 8: stored material") as refused:
        refuse_errors(found)
    assert (refused.value.code, refused.value.field) == ("stored_negative", "lines.8")
    refuse_errors(tie_out([line()], summary(line()), Ties()))


cents = st.integers(-(10**9), 10**9)


@given(
    st.lists(
        st.builds(
            Line,
            st.text(max_size=2),
            st.just("w"),
            cents,
            cents,
            cents,
            cents,
            cents,
            cents,
            cents,
            cents,
            cents,
            cents,
            currency=st.just("USD"),
        )
    ),
    cents,
)
def test_whatever_the_lines_the_summary_made_of_them_ties(lines: list[Line], previous: int) -> None:
    assert "summary" not in codes(*lines, page=summary(*lines, previous=previous))
