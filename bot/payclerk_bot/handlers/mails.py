"""Writing a mail in Slack: about a claim, as a reply, or passing a message on; and searching its recipients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from payclerk_core.actions.call import Call
from payclerk_core.actions.claims import load_claim
from payclerk_core.actions.correspondence import forward_email, load_message, reply_email
from payclerk_core.actions.emails import (
    Draft,
    authorise_mailing,
    authorise_mailing_about,
    compose_email,
    default_subject,
)
from payclerk_core.actions.mailing import NamedFile
from payclerk_core.errors import UserError
from payclerk_core.queries.claims import row_of
from payclerk_core.queries.directory import find_people
from payclerk_core.tables import Contract, Message, Person

from ..desk import Turn
from ..files import files_of, named_files
from ..projects import find_claim
from ..say import show_modal
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
                about=f"claim:{claim.id}",
                label=row_of(claim).label,
                subject=default_subject(claim),
                message=f"Please find attached claim {claim.number} on {claim.contract.number}.",
                sender=_someone(call.get(Person, turn.who.person_id, "person")),
                files=files_of(call, claim, turn.who.person_id),
                has_pdf=claim.pdf_id is not None,
            )
        )


def reply(turn: Turn) -> None:
    message_id = int(turn.value)
    show_modal(turn, "Reply", lambda: _answer_form(turn, f"reply:{message_id}", "Re"))


def forward(turn: Turn) -> None:
    message_id = int(turn.value)
    show_modal(turn, "Forward", lambda: _answer_form(turn, f"forward:{message_id}", "Fwd"))


def _answer_form(turn: Turn, about: str, prefix: str) -> b.View:
    is_reply = about.startswith("reply:")
    with turn.looking() as call:
        message, thread, contract = load_message(call, int(about.partition(":")[2]))
        authorise_mailing_about(call, contract)
        form = view.Compose(
            about=about,
            label=f"{contract.number} {contract.company.name}: {message.subject}",
            subject=_with_prefix(message.subject, prefix),
            message="" if is_reply else "Please see the message below.",
            sender=_someone(call.get(Person, turn.who.person_id, "person")),
            files=[view.File(f"a:{row.id}", row.name) for row in message.attachments],
            to=_answered(call, message) if is_reply else (),
            private=thread.private,
            ask_private=not (is_reply or thread.private),
        )
        return view.compose_modal(replace(form, files=()) if is_reply else form)


def _with_prefix(subject: str, prefix: str) -> str:
    """
    >>> _with_prefix("re: Claim 4", "Re"), _with_prefix("Claim 4", "Fwd")
    ('re: Claim 4', 'Fwd: Claim 4')
    """
    return subject if subject.casefold().startswith(f"{prefix.casefold()}:") else f"{prefix}: {subject}"


def _answered(call: Call, message: Message) -> list[view.Someone]:
    """Whoever wrote it; of our own mail those it went to."""
    if message.direction == "in":
        ids = [message.status_by_id]
    else:
        ids = [row.person_id for row in message.recipients if row.field == "to"]
    people = [call.session.get(Person, key) for key in ids if key is not None]
    return [_someone(person) for person in people if person is not None]


def _someone(person: Person) -> view.Someone:
    return view.Someone(person.id, person.name, person.company.name)


def suggest_people(turn: Turn) -> list[b.Block]:
    """Members of the project by what was typed."""
    with turn.looking() as call:
        contract = _contract_of(call, turn.metadata)
        authorise_mailing_about(call, contract)
        found = find_people(call.session, contract.project_id, str(turn.body.get("value") or ""))
        return view.people_options([_someone(member.person) for member in found])


def _contract_of(call: Call, about: str) -> Contract:
    what, _, key = about.partition(":")
    return load_claim(call, int(key)).contract if what == "claim" else load_message(call, int(key))[2]


def send(turn: Turn) -> dict[str, Any]:
    what, _, key = turn.metadata.partition(":")
    with turn.call() as call:
        draft = _draft(turn)
        if what == "claim":
            message = _send_claim(turn, call, int(key), draft)
        elif what == "reply":
            message = reply_email(call, int(key), draft)
        else:
            message = forward_email(call, int(key), replace(draft, files=_ticked(turn, call, int(key))))
        call.session.refresh(message, ["recipients"])
        names = [recipient.name for recipient in message.recipients]
        private = message.thread.private
    return {"response_action": "update", "view": view.created_modal(message.subject, names, private)}


def _draft(turn: Turn) -> Draft:
    form = turn.form
    to, cc, bcc = ([int(value) for value in form.options(name)] for name in ("to", "cc", "bcc"))
    return Draft(
        to,
        cc,
        bcc,
        subject=form.text("subject"),
        message=form.text("message"),
        private=bool(form.options("private")),
        attach_claim=bool(form.options("claim_pdf")),
    )


def _send_claim(turn: Turn, call: Call, claim_id: int, draft: Draft) -> Message:
    claim = load_claim(call, claim_id)
    files = named_files(call, claim, turn.who.person_id, turn.form.all_options("files"))
    return compose_email(call, claim.id, replace(draft, files=files))


def _ticked(turn: Turn, call: Call, message_id: int) -> list[NamedFile]:
    """Of the message that is passed on, and of nothing else: what a form sends is a wish, not a right."""
    message, _, _ = load_message(call, message_id)
    files = {f"a:{row.id}": NamedFile(row.name, row.file) for row in message.attachments}
    ticked = turn.form.all_options("files")
    if set(ticked) - set(files):
        raise UserError("One of the files is not there any more; open the form again.", field="files")
    return [files[key] for key in ticked]
