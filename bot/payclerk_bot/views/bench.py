"""The workbench: rows to tick, page by page, then the review of what will happen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from payclerk_core.money import total

from ..selections import Row
from . import blocks as b

PAGE: Final = 20
GROUP: Final = 10


@dataclass(frozen=True, slots=True)
class Controls:
    """What a kind of workbench offers besides its rows."""

    title: str
    noun: str  # "contract", "claim"
    all_label: str  # "Select all {n} that can be invited"
    submit: str
    statuses: Mapping[str, str] = field(default_factory=dict)  # value -> label; empty: no filter bar
    acts: Mapping[str, str] = field(default_factory=dict)  # what can be done with the chosen


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything one page of the workbench shows."""

    metadata: str
    rows: Sequence[Row]
    chosen: Collection[int]
    page: int
    currency: str
    hidden: int = 0
    filters: Mapping[str, str] = field(default_factory=dict)


def free_rows(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.blocked is None]


def page_count(rows: Sequence[Row]) -> int:
    return max(1, -(-len(free_rows(rows)) // PAGE))


def bench_view(controls: Controls, bench: Bench) -> b.View:
    revision = bench.metadata.rpartition(":")[2]
    free = free_rows(bench.rows)
    page = min(bench.page, page_count(bench.rows) - 1)
    shown = free[page * PAGE : (page + 1) * PAGE]
    blocks = [
        *_head(controls, bench, page, revision),
        *_filters(controls, bench, revision),
        *_bulk_buttons(controls, free, revision),
        *_groups(controls, shown, bench.chosen, page, revision),
        *_pages(page, page_count(bench.rows), revision),
        *_acts(controls, bench, revision if free else None),
        *_blocked(bench.rows),
    ]
    submit = controls.submit if free or controls.statuses else None
    return b.modal("bench", controls.title, blocks, submit=submit, metadata=bench.metadata)


def _head(controls: Controls, bench: Bench, page: int, revision: str) -> list[b.Block]:
    free = free_rows(bench.rows)
    chosen = [row for row in free if row.id in bench.chosen]
    amount = total((row.amount for row in chosen), bench.currency)
    counts = f"*{b.plural(len(bench.rows), controls.noun)}* · *{len(chosen)} chosen* ({amount})"
    where = f" · page {page + 1} of {page_count(bench.rows)}" if len(free) > PAGE else ""
    head = b.section(counts + where, block_id=f"counts:{revision}")
    if not bench.hidden:
        return [head]
    text = f"{bench.hidden} more ticked under another filter; what the filter hides is not acted on."
    return [head, b.context(text)]


def _filters(controls: Controls, bench: Bench, revision: str) -> list[b.Block]:
    if not controls.statuses:
        return []
    options = [b.option("Any status", "any"), *(b.option(label, value) for value, label in controls.statuses.items())]
    chosen = bench.filters.get("status") or "any"
    search = b.text_input("bench.search", bench.filters.get("search", ""), most=100, hint="Number, company or title")
    search["dispatch_action_config"] = {"trigger_actions_on": ["on_enter_pressed"]}
    box = b.field(f"search:{revision}", "Search", search, optional=True, hint="Press Enter to search.")
    box["dispatch_action"] = True
    return [b.actions(b.select("bench.status", "Status", options, chosen), block_id=f"filter:{revision}"), box]


def _bulk_buttons(controls: Controls, free: Sequence[Row], revision: str) -> list[b.Block]:
    if not free:
        return [b.section("Nothing here can be chosen now.")]
    every = b.button(controls.all_label.format(n=len(free)), "bench.all", "all", style="primary")
    return [b.actions(every, b.button("Clear", "bench.clear", "none"), block_id=f"bulk:{revision}")]


def _groups(
    controls: Controls, shown: Sequence[Row], chosen: Collection[int], page: int, revision: str
) -> list[b.Block]:
    groups = [shown[i : i + GROUP] for i in range(0, len(shown), GROUP)]
    blocks = []
    for place, group in enumerate(groups):
        options = [b.option(_line(row), row.id, row.detail) for row in group]
        element = b.checkboxes("rows", options, {str(row.id) for row in group if row.id in chosen})
        first = page * PAGE + place * GROUP + 1
        label = f"{controls.noun.capitalize()}s {first} to {first + len(group) - 1}"
        blocks.append(b.field(f"rows:{revision}:{page}:{place}", label, element, optional=True))
    return blocks


def _line(row: Row) -> str:
    """The number and the amount must stay readable: the name gives way."""
    amount = str(row.amount)
    return f"{b.cut(row.label, b.OPTION - len(amount) - 3)} · {amount}"


def _pages(page: int, pages: int, revision: str) -> list[b.Block]:
    buttons = []
    if page > 0:
        buttons.append(b.button("Previous", "bench.prev", page - 1, label=f"Go to page {page} of {pages}"))
    if page + 1 < pages:
        buttons.append(b.button("Next", "bench.next", page + 1, label=f"Go to page {page + 2} of {pages}"))
    return [b.actions(*buttons, block_id=f"pages:{revision}")] if buttons else []


def _acts(controls: Controls, bench: Bench, revision: str | None) -> list[b.Block]:
    if not controls.acts or revision is None:
        return []
    options = [b.option(label, value) for value, label in controls.acts.items()]
    chosen = bench.filters.get("act") or next(iter(controls.acts))
    return [b.field(f"act:{revision}", "What to do with the chosen", b.select("act", "Choose", options, chosen))]


def _blocked(rows: Sequence[Row]) -> list[b.Block]:
    blocked = [row for row in rows if row.blocked is not None]
    if not blocked:
        return []
    lines = [f"*{b.esc(row.label, 120)}*  {b.esc(row.blocked, 200)}" for row in blocked]
    return [b.DIVIDER, b.section(f"*{len(blocked)} cannot be chosen*"), *b.sections(lines)]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the confirmed action will do: these rows are done, those are left out with the reason."""

    done: Sequence[Row]
    skipped: Sequence[tuple[Row, str]]
    verb: str  # "will be invited", "will be set to Approved"
    confirm: str  # "Send 12 invitations"
    warning: str = ""


def review_view(metadata: str, title: str, outlook: Outlook, currency: str) -> b.View:
    """The last look before it happens: sums by outcome, the money, the first of each."""
    amount = total((row.amount for row in outlook.done), currency)
    blocks = [b.section(f"*{len(outlook.done)}* {outlook.verb} · total *{amount}*")]
    blocks += b.sections(_first([f"• {b.esc(row.label, 150)} · {row.amount}" for row in outlook.done]))
    if outlook.skipped:
        blocks += [b.DIVIDER, b.section(f"*{len(outlook.skipped)}* will be left out")]
        blocks += b.sections(_first([f"• {b.esc(r.label, 150)}: {b.esc(why, 200)}" for r, why in outlook.skipped]))
    if outlook.warning:
        blocks.append(b.context(outlook.warning))
    submit = outlook.confirm if outlook.done else None
    return b.modal("bench.confirm", title, blocks, submit=submit, close="Back", metadata=metadata)


STARTED_BEFORE: Final = "This was confirmed before. The message in the channel says what became of each."


def started(count: int) -> str:
    """Nothing is done yet when this is said: the words promise no more than what will be told."""
    rows = plural_rows(count)
    return f"{rows} in work; you may close this. The message in the channel says what became of each."


def plural_rows(count: int) -> str:
    """'1 row is', '12 rows are'."""
    return "1 row is" if count == 1 else f"{count} rows are"


def _first(lines: Sequence[str], most: int = 5) -> list[str]:
    more = [f"… and {len(lines) - most} more"] if len(lines) > most else []
    return [*lines[:most], *more]
