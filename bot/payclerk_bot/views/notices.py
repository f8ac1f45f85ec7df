"""Single events put before people: answers, claims, bounces, mails that need a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from payclerk_core.money import Money

from . import blocks as b
from .owner import delete_button

Said = tuple[str, list[b.Block]]
LETTERS: Final = {
    "invitation": "The invitation to bill",
    "reminder": "The reminder",
    "invitation_accepted": "The billing form",
    "claim_returned": "The returned claim",
    "claim_approved": "The approval",
    "payment_schedule": "The payment schedule",
    "owner_claim": "The mail about the claim",
    "ssov_invitation": "The invitation to break down the schedule of values",
    "ssov_returned": "The returned schedule of values",
    "ssov_received": "The receipt of the schedule of values",
    "ssov_faults": "The list of faults in the schedule of values",
    "claim_received": "The receipt of the claim",
    "form_faults": "The list of faults in the billing form",
    "billing_understood": "The draft claim to confirm",
    "billing_refused": "The answer to a billing in words",
}


@dataclass(frozen=True, slots=True)
class Answered:
    contract: str  # number and company
    contact: str
    decided_by: str = ""  # an administrator who decided for them
    reason: str = ""


def accepted(answer: Answered) -> Said:
    text = f"{b.esc(answer.contract, 200)} accepted the invitation to bill"
    return text, [b.section(f"✅ *{text}*"), b.context(_by(answer))]


def declined(answer: Answered) -> Said:
    text = f"{b.esc(answer.contract, 200)} declined the invitation to bill"
    return text, [b.section(f"❌ *{text}*"), b.section(b.quoted(answer.reason)), b.context(_by(answer))]


def _by(answer: Answered) -> str:
    if answer.decided_by:
        return f"{b.esc(answer.decided_by, 200)} decided for {b.esc(answer.contact, 200)}"
    return f"Answered by {b.esc(answer.contact, 200)}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A mail that needs a person. `handled` says what became of it and by whom; then the buttons are gone."""

    id: int
    about: str  # contract and company, or contract and claim
    sender: str
    text: str
    why: str
    files: Sequence[str] = ()
    handled: str = ""
    proposal: str = ""


def unclear(answer: Answer, *, open_: bool) -> Said:
    text = f"Unclear answer to the invitation: {b.esc(answer.about, 200)}"
    blocks = [b.section(f"❓ *{text}*"), *_mail(answer), _state(answer.handled or f"Why it is unclear: {answer.why}")]
    if open_ and not answer.handled:
        accept = b.ask("Accept for them?", "They get the billing form by e-mail.", "Accept for them")
        decline = b.ask("Decline for them?", "They are told that the invitation is declined.", "Decline for them")
        blocks.append(
            b.actions(
                b.button("Accept for them", "unclear.accept", answer.id, style="primary", ask=accept),
                b.button("Decline for them", "unclear.decline", answer.id, ask=decline),
                b.button("Leave as is", "unclear.leave", answer.id),
                block_id=f"unclear:{answer.id}",
            )
        )
    return text, blocks


def owner_reply(answer: Answer) -> Said:
    text = f"The owner answered about {b.esc(answer.about, 200)}"
    proposal = f"It reads like: {answer.proposal}." if answer.proposal else "It takes no decision that can be read."
    blocks = [b.section(f"✉️ *{text}*"), *_mail(answer), _state(answer.handled or f"{proposal} {answer.why}")]
    if not answer.handled:
        log = b.button("Just log", "owner.log", answer.id)
        blocks.append(b.actions(*_owner_buttons(answer), log, block_id=f"owner:{answer.id}"))
    return text, blocks


def _owner_buttons(answer: Answer) -> list[b.Block]:
    """What the mail reads like is one click; anything else asks first."""
    approve = b.ask(
        "Set Approved?", "The claim to the owner becomes Approved; they are told by e-mail.", "Set Approved"
    )
    revise = b.ask("Set Revise & Resubmit?", "The claim goes back to you; the owner is told by e-mail.", "Set it")
    set_approved = "Set Approved, keep the notes" if answer.proposal == "approve as noted" else "Set Approved"
    buttons = {
        "owner.approve": (set_approved, approve, answer.proposal in {"approve", "approve as noted"}),
        "owner.revise": ("Set Revise & Resubmit", revise, answer.proposal == "reject"),
    }
    proposed_first = sorted(buttons.items(), key=lambda one: not one[1][2])
    return [
        b.button(label, action, answer.id, style="primary" if proposed else None, ask=None if proposed else sure)
        for action, (label, sure, proposed) in proposed_first
    ]


def contrary(answer: Answer) -> Said:
    """A later answer that says otherwise: nothing is proposed, for which one counts is for the owner to say."""
    text = f"The owner answered again, and otherwise, about {b.esc(answer.about, 200)}"
    state = f"This answer reads like: {answer.proposal}. Nothing was changed: {answer.why}. Ask the owner which counts."
    blocks = [b.section(f"⚠️ *{text}*"), *_mail(answer), _state(answer.handled or state)]
    if not answer.handled:
        log = b.button("Just log", "owner.log", answer.id)
        buttons = _owner_buttons(replace(answer, proposal=""))
        blocks.append(b.actions(*buttons, log, block_id=f"owner:{answer.id}"))
    return text, blocks


def private_reply(about: str) -> Said:
    """What a channel may know of an answer in a private thread: nothing of its words."""
    text = f"An answer to a private e-mail about {b.esc(about, 200)} came; its sender and recipients can read it"
    return text, [b.section(f"🔒 {text} with `/billing emails`.")]


def withdrawn() -> Said:
    """What a channel keeps of a message about a contract that has become private."""
    text = "This message is about a private contract; those who may see it have it as a direct message."
    return text, [b.section(f"🔒 {text}")]


def elsewhere() -> Said:
    """What stays of a message in a channel that has been shared with another company since."""
    text = "This channel is shared with another company; payclerk shows nothing of the project here any more."
    return text, [b.section(f"🔒 {text}")]


def late(answer: Answer) -> Said:
    text = f"An answer that changes nothing any more: {b.esc(answer.about, 200)}"
    return text, [b.section(f"🕗 *{text}*"), *_mail(answer), _state(answer.why)]


def flood(answer: Answer) -> Said:
    """Each of the mails is read and does what it says; they are no longer announced one by one."""
    text = f"More than 20 mails within an hour: {b.esc(answer.about, 200)}"
    why = f"{answer.sender} wrote them. The further ones are in the Emails log, folded, and ask nobody here."
    return text, [b.section(f"🌊 *{text}*"), _state(why)]


@dataclass(frozen=True, slots=True)
class InvoiceNotice:
    """The invoices of a mail that name another total than the claim, and the files nobody can open."""

    about: str
    sender: str
    differing: Sequence[tuple[str, Money]]
    locked: Sequence[str]
    due: Money
    gross: Money


def invoice_total(notice: InvoiceNotice) -> Said:
    """Nothing waits for it; the reviewer looks."""
    about = b.esc(notice.about, 200)
    what = "An invoice names another total than the claim" if notice.differing else "A file cannot be opened"
    text = f"{what}: {about}"
    lines = [f"{b.esc(name, 120)} says *{total}*" for name, total in notice.differing]
    if lines:
        lines.append(f"The claim: *{notice.due}* due, {notice.gross} billed this period before retainage")
    lines += [f"{b.esc(name, 120)} is behind a password" for name in notice.locked]
    blocks = [b.section(f"🧾 *{text}*"), b.section("\n".join(lines)), b.context(f"From {b.esc(notice.sender, 300)}")]
    return text, blocks


def _mail(answer: Answer) -> list[b.Block]:
    blocks = [b.context(f"From {b.esc(answer.sender, 300)}"), b.section(b.quoted(answer.text))]
    if answer.files:
        blocks.append(b.context("Attached: " + b.esc(", ".join(answer.files), 500)))
    return blocks


def _state(text: str) -> b.Block:
    return b.context(b.esc(text.strip() or "No reason was noted.", 1000))


@dataclass(frozen=True, slots=True)
class ClaimNotice:
    id: int
    contract_id: int
    label: str
    title: str
    prime: bool
    revision: int
    status_label: str
    payment: str
    completed: Money
    retainage: Money
    due: Money
    paid: Money
    reviewable: bool
    approvable: bool
    seen: str = ""  # the digest of what the message shows: an approval by its button is of this and nothing else
    deletable: bool = False  # a claim to the owner that nothing hangs on


def submitted(claim: ClaimNotice) -> Said:
    text = f"Claim {b.esc(claim.label, 200)}: {b.esc(claim.status_label)}, {claim.due} due"
    numbers = b.facts(
        {
            "Status": b.esc(claim.status_label),
            "Payment": b.esc(claim.payment),
            "Completed and stored": str(claim.completed),
            "Retainage": str(claim.retainage),
            "Payment due": str(claim.due),
            "Paid": str(claim.paid),
        }
    )
    revision = f" · revision {claim.revision}" if claim.revision > 1 else ""
    head = b.section(f"*Claim {b.esc(claim.label, 200)}*\n{b.esc(claim.title, 200)}{revision}")
    return text, [head, numbers, b.actions(*_claim_buttons(claim), block_id=f"claim:{claim.id}")]


def _claim_buttons(claim: ClaimNotice) -> list[b.Block]:
    buttons = []
    if claim.prime:
        buttons.append(b.button("Send by e-mail", "claim.email", claim.id, style="primary"))
    if claim.reviewable:
        buttons.append(b.button("Review", "claim.review", claim.id, style="primary"))
    if claim.approvable:
        sure = b.ask(
            "Approve this claim?",
            f"{claim.label}, {claim.due} due, becomes Approved; the contacts are told by e-mail.",
            "Approve",
        )
        buttons.append(b.button("Approve", "claim.approve", f"{claim.id} {claim.seen}", ask=sure))
    buttons.append(b.button("Emails", "claim.emails", claim.id))
    if claim.deletable:
        buttons.append(delete_button(claim.id, claim.label, claim.seen))
    return buttons


def claim_deleted(label: str, who: str) -> Said:
    """The same message once the claim is deleted: there is nothing to do with it any more."""
    text = f"Claim {b.esc(label, 200)} is deleted"
    return text, [b.section(f"*{text}*"), b.context(f"Deleted by {b.esc(who, 200)}")]


@dataclass(frozen=True, slots=True)
class SsovNotice:
    """A contract's breakdown: how far it is, and who brought it there."""

    label: str  # number and company
    title: str
    status_label: str
    lines: int
    details: int
    contract_sum: Money
    who: str


def ssov(notice: SsovNotice) -> Said:
    """N4: a breakdown was submitted, or came to what it is now."""
    status = b.esc(notice.status_label)
    text = f"Schedule of values of {b.esc(notice.label, 200)}: {status}"
    head = b.section(f"*Schedule of values of {b.esc(notice.label, 200)}*\n{b.esc(notice.title, 200)}")
    facts = {
        "Status": status,
        "Contract sum": str(notice.contract_sum),
        "Broken down": f"{b.plural(notice.lines, 'line')} into {b.plural(notice.details, 'detail')}",
    }
    return text, [head, b.facts(facts), b.context(f"Last changed by {b.esc(notice.who, 200)}")]


def schedule_late(label: str, issued_on: date, due_on: date) -> Said:
    """To who issued it alone: the paper that is served says nothing of it."""
    text = f"The payment schedule for {b.esc(label, 200)} was issued after the day by which it was due"
    days = {"Issued on": f"{issued_on:%B} {issued_on.day}, {issued_on.year}"}
    days["Due by"] = f"{due_on:%B} {due_on.day}, {due_on.year}"
    advice = (
        "It has been sent. Ask your adviser what follows from the late answer before you pay less than was claimed."
    )
    return f"{text}.", [b.section(f"⚠️ *{text}.*"), b.facts(days), b.section(advice)]


def bounced(letter: str, about: str, name: str, email: str, failure: str, person: str = "") -> Said:
    """`person`: what the button that corrects the address carries; empty for somebody outside the directory."""
    what = LETTERS.get(letter, "A mail")
    text = f"{what} for {b.esc(about, 200)} did not reach {b.esc(name, 200)}"
    fix = f"Correct {b.esc(name, 200)}'s address ({b.esc(email, 320)}) in the directory, then send it again."
    correct = b.button("Correct the address", "person.address", person, style="primary")
    buttons = [b.actions(correct, block_id=f"address:{person}")] if person else []
    why = b.context(b.esc(failure or "No reason was given.", 500))
    return text, [b.section(f"⚠️ *{text}*"), why, b.section(fix), *buttons]


@dataclass(frozen=True, slots=True)
class HeldMail:
    """A captured mail that waits for a person. `kept` says how much of it there is to look at."""

    id: int
    reason: str
    attempts: int = 0
    oversize: bool = False
    size: int = 0
    arrived: datetime | None = None
    waiting: bool = True
    kept: bool = True


def quarantine(mail: HeldMail) -> Said:
    text = "A mail is too large to be read" if mail.oversize else "A mail could not be read"
    why = b.section(f"⚠️ *{text}*\n{b.esc(mail.reason, 500)}")
    blocks = [why, b.context(f"Mail {mail.id}{_arrived(mail)}, {tries(mail)}. {_kept(mail)}")]
    if mail.waiting:
        blocks.append(b.actions(*held_buttons(mail), block_id=f"mail:{mail.id}"))
    else:
        blocks.append(b.context("It is being read again, or has been."))
    return f"{text}: {b.esc(mail.reason, 300)}", blocks


def held_buttons(mail: HeldMail) -> list[b.Block]:
    """Reading it once more, if all of it is kept; and, where something of it is, looking at it as it came."""
    retry = b.button("Retry", "mail.retry", mail.id, label=f"Read mail {mail.id} again")
    buttons = [] if mail.oversize else [retry]
    if mail.kept:
        buttons.append(
            b.button("Send me the raw mail", "mail.raw", mail.id, label=f"Send me mail {mail.id} as it came")
        )
    return buttons


def tries(mail: HeldMail) -> str:
    """How often payclerk tried to read it."""
    return f"tried {b.plural(mail.attempts, 'time')}" if mail.attempts else "not tried"


def _arrived(mail: HeldMail) -> str:
    return f", arrived {mail.arrived:%d %b %H:%M} UTC" if mail.arrived else ""


def _kept(mail: HeldMail) -> str:
    if not mail.kept:
        return "Nothing of it could be fetched; it is still in the mailbox."
    if mail.oversize:
        return f"Of its {mail.size // 1024**2} MB only the beginning is kept; the whole is still in the mailbox."
    return "It is kept as it came; nothing is lost."


def mailbox(name: str, since: datetime, over: datetime | None, reason: str | None = None) -> Said:
    """The watchdog's word on a mailbox, with the reason where one is known. Times are UTC: it belongs to no project."""
    label = b.esc(name, 200)
    if over is not None:
        text = f"The mailbox {label} is read again"
        return text, [
            b.section(f"✅ *{text}*"),
            b.context(f"Not read from {since:%d %b %H:%M} to {over:%d %b %H:%M} UTC."),
        ]
    text = f"The mailbox {label} has not been read since {since:%d %b %H:%M} UTC"
    advice = "Answers wait there and are not lost. `payclerk doctor` says what is wrong and what to do."
    why = [b.section(b.esc(f"{reason[:1].upper()}{reason[1:]}.", 600))] if reason else []
    return text, [b.section(f"⚠️ *{text}*"), *why, b.context(advice)]


def clock_ahead(until: datetime) -> Said:
    text = "The clock of a machine was ahead"
    facts = (
        f"Work was planned up to {until:%d %b %Y %H:%M} UTC. That is ignored, and reminders, periods and digests go on."
    )
    return text, [b.section(f"⚠️ *{text}*"), b.context(f"{facts} Check the time of the machines that run payclerk.")]


def unmatched(mail_id: int, sender: str, subject: str, reason: str) -> Said:
    text = "A mail came that belongs to no thread"
    facts = {"From": b.esc(sender or "unknown", 300), "Subject": b.esc(subject or "none", 300)}
    return text, [b.section(f"✉️ *{text}*"), b.facts(facts), b.context(f"Mail {mail_id}. {b.esc(reason, 400)}")]
