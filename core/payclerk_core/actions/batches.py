"""Bulk work: a batch of items, one Slack message that shows how far it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ..errors import UserError
from ..jobs import promise
from ..tables import Batch, BatchItem
from .call import Call


@dataclass(frozen=True, slots=True)
class Order:
    """What a person confirmed: the key makes a second click find the batch that the first one made."""

    key: str
    project_id: int
    channel: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a batch. `reason` says why it is skipped; None: it will be done."""

    record_id: int
    label: str
    reason: str | None = None
    outcome: str = "waiting"
    seen: str | None = None  # the digest of what the person was shown of it


def known_batch(call: Call, order: Order) -> Batch | None:
    batch = call.session.scalar(select(Batch).where(Batch.key == order.key))
    if batch is not None and batch.project_id != order.project_id:
        raise UserError("This order was given for another project; start again.", code="other_project")
    return batch


def start_batch(call: Call, order: Order, action: str, items: Sequence[Item]) -> Batch:
    """Open a batch and promise its Slack message."""
    batch = Batch(
        key=order.key,
        project_id=order.project_id,
        action=action,
        person_id=call.actor_id,
        channel=order.channel,
        started_at=call.at,
    )
    batch.items = [_item(call, item) for item in items]
    call.session.add(batch)
    call.record(action, batch, project_id=order.project_id, after={"items": [item.label for item in items]})
    promise(call.session, "slack.batch", f"{batch.id}:start", {"batch_id": batch.id})
    return batch


def _item(call: Call, item: Item) -> BatchItem:
    outcome = "skipped" if item.reason else item.outcome
    settled = None if outcome in {"queued", "waiting"} else call.at
    return BatchItem(
        record_id=item.record_id,
        label=item.label[:200],
        outcome=outcome,
        reason=item.reason,
        settled_at=settled,
        seen=item.seen,
    )


def settle_item(call: Call, item_id: int | None, outcome: str, reason: str | None = None) -> None:
    """One item has come out; the Slack message is brought up to date. A bounce may follow a success."""
    settle_items(call, [] if item_id is None else [item_id], outcome, reason)


def settle_items(call: Call, item_ids: Collection[int], outcome: str, reason: str | None = None) -> None:
    """Items that came out alike; the Slack message is brought up to date once for all of them."""
    items = call.session.scalars(select(BatchItem).where(BatchItem.id.in_(item_ids)).order_by(BatchItem.id))
    last: dict[int, int] = {}
    for item in items.all():
        if (item.outcome, item.reason) != (outcome, reason):
            item.outcome, item.reason, item.settled_at = outcome, reason, call.at
            last[item.batch_id] = item.id
    call.session.flush()
    for batch_id, item_id in last.items():
        promise(call.session, "slack.batch", f"{batch_id}:{item_id}:{outcome}", {"batch_id": batch_id})
