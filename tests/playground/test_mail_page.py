"""What the page of the playground asks over HTTP, served by uvicorn."""

from __future__ import annotations

import socket
import threading
from types import SimpleNamespace

import pytest
import urllib3
import uvicorn
from starlette.applications import Starlette

from payclerk_playground.mail import Attachment, MailWorld

PAYCLERK = "billing@reply.payclerk.example"
SAM = "sam@northside.example"


def persona(email, name):
    return SimpleNamespace(
        email=email, name=name, title="Roofer", user_id=None, has_slack=False, has_mailbox=True, tz="UTC", locale="en"
    )


@pytest.fixture
def world(tmp_path):
    world = MailWorld(tmp_path, [persona(SAM, "Sam Okafor")])
    world.start()
    yield world
    world.stop()


@pytest.fixture
def site(world):
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=world.routes()), log_config=None, lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        yield Site(pool, f"http://127.0.0.1:{listener.getsockname()[1]}/mail/api")
    world.stop()  # ends the event streams, which would keep the server waiting
    server.should_exit = True
    thread.join()
    listener.close()


class Site:
    def __init__(self, pool, base):
        self.pool = pool
        self.base = base

    def get(self, path, **more):
        return self.pool.request("GET", self.base + path, **more)

    def post(self, path, fields):
        return self.pool.request("POST", self.base + path, fields=fields)


@pytest.fixture
def mail_id(world):
    html = '<p onclick="x()">Please answer</p><script>bad()</script><img src="https://track.example/1.gif">'
    files = [Attachment.named("invoice.pdf", b"%PDF"), Attachment.named("page.html", b"<script>")]
    world.send(PAYCLERK, SAM, "Invitation", "Please answer", html, files)
    return world.inbox(SAM)[0].id


def test_mailboxes_with_their_unread_mails(site, mail_id):
    boxes = {box["email"]: box for box in site.get("/mailboxes").json()}
    assert (boxes[SAM]["unread"], boxes[SAM]["name"], boxes[SAM]["title"]) == (1, "Sam Okafor", "Roofer")
    assert boxes[PAYCLERK]["isPayclerk"]


def test_reading_a_mail_marks_it(site, mail_id):
    [line] = site.get(f"/mailboxes/{SAM}/mails").json()
    assert (line["id"], line["seen"], line["hasAttachments"]) == (mail_id, False, True)
    mail = site.get(f"/mailboxes/{SAM}/mails/{mail_id}").json()
    assert (mail["text"].strip(), mail["hasHtml"]) == ("Please answer", True)
    assert site.get("/mailboxes").json()[0]["unread"] == 0


def test_html_is_shown_without_what_could_run(site, mail_id):
    answer = site.get(f"/mailboxes/{SAM}/mails/{mail_id}/html")
    assert b"Please answer" in answer.data
    assert b"bad()" not in answer.data
    assert b"onclick" not in answer.data
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; img-src data:;" in answer.headers["Content-Security-Policy"]


def test_attachments_open_or_are_saved(site, mail_id):
    shown = site.get(f"/mailboxes/{SAM}/mails/{mail_id}/attachments/0")
    assert (shown.data, shown.headers["Content-Disposition"]) == (b"%PDF", "inline; filename*=UTF-8''invoice.pdf")
    saved = site.get(f"/mailboxes/{SAM}/mails/{mail_id}/attachments/1")
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_an_answer_with_a_file(site, world, mail_id):
    fields = {"text": "ACCEPT", "style": "outlook", "lang": "en", "files": ("lien waiver.pdf", b"%PDF-1.7")}
    assert site.post(f"/mailboxes/{SAM}/mails/{mail_id}/reply", fields).json() == {"ok": True}
    [got] = world.inbox(PAYCLERK)
    assert "divRplyFwdMsg" in got.html
    assert [(one.filename, one.content) for one in got.attachments] == [("lien waiver.pdf", b"%PDF-1.7")]


def test_a_new_mail(site, world):
    fields = {"to": f"{PAYCLERK}, {SAM}", "subject": "A question", "text": "When is it due?"}
    assert site.post(f"/mailboxes/{SAM}/send", fields).status == 200
    assert [world.inbox(one)[0].subject for one in (PAYCLERK, SAM)] == ["A question", "A question"]


def test_nobody_writes_as_payclerk(site):
    assert site.post(f"/mailboxes/{PAYCLERK}/send", {"to": SAM, "subject": "x", "text": "x"}).status == 404


def test_what_is_not_there_is_said_so(site):
    for path in (
        f"/mailboxes/{SAM}/mails/INBOX:9",
        "/mailboxes/x@y.example/mails",
        f"/mailboxes/{SAM}/mails/none/html",
    ):
        assert site.get(path).status == 404


def test_a_mail_that_cannot_go_out_is_said_so(site, world):
    world.smtp_down()
    answer = site.post(f"/mailboxes/{SAM}/send", {"to": PAYCLERK, "subject": "x", "text": "x"})
    assert answer.status == 502
    assert "did not go out" in answer.json()["error"]


def test_the_event_stream_tells_of_new_mail(site, world):
    stream = site.get("/events", preload_content=False)
    assert stream.readline() == b": hello\n"
    world.send(PAYCLERK, SAM, "News", "x")
    lines = iter(stream.readline, b"")
    told = next(line for line in lines if line.startswith(b"data:"))
    assert told == b'data: {"email": "sam@northside.example"}\n'
    stream.close()
