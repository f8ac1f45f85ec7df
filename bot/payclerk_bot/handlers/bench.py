"""Working through the workbench: open, page, filter, select all, review, confirm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from payclerk_core.actions.batches import Item, Order
from payclerk_core.actions.bulk import order_bulk
from payclerk_core.actions.call import Call
from payclerk_core.errors import UserError
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Project, Selection

from ..desk import Turn
from ..projects import pick_project, rest_of
from ..say import show_modal, update_modal
from ..selections import (
    Row,
    absorb,
    choose_all,
    choose_none,
    chosen_of,
    hidden_of,
    load_selection,
    metadata_of,
    open_last_look,
    open_selection,
    set_filters,
)
from ..views import bench as view
from ..views import blocks as b
from .benches import BENCHES, REVIEW
from .review import review_page

SEARCH: Final = 200


def open_invite(turn: Turn) -> None:
    show_modal(turn, "Invite to bill", lambda: _open(turn, "invite", {}))


def open_claims(turn: Turn) -> None:
    show_modal(turn, "Claims", lambda: _open(turn, "claims", _filters(rest_of(turn))))


def _filters(words: str) -> dict[str, str]:
    """'approved electric' is a status and a search; a status may be written in several words."""
    folded = words.casefold()
    for status in sorted(ClaimStatus, key=lambda s: -len(s.label)):
        for name in (
            status.label.casefold(),
            status.value,
            status.value.replace("_", " "),
            status.value.replace("_", "-"),
        ):
            if folded == name or folded.startswith(f"{name} "):
                return {"status": status.value, "search": words[len(name) :].strip()[:SEARCH]}
    return {"search": words[:SEARCH]}


def _open(turn: Turn, action: str, filters: dict[str, str]) -> b.View:
    with turn.looking() as call:
        project = pick_project(turn, call)
        channel = turn.channel_id or project.slack_channel or ""
        selection = open_selection(call, project.id, action, {**filters, "channel": channel})
        return _page(call, selection)


def _rows(call: Call, selection: Selection) -> list[Row]:
    return BENCHES[selection.action].rows(call, selection.project_id, selection.filters)


def _page(call: Call, selection: Selection) -> b.View:
    rows = _rows(call, selection)
    bench = view.Bench(
        metadata=metadata_of(selection),
        rows=rows,
        chosen={row.id for row in chosen_of(selection, rows)},
        page=selection.page,
        currency=_currency(call, selection),
        hidden=hidden_of(selection, rows),
        filters=selection.filters,
    )
    return view.bench_view(BENCHES[selection.action].controls, bench)


def _currency(call: Call, selection: Selection) -> str:
    return call.get(Project, selection.project_id, "project").currency


def _take_ticks(turn: Turn, selection: Selection) -> None:
    shown = [int(value) for value in turn.form.shown_options("rows")]
    absorb(selection, shown, [int(value) for value in turn.form.all_options("rows")])
    if act := turn.form.option("act"):
        set_filters(selection, act=act)


def _change(turn: Turn, change: Callable[[Selection], None]) -> None:
    """Take over the page's ticks, change the selection, show it again. A late click on an old page changes nothing."""
    with turn.call() as call:
        selection, current = load_selection(call, turn.metadata)
        if current:
            _take_ticks(turn, selection)
            change(selection)
            selection.revision += 1
    page = _looked_at(turn, selection)
    hash_ = turn.view.get("hash")
    if not update_modal(turn.client, turn.view["id"], page, hash_=hash_):
        update_modal(turn.client, turn.view["id"], page)


def _looked_at(turn: Turn, selection: Selection) -> b.View:
    """The page is made after the change was stored: reading the rows holds nobody up."""
    with turn.looking() as call:
        return _page(call, selection)


def turn_page(turn: Turn) -> None:
    page = int(turn.value or 0)

    def to_page(selection: Selection) -> None:
        selection.page = max(0, page)

    _change(turn, to_page)


def select_all(turn: Turn) -> None:
    _change(turn, choose_all)


def clear(turn: Turn) -> None:
    _change(turn, choose_none)


def filter_status(turn: Turn) -> None:
    _filter(turn, status="" if turn.value == "any" else turn.value)


def search(turn: Turn) -> None:
    _filter(turn, search=turn.value.strip())


def _filter(turn: Turn, **changes: str) -> None:
    def narrow(selection: Selection) -> None:
        if selection.mode == "all_matching":
            choose_none(selection)  # "all" was said of the rows of the old filter
        set_filters(selection, **changes)
        selection.page = 0

    _change(turn, narrow)


def submit_bench(turn: Turn) -> dict[str, Any]:
    """From the ticks to the last look; one claim to review line by line opens its own form."""
    with turn.call() as call:
        selection, current = load_selection(call, turn.metadata)
        if current:
            _take_ticks(turn, selection)
    if not current:
        return {"response_action": "update", "view": _looked_at(turn, selection)}
    with turn.looking() as call:
        chosen = chosen_of(selection, _rows(call, selection))
        _require_choice(chosen, selection)
        if selection.filters.get("act") == REVIEW:
            return {"response_action": "push", "view": review_page(call, chosen[0].id)}
        outlook = BENCHES[selection.action].outlook(call, chosen, selection.filters)
        currency = _currency(call, selection)
    with turn.call() as call:
        look = open_last_look(call, selection, chosen)
    return {"response_action": "push", "view": view.review_view(metadata_of(look), "Last look", outlook, currency)}


def _require_choice(chosen: Sequence[Row], selection: Selection) -> None:
    if not chosen:
        raise UserError("Choose at least one row.", code="nothing_chosen", field="rows")
    if selection.filters.get("act") == REVIEW and len(chosen) != 1:
        raise UserError("Choose exactly one claim to review line by line.", field="act")


def confirm(turn: Turn) -> dict[str, Any]:
    """Store the order and promise the job that does it, however often it is clicked; the message says what is done."""
    with turn.call() as call:
        look, _ = load_selection(call, turn.metadata)
        if look.seen is None:  # a last look of the version before, which does not say what it showed
            raise UserError("This form is out of date; please open the list again.", code="out_of_date")
        order = Order(look.public_id, look.project_id, look.filters.get("channel") or None)
        labels = BENCHES[look.action].labels(call, look.include)
        chosen = [_item(labels, i, look.seen[str(i)]) for i in look.include]
        _, new = order_bulk(call, order, BENCHES[look.action].order(look.filters), chosen)
        look.confirmed_at = look.confirmed_at or call.at
    said = view.started(len(chosen)) if new else view.STARTED_BEFORE
    return {"response_action": "update", "view": b.note("Working" if new else "Confirmed", said)}


def _item(labels: Mapping[int, str], record_id: int, seen: str) -> Item:
    return Item(record_id, labels.get(record_id, "It is gone"), outcome="queued", seen=seen)
