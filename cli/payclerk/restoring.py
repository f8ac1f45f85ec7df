"""`payclerk restore`: what a database restored from a backup does not know is read from the mailbox, and held."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.held_letters import discard_letters, release_letters, thread_of
from payclerk_core.actions.restoring import begin_restoration, note_handled, note_read, settle_restoration
from payclerk_core.clock import Clock, clock_for
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError, UserError
from payclerk_core.fleet import Pace, living_kinds
from payclerk_core.mailboxes import mailboxes
from payclerk_core.queries.held_letters import held_letters, sent_before
from payclerk_core.queries.restoring import may_be_restored_again, open_restoration
from payclerk_core.rules.restoring import MARGIN
from payclerk_core.settings import Settings
from payclerk_core.tables import Contract, Envelope, HeldLetter, LostLetter, Message, Project, Restoration
from payclerk_mailbox.restoring import Rereader, note_sent_letters, take_in
from payclerk_scheduler.docusign import DocuSign

SEEN_IN: Final = {
    "answer": "answered, or quoted, by {who}",
    "bounce": "came back",
    "sent_folder": "sent to {who}",
}
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of the command."""

    since: str | None
    release: Collection[str]
    discard: Collection[str]
    settle: bool


def restore(settings: Settings, wish: Wish) -> Iterator[str]:
    """Do what the options ask for, or else look into the restore. Yields lines for people."""
    db, clock = Database(settings.database_url), clock_for(settings.clock_file)
    office = _Office(settings, db, clock)
    try:
        if wish.release or wish.discard or wish.settle:
            yield from _settle(office, wish)
        else:
            yield from _look(office, _moment(wish.since))
    finally:
        db.close()


@dataclass(frozen=True, slots=True)
class _Office:
    settings: Settings
    db: Database
    clock: Clock

    @contextmanager
    def call(self) -> Iterator[Call]:
        with self.db.transaction() as session:
            yield self._call(session)

    @contextmanager
    def looking(self) -> Iterator[Call]:
        with self.db.reading() as session:
            yield self._call(session)

    def _call(self, session: Session) -> Call:
        return Call(session, self.clock(), self.settings, actor=None, door="cli")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError("Write --since as 2026-11-30T18:00, in UTC or with an offset such as +01:00.") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _look(office: _Office, since: datetime | None) -> Iterator[str]:
    """Hold outgoing mail first, then read; what the reading writes is held as well."""
    running = _running(office)
    if running and since is None and not _is_open(office):
        yield _settled(office, running)
        return
    if running:
        yield f"payclerk is running ({running}), or was when the backup was made. What it sent since the restore cannot be held."
        yield "If a backup was restored just now, wait a minute with payclerk stopped, and run this again."
    with office.call() as call:
        before = open_restoration(call.session)
        restoration = begin_restoration(call, since, stopped=not running)
    if before is not None and before.id != restoration.id:
        yield _superseded(before)
    with _at_work(office, not running):
        yield from _read(office, restoration)
        with office.call() as call:
            note_read(call)
    yield from _report(office)


def _superseded(before: Restoration) -> str:
    return (
        f"Another backup was restored since that of {_at(before.since)}, or payclerk ran since: "
        "all is held again that is not known to have gone out."
    )


@contextmanager
def _at_work(office: _Office, alone: bool) -> Iterator[None]:
    """What the command does is no sign that another backup was restored. `alone`: nothing else can have done it."""
    try:
        yield
    finally:
        if alone:
            with office.call() as call:
                note_handled(call)


def _is_alone(office: _Office) -> bool:
    if _running(office):
        return False
    with office.looking() as call:
        restoration = open_restoration(call.session)
        return restoration is not None and not may_be_restored_again(call.session, restoration, call.at)


def _read(office: _Office, restoration: Restoration) -> Iterator[str]:
    yield f"The database knows of nothing after {_at(restoration.since)}. Outgoing mail is held from now on."
    if office.settings.has_mail:
        yield from _reread(office, restoration)
    else:
        yield "No mailbox is set up, so there is nothing to read again."
    if office.settings.has_docusign:
        yield from _envelopes(office, restoration.since)


def _running(office: _Office) -> str:
    with office.looking() as call:
        return ", ".join(living_kinds(call.session, Pace(timedelta(seconds=office.settings.beat_seconds))))


def _is_open(office: _Office) -> bool:
    with office.looking() as call:
        return open_restoration(call.session) is not None


def _settled(office: _Office, running: str) -> str:
    """What is said of a database at work. UserError where it was never looked into after a restore."""
    with office.looking() as call:
        last = call.session.scalar(select(Restoration).order_by(Restoration.id.desc()).limit(1))
    if last is None:
        text = f"payclerk is running ({running}). Stop it, wait a minute, and run this again."
        raise UserError(f"{text} If the restored backup was made less than a minute ago, add --since with its moment.")
    when = f"the restore of a backup of {_at(last.since)} was settled {_at(last.status_at)}"
    return (
        f"Nothing to do: {when}, and payclerk is running. "
        "If another backup was restored since, say when it was made: payclerk restore --since 2026-11-30T18:00"
    )


def _reread(office: _Office, restoration: Restoration) -> Iterator[str]:
    boxes = mailboxes(office.settings)
    rereaders = [Rereader(box, office.db, office.clock) for box in boxes]
    found = 0
    for rereader in rereaders:
        for one in rereader.capture(restoration.since):
            found += one.mails
            yield f"{one.folder}: {_count(one.mails, 'mail')} that the database did not have."
    sent = note_sent_letters(boxes[0], office.db, office.clock, restoration.since)
    yield _said_of_sent(sent)
    take_in(boxes, office.db, office.clock)
    for rereader in rereaders:
        rereader.put_away()
    with office.call() as call:
        call.session.get_one(Restoration, restoration.id).reread += found


def _envelopes(office: _Office, since: datetime) -> Iterator[str]:
    """What DocuSign has and the database does not: sent for signature after the backup."""
    docusign = DocuSign(office.settings, office.clock)
    try:
        sent = docusign.sent_since(since - MARGIN)
    except OutsideError as error:
        yield f"DocuSign cannot be asked: {error.message}. Look there before you send a claim for signature again."
        return
    finally:
        docusign.close()
    with office.looking() as call:
        known = set(call.session.scalars(select(Envelope.transaction_id)))
    lost = [one for one in sent if one.transaction_id not in known]
    yield f"Envelopes at DocuSign that the database does not know: {len(lost)}"
    yield from (f'  "{one.subject}" ({one.status})' for one in lost)
    if lost:
        yield "Void them there, or wait until they are signed, before you send those claims for signature again."


def _said_of_sent(sent: int | None) -> str:
    if sent is None:
        return "The mailbox has no folder of sent mail, so letters show only where somebody answered them."
    return f"Folder of sent mail: {_count(sent, 'letter')} of payclerk since then."


def _report(office: _Office) -> Iterator[str]:
    with office.looking() as call:
        restoration = open_restoration(call.session)
        lost = call.session.scalars(select(LostLetter).order_by(LostLetter.seen_at)).all()
        held = held_letters(call.session)
        yield ""
        yield f"Letters that went out after the backup and that the database does not know: {len(lost)}"
        yield from (_lost(one) for one in lost)
        yield f"Letters that are held, because they may have gone out before: {len(held)}"
        yield from (_held(call, one) for one in held)
    yield from _next_steps(len(held), restoration)


def _next_steps(held: int, restoration: Restoration | None) -> Iterator[str]:
    if restoration is None:
        return
    yield ""
    if held:
        yield "For each held letter: payclerk restore --release NUMBER sends it, --discard NUMBER never does. Or 'all'."
    yield "Then start payclerk. Letters it writes are held too, and listed here and in Slack (/billing status)."
    yield "When all is settled: payclerk restore --settle"


def _lost(one: LostLetter) -> str:
    who = one.person or "somebody"
    return f'  "{one.subject}", {SEEN_IN[one.seen_in].format(who=who)} {_at(one.seen_at)}'


def _held(call: Call, one: HeldLetter) -> str:
    message = call.session.get_one(Message, one.recipient.message_id)
    thread = thread_of(call, one)
    project = call.session.get_one(Project, thread.project_id)
    contract = call.session.get(Contract, thread.contract_id) if thread.contract_id else None
    about = f"{project.number} {contract.number}" if contract else project.number
    kind = message.kind.replace("_", " ")
    return f"  {one.id}: {kind} to {one.recipient.email}, {about}, written {_at(message.written_at)}{_hint(call, one)}"


def _hint(call: Call, one: HeldLetter) -> str:
    before = sent_before(call.session, one)
    return f"; one on this subject went to them before ({_at(before)})" if before else ""


def _settle(office: _Office, wish: Wish) -> Iterator[str]:
    with _at_work(office, _is_alone(office)):
        yield from _settle_as_wished(office, wish)


def _settle_as_wished(office: _Office, wish: Wish) -> Iterator[str]:
    yield from _with_each(office, wish.release, release_letters, "will be sent")
    yield from _with_each(office, wish.discard, discard_letters, "will never be sent")
    if wish.settle:
        with office.call() as call:
            settle_restoration(call)
        yield "The restore is settled. Outgoing mail goes out as usual."


def _with_each(
    office: _Office, chosen: Collection[str], act: Callable[[Call, Collection[int]], int], what: str
) -> Iterator[str]:
    if not chosen:
        return
    with office.call() as call:
        done = act(call, _numbers(call, chosen))
    yield f"{_count(done, 'letter')} {what}."


def _numbers(call: Call, chosen: Collection[str]) -> Sequence[int]:
    held = [one.id for one in held_letters(call.session)]
    if ALL in chosen:
        return held
    wrong = [one for one in chosen if not one.isdecimal() or int(one) not in held]
    if wrong:
        raise UserError(f"No letter {', '.join(wrong)} is held. 'payclerk restore' lists those that are.")
    return [int(one) for one in chosen]


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %b %Y %H:%M} UTC"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
