"""The Emails log of a claim or contract: its pages, a search, one message in full, and its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from payclerk_core.actions.call import Call
from payclerk_core.actions.claims import load_claim
from payclerk_core.actions.correspondence import fetch_attachment, fetch_raw, load_message
from payclerk_core.actions.emails import authorise_mailing_about
from payclerk_core.actions.log_exports import export_log
from payclerk_core.errors import NotAllowedError
from payclerk_core.queries.claims import latest_claim, row_of
from payclerk_core.queries.mail_log import log_page
from payclerk_core.queries.mail_people import Writer, readable_recipients, writers_of
from payclerk_core.tables import Claim, Contract, Message, MessageRecipient, Thread

from ..desk import Turn
from ..outgoing.answers import handled_words
from ..projects import find_contract, pick_project
from ..say import show_modal, update_modal
from ..views import blocks as b
from ..views import mail_log as view


def open_log(turn: Turn) -> None:
    """The log of the contract's latest claim; of the contract while there is none."""
    with turn.looking() as call:
        contract = find_contract(turn, call, pick_project(turn, call), "/billing emails SC-03")
        claim = latest_claim(call.session, contract.id)
        place = view.Place(contract.id, claim.id if claim else None)
    show_modal(turn, "Emails", lambda: _log(turn, place))


def log_by_button(turn: Turn) -> None:
    with turn.looking() as call:
        claim = load_claim(call, int(turn.value))
        place = view.Place(claim.contract_id, claim.id)
    show_modal(turn, "Emails", lambda: _log(turn, place))


def turn_page(turn: Turn) -> None:
    _show(turn, replace(view.place_of(turn.metadata), page=max(0, int(turn.value))))


def search(turn: Turn) -> None:
    _show(turn, replace(view.place_of(turn.metadata), words=turn.value.strip(), page=0))


def submit_search(turn: Turn) -> dict[str, Any]:
    """The button under the log does what Enter in its field does."""
    place = replace(view.place_of(turn.metadata), words=turn.form.text("find"), page=0)
    return {"response_action": "update", "view": _log(turn, place)}


def whole_contract(turn: Turn) -> None:
    _show(turn, replace(view.place_of(turn.metadata), claim_id=None, page=0))


def only_claim(turn: Turn) -> None:
    place = view.place_of(turn.metadata)
    with turn.looking() as call:
        claim = latest_claim(call.session, place.contract_id)
    _show(turn, replace(place, claim_id=claim.id if claim else None, page=0))


def _show(turn: Turn, place: view.Place) -> None:
    update_modal(turn.client, turn.view["id"], _log(turn, place))


def _log(turn: Turn, place: view.Place) -> b.View:
    with turn.looking() as call:
        contract = call.get(Contract, place.contract_id, "contract")
        call.authorise_reading(contract)
        claim = _claim(call, place)
        found = log_page(
            call.session, contract.id, claim, turn.who.person_id, place.words, page=place.page, size=view.MESSAGES
        )
        writers = writers_of(call.session, found.messages)
        entries = [_entry(call, contract, message, writers) for message in found.messages]
        label = row_of(claim).label if claim else f"{contract.number} {contract.company.name}, whole contract"
        latest = latest_claim(call.session, contract.id)
        return view.log_modal(view.Log(label, place, entries, found.total, f"claim {latest.number}" if latest else ""))


def _claim(call: Call, place: view.Place) -> Claim | None:
    claim = load_claim(call, place.claim_id) if place.claim_id is not None else None
    return claim if claim is not None and claim.contract_id == place.contract_id else None


def open_message(turn: Turn) -> None:
    message_id = int(turn.value)
    show_modal(turn, "E-mail", lambda: _message(turn, message_id))


def _message(turn: Turn, message_id: int) -> b.View:
    with turn.looking() as call:
        message, thread, contract = load_message(call, message_id)
        return view.message_modal(
            view.FullMessage(
                _entry(call, contract, message, writers_of(call.session, [message])),
                quoted=message.elided or "",
                may_write=_may_write(call, contract),
                may_fetch_raw=message.inbox_id is not None and _may_fetch_raw(call, thread, contract),
            )
        )


def send_file(turn: Turn) -> None:
    with turn.call() as call:
        name = fetch_attachment(call, int(turn.value))
    _sent(turn, name)


def send_export(turn: Turn) -> None:
    """The log that is open, whatever is searched for in it."""
    place = view.place_of(turn.metadata)
    with turn.call() as call:
        count = export_log(call, place.contract_id, place.claim_id)
    _sent(turn, f"A ZIP file with {b.plural(count, 'message')}")


def send_raw(turn: Turn) -> None:
    with turn.call() as call:
        fetch_raw(call, int(turn.value))
    _sent(turn, "The raw mail")


def _sent(turn: Turn, what: str) -> None:
    text = f"✅ {b.esc(what, 255)} comes to you as a direct message from payclerk in a moment."
    show_modal(turn, "On its way", lambda: b.note("On its way", text))


def _may_write(call: Call, contract: Contract) -> bool:
    try:
        authorise_mailing_about(call, contract)
    except NotAllowedError:
        return False
    return True


def _may_fetch_raw(call: Call, thread: Thread, contract: Contract) -> bool:
    try:
        call.authorise_administrator(thread.project_id, prime=contract.is_prime)
    except NotAllowedError:
        return False
    return True


def _entry(call: Call, contract: Contract, message: Message, writers: Mapping[int, Writer]) -> view.LogEntry:
    incoming, thread = message.direction == "in", message.thread
    local = message.written_at.astimezone(ZoneInfo(contract.project.timezone))
    writer = writers[message.id]
    readable = readable_recipients(message, writer, call.actor_id)
    return view.LogEntry(
        id=message.id,
        private=thread.private,
        incoming=incoming,
        when=f"{local:%b} {local.day}, {local:%Y %H:%M}",
        sender=message.sender if incoming else writer.name or "payclerk",
        recipients=[_recipient(row) for row in readable],
        subject=message.subject,
        text=message.text,
        files=[view.NamedAttachment(row.id, row.name, row.file.size) for row in message.attachments],
        states=_verdict(call, message) if incoming else _delivery(message, readable),
        folded=incoming and (message.kind != "person" or message.status == "folded"),
    )


def _verdict(call: Call, message: Message) -> list[str]:
    handled = handled_words(call.session, message.id)
    why = message.decision_why or ""
    return view.states_of(view.Verdict(message.kind, message.sender_verified, message.decision, why, handled))


def _delivery(message: Message, recipients: Sequence[MessageRecipient]) -> list[str]:
    failed = [f"Did not reach {row.name}: {row.failure or 'no reason given'}" for row in recipients if row.bounced_at]
    return failed or [message.status.capitalize()]


def _recipient(row: MessageRecipient) -> str:
    return row.name if row.field == "to" else f"{row.name} ({row.field})"
