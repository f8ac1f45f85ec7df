"""Lines summed up by division, code, type or custom groups: each once, and to the cent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.errors import UserError
from payclerk_core.rules.billing import Line
from payclerk_core.rules.summarization import (
    CostLine,
    Figures,
    Group,
    Layout,
    Level,
    check_layout,
    division_of,
    figures_of,
    summed_up,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def row(item: str, code: str = "03-3000", kind: str = "Labor", *cents: int) -> CostLine:
    amounts = (*cents, *(0,) * (5 - len(cents)))
    return CostLine(Line(item, f"Line {item}", *amounts[:4], work_held_before=amounts[4]), code, kind)


BUILDING = [
    row("1", "03-3000", "Labor", 100_00, 10_00, 20_00, 5_00, 3_50),
    row("2", "03-1000", "Material", 50_00, 0, 1_01),
    row("3", "26.0500", "Labor", 70_00, 33, 0, 0, 3),
    row("4", "9-2000", "Labor", 10_00),
    row("5", "", "", -5_00, 0, -1_00),
]


def outline(group: Group) -> list[object]:
    """Headings and items, nested as they are."""
    if group.groups:
        return [[inner.name, *outline(inner)] for inner in group.groups]
    return [line.line.item for line in group.lines]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((), ["1", "2", "3", "4", "5"]),
        (
            (Level.DIVISION,),
            [["Division 03", "1", "2"], ["Division 9", "4"], ["Division 26", "3"], ["No division", "5"]],
        ),
        (
            (Level.DIVISION, Level.COST_CODE),
            [
                ["Division 03", ["Cost code 03-1000", "2"], ["Cost code 03-3000", "1"]],
                ["Division 9", ["Cost code 9-2000", "4"]],
                ["Division 26", ["Cost code 26.0500", "3"]],
                ["No division", ["No cost code", "5"]],
            ],
        ),
        (
            (Level.COST_TYPE, Level.DIVISION),
            [
                ["Cost type Labor", ["Division 03", "1"], ["Division 9", "4"], ["Division 26", "3"]],
                ["Cost type Material", ["Division 03", "2"]],
                ["No cost type", ["No division", "5"]],
            ],
        ),
    ],
)
def test_lines_are_grouped_by_what_they_are_booked_under(levels: tuple[Level, ...], expected: list[object]) -> None:
    assert outline(summed_up(BUILDING, Layout(levels))) == expected


def test_custom_groups_come_as_given_and_the_rest_under_other() -> None:
    layout = Layout((Level.CUSTOM,), custom={"Shell": ("3", "1"), "Inside": ("4",)})
    whole = summed_up(BUILDING, layout)
    assert outline(whole) == [["Shell", "1", "3"], ["Inside", "4"], ["Other", "2", "5"]]
    assert whole.groups[0].subtotal == Figures(170_00, 10_33, 20_00, 5_00, 3_53)


def test_a_group_that_has_all_lines_leaves_no_other() -> None:
    layout = Layout((Level.CUSTOM,), custom={"All": tuple(one.line.item for one in BUILDING)})
    assert [group.name for group in summed_up(BUILDING, layout).groups] == ["All"]


def test_the_columns_of_a_subtotal() -> None:
    figures = figures_of(BUILDING)
    assert [str(money.plain()) for money in figures.amounts] == [
        "225.00", "10.33", "20.01", "5.00", "35.34", "189.66", "3.53",
    ]  # fmt: skip
    assert str(figures.percent) == "15.71"


@pytest.mark.parametrize(
    ("code", "division"),
    [("09-2000", "09"), ("26.05.19", "26"), ("01", "01"), ("", ""), ("-5", ""), ("A.1-2", "A"), ("22 00-1", "22 00")],
)
def test_the_division_is_the_first_part_of_the_code(code: str, division: str) -> None:
    assert division_of(code) == division


# --- in general

cents = st.integers(-(10**12), 10**12)
codes = st.sampled_from(["", "03-3000", "03-1000", "3.1", "26.05", "26", "9-2000", " 03-3000 ", "٣-1", "x-1"])
rows = st.lists(st.tuples(codes, st.sampled_from(["", "Labor", "Material"]), cents, cents, cents, cents, cents)).map(
    lambda drawn: [row(str(number), *one) for number, one in enumerate(drawn)]
)
levels = st.lists(st.sampled_from(list(Level)), unique=True, max_size=2).map(tuple)


def leaves(group: Group) -> Iterator[CostLine]:
    for inner in group.groups:
        yield from leaves(inner)
    yield from group.lines


def plus(one: Figures, other: Figures) -> Figures:
    return Figures(
        one.scheduled + other.scheduled,
        one.previous_work + other.previous_work,
        one.work + other.work,
        one.stored + other.stored,
        one.retainage + other.retainage,
    )


def assert_adds_up(group: Group) -> None:
    assert group.subtotal == figures_of(list(leaves(group)))
    if group.groups:
        added = Figures()
        for inner in group.groups:
            added = plus(added, inner.subtotal)
        assert added == group.subtotal
    for inner in group.groups:
        assert_adds_up(inner)


@given(rows, levels, st.data())
def test_every_line_is_in_one_group_and_subtotals_add_up(
    lines: list[CostLine], chosen: tuple[Level, ...], data: st.DataObject
) -> None:
    place = {line.line.item: data.draw(st.sampled_from(["", "One", "Two"])) for line in lines}
    custom = {name: tuple(item for item, group in place.items() if group == name) for name in ("One", "Two")}

    whole = summed_up(lines, Layout(chosen, custom=custom if Level.CUSTOM in chosen else {}))

    assert sorted(line.line.item for line in leaves(whole)) == sorted(line.line.item for line in lines)
    assert_adds_up(whole)
    assert whole.subtotal == figures_of(lines)
    for group in whole.groups:
        assert list(leaves(group)), "a group without a line is not printed"
        assert [inner.name for inner in group.groups] == list(dict.fromkeys(inner.name for inner in group.groups))


# --- what cannot be printed


@pytest.mark.parametrize(
    ("layout", "says"),
    [
        (Layout((Level.DIVISION, Level.COST_CODE, Level.COST_TYPE)), "at most 2"),
        (Layout((Level.DIVISION, Level.DIVISION)), "the same"),
        (Layout((Level.COST_CODE, Level.DIVISION)), "division first"),
        (Layout(show_lines=False), "group by"),
        (Layout((Level.CUSTOM,)), "at least one custom group"),
        (Layout((Level.DIVISION,), custom={"A": ("1",)}), "Choose custom groups as a level"),
        (Layout((Level.CUSTOM,), custom={" ": ("1",)}), "a name of its own"),
        (Layout((Level.CUSTOM,), custom={"Shell": ("1",), "shell ": ("2",)}), "a name of its own"),
        (Layout((Level.CUSTOM,), custom={"other": ("1",)}), "another name"),
        (Layout((Level.CUSTOM,), custom={"x" * 81: ("1",)}), "too long"),
        (Layout((Level.CUSTOM,), custom={"A": ()}), "has no line"),
        (Layout((Level.CUSTOM,), custom={"A": ("77",)}), "Line 77 is not on this claim"),
        (Layout((Level.CUSTOM,), custom={"A": ("1",), "B": ("2", "1")}), "in 'A' and 'B'"),
        (Layout((Level.CUSTOM,), custom={str(n): (str(n),) for n in range(51)}), "At most 50"),
    ],
)
def test_a_layout_that_cannot_be_printed_is_refused(layout: Layout, says: str) -> None:
    with pytest.raises(UserError, match=says) as refused:
        check_layout(layout, [str(number) for number in range(60)])
    assert refused.value.code == "bad_layout"


@pytest.mark.parametrize(
    "layout",
    [
        Layout(),
        Layout((Level.DIVISION,), show_lines=False),
        Layout((Level.CUSTOM, Level.COST_TYPE), custom={"A": ("1",), "B": ("2",)}),
    ],
)
def test_a_layout_that_can_be_printed_passes(layout: Layout) -> None:
    check_layout(layout, ["1", "2", "3"])
