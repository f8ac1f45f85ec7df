"""The rows a person is picking, kept on the server: no ceiling, and it survives paging, closing and restarts.

A modal only carries `public_id:revision`. Every change makes a new revision; block_ids carry it, because Slack keeps
old ticks under an old block_id. Opening a list stores nothing: until the first change the modal carries what the
selection is made of in front of that.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from payclerk_core.actions.call import Call
from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.tables import Selection

LASTS: Final = timedelta(hours=24)
ALL: Final = "all_matching"
IDS: Final = "ids"


@dataclass(frozen=True, slots=True)
class Row:
    """One record as the workbench lists it. `blocked` says why it cannot be chosen."""

    id: int
    label: str
    detail: str
    amount: Money
    blocked: str | None = None
    seen: str = ""  # the digest of what is shown of it and what the action depends on


def open_selection(call: Call, project_id: int, action: str, filters: Mapping[str, str]) -> Selection:
    """A new selection that is stored nowhere yet: looking at a list waits for nobody who writes."""
    return _selection(call, f"sel_{secrets.token_urlsafe(9)}", project_id, action, filters)


def _selection(call: Call, public_id: str, project_id: int, action: str, filters: Mapping[str, str]) -> Selection:
    return Selection(
        public_id=public_id,
        person_id=_owner(call),
        project_id=project_id,
        action=action,
        filters=dict(filters),
        mode=IDS,
        include=[],
        exclude=[],
        page=0,
        revision=1,
        made_at=call.at,
        confirmed_at=None,
        seen=None,
    )


def open_last_look(call: Call, selection: Selection, rows: Iterable[Row]) -> Selection:
    """What is put before the person to confirm, stored with an id of its own: exactly these rows, as they are shown.

    Its id is that of the order: each last look is done once, and another one is another order.
    """
    look = open_selection(call, selection.project_id, selection.action, selection.filters)
    chosen = list(rows)
    look.include, look.seen = [row.id for row in chosen], {str(row.id): row.seen for row in chosen}
    call.session.add(look)
    call.session.flush()
    return look


def _owner(call: Call) -> int:
    if call.actor_id is None:
        raise TypeError("a selection belongs to a person")
    return call.actor_id


def metadata_of(selection: Selection) -> str:
    """What a modal carries (Slack takes 3,000 characters)."""
    short = f"{selection.public_id}:{selection.revision}"
    if selection.id is not None:
        return short
    facts = [selection.project_id, selection.action, dict(selection.filters)]
    return f"{json.dumps(facts)}|{short}"


def load_selection(call: Call, metadata: str) -> tuple[Selection, bool]:
    """The selection behind a modal, locked, and whether the modal shows its present revision."""
    head, _, revision = metadata.rpartition(":")
    facts, _, public_id = head.rpartition("|")
    selection = _stored(call, public_id)
    if selection is None and facts:
        selection = _store(call, public_id, facts)
    gone = selection is None or selection.person_id != call.actor_id or call.at - selection.made_at > LASTS
    if selection is None or gone:
        raise UserError("This form is out of date; please open it again with the command.", code="out_of_date")
    return selection, str(selection.revision) == revision


def _stored(call: Call, public_id: str) -> Selection | None:
    return call.session.scalar(select(Selection).where(Selection.public_id == public_id).with_for_update())


def _store(call: Call, public_id: str, facts: str) -> Selection | None:
    """The first change of what was only shown. Of two clicks at once one stores it, and the other finds it."""
    project_id, action, filters = json.loads(facts)
    selection = _selection(call, public_id, int(project_id), str(action), filters)
    try:
        with call.session.begin_nested():
            call.session.add(selection)
    except IntegrityError:
        return _stored(call, public_id)
    return selection


def set_filters(selection: Selection, **changes: str) -> None:
    selection.filters = {**selection.filters, **changes}


def absorb(selection: Selection, shown: Collection[int], ticked: Collection[int]) -> None:
    """Take over the ticks of the page the person had in front of them."""
    if selection.mode == ALL:
        kept = [i for i in selection.exclude if i not in shown]
        selection.exclude = kept + [i for i in shown if i not in ticked]
    else:
        kept = [i for i in selection.include if i not in shown]
        selection.include = kept + [i for i in shown if i in ticked]


def choose_all(selection: Selection) -> None:
    selection.mode, selection.include, selection.exclude = ALL, [], []


def choose_none(selection: Selection) -> None:
    selection.mode, selection.include, selection.exclude = IDS, [], []


def chosen_of(selection: Selection, rows: Sequence[Row]) -> list[Row]:
    """The chosen rows among those that match and can be chosen."""
    free = [row for row in rows if row.blocked is None]
    if selection.mode == ALL:
        left_out = set(selection.exclude)
        return [row for row in free if row.id not in left_out]
    wanted = set(selection.include)
    return [row for row in free if row.id in wanted]


def hidden_of(selection: Selection, rows: Sequence[Row]) -> int:
    """How many were ticked under another filter; they are not acted on while they cannot be seen."""
    return 0 if selection.mode == ALL else len(set(selection.include) - {row.id for row in rows})
