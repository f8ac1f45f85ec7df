"""`payclerk mail explain` and `payclerk mail replay`, as who looks after payclerk uses them."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from mail_inbox import Inbox
from payclerk.demo.clockwork import Clockwork
from payclerk.mail import replay
from payclerk.main import app
from payclerk_core.errors import UserError
from payclerk_core.tables import Event, InboxMail, Message
from payclerk_mailbox.reading.decision import Question
from payclerk_mailbox.reading.questions import question_in

if TYPE_CHECKING:
    from pathlib import Path

    from payclerk_core.db import Database

TOKEN = "abcdefghijklmnopqrstuvwxyz"
INVITATION = f"""\
From: Maple Street Billing <billing@reply.example>
Reply-To: billing+{TOKEN}@reply.example
To: Sam Ortiz <sam@ortiz.example>
Subject: You are invited to bill
Message-ID: <t.{TOKEN}.1@reply.example>

Do you want to bill this period? Reply ACCEPT or DECLINE by Friday, please.
"""
ANSWER = """\
From: Sam Ortiz <sam@ortiz.example>
To: billing@reply.example
Subject: Re: You are invited to bill
Message-ID: <1@ortiz.example>
In-Reply-To: <t.abcdefghijklmnopqrstuvwxyz.1@reply.example>

{text}

On Sat, Nov 21, 2026 Maple Street Billing <billing@reply.example> wrote:
> Do you want to bill this period? Reply ACCEPT or DECLINE by Friday, please.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An invitation, and a folder of what came back."""
    (tmp_path / "sent.eml").write_text(INVITATION)
    answers = tmp_path / "answers"
    (answers / "more").mkdir(parents=True)
    (answers / "1.eml").write_text(ANSWER.format(text="We accept, thanks"))
    (answers / "2.eml").write_text(ANSWER.format(text="We decline - no crew"))
    (answers / "3.eml").write_text(ANSWER.format(text="Yes, but only line 3"))
    (answers / "4.eml").write_text("Auto-Submitted: auto-replied\n" + ANSWER.format(text="ACCEPT"))
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n" for depth in range(60))
    (answers / "5.eml").write_text(nested)
    (answers / "more" / "6.eml").write_bytes(b"\xff\xfe\x00" * 99)
    (answers / "notes.txt").write_text("not a mail")
    return tmp_path


def explain(*words: object) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, ["mail", "explain", "--json", *map(str, words)])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_each_mail_of_a_folder_is_explained_on_its_line(folder: Path) -> None:
    lines = explain(folder / "answers", "--sent", folder / "sent.eml", "--auth", "pass")
    assert [line["file"].rpartition("/")[2] for line in lines] == [f"{number}.eml" for number in range(1, 7)]
    assert [line["kind"] for line in lines] == ["person"] * 3 + ["auto_reply", "unreadable", "person"]
    assert [line["decision"] for line in lines] == ["accept", "decline", None, None, None, None]
    first = lines[0]
    assert (first["from"], first["matched_by"], first["reply_text"]) == (
        "sam@ortiz.example",
        "in_reply_to",
        "We accept, thanks",
    )
    assert "> Do you want to bill" in first["elided_text"]
    assert lines[1]["reason"] == "no crew"
    assert lines[4]["reason"] == "the mail is nested too deep"
    assert set(first) == {
        "file", "kind", "from", "matched_by", "reply_text", "elided_text", "decision", "reason", "attachments",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "decision"),
    [
        (["--auth", "pass"], "accept"),
        (["--auth", "fail"], None),
        (["--auth", "none"], None),
        ([], "accept"),
        (["--invited", "somebody@else.example"], None),
        (["--invited", "SAM+jobs@Ortiz.example", "--auth", "pass"], "accept"),
        (["--asked", "owner_claim", "--auth", "pass"], "approve"),
        (["--asked", "nothing"], None),
    ],
)
def test_the_options_stand_for_what_the_poller_knows(folder: Path, options: list[str], decision: str | None) -> None:
    [line] = explain(folder / "answers" / "1.eml", "--sent", folder / "sent.eml", *options)
    assert line["decision"] == decision


def test_a_mail_of_its_own_decides_nothing_and_says_so(folder: Path) -> None:
    [line] = explain(folder / "answers" / "1.eml")
    assert (line["decision"], line["reason"]) == (None, "nothing was asked that this mail could answer")


def test_an_mbox_and_a_file_that_is_not_there(folder: Path) -> None:
    box = folder / "all.mbox"
    box.write_text("".join(f"From x Sat Nov 21 10:00:00 2026\n{ANSWER.format(text=text)}\n" for text in ("Yes", "No")))
    lines = explain(box, folder / "gone.eml", "--sent", folder / "sent.eml")
    assert [(line["file"].rpartition("/")[2], line["decision"]) for line in lines] == [
        ("all.mbox:1", "accept"),
        ("all.mbox:2", "decline"),
        ("gone.eml", None),
    ]
    assert lines[2]["kind"] == "unreadable"


def test_files_that_hold_no_mail_are_unreadable_and_the_next_one_follows(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(b"\r\n\r\n")
    (tmp_path / "2.eml").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "3.eml").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "4.eml")
    (tmp_path / "5\n\x1b[31m.eml").write_text(ANSWER.format(text="Yes"))
    lines = explain(tmp_path, tmp_path / "4.eml")
    assert [line["kind"] for line in lines] == ["unreadable"] * 3 + ["person", "unreadable"]
    assert all(line["reason"] for line in lines)
    plain = CliRunner().invoke(app, ["mail", "explain", str(tmp_path)])
    assert len(plain.output.splitlines()) == 4
    assert "\x1b" not in plain.output


def test_without_json_a_line_is_for_people(folder: Path) -> None:
    result = CliRunner().invoke(app, ["mail", "explain", str(folder / "answers"), "--sent", str(folder / "sent.eml")])
    assert len(result.output.splitlines()) == 6
    assert (
        'person from sam@ortiz.example, matched by in_reply_to: decline (no crew): "We decline - no crew"'
        in result.output
    )


def test_a_wrong_option_is_said(folder: Path) -> None:
    for words in (["--auth", "maybe"], ["--asked", "what"], ["--sent", str(folder / "gone.eml")]):
        result = CliRunner().invoke(app, ["mail", "explain", str(folder / "answers"), *words])
        assert result.exit_code == 1
        assert words[0] in result.output


def test_the_question_is_seen_in_what_was_sent() -> None:
    assert question_in("Do you want to bill? Reply ACCEPT or DECLINE") is Question.INVITATION
    assert question_in("Reply APPROVE, APPROVE AS NOTED or REJECT to this payment application") is Question.OWNER_CLAIM
    assert question_in("") is Question.INVITATION


@pytest.fixture
def inbox(database: Database, tmp_path: Path) -> Inbox:
    """In November; the command, which reads the time itself, goes by the same month."""
    clock = Clockwork(tmp_path / "clock")
    clock.set(datetime(2026, 11, 10, 6))
    return Inbox(database, clock_file=clock.file)


def test_a_mail_that_was_put_aside_is_read_again(inbox: Inbox, database: Database) -> None:
    key = inbox.put(inbox.answer(inbox.month.dana, "ACCEPT"))
    with database.transaction() as session:
        row = session.get_one(InboxMail, key)
        row.status, row.attempts, row.reason = "quarantine", 3, "It failed."
    assert replay_of(inbox, key) == f"Mail {key} is done, taken as person"
    assert inbox.status(inbox.month.plumbing) == "accepted"
    with pytest.raises(UserError, match="decided already: accept"):
        replay_of(inbox, key)
    assert len(inbox.letters("invitation_accepted")) == 1


def test_a_mail_of_which_only_the_beginning_was_kept_is_never_read_as_if_it_were_whole(
    inbox: Inbox, database: Database
) -> None:
    key = inbox.put(inbox.answer(inbox.month.dana, "ACCEPT"))
    with database.transaction() as session:
        row = session.get_one(InboxMail, key)
        row.status, row.size = "oversize", 40 * 2**20
    with pytest.raises(UserError, match="Only the beginning"):
        replay_of(inbox, key)
    assert inbox.status(inbox.month.plumbing) == "invited"


def replay_of(inbox: Inbox, key: int) -> str:
    url = inbox.db.engine.url.render_as_string(hide_password=False)
    return replay(inbox.settings.model_copy(update={"database_url": url}), key)


def test_an_unclear_mail_is_read_again_without_a_second_line_or_letter(inbox: Inbox, database: Database) -> None:
    row = inbox.take(inbox.answer(inbox.month.dana, "Let me think"))
    before = (len(inbox.log()), len(inbox.letters("answer_unclear")), inbox.notices())
    replay_of(inbox, row.id)
    assert (len(inbox.log()), len(inbox.letters("answer_unclear")), inbox.notices()) == before
    with database.reading() as session:
        assert "mail_read_again" in session.scalars(select(Event.verb)).all()
        assert session.scalars(select(Message).where(Message.inbox_id == row.id)).one().text == "Let me think"


def test_a_mail_of_which_nothing_is_stored_is_not_read_again(inbox: Inbox, database: Database) -> None:
    key = inbox.put(b"")
    inbox.run()
    with database.transaction() as session:
        session.get_one(InboxMail, key).status = "done"
    with pytest.raises(UserError, match="Nothing of this mail"):
        replay_of(inbox, key)
    with pytest.raises(UserError, match="no such mail"):
        replay_of(inbox, 999)
