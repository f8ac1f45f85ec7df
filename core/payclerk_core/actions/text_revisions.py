"""A claim that was sent back (Revise & Resubmit) and is corrected in plain words, as it can be with the form.

The claim stays as it is until SUBMIT: what it would come to is worked out, said back, and taken back again. The lines that
the words do not name stay as they were billed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy import select

from ..errors import UserError
from ..queries.claim_facts import facts_of
from ..queries.ties import findings_of
from ..rules.findings import Finding, refuse_errors, told_to_them
from ..rules.lifecycle import ClaimStatus, contact_obstacle
from ..rules.text_billing import Said, billed_lines
from ..tables import BillingPeriod, Claim, Contract, Event, Thread
from .call import Call
from .claim_editing import LineEntry, amounts_of
from .claim_letters import confirm
from .claim_making import Amounts, enter_amounts, submit
from .claim_pages import reload_claim
from .text_drafts import ECHOED, digest_of, require_forward
from .text_letters import SaidBack, TextMail, said_back, send_back, tell_cancelled

REVISION_ECHOED: Final = "revision_echoed"
_SINCE: Final = (REVISION_ECHOED, "submitted", "billing_cancelled", "claim_deleted")


def returned_claim(call: Call, thread: Thread) -> Claim | None:
    """The thread's claim, if it was sent back and its contacts may correct it now."""
    claim = call.session.get(Claim, thread.claim_id) if thread.claim_id else None
    if claim is None or claim.status != ClaimStatus.REVISE_AND_RESUBMIT.value:
        return None
    return claim if contact_obstacle(facts_of(call.session, claim)) is None else None


def pending_revision(call: Call, thread: Thread) -> Event | None:
    """What was said back last of a correction in words that waits for its SUBMIT."""
    claim = returned_claim(call, thread)
    if claim is None:
        return None
    query = select(Event).where(Event.record == "claim", Event.record_id == claim.id, Event.verb.in_(_SINCE))
    last = call.session.scalar(query.order_by(Event.id.desc()).limit(1))
    return last if last is not None and last.verb == REVISION_ECHOED else None


def was_submitted(call: Call, claim: Claim, letter_id: int | None) -> bool:
    """Whether what this letter said back was submitted since; a claim that others moved on was not submitted by it."""
    query = select(Event).where(Event.record == "claim", Event.record_id == claim.id)
    echoed = (ECHOED, REVISION_ECHOED, "submitted")
    events = call.session.scalars(query.where(Event.verb.in_(echoed)).order_by(Event.id)).all()
    said = [one.id for one in events if one.verb != "submitted" and (one.after or {}).get("message") == letter_id]
    return bool(said) and any(one.verb == "submitted" and one.id > said[-1] for one in events)


def bill_revision(call: Call, mail: TextMail, claim: Claim, period: BillingPeriod, said: Sequence[Said]) -> Claim:
    """Say back what the claim would be with these sentences. Nothing is changed."""
    _require_of(claim, period)
    ids = {row.sov_line.item: row.sov_line_id for row in claim.lines}
    billed = billed_lines(said, ids, claim.contract.project.currency)
    with _taken_back(call):
        entries = {key: LineEntry(line.work, percent=line.percent, stored=line.stored) for key, line in billed.items()}
        amounts = amounts_of(call, claim, entries)
        require_forward(claim, billed, amounts)
    return _say_back(call, mail, claim, amounts, changed=False)


def submit_revision(call: Call, mail: TextMail, period: BillingPeriod, answered: int | None) -> list[Finding] | None:
    """Submit the correction that the letter `answered` said back. None: it changed since, and was said back anew."""
    event, claim = pending_revision(call, mail.thread), returned_claim(call, mail.thread)
    if event is None or claim is None:
        raise UserError("There is no draft of a claim here that waits for your answer.", code="no_draft")
    _require_of(claim, period)
    said = event.after or {}
    amounts = _kept_amounts(said)
    with _taken_back(call):
        would_be = digest_of(_entered(call, claim, amounts))
    if (said.get("message"), said.get("digest")) != (answered, would_be):
        _say_back(call, mail, claim, amounts, changed=True)
        return None
    entered = _entered(call, claim, amounts)
    entered.revision += 1
    findings = submit(call, entered)
    confirm(call, mail.thread, mail.person, entered, told_to_them(findings), mail.in_reply_to)
    return findings


def cancel_revision(call: Call, mail: TextMail, contract: Contract) -> bool:
    """Drop the correction and say so; the claim is as it was. False when there is none."""
    event = pending_revision(call, mail.thread)
    if event is None:
        return False
    claim = call.get(Claim, event.record_id, "claim")
    call.record("billing_cancelled", claim, project_id=contract.project_id, before={"number": claim.number})
    tell_cancelled(call, mail, contract, claim.number)
    return True


def _say_back(call: Call, mail: TextMail, claim: Claim, amounts: Amounts, *, changed: bool) -> Claim:
    with _taken_back(call):
        would_be = _entered(call, claim, amounts)
        refuse_errors(findings_of(call.session, would_be))
        back, digest = said_back(call, mail, would_be, changed=changed, revised=True), digest_of(would_be)
    _record(call, mail, claim, amounts, back, digest)
    return claim


def _record(call: Call, mail: TextMail, claim: Claim, amounts: Amounts, back: SaidBack, digest: str) -> None:
    letter = send_back(call, mail, back)
    kept = {str(line_id): list(pair) for line_id, pair in amounts.items()}
    after = {"message": letter.id, "digest": digest, "amounts": kept}
    call.record(REVISION_ECHOED, claim, project_id=claim.contract.project_id, after=after)


def _entered(call: Call, claim: Claim, amounts: Amounts) -> Claim:
    """All lines are billed anew, so that each is reviewed again, as with the form."""
    as_it_is = {row.sov_line_id: (row.work_cents, row.stored_cents) for row in claim.lines}
    enter_amounts(call, claim, as_it_is | dict(amounts))
    call.session.flush()
    return reload_claim(call, claim.id)


@contextmanager
def as_corrected(call: Call, thread: Thread) -> Iterator[Claim]:
    """The claim as the correction that was said back last makes it, for as long as this lasts."""
    event = pending_revision(call, thread)
    if event is None:
        raise UserError("There is no draft of a claim here that waits for your answer.", code="no_draft")
    with _taken_back(call):
        yield _entered(call, call.get(Claim, event.record_id, "claim"), _kept_amounts(event.after or {}))


def _kept_amounts(after: Mapping[str, object]) -> dict[int, tuple[int, int]]:
    kept = after.get("amounts")
    pairs = kept.items() if isinstance(kept, Mapping) else ()
    return {int(line_id): (int(work), int(stored)) for line_id, (work, stored) in pairs}


def _require_of(claim: Claim, period: BillingPeriod) -> None:
    if claim.period_id != period.id:
        raise UserError("This mail is of a billing period that is closed.", code="period_closed")


@contextmanager
def _taken_back(call: Call) -> Iterator[None]:
    """What is worked out within changes nothing that is stored."""
    trial = call.session.begin_nested()
    try:
        yield
    finally:
        trial.rollback()
        call.session.expire_all()
