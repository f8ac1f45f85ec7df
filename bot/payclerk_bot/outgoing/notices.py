"""slack.notice: one message for each event people should see, brought up to date when it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.db import Database
from payclerk_core.errors import OutsideError, UserError
from payclerk_core.jobs import Job
from payclerk_core.queries.claims import row_of, summary_of, with_pages
from payclerk_core.queries.contracts import contract_sum
from payclerk_core.queries.seen import claim_digest
from payclerk_core.rules.lifecycle import ClaimStatus, PeriodStatus
from payclerk_core.rules.ssov import SsovStatus
from payclerk_core.tables import (
    BillingPeriod,
    Claim,
    Contract,
    Event,
    InboxMail,
    Invitation,
    MailboxSilence,
    Message,
    MessageRecipient,
    PaymentSchedule,
    Person,
    Project,
    SlackPost,
    Thread,
)

from ..held import held_mail
from ..posts import Post, Posts
from ..views import notices as view
from ..views.period import Dates, period_opened, period_over
from . import answers, signing
from .answers import Notice
from .audience import People, Targets, of_claim, of_contract, of_project, of_thread
from .restored import restored

Render = Callable[[Session, int], Notice]


class NoticePosts:
    def __init__(self, db: Database, posts: Posts) -> None:
        self._db, self._posts = db, posts

    def __call__(self, job: Job) -> None:
        kind, record_id = str(job.payload["notice"]), int(job.payload["id"])
        if kind not in NOTICES:
            raise UserError(f"There is no notice '{kind}'.", code="unknown_notice")
        targets, _ = self._render(kind, record_id)
        subject = f"{kind}:{record_id}"
        if isinstance(targets, People):
            self._show_each(subject, targets, lambda: self._render(kind, record_id)[1])
        else:
            self._posts.show(subject, targets, lambda: self._render(kind, record_id)[1])

    def _show_each(self, subject: str, people: People, render: Callable[[], Post]) -> None:
        """A message for each of them; one that a channel got before the contract was private says nothing any more."""
        if not people.users:
            raise OutsideError("nobody who may see this private contract is known in Slack", permanent=True)
        if (place := self._posts.known(subject)) is not None:
            self._posts.show(subject, [place.channel], lambda: Post(*view.withdrawn()))
        for user in people.users:
            self._posts.show(f"{subject}@{user}", [user], render)

    def _render(self, kind: str, record_id: int) -> Notice:
        with self._db.reading() as session:
            return NOTICES[kind](session, record_id)


def _answered(session: Session, invitation_id: int) -> tuple[Invitation, view.Answered]:
    invitation = session.get_one(Invitation, invitation_id)
    query = select(Event).where(
        Event.record == "invitation", Event.record_id == invitation_id, Event.verb == invitation.status
    )
    event = session.scalar(query.order_by(Event.id.desc()).limit(1))
    contact = _person(session, (event.after or {}).get("by_contact") if event else None)
    actor = _person(session, event.actor_id if event else None)
    decided_by = actor if event is not None and event.door == "slack" else ""
    contract = invitation.contract
    label = f"{contract.number} {contract.company.name}"
    return invitation, view.Answered(label, contact or "the contact", decided_by, invitation.reason or "")


def _person(session: Session, person_id: object) -> str:
    person = session.get(Person, person_id) if isinstance(person_id, int) else None
    return person.name if person else ""


def _accepted(session: Session, invitation_id: int) -> Notice:
    invitation, answer = _answered(session, invitation_id)
    return of_contract(session, invitation.contract), Post(*view.accepted(answer))


def _declined(session: Session, invitation_id: int) -> Notice:
    invitation, answer = _answered(session, invitation_id)
    return of_contract(session, invitation.contract), Post(*view.declined(answer))


def _submitted(session: Session, claim_id: int) -> Notice:
    claim = session.scalars(with_pages(select(Claim).where(Claim.id == claim_id))).unique().one_or_none()
    if claim is None:
        return _deleted_claim(session, claim_id)
    return of_claim(session, claim), Post(*view.submitted(claim_notice(claim)))


def _deleted_claim(session: Session, claim_id: int) -> Notice:
    """The event is all that is left of it."""
    query = select(Event).where(Event.record == "claim", Event.record_id == claim_id, Event.verb == "claim_deleted")
    event = session.scalars(query).one()
    before: Any = event.before or {}
    said = view.claim_deleted(str(before.get("label", "")), _person(session, event.actor_id) or "payclerk")
    contract = session.get(Contract, int(before.get("contract", 0)))
    if people := _who_got(session, f"submitted:{claim_id}"):
        return people, Post(*said)
    project = session.get_one(Project, event.project_id)
    return of_contract(session, contract) if contract else of_project(session, project), Post(*said)


def _who_got(session: Session, subject: str) -> People | None:
    """Those who were sent the message each for themselves; None when it went to a channel."""
    query = select(SlackPost.subject).where(SlackPost.subject.startswith(f"{subject}@", autoescape=True))
    users = sorted(found.partition("@")[2] for found in session.scalars(query))
    return People(tuple(users)) if users else None


def claim_notice(claim: Claim) -> view.ClaimNotice:
    row, summary, prime = row_of(claim), summary_of(claim), claim.contract.is_prime
    waiting = row.status in {ClaimStatus.UNDER_REVIEW, ClaimStatus.PENDING_OWNER_APPROVAL}
    rejected = any(line.review == "rejected" for line in claim.lines)
    return view.ClaimNotice(
        id=claim.id,
        seen=claim_digest(claim),
        contract_id=claim.contract_id,
        label=row.label,
        title=claim.contract.title,
        prime=prime,
        revision=claim.revision,
        status_label=row.status.label,
        payment=row.payment.value.replace("_", " "),
        completed=summary.completed,
        retainage=summary.retainage,
        due=row.due,
        paid=row.paid,
        reviewable=not prime and waiting,
        approvable=not prime and waiting and not rejected,
        deletable=prime and row.status is ClaimStatus.DRAFT,
    )


def _ssov(session: Session, contract_id: int) -> Notice:
    contract = session.get_one(Contract, contract_id)
    said = view.SsovNotice(
        label=f"{contract.number} {contract.company.name}",
        title=contract.title,
        status_label=SsovStatus(contract.ssov_status).label,
        lines=len(contract.top_lines),
        details=len(contract.lines) - len(contract.top_lines),
        contract_sum=contract_sum(contract),
        who=_person(session, contract.ssov_status_by_id) or "payclerk",
    )
    return of_contract(session, contract), Post(*view.ssov(said))


def _bounced(session: Session, recipient_id: int) -> Notice:
    recipient = session.get_one(MessageRecipient, recipient_id)
    message = session.get_one(Message, recipient.message_id)
    thread = session.get_one(Thread, message.thread_id)
    about = answers.about(session, thread)
    person = f"{thread.project_id}:{recipient.person_id}" if recipient.person_id else ""
    said = view.bounced(message.kind, about, recipient.name, recipient.email, recipient.failure or "", person)
    sender = _slack_user(session, thread.started_by_id) if thread.private else None
    return [sender] if sender else of_thread(session, thread), Post(*said)


def _slack_user(session: Session, person_id: int | None) -> str | None:
    person = session.get(Person, person_id) if person_id else None
    return person.slack_user if person else None


def _schedule_late(session: Session, schedule_id: int) -> Notice:
    schedule = session.get_one(PaymentSchedule, schedule_id)
    said = view.schedule_late(
        row_of(schedule.claim).label, schedule.issued_on, schedule.answer_due_on or schedule.issued_on
    )
    issuer = _slack_user(session, schedule.issued_by_id)
    contract = schedule.claim.contract
    return [issuer] if issuer else of_contract(session, contract), Post(*said)


def _quarantine(session: Session, mail_id: int) -> Notice:
    mail = session.get_one(InboxMail, mail_id)
    return _channels(session), Post(*view.quarantine(held_mail(mail)))


def _unmatched(session: Session, mail_id: int) -> Notice:
    mail = session.get_one(InboxMail, mail_id)
    details = mail.details or {}
    sender, subject = str(details.get("from") or details.get("sender") or ""), str(details.get("subject") or "")
    why = mail.reason or str(details.get("why") or "")
    return _channels(session), Post(*view.unmatched(mail_id, sender, subject, why))


def _mailbox(session: Session, silence_id: int) -> Notice:
    silence = session.get_one(MailboxSilence, silence_id)
    return _channels(session), Post(*view.mailbox(silence.account, silence.since, silence.over_at, silence.reason))


def _clock(session: Session, until: int) -> Notice:
    """The moment itself is the id: what was planned for it is deleted."""
    return _channels(session), Post(*view.clock_ahead(datetime.fromtimestamp(until, UTC)))


def _channels(session: Session) -> Targets:
    """A mail of nobody's project goes to the first project that has a channel."""
    return session.scalars(
        select(Project.slack_channel).where(Project.slack_channel.is_not(None)).order_by(Project.id)
    ).all()


def _period(session: Session, period_id: int) -> Notice:
    period = session.get(BillingPeriod, period_id)
    if period is None:
        return _deleted_period(session, period_id)
    dates = Dates(period.starts_on, period.ends_on, period.due_on)
    name, who = period.project.name, _person(session, period.status_by_id) or "payclerk"
    is_open = period.status == PeriodStatus.OPEN.value
    said = period_opened(period.project_id, name, dates, who) if is_open else period_over(name, dates, who, "closed")
    return of_project(session, period.project), Post(*said)


def _deleted_period(session: Session, period_id: int) -> Notice:
    """The event is all that is left of it."""
    query = select(Event).where(Event.record == "billing_period", Event.record_id == period_id)
    event = session.scalars(query.where(Event.verb == "period_deleted")).one()
    project, was = session.get_one(Project, event.project_id), event.before or {}
    dates = Dates(*(date.fromisoformat(str(was[name])) for name in ("from", "to", "due")))
    who = _person(session, event.actor_id) or "payclerk"
    return of_project(session, project), Post(*period_over(project.name, dates, who, "deleted"))


NOTICES: Final[Mapping[str, Render]] = {
    "accepted": _accepted,
    "declined": _declined,
    "unclear": answers.unclear,
    "submitted": _submitted,
    "ssov": _ssov,
    "bounced": _bounced,
    "quarantine": _quarantine,
    "owner_reply": answers.owner_reply,
    "unmatched": _unmatched,
    "clock": _clock,
    "mailbox": _mailbox,
    "late": answers.late,
    "flood": answers.flood,
    "contrary": answers.contrary,
    "invoice_total": answers.invoice_total,
    "period": _period,
    "signature": signing.signature,
    "docusign": signing.outage,
    "restored": restored,
    "schedule_late": _schedule_late,
}
