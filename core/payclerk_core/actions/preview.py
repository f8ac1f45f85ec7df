"""What has come of a mail in this transaction, for the page that shows it before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select

from ..documents.mail_preview import MOST_ROWS, Preview, Row
from ..money import Money
from ..queries.claims import lines_of, summary_of
from ..queries.confirmations import ConfirmPage
from ..tables import Claim, Contract, Event, Message
from .call import Call
from .claim_pages import reload_claim
from .text_drafts import ECHOED
from .text_revisions import REVISION_ECHOED, as_corrected

_REFUSED: Final = frozenset({"form_refused", "ssov_refused", "text_billing_refused"})


def last_event(call: Call) -> int:
    """The newest event until now."""
    call.session.flush()
    return call.session.scalar(select(func.max(Event.id))) or 0


def preview_of(call: Call, page: ConfirmPage, message: Message, since: int) -> Preview:
    """What was done since this event, for the page of this mail."""
    call.session.flush()
    # Others record events at the same moment; what is wrong with their mails is not for this page.
    theirs = (Event.actor_id == page.person.id, Event.door == call.door)
    events = call.session.scalars(select(Event).where(Event.id > since, *theirs).order_by(Event.id)).all()
    files = tuple(row.name for row in message.attachments[:20])
    shown = _outcome(call, page, events)
    return Preview(*shown, files, message.sender[:200], message.text[:500])


_Shown = tuple[str, tuple[Row, ...], int, tuple[tuple[str, str], ...], tuple[str, ...]]


def _outcome(call: Call, page: ConfirmPage, events: Sequence[Event]) -> _Shown:
    verbs = {event.verb for event in events}
    faults = _faults([event for event in events if event.verb in _REFUSED])
    if "submitted" in verbs:  # what is wrong with a file beside it hides no claim
        return _claim(_claim_of(call, page), "submitted", faults)
    if faults:
        return "refused", (), 0, (), faults
    if "ssov_submitted" in verbs:
        return _breakdown(call, page.contract.id)
    if REVISION_ECHOED in verbs:
        with as_corrected(call, page.confirmation.thread) as corrected:
            return _claim(corrected, "drafted")
    if ECHOED in verbs:
        return _claim(_claim_of(call, page), "drafted")
    return "cancelled" if "billing_cancelled" in verbs else "nothing", (), 0, (), ()


def _claim_of(call: Call, page: ConfirmPage) -> Claim:
    return reload_claim(call, page.confirmation.thread.claim_id or 0)


def _faults(refused: Sequence[Event]) -> tuple[str, ...]:
    lines = [line for event in refused for line in str((event.after or {}).get("why", "")).splitlines()]
    return tuple(line.removeprefix("- ") for line in lines if line.strip())[:MOST_ROWS]


def _claim(claim: Claim, kind: str, faults: tuple[str, ...] = ()) -> _Shown:
    summary = summary_of(claim)
    billed = [
        Row(line.item, line.description, (str(line.this_work), str(line.stored)))
        for line in lines_of(claim)
        if line.work_cents or line.stored_cents
    ]
    amounts = {
        "completed": summary.completed,
        "retainage": summary.retainage,
        "previous": summary.previous_certificates,
        "due": summary.due,
    }
    totals = tuple((name, str(amount)) for name, amount in amounts.items())
    return kind, tuple(billed[:MOST_ROWS]), max(0, len(billed) - MOST_ROWS), totals, faults


def _breakdown(call: Call, contract_id: int) -> _Shown:
    contract = call.session.get_one(Contract, contract_id)
    call.session.expire(contract, ["lines"])
    currency = contract.project.currency
    details = [line for line in contract.lines if line.parent_id is not None]
    rows = tuple(
        Row(line.item, line.description, (str(Money(line.scheduled_cents, currency)),)) for line in details[:MOST_ROWS]
    )
    return "breakdown", rows, max(0, len(details) - MOST_ROWS), (), ()
