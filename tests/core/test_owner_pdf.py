"""The layout of an owner's claim's configurable PDF: kept, refused, printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from books import Books
from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.actions.owner_pdf import (
    layout_as_json,
    layout_from_json,
    owner_summary,
    pdf_layout,
    set_pdf_layout,
)
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.rules.summarization import Layout, Level
from payclerk_core.tables import Event, Member, SovLine
from printed import pieces

if TYPE_CHECKING:
    from payclerk_core.db import Database

GROUPED = Layout((Level.CUSTOM, Level.COST_TYPE), False, {"Wet work": ("002",)})


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def claim_id(books: Books) -> int:
    """The owner's claim of 1500, all on its first line."""
    books.approved(1000, 500)
    with books.call() as call:
        return make_owner_claim(call, books.month.project.id).id


def keep(books: Books, claim_id: int, layout: Layout) -> None:
    with books.call() as call:
        set_pdf_layout(call, claim_id, layout)


def printed(books: Books, claim_id: int) -> list[str]:
    with books.call() as call:
        return pieces(owner_summary(call, claim_id))


def test_a_layout_is_kept_and_printed(books: Books, claim_id: int) -> None:
    keep(books, claim_id, GROUPED)

    assert pdf_layout(books.shown(claim_id)) == GROUPED
    text = printed(books, claim_id)
    assert "Wet work" in text
    assert "Other" in text
    assert text[text.index("Current payment due") + 1] == "1,350.00"
    assert books.events("claim", claim_id)[-1] == "pdf_layout_set"


def test_until_somebody_chooses_the_lines_stand_as_they_are(books: Books, claim_id: int) -> None:
    text = printed(books, claim_id)
    assert "Rough-in" in text
    assert "Lines in the order of the schedule." in text


def test_the_event_holds_before_and_after_and_the_same_again_is_none(books: Books, claim_id: int) -> None:
    keep(books, claim_id, Layout((Level.DIVISION,)))
    keep(books, claim_id, GROUPED)
    keep(books, claim_id, GROUPED)

    with books.database.reading() as session:
        first, second = session.scalars(select(Event).where(Event.verb == "pdf_layout_set").order_by(Event.id))
    assert (first.before, first.after["levels"]) == (None, ["division"])
    assert second.before == first.after
    assert second.after == {"levels": ["custom", "cost_type"], "show_lines": False, "custom": [["Wet work", ["002"]]]}


def test_the_detail_pdf_stays_as_it_is(books: Books, claim_id: int) -> None:
    before = books.shown(claim_id).pdf_id
    keep(books, claim_id, GROUPED)
    printed(books, claim_id)
    assert books.shown(claim_id).pdf_id == before


def test_a_line_that_is_not_on_the_claim_is_refused(books: Books, claim_id: int) -> None:
    with pytest.raises(UserError, match="Line 9 is not on this claim"):
        keep(books, claim_id, Layout((Level.CUSTOM,), custom={"A": ("9",)}))
    assert books.shown(claim_id).pdf_layout is None


def test_a_line_that_was_renamed_since_falls_to_other(books: Books, claim_id: int) -> None:
    keep(books, claim_id, GROUPED)
    with books.database.transaction() as session:
        query = select(SovLine).where(SovLine.contract_id == books.month.prime.id, SovLine.item == "002")
        session.scalars(query).one().item = "002a"
    assert "Wet work" not in printed(books, claim_id)


def test_a_payable_claim_has_none(books: Books) -> None:
    paid = books.claim(1000)
    for act in (lambda call: set_pdf_layout(call, paid, Layout()), lambda call: owner_summary(call, paid)):
        with pytest.raises(UserError, match="no claim to the owner"), books.call() as call:
            act(call)


def test_it_takes_admin_on_client_contracts(books: Books, claim_id: int) -> None:
    with books.database.transaction() as session:
        member = session.scalars(select(Member).where(Member.person_id == books.month.dana.id)).one()
        member.commitments, member.client_contracts = "admin", "standard"
    for act in (lambda call: set_pdf_layout(call, claim_id, Layout()), lambda call: owner_summary(call, claim_id)):
        with pytest.raises(NotAllowedError, match="Client Contracts"), books.call(books.month.dana) as call:
            act(call)


names = st.text(min_size=1, max_size=20).map(str.strip).filter(bool)


@given(
    st.lists(st.sampled_from(list(Level)), max_size=2).map(tuple),
    st.booleans(),
    st.dictionaries(names, st.lists(st.text(max_size=5)).map(tuple), max_size=4),
)
def test_what_is_kept_is_what_was_given(
    levels: tuple[Level, ...], show: bool, custom: dict[str, tuple[str, ...]]
) -> None:
    layout = Layout(levels, show, custom)
    again = layout_from_json(layout_as_json(layout))
    assert again == layout
    assert list(again.custom) == list(custom)
