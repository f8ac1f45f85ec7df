"""Rows of bulk work: each is checked again, done on its own, and says what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError

from ..errors import OutsideError, UserError
from ..tables import BatchItem
from .call import Call
from .mailing import sent_together

log = structlog.get_logger()
Act = Callable[[Call, BatchItem], None]
_GONE = "It is gone; open the list again."
_FAULT = "Something went wrong on our side; it is as it was. Try it again on its own."


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One record of a bulk action: why it cannot be done (None: it can), what changed since it was looked at, doing it.

    `after`: what its item is once it was done: done, or waiting for the world.
    """

    label: str
    obstacle: str | None
    changed: Callable[[str], str | None]
    act: Act
    after: str = "done"


def do_rows(call: Call, items: Sequence[BatchItem], rows: Mapping[int, BulkRow]) -> None:
    """Settle every queued item of these. A row that cannot be done keeps no other from it."""
    with sent_together(call) as together:
        for item in items:
            if item.outcome == "queued":
                _do(together, item, rows.get(item.record_id))
    call.session.flush()


def _do(call: Call, item: BatchItem, row: BulkRow | None) -> None:
    # What changed comes first: an obstacle of today is not what the person was asked about.
    why = _GONE if row is None else ((row.changed(item.seen) if item.seen else None) or row.obstacle)
    if row is None or why is not None:
        _settle(call, item, "skipped", why)
        return
    copies = len(call.copies or ())
    try:
        with call.session.begin_nested():
            row.act(call, item)
            if item.outcome == "queued":
                _settle(call, item, row.after, None)
    except UserError as error:
        outcome, why = "skipped", error.message
    except (OutsideError, DBAPIError):
        raise  # the world's: the whole slice is done again
    except Exception as error:  # noqa: BLE001  a fault of ours with one row keeps no other from being done
        # Its message may hold an address or an amount: only its kind is logged.
        log.error("bulk_row_fault", error=type(error).__name__, record=item.record_id)  # noqa: TRY400
        outcome, why = "failed", _FAULT
    else:
        return
    if call.copies is not None:
        del call.copies[copies:]  # what was written of it was rolled back
    _settle(call, item, outcome, why)


def _settle(call: Call, item: BatchItem, outcome: str, reason: str | None) -> None:
    item.outcome, item.reason = outcome, reason[:500] if reason else None
    item.settled_at = None if outcome == "waiting" else call.at
