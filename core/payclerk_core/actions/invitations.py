"""'Invite to Bill': sending it to many, taking the answers, reminding the silent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import and_, not_, select, update

from ..dates import end_of_day, project_date
from ..documents.due_date import CALENDAR, FILE_NAME, DueDate, due_date_file
from ..documents.letters import ASK_PLACE
from ..errors import UserError
from ..jobs import promise
from ..queries.contracts import ContractRow, contract_rows, open_period, written_to
from ..queries.directory import is_contact
from ..rules.invitations import untried
from ..rules.lifecycle import ClaimStatus, InvitationStatus, PeriodStatus
from ..rules.seen import fingerprint
from ..tables import (
    Batch,
    BatchItem,
    BillingPeriod,
    Claim,
    Contract,
    Invitation,
    InvoiceContact,
    Message,
    Person,
    Thread,
)
from .batches import Item, Order, known_batch, settle_item, start_batch
from .bulk_rows import BulkRow, do_rows
from .call import Call
from .forms import billing_form_for
from .mailing import (
    About,
    NamedFile,
    Recipient,
    mail_domain,
    sent_together,
    start_thread,
    store_file,
    write_letter,
)
from .text_drafts import text_draft

REMINDERS = 3
_OTHER_INVITATION = "It has changed since you looked: the period, its dates, the sum or the contacts. Look again."


def invite(call: Call, order: Order, contract_ids: Collection[int]) -> Batch:
    """Invite the contacts of these contracts to bill the open period (task T23).

    Those that cannot be invited are kept in the batch with the reason. The same order again changes nothing.
    """
    call.authorise("T23", order.project_id)
    if (batch := known_batch(call, order)) is not None:
        return batch
    rows = invitation_rows(call, order.project_id, contract_ids)
    items = [Item(record_id, row.label, row.obstacle, outcome="queued") for record_id, row in rows.items()]
    batch = start_batch(call, order, "invite", items)
    do_rows(call, batch.items, rows)
    return batch


def invitation_rows(call: Call, project_id: int, contract_ids: Collection[int]) -> Mapping[int, BulkRow]:
    """The contracts as rows of bulk work that invites them to bill the open period."""
    period = require_open_period(call, project_id)
    contracts = contract_rows(call.session, project_id, period.id)

    def bulk(row: ContractRow) -> BulkRow:
        def act(together: Call, item: BatchItem) -> None:
            _invite_one(together, period, row, item)

        def changed(seen: str) -> str | None:
            return None if seen == invitation_digest(period, row) else _OTHER_INVITATION

        return BulkRow(row.label, row.readiness.blocked, changed, act, after="waiting")

    return {row.contract.id: bulk(row) for row in contracts if row.contract.id in contract_ids}


def require_open_period(call: Call, project_id: int) -> BillingPeriod:
    """The open billing period. Raises UserError when there is none."""
    period = open_period(call.session, project_id)
    if period is None:
        raise UserError("There is no open billing period; create one with /billing period first.", code="no_period")
    return period


def invitation_digest(period: BillingPeriod, row: ContractRow) -> str:
    """What inviting a contract depends on: the period, its dates, the contract's sum and whom it is written to."""
    dates = [str(day) for day in (period.starts_on, period.ends_on, period.due_on)]
    to = sorted(contact.person.email_key for contact in row.contract.contacts)
    return fingerprint([period.id, dates, row.contract_sum.cents, to])


def _invite_one(call: Call, period: BillingPeriod, row: ContractRow, item: BatchItem) -> None:
    contract, invitation = row.contract, row.invitation
    if invitation is None:
        verb, invitation = "invited", _new_invitation(call, period, contract)
        people = [contact.person for contact in contract.contacts]
    else:
        verb, people = "invited_again", _not_written_to(call, invitation)
        if not people:
            settle_item(call, item.id, "skipped", f"Already {invitation.status} for this period.")
            return
        invitation.invited_at, invitation.invited_by_id = call.at, call.actor_id
    call.record(verb, invitation, project_id=contract.project_id, after={"contract": contract.number})
    thread = call.get(Thread, invitation.thread_id, "thread")
    for person in people:
        ask = ASK_PLACE if call.settings.web_url else ""
        facts = {**_facts(invitation, person), "invited_by": _inviter(call, contract), "ask": ask}
        files = [_calendar(call, invitation, person)]
        about = _about(invitation)
        write_letter(call, thread, "invitation", [Recipient(person)], facts, about, files=files, batch_item=item)


def _not_written_to(call: Call, invitation: Invitation) -> list[Person]:
    """Who is new or was corrected since; nobody, when it was answered, or another was faster, a moment ago."""
    call.session.refresh(invitation, with_for_update=True)
    if invitation.status != InvitationStatus.INVITED.value:
        return []
    people = _by_address(invitation.contract)
    new = untried(people, _mails(call, invitation))
    return [person for address, person in people.items() if address in new]


def _by_address(contract: Contract) -> dict[str, Person]:
    return {contact.person.email_key: contact.person for contact in contract.contacts}


def _mails(call: Call, invitation: Invitation) -> Mapping[str, bool]:
    return written_to(call.session, [invitation.thread_id]).get(invitation.thread_id, {})


def _inviter(call: Call, contract: Contract) -> str:
    return call.actor.name if call.actor else contract.project.name


def _new_invitation(call: Call, period: BillingPeriod, contract: Contract) -> Invitation:
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
    call.session.flush()
    return invitation


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
        "note": contract.project.invitation_note,
    }


def _calendar(call: Call, invitation: Invitation, person: Person) -> NamedFile:
    """The due date for their calendar. A later mail about the same period moves the entry (one UID)."""
    project, period = invitation.contract.project, invitation.period
    due = DueDate(
        uid=f"invitation-{invitation.id}@{mail_domain(call.settings.mail_address)}",
        due_on=period.due_on,
        project=project.name,
        contract=invitation.contract.number,
        period=f"{period.starts_on} - {period.ends_on}",
        timezone=project.timezone,
        said_at=call.at,
    )
    return NamedFile(FILE_NAME, store_file(call, due_date_file(due, person.language), CALENDAR))


def accept_invitation(call: Call, invitation: Invitation, person: Person, *, in_reply_to: str | None = None) -> None:
    """The contact will bill: the billing form goes out with the confirmation (task C1)."""
    _decide(call, invitation, person, InvitationStatus.ACCEPTED, reason=None)
    thread = call.get(Thread, invitation.thread_id, "thread")
    draft = text_draft(call, thread)  # in words; somebody of ours accepts for them
    form = billing_form_for(call, invitation.contract, invitation.period, instead_of=draft)
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
    if not invitation.contract.contacts:
        text = f"Contract {invitation.contract.number} has no invoice contact any more; add one first."
        raise UserError(text, code="no_contact")
    person = invitation.contract.contacts[0].person
    if status is InvitationStatus.ACCEPTED:
        accept_invitation(call, invitation, person)
    else:
        decline_invitation(call, invitation, person, reason)
    return invitation


def remind_silent(call: Call, project_id: int) -> int:
    """Remind who was invited and has not answered or billed, as often as the project wants. Returns how many.

    At most three times, the last time on the due date or shortly before; nobody whose mail came back, for a person has
    to fix the address first.
    """
    period = open_period(call.session, project_id)
    if period is None or period.project.remind_every_days == 0:
        return 0
    today = project_date(call.at, period.project.timezone)
    within = timedelta(days=REMINDERS * period.project.remind_every_days)
    if not timedelta(0) <= period.due_on - today <= within:
        return 0
    days_left = (period.due_on - today).days
    with sent_together(call) as together:
        return sum(_remind(together, invitation, days_left) for invitation in _unbilled(call, period))


def _unbilled(call: Call, period: BillingPeriod) -> list[Invitation]:
    """Declined ones have answered; the others owe an answer or a claim, or the word that submits their draft."""
    theirs = select(InvoiceContact.id).where(
        InvoiceContact.contract_id == Claim.contract_id, InvoiceContact.person_id == Claim.created_by_id
    )
    waiting = and_(Claim.status == ClaimStatus.DRAFT.value, Claim.submitted_at.is_(None), theirs.exists())
    billed = select(Claim.contract_id).where(Claim.period_id == period.id, not_(waiting))
    query = select(Invitation).where(
        Invitation.period_id == period.id,
        Invitation.status != InvitationStatus.DECLINED.value,
        Invitation.contract_id.not_in(billed),
    )
    return list(call.session.scalars(query.order_by(Invitation.id)))


def _remind(call: Call, invitation: Invitation, days_left: int) -> bool:
    project = invitation.contract.project
    today = project_date(call.at, project.timezone)
    sent = select(Message.written_at).where(Message.thread_id == invitation.thread_id, Message.kind == "reminder")
    days = [(today - project_date(moment, project.timezone)).days for moment in call.session.scalars(sent)]
    if any(passed < project.remind_every_days for passed in days) or not (people := _reached(call, invitation)):
        return False
    thread = call.get(Thread, invitation.thread_id, "thread")
    inviter = invitation.invited_by.name if invitation.invited_by else invitation.contract.project.name
    for person in people:
        facts = {**_facts(invitation, person), "invited_by": inviter, "days_left": days_left}
        files = [_calendar(call, invitation, person)]
        write_letter(call, thread, "reminder", [Recipient(person)], facts, _about(invitation), files=files)
    call.record("reminded", invitation, project_id=invitation.contract.project_id, after={"days_left": days_left})
    return True


def _reached(call: Call, invitation: Invitation) -> list[Person]:
    """The contacts who had our newest mail, as far as is known."""
    sent = _mails(call, invitation)
    return [person for address, person in _by_address(invitation.contract).items() if not sent.get(address, True)]
