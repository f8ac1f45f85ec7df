"""Composing a mail about a claim, searching its recipients, and reading its Emails log."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from payclerk_core.actions.call import Call
from payclerk_core.actions.claims import load_claim
from payclerk_core.actions.emails import Draft, authorise_mailing, compose_email, default_subject
from payclerk_core.queries.claims import row_of
from payclerk_core.queries.directory import find_people
from payclerk_core.queries.threads import threads_of_claim
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Claim, Message, MessageRecipient, Person, Thread

from ..desk import Turn
from ..files import files_of, named_files
from ..projects import find_claim
from ..say import show_modal, update_modal
from ..views import blocks as b
from ..views import mails as view


def open_compose(turn: Turn) -> None:
    with turn.looking() as call:
        claim_id = find_claim(turn, call, "/billing email PR-01").id
    _compose(turn, claim_id)


def compose_by_button(turn: Turn) -> None:
    _compose(turn, int(turn.value))


def _compose(turn: Turn, claim_id: int) -> None:
    show_modal(turn, "New e-mail", lambda: _compose_form(turn, claim_id))


def _compose_form(turn: Turn, claim_id: int) -> b.View:
    with turn.looking() as call:
        claim = load_claim(call, claim_id)
        authorise_mailing(call, claim)
        return view.compose_modal(
            view.Compose(
                claim_id=claim.id,
                label=row_of(claim).label,
                subject=default_subject(claim),
                message=f"Please find attached claim {claim.number} on {claim.contract.number}.",
                sender=_someone(call.get(Person, turn.who.person_id, "person")),
                files=files_of(call, claim, turn.who.person_id),
                has_pdf=claim.pdf_id is not None,
            )
        )


def _someone(person: Person) -> view.Someone:
    return view.Someone(person.id, person.name, person.company.name)


def suggest_people(turn: Turn) -> list[b.Block]:
    """Members of the claim's project by what was typed."""
    with turn.looking() as call:
        claim = load_claim(call, int(turn.metadata))
        authorise_mailing(call, claim)
        found = find_people(call.session, claim.contract.project_id, str(turn.body.get("value") or ""))
        return view.people_options([_someone(member.person) for member in found])


def send(turn: Turn) -> dict[str, Any]:
    form = turn.form
    ids = {name: [int(value) for value in form.options(name)] for name in ("to", "cc", "bcc")}
    with turn.call() as call:
        claim = load_claim(call, int(turn.metadata))
        draft = Draft(
            **ids,
            subject=form.text("subject"),
            message=form.text("message"),
            private=bool(form.options("private")),
            attach_claim=bool(form.options("claim_pdf")),
            files=named_files(call, claim, turn.who.person_id, form.all_options("files")),
        )
        message = compose_email(call, claim.id, draft)
        call.session.refresh(message, ["recipients"])
        names = [recipient.name for recipient in message.recipients]
    return {"response_action": "update", "view": view.created_modal(message.subject, names, draft.private)}


def open_log(turn: Turn) -> None:
    with turn.looking() as call:
        claim_id = find_claim(turn, call, "/billing emails SC-03").id
    show_modal(turn, "Emails", lambda: _log(turn, claim_id, 0))


def log_by_button(turn: Turn) -> None:
    show_modal(turn, "Emails", lambda: _log(turn, int(turn.value), 0))


def turn_log_page(turn: Turn) -> None:
    update_modal(turn.client, turn.view["id"], _log(turn, int(turn.metadata), int(turn.value)))


def _log(turn: Turn, claim_id: int, page: int) -> b.View:
    with turn.looking() as call:
        claim = load_claim(call, claim_id)
        call.authorise_reading(claim.contract)
        threads = threads_of_claim(call.session, claim, turn.who.person_id)
        found = [(message, thread) for thread in threads for message in thread.messages]
        found.sort(key=lambda pair: pair[0].id, reverse=True)
        entries = [_entry(call, claim, message, thread) for message, thread in found]
        return view.log_modal(claim.id, row_of(claim).label, entries, page)


def _entry(call: Call, claim: Claim, message: Message, thread: Thread) -> view.LogEntry:
    incoming = message.direction == "in"
    local = message.status_at.astimezone(ZoneInfo(claim.contract.project.timezone))
    return view.LogEntry(
        thread=thread.subject,
        private=thread.private,
        incoming=incoming,
        when=f"{local:%b} {local.day}, {local:%H:%M}",
        sender=message.sender if incoming else _sender(call, thread),
        recipients=[_recipient(row) for row in message.recipients if _may_read(call, thread, row)],
        subject=message.subject,
        text=message.text,
        files=[row.name for row in message.attachments],
        state=_state(message),
    )


def _recipient(row: MessageRecipient) -> str:
    return row.name if row.field == "to" else f"{row.name} ({row.field})"


def _may_read(call: Call, thread: Thread, row: MessageRecipient) -> bool:
    """A blind copy is known to the sender alone, and to the one who got it."""
    return row.field != "bcc" or call.actor_id in {thread.started_by_id, row.person_id}


def _sender(call: Call, thread: Thread) -> str:
    person = call.session.get(Person, thread.started_by_id) if thread.started_by_id else None
    return person.name if person else "payclerk"


def _state(message: Message) -> str:
    if message.direction == "out":
        return message.status.capitalize()
    if message.decision is None:
        return message.decision_why or ""
    known = {status.value: status.label for status in ClaimStatus}
    said = known.get(message.decision, message.decision.replace("_", " ").capitalize())
    return f"{said}: {message.decision_why or ''}"
