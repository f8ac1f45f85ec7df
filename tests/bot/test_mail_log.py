"""The Emails log as people use it in Slack: pages, search, a message in full, reply, forward, files; and who may not."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot_office import ADA, NOON, OTTO, RITA
from mail_month import promised
from payclerk_core.actions.call import Call
from payclerk_core.actions.exports import ExportForm, export_claim
from payclerk_core.actions.inbox import Incoming, IncomingFile, ask_administrator, log_incoming
from payclerk_core.queries.claims import latest_claim
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Claim, Contract, Event, InboxMail, Message, Person, Thread
from payclerk_playground.slack.control import texts
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office

RAW = b"From: olga@owner.example\r\nSubject: Re: Claim\r\n\r\nApproved.\r\n"
PDF = b"%PDF-1.7 secret backup"
TURNED = "\u202egpj.exe"


def incoming(m: Month, thread: Thread, text: str, sender: Person, **more: Any) -> Message:
    """A mail as the mailbox puts it into the log, with its raw form."""
    count = m.session.query(InboxMail).count()
    raw = InboxMail(
        account="a", folder="INBOX", uidvalidity=1, uid=count + 1, sha256=str(count), arrived_at=NOON, captured_at=NOON,
        size=len(RAW), raw=RAW, status="done", status_at=NOON,
    )  # fmt: skip
    m.keep(raw)
    facts: dict[str, Any] = {
        "kind": "person", "message_id": f"<{count}@owner.example>", "subject": f"Re: Claim {count}", "elided": "",
        "verified": True, "why": "", **more,
    }  # fmt: skip
    mail = Incoming(
        inbox_id=raw.id, sender=f"{sender.name} <{sender.email}>", sender_email=sender.email, text=text, **facts
    )
    return log_incoming(m.call(), thread, mail)


def prime_claim(m: Month, **thread: Any) -> tuple[Claim, Thread]:
    claim = m.claim(m.prime, m.period(), "under_review")
    return claim, m.thread(m.prime, claim, **thread)


def opened(office: Office, user: str, words: str) -> Any:
    """The log of the owner's claim is open, and nothing else; the message with these words is opened on top of it."""
    while office.world.view_of(user) is not None:
        office.world.close(user)
    office.billing(user, "emails PR-01")
    log = office.modal(user, "emails")
    with office.database.reading() as session:
        message = session.scalars(select(Message).where(Message.text.contains(words))).one()
    office.world.click(user, log, "emails.open", value=str(message.id))
    return office.modal(user, "email")


def test_many_messages_are_paged_and_searched(month: Callable[..., Any], office: Office) -> None:
    def fill(m: Month) -> None:
        _, thread = prime_claim(m)
        for number in range(43):
            incoming(m, thread, f"Question {number} about 100% of it", m.olga).written_at = NOON - timedelta(days=1)
        incoming(m, thread, "The crane is late", m.olga, files=[IncomingFile("crane_log.pdf", PDF, "application/pdf")])

    month(fill, contracts=1)
    office.billing(ADA, "emails PR-01")
    log = office.modal_says(ADA, "44 messages · page 1 of 5")
    assert "The crane is late" in texts(log)
    office.world.click(ADA, log, "emails.older", value="1")
    log = office.modal_says(ADA, "page 2 of 5")
    assert "The crane is late" not in texts(log)
    for typed, words in (("CRANE late", "1 message found"), ("crane_log", "1 message found"), ("100%", "43 messages found"), ("%e%", "0 messages found"), ("q_estion", "0 messages found")):  # fmt: skip
        office.world.type_in(log, "emails.search", typed)
        office.world.submit(ADA, log)
        log = office.modal_says(ADA, words)


def test_a_flood_is_announced_once_and_folded(month: Callable[..., Any], busy_office: Office) -> None:
    def fill(m: Month) -> None:
        _, thread = prime_claim(m)
        for number in range(23):
            message = incoming(m, thread, f"Are you there ({number})?", m.olga)
            ask_administrator(m.call(), message, "unclear")

    month(fill, contracts=1)
    busy_office.message("More than 20 mails within an hour: PR-01")
    busy_office.billing(ADA, "emails PR-01")
    log = texts(busy_office.modal_says(ADA, "23 messages · page 1 of 3"))
    assert "Are you there (19)?" in log
    assert "Are you there (20)?" not in log
    assert "Re: Claim 22" in log
    with busy_office.database.reading() as session:
        states = session.scalars(select(Message.status).where(Message.direction == "in").order_by(Message.id)).all()
    assert states == ["received"] * 20 + ["folded"] * 3
    assert len(promised(busy_office.database, "slack.notice")) == 21


def test_a_message_in_full_says_who_wrote_what_and_why_it_decides_or_not(
    month: Callable[..., Any], office: Office
) -> None:
    def fill(m: Month) -> None:
        _, thread = prime_claim(m)
        why = 'understood "Approved" as approve'
        text = f"Approved. <!channel> https://evil.example/x.png {TURNED}"
        incoming(m, thread, text, m.olga, decision="approve", why=why, elided="> Please approve.")
        incoming(m, thread, "I am away", m.olga, kind="auto_reply", verified=False)

    month(fill, contracts=1)
    shown = opened(office, ADA, "Approved.")
    said = texts(shown)
    assert "Sender verified" in said
    assert 'Approves the claim: understood "Approved" as approve' in said
    assert "&gt; Please approve." not in said
    assert "> Please approve." in said
    assert "\u202e" not in said
    # Plain text: Slack takes no mention, link or picture from it.
    plain = [block["text"] for block in shown.body["blocks"] if "evil.example" in str(block)]
    assert [one["type"] for one in plain] == ["plain_text"]
    office.world.close(ADA)
    assert "absence note. It decides nothing." in texts(opened(office, ADA, "I am away"))


def test_a_reply_stays_in_its_conversation_and_a_forward_begins_one(month: Callable[..., Any], office: Office) -> None:
    def fill(m: Month) -> int:
        _, thread = prime_claim(m)
        files = [IncomingFile("waiver.pdf", PDF, "application/pdf"), IncomingFile("photo.jpg", b"x", "image/jpeg")]
        return incoming(m, thread, "Where is the waiver?", m.olga, files=files).thread_id

    thread_id = month(fill, contracts=1)
    office.world.click(ADA, opened(office, ADA, "Where is the waiver"), "emails.reply")
    form = office.modal_says(ADA, "Olga Own (Owner LLC)")
    office.world.type_in(form, "message", "Attached yesterday.")
    assert office.world.submit(ADA, form).error is None
    office.modal_says(ADA, "*Communication created*")
    office.world.close(ADA)
    office.world.close(ADA)
    office.world.close(ADA)
    with office.database.reading() as session:
        question, reply = session.scalars(select(Message).order_by(Message.id)).all()
        assert (reply.thread_id, reply.in_reply_to, reply.subject) == (thread_id, question.message_id, "Re: Claim 0")
        rita = session.scalars(select(Person.id).where(Person.name == "Rita Reader")).one()
        photo = question.attachments[1].id

    office.world.click(ADA, opened(office, ADA, "Where is the waiver"), "emails.forward")
    form = office.modal(ADA, "compose")
    office.world.search(ADA, form, "people", "rita", block_id="to")
    office.world.tick(form, "people", [str(rita)], block_id="to")
    office.world.tick(form, "files", [f"a:{photo}"])
    assert office.world.submit(ADA, form).error is None
    office.modal_says(ADA, "*Communication created*")
    with office.database.reading() as session:
        passed_on = session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert passed_on is not None
        assert passed_on.thread_id != thread_id
        assert [file.name for file in passed_on.attachments] == ["photo.jpg"]
        assert "---------- Forwarded message ----------\nFrom: Olga Own" in passed_on.text
        assert "Where is the waiver?" in passed_on.text


def test_files_and_the_raw_mail_come_to_who_asks_and_leave_an_event(
    month: Callable[..., Any], busy_office: Office
) -> None:
    office = busy_office

    def fill(m: Month) -> None:
        _, thread = prime_claim(m)
        incoming(m, thread, "See the waiver", m.olga, files=[IncomingFile("waiver.pdf", PDF, "application/pdf")])

    month(fill, contracts=1)
    office.world.click(ADA, opened(office, ADA, "See the waiver"), "emails.file")
    office.modal_says(ADA, "waiver.pdf comes to you")
    office.world.close(ADA)
    office.world.click(ADA, office.modal(ADA, "email"), "emails.raw")
    office.modal_says(ADA, "The raw mail comes to you")
    files = eventually(lambda: office.world.files if len(office.world.files) == 2 else None)
    assert {file.name: file.content for file in files} == {"waiver.pdf": PDF, "mail-1.eml": RAW}
    assert {file.channel for file in files} == {f"D{ADA}"}
    with office.database.reading() as session:
        verbs = session.scalars(select(Event.verb).where(Event.verb.like("%_fetched")).order_by(Event.id)).all()
    assert verbs == ["attachment_fetched", "raw_mail_fetched"]
    assert "emails.raw" not in str(opened(office, RITA, "See the waiver").body)


def test_a_private_conversation_is_its_senders_and_recipients_alone(month: Callable[..., Any], office: Office) -> None:
    def fill(m: Month) -> int:
        claim, thread = prime_claim(m, private=True)
        secret = incoming(m, thread, "Our secret crane", m.olga, files=[IncomingFile("b.pdf", PDF, "application/pdf")])
        open_thread = m.thread(m.prime, claim)
        incoming(m, open_thread, "An open word", m.olga, files=[IncomingFile("a.pdf", PDF, "application/pdf")])
        return secret.id

    secret = month(fill, contracts=1)
    for user, seen in ((ADA, "2 messages"), (OTTO, "1 message")):
        office.billing(user, "emails PR-01")
        log = office.modal_says(user, seen)
        office.world.click(user, log, "emails.contract")
        log = office.modal_says(user, "whole contract")
        office.world.type_in(log, "emails.search", "crane")
        office.world.submit(user, log)
        office.modal_says(user, "1 message found" if user == ADA else "0 messages found")
    log = office.modal(OTTO, "emails")
    office.world.submit(OTTO, log)
    # A button of his own with her message's number opens nothing.
    office.world.type_in(log, "emails.search", "")
    office.world.submit(OTTO, log)
    log = office.modal_says(OTTO, "An open word")
    forged = {**log.body, "blocks": [_renumbered(block, secret) for block in log.body["blocks"]]}
    log.body = forged
    office.world.click(OTTO, log, "emails.open", value=str(secret))
    office.modal_says(OTTO, "This e-mail is private")
    with office.database.transaction() as session:
        otto = session.scalars(select(Person).where(Person.name == "Otto Other")).one()
        prime = session.scalars(select(Contract).where(Contract.kind == "prime")).one()
        claim = latest_claim(session, prime.id)
        assert claim is not None
        call = Call(session, NOON, office.settings, actor=otto, door="slack")
        listed = export_claim(call, claim.id, ExportForm.ZIP).content
    assert b"a.pdf" in listed
    assert b"b.pdf" not in listed


def _renumbered(block: dict[str, Any], key: int) -> dict[str, Any]:
    accessory = block.get("accessory") or {}
    return {**block, "accessory": {**accessory, "value": str(key)}} if accessory else block


def test_a_private_reply_takes_nobody_in(month: Callable[..., Any], office: Office) -> None:
    month(lambda m: incoming(m, prime_claim(m, private=True)[1], "Between us", m.olga), contracts=1)
    office.world.click(ADA, opened(office, ADA, "Between us"), "emails.reply")
    form = office.modal_says(ADA, "Private: only its sender and recipients see it.")
    [rita] = office.world.search(ADA, form, "people", "rita", block_id="cc")
    office.world.tick(form, "people", [rita["value"]], block_id="cc")
    office.world.type_in(form, "message", "Yes.")
    office.world.submit(ADA, form)
    assert "Rita Reader is not in it" in form.errors["to"]


def owners_answer(m: Month, decision: str | None, text: str) -> Message:
    _, thread = prime_claim(m)
    message = incoming(m, thread, text, m.olga, decision=decision, why="the words")
    ask_administrator(m.call(), message, "owner_reply")
    return message


@pytest.mark.parametrize(
    ("decision", "action", "status"),
    [
        ("approve_as_noted", "owner.approve", ClaimStatus.APPROVED),
        ("reject", "owner.revise", ClaimStatus.REVISE_AND_RESUBMIT),
    ],
)
def test_what_the_owner_answered_is_one_click_away(
    month: Callable[..., Any], busy_office: Office, decision: str, action: str, status: ClaimStatus
) -> None:
    office = busy_office
    month(lambda m: owners_answer(m, decision, "Words"), contracts=1)
    said = office.message("The owner answered about PR-01")
    buttons = {
        one["action_id"]: one for block in said.blocks for one in block.get("elements", ()) if "action_id" in one
    }
    proposed = buttons[action]
    assert (proposed["style"], "confirm" in proposed) == ("primary", False)
    assert all("confirm" in one for key, one in buttons.items() if key not in {action, "owner.log"})
    seen_by_another = copy.deepcopy(said)
    office.world.click(ADA, said, action)
    office.message("Ada Admin: marked")
    with office.database.reading() as session:
        assert session.scalars(select(Claim)).one().status == status.value
    office.world.click(OTTO, seen_by_another, action)
    office.message("Somebody has dealt with this already.", OTTO)


def test_an_owners_answer_about_a_claim_that_went_on_says_so(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month) -> None:
        owners_answer(m, "approve", "Approved.")
        m.session.query(Claim).one().status = "revise_and_resubmit"

    month(fill, contracts=1)
    office.world.click(ADA, office.message("The owner answered about PR-01"), "owner.approve")
    office.message("has changed since the owner got it (it is Revise &amp; Resubmit now)", ADA)
