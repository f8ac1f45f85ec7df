"""Bulk work as one durable job: the order is stored and promised at once, and worked off in slices.

An order holds which records, and of each the digest of what the person was shown. A slice is one short transaction:
its rows are checked again and done, and the message is brought up to date. A process that is killed leaves the rest
queued; the job goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import select

from ..errors import UserError
from ..jobs import promise
from ..rules.lifecycle import ClaimStatus
from ..tables import Batch
from .batches import Item, Order, known_batch, start_batch
from .bulk_rows import BulkRow, do_rows
from .call import Call
from .claims import status_rows
from .invitations import invitation_rows
from .packages import backup_rows
from .signing import envelope_rows

SLICE: Final = 25
Rows = Callable[[Call, Batch, Collection[int]], Mapping[int, BulkRow]]


def order_bulk(call: Call, order: Order, action: str, chosen: Sequence[Item]) -> tuple[Batch, bool]:
    """Store what a person confirmed and promise the job that does it; whether it is new.

    `action`: invite, docusign, backup or status_<status>. The same order again changes nothing.
    """
    call.authorise(_task(action), order.project_id)
    if (batch := known_batch(call, order)) is not None:
        return batch, False
    batch = start_batch(call, order, action, chosen)
    promise(call.session, "bulk.run", str(batch.id), {"batch_id": batch.id})
    return batch, True


def work_slice(call: Call, batch_id: int, most: int = SLICE) -> bool:
    """Do the next rows of an order as the person who gave it; whether there are more."""
    batch = call.session.scalars(select(Batch).where(Batch.id == batch_id).with_for_update()).one()
    items = [item for item in batch.items if item.outcome == "queued"]
    # A package is one file: all of it or nothing.
    some = items if batch.action == "backup" else items[:most]
    if not some:
        return False
    try:
        call.authorise(_task(batch.action), batch.project_id)
        with call.session.begin_nested():
            rows = _rows(batch.action)(call, batch, [item.record_id for item in some])
    except UserError as error:
        for item in items:
            item.outcome, item.reason, item.settled_at = "skipped", error.message[:500], call.at
        some = items
    else:
        do_rows(call, some, rows)
    promise(call.session, "slack.batch", f"{batch.id}:slice:{some[-1].id}", {"batch_id": batch.id})
    return len(items) > len(some)


def _task(action: str) -> str:
    tasks = {"invite": "T23", "docusign": "T4", "backup": "T5"}
    return tasks.get(action, "T3")


def _rows(action: str) -> Rows:
    return _ROWS.get(action) or _status


def _status(call: Call, batch: Batch, ids: Collection[int]) -> Mapping[int, BulkRow]:
    return status_rows(call, batch.project_id, ids, ClaimStatus(batch.action.removeprefix("status_")))


_ROWS: Final[Mapping[str, Rows]] = {
    "invite": lambda call, batch, ids: invitation_rows(call, batch.project_id, ids),
    "docusign": lambda call, batch, ids: envelope_rows(call, batch.project_id, ids),
    "backup": backup_rows,
}
