"""'Invite to Bill': sending it to many, taking the answers, reminding the silent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import update

from ..dates import end_of_day, project_date
from ..errors import UserError
from ..jobs import promise
from ..queries.contracts import ContractRow, contract_rows, open_period
from ..queries.directory import email_key, is_contact
from ..queries.invitations import came_back, last_asked, unbilled
from ..rules.invitations import reached, reminder_is_due, unreached
from ..rules.lifecycle import InvitationStatus, PeriodStatus
from ..tables import Batch, BatchItem, BillingPeriod, Contract, Invitation, Person, Thread
from .batches import Item, Order, known_batch, settle_item, start_batch
from .call import Call
from .forms import billing_form_for
from .mailing import About, Recipient, start_thread, write_letter

Choose = Callable[[Collection[str], Mapping[str, bool]], Collection[str]]


def invite(call: Call, order: Order, contract_ids: Collection[int]) -> Batch:
    """Invite the contacts of these contracts to bill the open period (task T23).

    Those that cannot be invited are kept in the batch with the reason. An invitation that did not reach its contacts is
    sent again. The same order again changes nothing.
    """
    call.authorise("T23", order.project_id)
    if (batch := known_batch(call, order)) is not None:
        return batch
    period = open_period(call.session, order.project_id)
    if period is None:
        raise UserError("There is no open billing period; create one with /billing period first.", code="no_period")
    chosen = [r for r in contract_rows(call.session, order.project_id, period.id) if r.contract.id in contract_ids]
    items = [Item(row.contract.id, row.label, row.readiness.blocked) for row in chosen]
    batch = start_batch(call, order, "invite", items)
    for row, item in zip(chosen, batch.items, strict=True):
        if item.outcome == "waiting":
            _invite_one(call, period, row, item)
    return batch


def _invite_one(call: Call, period: BillingPeriod, row: ContractRow, item: BatchItem) -> None:
    if row.invitation is not None:
        _invite_again(call, row.invitation, item)
        return
    contract = row.contract
    subject = f"{contract.project.name}: {_inviter(call, contract)} has invited you to bill."
    thread = start_thread(call, project_id=contract.project_id, contract_id=contract.id, subject=subject)
    invitation = Invitation(
        contract=contract,
        period=period,
        thread_id=thread.id,
        invited_by_id=call.actor_id,
        invited_at=call.at,
        reason=None,
        **call.stamp(InvitationStatus.INVITED.value),
    )
    call.session.add(invitation)
    call.record("invited", invitation, project_id=contract.project_id, after={"contract": contract.number})
    _write_invitation(call, invitation, [contact.person for contact in contract.contacts], item)


def _invite_again(call: Call, invitation: Invitation, item: BatchItem) -> None:
    """A new letter in the same thread to whom none has reached; what was answered a moment ago stays answered."""
    call.session.refresh(invitation, with_for_update=True)
    people = _contacts(call, invitation, unreached)
    if invitation.status != InvitationStatus.INVITED.value or not people:
        settle_item(call, item.id, "skipped", f"Already {invitation.status} for this period.")
        return
    after = {"contract": invitation.contract.number, "to": [person.email for person in people]}
    call.record("invited_again", invitation, project_id=invitation.contract.project_id, after=after)
    _write_invitation(call, invitation, people, item)


def _contacts(call: Call, invitation: Invitation, which: Choose) -> list[Person]:
    """The contacts chosen by whether our newest mail to their address, as it is now, came back."""
    people = {email_key(contact.person.email): contact.person for contact in invitation.contract.contacts}
    chosen = which(people, came_back(call.session, [invitation.thread_id])[invitation.thread_id])
    return [person for address, person in people.items() if address in chosen]


def _write_invitation(call: Call, invitation: Invitation, people: Sequence[Person], item: BatchItem) -> None:
    contract = invitation.contract
    thread = call.get(Thread, invitation.thread_id, "thread")
    asked = {"invited_by": _inviter(call, contract), "note": contract.project.invitation_note}
    for person in people:
        facts = {**_facts(invitation, person), **asked}
        write_letter(call, thread, "invitation", [Recipient(person)], facts, _about(invitation), batch_item=item)


def _inviter(call: Call, contract: Contract) -> str:
    return call.actor.name if call.actor else contract.project.name


def _about(invitation: Invitation) -> About:
    period = invitation.period
    # The answer counts until the due date is over where the project is; later ones are kept and shown.
    deadline = end_of_day(period.due_on, invitation.contract.project.timezone)
    return About("invitation", invitation_id=invitation.id, decision_expires_at=deadline)


def _facts(invitation: Invitation, person: Person) -> dict[str, object]:
    contract, period = invitation.contract, invitation.period
    return {
        "project_name": contract.project.name,
        "project_number": contract.project.number,
        "contract_number": contract.number,
        "contract_title": contract.title,
        "company": contract.company.name,
        "contact_name": person.name,
        "period_from": period.starts_on,
        "period_to": period.ends_on,
        "due_on": period.due_on,
    }


def accept_invitation(call: Call, invitation: Invitation, person: Person, *, in_reply_to: str | None = None) -> None:
    """The contact will bill: the billing form goes out with the confirmation (task C1)."""
    _decide(call, invitation, person, InvitationStatus.ACCEPTED, reason=None)
    form = billing_form_for(call, invitation.contract, invitation.period)
    thread = call.get(Thread, invitation.thread_id, "thread")
    about = About("form", invitation_id=invitation.id, decision_expires_at=_about(invitation).decision_expires_at)
    facts = _facts(invitation, person)
    write_letter(
        call, thread, "invitation_accepted", [Recipient(person)], facts, about, files=[form], in_reply_to=in_reply_to
    )


def decline_invitation(
    call: Call, invitation: Invitation, person: Person, reason: str, *, in_reply_to: str | None = None
) -> None:
    """The contact has nothing to bill; the reason is kept in their words (task C1)."""
    _decide(call, invitation, person, InvitationStatus.DECLINED, reason=reason[:2000] or None)
    thread = call.get(Thread, invitation.thread_id, "thread")
    facts = {**_facts(invitation, person), "reason": reason}
    write_letter(
        call, thread, "invitation_declined", [Recipient(person)], facts, _about(invitation), in_reply_to=in_reply_to
    )


def accept_by_form(call: Call, invitation: Invitation, person: Person) -> None:
    """A filled form from a contact who never said yes is a yes; no other form goes out for it (task C1)."""
    _decide(call, invitation, person, InvitationStatus.ACCEPTED, reason=None)


def _decide(call: Call, invitation: Invitation, person: Person, status: InvitationStatus, reason: str | None) -> None:
    """Compare and set: the first decision wins, and only while the period is open and the due date not over."""
    if not is_contact(call.session, invitation.contract_id, person.id):
        raise UserError(f"{person.name} is not an invoice contact of contract {invitation.contract.number}.")
    if invitation.status != InvitationStatus.INVITED.value:
        text = f"The invitation for {invitation.contract.number} is already {invitation.status}."
        raise UserError(text, code="already_decided")
    if invitation.period.status != PeriodStatus.OPEN.value:
        raise UserError("The billing period is closed; ask the administrator.", code="period_closed")
    before = {"status": invitation.status}
    _set_if_open(call, invitation, status)
    invitation.reason = reason
    after = {"status": status.value, "by_contact": person.id, "reason": reason}
    call.record(status.value, invitation, project_id=invitation.contract.project_id, before=before, after=after)
    promise(
        call.session, "slack.notice", f"{status.value}:{invitation.id}", {"notice": status.value, "id": invitation.id}
    )


def _set_if_open(call: Call, invitation: Invitation, status: InvitationStatus) -> None:
    """A click and a mail may decide at the same moment: the database lets one of them through."""
    change = (
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.status == InvitationStatus.INVITED.value)
        .values(**call.stamp(status.value))
    )
    done = call.session.connection().execute(change)
    if done.rowcount != 1:
        text = f"The invitation for {invitation.contract.number} was answered a moment ago."
        raise UserError(text, code="already_decided")
    call.session.refresh(invitation)


def decide_for_contact(call: Call, invitation_id: int, status: InvitationStatus, reason: str = "") -> Invitation:
    """The administrator reads an unclear answer and decides from Slack (task T23)."""
    invitation = call.get(Invitation, invitation_id, "invitation")
    call.authorise("T23", invitation.contract.project_id)
    person = invitation.contract.contacts[0].person
    if status is InvitationStatus.ACCEPTED:
        accept_invitation(call, invitation, person)
    else:
        decline_invitation(call, invitation, person, reason)
    return invitation


def remind_silent(call: Call, project_id: int) -> int:
    """Remind who was invited and has not answered or billed, as often as the project's setting says (N2, task T6).

    Every so many days after the invitation, until the due date. Nobody is reminded whose mail came back, for a person
    has to fix the address first. Returns how many contracts.
    """
    period = open_period(call.session, project_id)
    if period is None:
        return 0
    today = project_date(call.at, period.project.timezone)
    return sum(_remind(call, invitation, today) for invitation in unbilled(call.session, period))


def _remind(call: Call, invitation: Invitation, today: date) -> bool:
    project, due_on = invitation.contract.project, invitation.period.due_on
    written_on = project_date(last_asked(call.session, invitation), project.timezone)
    every = project.remind_every_days
    if not reminder_is_due(written_on=written_on, due_on=due_on, today=today, every_days=every):
        return False
    if not (people := _contacts(call, invitation, reached)):
        return False
    thread = call.get(Thread, invitation.thread_id, "thread")
    inviter = invitation.invited_by.name if invitation.invited_by else project.name
    days_left = (due_on - today).days
    asked = {"invited_by": inviter, "note": project.invitation_note, "days_left": days_left}
    for person in people:
        facts = {**_facts(invitation, person), **asked}
        write_letter(call, thread, "reminder", [Recipient(person)], facts, _about(invitation))
    call.record("reminded", invitation, project_id=project.id, after={"days_left": days_left})
    return True
