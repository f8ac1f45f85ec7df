"""Sending what was promised, to a real SMTP server that can be told to refuse, to wait and to be down."""

# ruff: noqa: ARG002, N802 - aiosmtpd calls its handlers so
from __future__ import annotations

import email
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email import policy
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import select

from mail_month import ADDRESS, NOON, Month, call_of, make_settings, noon, promised
from payclerk_core.actions.inbox import note_delivered
from payclerk_core.actions.mailing import About, Recipient, sent_together, store_file, write_letter
from payclerk_core.errors import OutsideError
from payclerk_core.jobs import Job, JobRunner
from payclerk_core.tables import Attachment, Message, MessageRecipient, ReplyToken, Thread
from payclerk_mailbox.sending import Sender
from processes import free_port
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from payclerk_core.db import Database
    from payclerk_core.tables import Person

TOKEN = "dana2dana2dana2dana2dana22"
PASSWORD = "pässwörd"


@dataclass
class Received:
    sender: str
    recipient: str
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=policy.SMTP)  # type: ignore[return-value]


class MailServer:
    """aiosmtpd with answers on order: `say[step]` is a list of answers used up one by one."""

    def __init__(self) -> None:
        self.port = free_port()
        self.received: list[Received] = []
        self.say: dict[str, list[str]] = {"MAIL": [], "RCPT": [], "DATA": []}
        self._controller: Controller | None = None

    def up(self) -> None:
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._sign_in,
            auth_require_tls=False,
            decode_data=False,
        )
        self._controller.start()

    def down(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def _sign_in(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = data.login == b"billing" and data.password == PASSWORD.encode()
        return AuthResult(success=known, handled=False)

    def _answer(self, step: str) -> str:
        return self.say[step].pop(0) if self.say[step] else "250 OK"

    async def handle_MAIL(self, server, session, envelope, address, options):
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return self._answer("MAIL")

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        return self._answer("RCPT")

    async def handle_DATA(self, server, session, envelope):
        answer = self._answer("DATA")
        if answer.startswith("2"):
            self.received.append(Received(envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return answer


@pytest.fixture
def server() -> Iterator[MailServer]:
    server = MailServer()
    server.up()
    yield server
    server.down()


class Post:
    """A month with one letter to be sent, and the sender."""

    def __init__(self, database: Database, server: MailServer, **settings: Any) -> None:
        self.db = database
        self.numbers = count()
        facts = {"smtp_port": server.port, "smtp_user": "billing", "smtp_password": PASSWORD}
        self.settings = make_settings(**{**facts, **settings})
        with database.transaction() as session:
            self.month = Month(session)
            thread = Thread(
                project_id=self.month.project.id,
                contract_id=self.month.plumbing.id,
                subject="Invitation",
                started_by_id=None,
                started_at=NOON,
                claim_id=None,
            )
            session.add(thread)
            session.flush()
            self.thread_id = thread.id

    def letter(self, *people: tuple[str, Person], **more: Any) -> list[int]:
        """Store a letter to these people; the ids of its recipients' rows."""
        facts: dict[str, Any] = {
            "direction": "out",
            "kind": "invitation",
            "message_id": "<m.1@reply.maple.example>",
            "sender": ADDRESS,
            "subject": "Maple Street: you are invited to bill — November",
            "text": "Hello Dana,\n\nplease bill. Déjà vu.\n.\n\n[payclerk:REPLY-REFERENCE]\n",
            "html": "<p>Hello Dana</p><p>[payclerk:REPLY-REFERENCE]</p>",
            "status": "queued",
            "status_at": NOON,
            "written_at": NOON,
        }
        with self.db.transaction() as session:
            message = Message(thread_id=self.thread_id, **{**facts, **more})
            session.add(message)
            session.flush()
            return [self._recipient(session, message, field, person) for field, person in people]

    def _recipient(self, session, message: Message, field: str, person: Person) -> int:
        token = ReplyToken(
            token=TOKEN[next(self.numbers) :].ljust(26, "2"),
            recipient_key=person.email_key,
            thread_id=self.thread_id,
            purpose="invitation",
            person_id=person.id,
        )
        session.add(token)
        session.flush()
        row = MessageRecipient(
            message_id=message.id, field=field, name=person.name, email=person.email, person_id=person.id
        )
        row.token_id = token.id
        session.add(row)
        session.flush()
        return row.id

    def send(self, key: int, *also: int) -> None:
        payload = {"recipient_id": key, "also": list(also)}
        Sender(self.settings, self.db, noon).send(Job("mail.send", str(key), payload, 1))

    def row(self, key: int) -> MessageRecipient:
        with self.db.reading() as session:
            return session.get_one(MessageRecipient, key)

    def status(self) -> str:
        with self.db.reading() as session:
            return session.scalars(select(Message)).one().status


@pytest.fixture
def post(database: Database, server: MailServer) -> Post:
    return Post(database, server)


def test_a_letter_arrives_with_its_token_in_every_place(post: Post, server: MailServer):
    [key] = post.letter(("to", post.month.dana))
    post.send(key)
    [got] = server.received
    assert got.recipient == "dana@harbor.example"
    assert got.sender == f"billing+{TOKEN}@reply.maple.example"
    assert got.mail["Reply-To"] == f"Maple Street Billing <billing+{TOKEN}@reply.maple.example>"
    assert got.mail["From"] == "Maple Street Billing <billing@reply.maple.example>"
    assert got.mail["Message-ID"] == f"<t.{TOKEN}.1@reply.maple.example>"
    assert got.mail["Subject"] == "Maple Street: you are invited to bill — November"
    assert got.mail["Date"].datetime == NOON
    for kind in ("plain", "html"):
        body = got.mail.get_body((kind,))
        assert body is not None
        assert f"[payclerk:{TOKEN}]" in body.get_content()
    assert post.row(key).delivered_at == NOON
    assert post.status() == "sent"


def test_machines_are_asked_to_keep_quiet(post: Post, server: MailServer):
    for automatic in (True, False):
        [key] = post.letter(("to", post.month.dana), auto_submitted=automatic)
        post.send(key)
    automatic, personal = (got.mail for got in server.received)
    assert automatic["Auto-Submitted"] == "auto-generated"
    assert personal["Auto-Submitted"] is None
    assert automatic["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert automatic["X-Payclerk-Loop"] == "reply.maple.example"


def test_everybody_sees_to_and_cc_and_nobody_bcc(post: Post, server: MailServer):
    month = post.month
    to, bcc = post.letter(("to", month.dana), ("bcc", month.sam))
    post.send(to)
    assert post.status() == "queued"
    post.send(bcc)
    assert [got.recipient for got in server.received] == ["dana@harbor.example", "sam@northside.example"]
    assert all(got.mail["To"] == "Dana Ruiz <dana@harbor.example>" for got in server.received)
    assert all(b"sam@northside" not in got.raw for got in server.received)
    assert post.status() == "sent"


def test_an_answer_names_what_it_answers_however_long_the_id(post: Post, server: MailServer):
    answered = f"<{'A' * 90}@namprd04.prod.outlook.example>"
    [key] = post.letter(("to", post.month.dana), in_reply_to=answered)
    post.send(key)
    assert f"\r\nIn-Reply-To: {answered}\r\nReferences: {answered}\r\n".encode() in server.received[0].raw


def test_files_go_along_as_they_are(post: Post, server: MailServer):
    [key] = post.letter(("to", post.month.dana))
    with post.db.transaction() as session:
        form = store_file(call_of(session, post.settings), b"PK\x00\xff", "application/vnd.ms-excel")
        session.add(Attachment(message_id=1, file_id=form.id, name="Formulaire n° 4.xlsx"))
    post.send(key)
    [part] = server.received[0].mail.iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("Formulaire n° 4.xlsx", b"PK\x00\xff")


def test_a_resend_is_the_same_to_the_byte(post: Post, server: MailServer):
    [key] = post.letter(("to", post.month.dana))
    post.send(key)
    with post.db.transaction() as session:  # died before it could be noted
        session.get_one(MessageRecipient, key).delivered_at = None
    post.send(key)
    first, second = server.received
    assert first == second


def test_what_was_delivered_is_not_sent_again(post: Post, server: MailServer):
    [key] = post.letter(("to", post.month.dana))
    with post.db.transaction() as session:
        note_delivered(call_of(session, post.settings), key)
    post.send(key)
    assert server.received == []


def test_a_copy_is_in_the_hands_of_one_job_at_a_time(post: Post, server: MailServer):
    """A letter that is released after a restore has two: its first, which still waits, and that of the release."""
    both = post.letter(("to", post.month.dana), ("to", post.month.eli))
    free: list[bool] = []
    answer = server.handle_DATA

    async def look(*words: Any) -> str:
        for key in both:
            with post.db.alone_with(key, of="copy") as alone:
                free.append(alone)
        return await answer(*words)

    server.handle_DATA = look  # type: ignore[method-assign]
    post.send(*both)
    post.send(both[1])
    assert free == [False] * 4
    assert len(server.received) == 2
    with post.db.alone_with(*both, of="copy") as alone:
        assert alone


def test_jobs_that_share_copies_send_each_once(post: Post, server: MailServer):
    keys = [key for _ in range(6) for key in post.letter(("to", post.month.dana))]
    orders = [keys, keys[::-1], *([key] for key in keys)]
    with ThreadPoolExecutor(len(orders)) as pool:
        list(pool.map(lambda order: post.send(*order), orders))
    assert len(server.received) == len(keys)


def test_nobody_can_add_a_header_by_a_name_or_subject(post: Post, server: MailServer):
    with post.db.transaction() as session:
        session.add(post.month.dana)
        post.month.dana.name = 'Dana"\r\nBcc: eve@evil.example\r\n\r\nHi'
    [key] = post.letter(("to", post.month.dana), subject="Bill\r\nBcc: eve@evil.example")
    post.send(key)
    mail = server.received[0].mail
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Bill Bcc: eve@evil.example"
    [to] = mail["To"].addresses
    assert to.addr_spec == "dana@harbor.example"


@pytest.mark.parametrize("address", ["dänä@harbor.example", "dana", "dana@har bor.example", "a@b@c\n", ""])
def test_an_address_no_mail_can_be_sent_to_is_noted_and_not_tried(sqlite_url: str, server: MailServer, address: str):
    from payclerk_core.db import Database

    post = Post(Database(sqlite_url), server)
    with post.db.transaction() as session:
        session.add(post.month.dana)
        post.month.dana.email = address
    [key] = post.letter(("to", post.month.dana))
    post.send(key)
    assert server.received == []
    assert "directory" in (post.row(key).failure or "")
    post.db.close()


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_refusal_for_good_is_put_before_a_person_without_the_servers_words(post: Post, server: MailServer, step: str):
    server.say[step] = ["550 5.1.1 <dana@harbor.example> no such user"]
    [key] = post.letter(("to", post.month.dana))
    post.send(key)
    post.send(key)
    row = post.row(key)
    assert (row.bounced_at, row.failure) == (NOON, "550 5.1.1: the address does not exist")
    assert post.status() == "bounced"
    assert promised(post.db, "slack.notice") == [f"slack.notice:bounced:{key}"]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_not_now_is_tried_again_and_then_goes(post: Post, server: MailServer, step: str):
    server.say[step] = ["451 4.7.1 greylisted dana@harbor.example"]
    [key] = post.letter(("to", post.month.dana))
    with pytest.raises(OutsideError) as caught:
        post.send(key)
    assert not caught.value.permanent
    assert "dana" not in caught.value.message
    post.send(key)
    assert len(server.received) == 1


def test_a_refused_sender_is_our_trouble_and_not_the_recipients(post: Post, server: MailServer):
    server.say["MAIL"] = ["550 5.7.1 not your address"]
    [key] = post.letter(("to", post.month.dana))
    with pytest.raises(OutsideError, match="PAYCLERK_MAIL_ADDRESS"):
        post.send(key)
    assert post.row(key).bounced_at is None


def test_a_wrong_password_waits_for_somebody_to_put_it_right(database: Database, server: MailServer):
    post = Post(database, server, smtp_password="wrong-secret")
    [key] = post.letter(("to", post.month.dana))
    with pytest.raises(OutsideError, match="PAYCLERK_SMTP_PASSWORD") as caught:
        post.send(key)
    assert not caught.value.permanent
    assert "wrong-secret" not in str(caught.value)


def test_a_server_that_is_down_is_waited_for(post: Post, server: MailServer):
    server.down()
    [key] = post.letter(("to", post.month.dana))
    with pytest.raises(OutsideError, match="cannot be reached") as caught:
        post.send(key)
    assert not caught.value.permanent
    server.up()
    post.send(key)
    assert len(server.received) == 1


def test_a_promised_mail_waits_while_the_server_is_down_and_goes_by_itself(post: Post, server: MailServer):
    from payclerk_core.jobs import promise

    server.down()
    [key] = post.letter(("to", post.month.dana))
    runner = JobRunner(post.db, noon, executor_id="mail")
    runner.handle("mail.send", Sender(post.settings, post.db, noon).send)
    runner.start()
    try:
        with post.db.transaction() as session:
            promise(session, "mail.send", str(key), {"recipient_id": key})
        eventually(lambda: f"mail.send:{key}~2" in promised(post.db))
        server.up()
        eventually(lambda: post.row(key).delivered_at)
    finally:
        runner.stop()
    assert len(server.received) == 1


def everybody(post: Post, times: int) -> list[int]:
    """Copies of several letters, to two people each."""
    people = (("to", post.month.dana), ("to", post.month.eli))
    return [key for _ in range(times) for key in post.letter(*people)]


def test_one_copy_that_is_put_off_or_refused_holds_up_no_other(post: Post, server: MailServer):
    first, second, third, *rest = everybody(post, 6)
    server.say["RCPT"] = ["250 OK", "451 4.7.1 greylisted", "550 5.1.1 no such user"]
    with pytest.raises(OutsideError, match="451: not now"):
        post.send(first, second, third, *rest)
    assert (post.row(first).delivered_at, post.row(second).delivered_at) == (NOON, None)
    assert post.row(third).failure == "550 5.1.1: the address does not exist"
    assert {post.row(key).delivered_at for key in rest} == {NOON}
    post.send(first, second, third, *rest)
    assert len(server.received) == len(rest) + 2


def test_a_server_that_has_had_enough_of_a_connection_is_called_again(post: Post, server: MailServer):
    keys = everybody(post, 2)
    server.say["MAIL"] = ["250 OK", "421 4.3.2 enough for one connection"]
    post.send(*keys)
    assert len(server.received) == len(keys)


def test_what_was_taken_before_the_trouble_is_noted(post: Post, server: MailServer):
    keys = everybody(post, 2)
    server.say["MAIL"] = ["250 OK", "550 5.7.1 not your address"]
    with pytest.raises(OutsideError, match="PAYCLERK_MAIL_ADDRESS"):
        post.send(*keys)
    assert [post.row(key).delivered_at for key in keys] == [NOON, None, None, None]
    post.send(*keys)
    assert len({received.mail["Message-ID"] for received in server.received}) == len(server.received) == len(keys)


@pytest.mark.parametrize(("letters", "jobs"), [(5, 5), (6, 1), (51, 2)])
def test_hundreds_of_letters_are_few_jobs_and_a_handful_goes_one_by_one(
    post: Post, server: MailServer, letters: int, jobs: int
):
    facts = {"subject": "Claim", "message": "Here it is.", "sender_name": "Pat", "project_name": "MS-01"}
    with post.db.transaction() as session, sent_together(call_of(session, post.settings)) as together:
        thread = session.get_one(Thread, post.thread_id)
        for _ in range(letters):
            to, about = [Recipient(post.month.dana)], About("log")
            write_letter(together, thread, "composed", to, {**facts, "contract_number": "SC-001"}, about)
    assert len(promised(post.db, "mail.send")) == jobs
    runner = JobRunner(post.db, noon, executor_id="mail")
    runner.handle("mail.send", Sender(post.settings, post.db, noon).send)
    runner.start()
    try:
        eventually(lambda: len(server.received) == letters)
    finally:
        runner.stop()
