"""Working through the workbench: open, page, filter, select all, review, confirm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from payclerk_core.actions.batches import Order
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
    freeze,
    hidden_of,
    load_selection,
    metadata_of,
    open_selection,
    set_filters,
)
from ..views import bench as view
from ..views import blocks as b
from .benches import BENCHES, REVIEW
from .review import review_page

# Above this the work (a PDF and mails for each row) may outlast the three seconds Slack waits for an answer.
QUICK: Final = 3


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
                return {"status": status.value, "search": words[len(name) :].strip()}
    return {"search": words}


def _open(turn: Turn, action: str, filters: dict[str, str]) -> b.View:
    with turn.call() as call:
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
        page = _page(call, selection)
    hash_ = turn.view.get("hash")
    if not update_modal(turn.client, turn.view["id"], page, hash_=hash_):
        update_modal(turn.client, turn.view["id"], page)


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
        if not current:
            return {"response_action": "update", "view": _page(call, selection)}
        _take_ticks(turn, selection)
        chosen = chosen_of(selection, _rows(call, selection))
        _require_choice(chosen, selection)
        if selection.filters.get("act") == REVIEW:
            return {"response_action": "push", "view": review_page(call, chosen[0].id)}
        freeze(selection, chosen)
        bench = BENCHES[selection.action]
        outlook = bench.outlook(call, chosen, selection.filters)
        last_look = view.review_view(metadata_of(selection), "Last look", outlook, _currency(call, selection))
        return {"response_action": "push", "view": last_look}


def _require_choice(chosen: Sequence[Row], selection: Selection) -> None:
    if not chosen:
        raise UserError("Choose at least one row.", code="nothing_chosen", field="rows")
    if selection.filters.get("act") == REVIEW and len(chosen) != 1:
        raise UserError("Choose exactly one claim to review line by line.", field="act")


def confirm(turn: Turn) -> dict[str, Any] | None:
    """Do it once, however often it is clicked. Long work answers Slack first and works after."""
    with turn.looking() as call:
        selection, _ = load_selection(call, turn.metadata)
        count = len(selection.include)
    if count <= QUICK:
        return _answer(_run(turn))
    working = b.note("Working", f"Working on {count} rows; you may close this. The result is posted in the channel.")
    turn.ack({"response_action": "update", "view": working})
    turn.opened.append(str(turn.view["id"]))
    said = _run(turn)
    update_modal(turn.client, turn.view["id"], b.note("Done", said or "Done; see the message in the channel."))
    return None


def _answer(said: str) -> dict[str, Any]:
    if said:
        return {"response_action": "update", "view": b.note("Done", said)}
    return {"response_action": "clear"}


def _run(turn: Turn) -> str:
    with turn.call() as call:
        selection, current = load_selection(call, turn.metadata)
        if not current:
            raise UserError("The list was changed after this; go back and review it again.", code="out_of_date")
        order = Order(metadata_of(selection), selection.project_id, selection.filters.get("channel") or None)
        said = BENCHES[selection.action].confirm(call, order, selection.include, selection.filters)
        selection.confirmed_at = selection.confirmed_at or call.at
        return said
