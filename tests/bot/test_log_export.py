"""The Emails log as a file: what is in it, and whose private words never are."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from sqlalchemy import select

from bot_office import ADA, NOON, OTTO
from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import Incoming, IncomingFile, log_incoming
from payclerk_core.actions.log_exports import LogWanted, export_log, make_archive
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.tables import Contract, Event, InboxMail, Message, MessageRecipient, Person, Thread
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office

RAW = b"From: olga@owner.example\r\nSubject: As it came\r\n\r\nApproved.\r\n"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Who may see what is asked of both databases by the log itself."""
    return sqlite_url


def incoming(m: Month, thread: Thread, text: str, **more: Any) -> Message:
    count = m.session.query(InboxMail).count()
    raw = InboxMail(
        account="a", folder="INBOX", uidvalidity=1, uid=count + 1, sha256=str(count), arrived_at=NOON, captured_at=NOON,
        size=len(RAW), raw=RAW + text.encode(), status="done", status_at=NOON,
    )  # fmt: skip
    m.keep(raw)
    facts: dict[str, Any] = {"subject": f"Re: {text}", "elided": f"> before {text}", "why": "read", **more}
    mail = Incoming(
        inbox_id=raw.id, kind="person", message_id=f"<{count}@x>", sender="Olga Own <olga@owner.example>",
        sender_email="olga@owner.example", text=text, verified=True, decision="approve", **facts,
    )  # fmt: skip
    return log_incoming(m.call(), thread, mail)


def outgoing(m: Month, thread: Thread, text: str) -> Message:
    """Written by Ada to Olga, with a blind copy to Rita whose address does not exist."""
    facts = {"direction": "out", "kind": "composed", "message_id": "<o@x>", "sender": "billing@x", "status": "bounced"}
    message = m.keep(Message(thread_id=thread.id, subject=text, text=text, written_at=NOON, status_at=NOON, **facts))
    for field, person, failed in (("to", m.olga, None), ("bcc", m.rita, NOON)):
        row = MessageRecipient(message_id=message.id, field=field, name=person.name, email=person.email)
        row.person_id, row.bounced_at, row.failure = person.id, failed, "no such user" if failed else None
        m.keep(row)
    m.call(m.ada).record("communication_created", message, project_id=m.project.id)
    return message


def a_log(m: Month) -> int:
    """An open conversation of the owner's claim, and a private one of Ada and Olga."""
    claim = m.claim(m.prime, m.period(), "under_review", pdf=False)
    thread = m.thread(m.prime, claim)
    outgoing(m, thread, "An open question")
    incoming(m, thread, "=1+1", files=[IncomingFile("../waiver.pdf", b"%PDF-1.7 waiver", "application/pdf")])
    secret = m.thread(m.prime, claim, private=True)
    incoming(m, secret, "Whisper", files=[IncomingFile("whisper.pdf", b"%PDF-1.7 whisper", "application/pdf")])
    return claim.id


def contents(archive: bytes) -> dict[str, bytes]:
    """Every file of the ZIP, and of the workbook in it, by name."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for name in opened.namelist():
            found[name] = opened.read(name)
            if name.endswith(".xlsx"):
                found |= contents(found[name])
    return found


def index(archive: bytes) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(contents(archive)["Emails.xlsx"])).active
    assert sheet is not None
    head, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_log_comes_as_a_zip_of_what_this_person_may_read(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(a_log, contracts=1)
    for user, said in ((ADA, "3 messages"), (OTTO, "2 messages")):
        office.billing(user, "emails PR-01")
        office.world.click(user, office.modal(user, "emails"), "emails.export")
        office.modal_says(user, f"A ZIP file with {said} comes to you")
    files = eventually(lambda: office.world.files if len(office.world.files) == 2 else None)
    adas, ottos = (next(f for f in files if f.channel == f"D{user}").content for user in (ADA, OTTO))

    assert [row["Subject"] for row in index(adas)] == ["An open question", "Re: =1+1", "Re: Whisper"]
    assert [row["Private"] for row in index(adas)] == ["", "", "private"]
    assert contents(adas)["0003/01 whisper.pdf"] == b"%PDF-1.7 whisper"
    assert contents(adas)["0002/02 as it came.eml"] == RAW + b"=1+1"
    leaked = [name for name, content in contents(ottos).items() if b"whisper" in (name.encode() + content).lower()]
    assert leaked == []
    assert [row["Subject"] for row in index(ottos)] == ["An open question", "Re: =1+1"]
    with office.database.reading() as session:
        events = session.scalars(select(Event).where(Event.verb == "log_exported").order_by(Event.id)).all()
        assert [(event.after or {})["messages"] for event in events] == [3, 2]


def of(call: Call, name: str, *, raw: bool = False, claim_id: int | None = None) -> bytes:
    """The archive for the person of this name."""
    person = call.session.scalars(select(Person.id).where(Person.name == name)).one()
    prime = call.session.scalars(select(Contract.id).where(Contract.kind == "prime")).one()
    return make_archive(call.session, LogWanted(prime, claim_id, person, raw=raw)).content


def test_a_blind_copy_is_told_to_nobody_but_its_writer_and_who_got_it(month: Callable[..., Any]) -> None:
    def fill(m: Month) -> dict[str, list[dict[str, Any]]]:
        a_log(m)
        return {name: index(of(m.call(), name)) for name in ("Ada Admin", "Rita Reader", "Otto Other")}

    rows = month(fill, contracts=1)
    seen = {name: "Rita Reader" in str(log) for name, log in rows.items()}
    assert seen == {"Ada Admin": True, "Rita Reader": True, "Otto Other": False}
    assert rows["Otto Other"][0]["State"] == "bounced"
    assert rows["Ada Admin"][0]["State"] == "did not reach Rita Reader: no such user"


def test_only_an_administrator_gets_mails_as_they_came_and_a_stranger_gets_nothing(month: Callable[..., Any]) -> None:
    def fill(m: Month) -> list[bool]:
        claim_id = a_log(m)
        prime_id = m.prime.id
        for person in (m.ada, m.rita):
            assert export_log(m.call(person), prime_id, claim_id) == (3 if person is m.ada else 2)
        with pytest.raises(NotAllowedError):
            export_log(m.call(m.person(m.ours, "Zoe Nobody")), prime_id, None)
        with pytest.raises(UserError, match="another contract"):
            export_log(m.call(m.ada), m.contracts[0].id, claim_id)
        events = m.session.scalars(select(Event).where(Event.verb == "log_exported").order_by(Event.id))
        return [bool((event.after or {})["raw"]) for event in events]

    assert month(fill, contracts=1) == [True, False]


def test_what_a_mail_says_is_no_formula_and_the_same_log_gives_the_same_bytes(month: Callable[..., Any]) -> None:
    def fill(m: Month) -> tuple[bytes, bytes]:
        a_log(m)
        return of(m.call(), "Ada Admin"), of(m.call(), "Ada Admin")

    first, second = month(fill, contracts=1)
    assert first == second
    book = openpyxl.load_workbook(io.BytesIO(contents(first)["Emails.xlsx"]))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n"}
    assert "0002/01 _.._waiver.pdf" not in contents(first)
    assert contents(first)["0002/01 _waiver.pdf"] == b"%PDF-1.7 waiver"
    assert b"Files: ../waiver.pdf" in contents(first)["0002/mail.txt"]
