"""The company's logo: inside our mails, and dropped when an answer brings it back."""

from __future__ import annotations

import email
import struct
import zlib
from email import policy
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from mail_inbox import Inbox
from payclerk_core.actions.logos import TAKEN, logo_of
from payclerk_core.documents.letters import MARKERS
from payclerk_core.documents.logo import read_logo
from payclerk_core.errors import UserError
from payclerk_core.tables import Attachment, Event, MessageRecipient
from payclerk_mailbox.mime import build_mail
from payclerk_mailbox.outgoing import copies_to_send

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage
    from pathlib import Path

    from payclerk_core.db import Database

OfSettings = dict[str, object]


def png(width: int = 400, height: int = 100, *, spare: int = 0) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    pixels = zlib.compress(b"".join(b"\x00" + b"\x1f\x6f\xb2" * width for _ in range(height)))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"tEXt", b"x" * spare) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.fixture
def with_logo(database: Database, tmp_path: Path) -> Callable[[bytes], Inbox]:
    """Maple Street, whose letters show this logo."""

    def make(content: bytes) -> Inbox:
        path = tmp_path / "logo.png"
        path.write_bytes(content)
        return Inbox(database, mail_logo_file=path)

    return make


def raws(inbox: Inbox) -> list[bytes]:
    with inbox.db.reading() as session:
        chosen = session.scalars(select(MessageRecipient.id)).all()
        return [build_mail(copy.mail) for copy in copies_to_send(session, inbox.settings, chosen)]


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=policy.SMTP)  # type: ignore[return-value]


def test_the_logo_travels_inside_the_mail_and_the_words_stay_alone(with_logo: Callable[[bytes], Inbox]):
    inbox = with_logo(png())
    sent = raws(inbox)
    assert sent == raws(inbox)  # the same bytes however often it is sent
    for raw in sent:
        mail = parsed(raw)
        html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
        assert html is not None
        assert plain is not None
        [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
        assert f'src="cid:{picture["Content-ID"].strip("<>")}" width="200" height="50" alt="Maple' in html.get_content()
        assert picture.get_content() == png()
        assert picture.get_content_disposition() == "inline"
        assert "logo" not in plain.get_content()
        names = [part.get_filename() for part in mail.iter_attachments()]
        assert "logo.png" not in names
    with inbox.db.reading() as session:
        assert session.scalar(select(func.count(Event.id)).where(Event.verb == TAKEN)) == 1


def test_without_a_logo_nothing_of_it_is_in_the_mail(database: Database):
    [first, *_] = raws(Inbox(database))
    assert b"logo" not in first
    assert not [part for part in parsed(first).walk() if part.get_content_maintype() == "image"]


def test_the_logo_that_comes_back_is_dropped_even_after_it_has_changed(with_logo: Callable[[bytes], Inbox]):
    inbox = with_logo(png())
    inbox.settings = inbox.settings.model_copy(update={"mail_logo_file": None})
    answer = inbox.answer(inbox.month.dana, "ACCEPT")
    named = answer.get_content().replace(MARKERS["en"], f"{MARKERS['en']}\n> \n> [image: Maple Street Billing]")
    answer.set_content(named)
    for number, content in enumerate((png(), png(401)), 1):
        answer.add_attachment(content, "image", "png", filename=f"image00{number}.png", disposition="inline")
    inbox.take(answer)
    with inbox.db.reading() as session:
        kept = session.scalars(select(Attachment.name).where(Attachment.message_id == inbox.log()[0].id)).all()
    assert kept == ["image002.png"]
    assert inbox.log()[0].text == "ACCEPT"
    assert inbox.status(inbox.month.plumbing) == "accepted"


def test_a_picture_of_the_same_bytes_that_was_never_our_logo_is_kept(database: Database):
    inbox = Inbox(database)
    for _ in range(2):
        inbox.take(inbox.answer(inbox.month.dana, "See the photo.", files=[("photo.png", png())]))
    with inbox.db.reading() as session:
        ids = [message.id for message in inbox.log()]
        query = select(Attachment.name).where(Attachment.message_id.in_(ids))
        assert session.scalars(query).all() == ["photo.png", "photo.png"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no PNG picture"),
        (b"\xff\xd8\xff\xe0 a photo", "no PNG picture"),
        (b"<svg/>", "no PNG picture"),
        (png(8, 8), "8 by 8 dots"),
        (png(2001, 16), "2001 by 16 dots"),
        (png(spare=100_000), "more than 100 KB"),
    ],
)
def test_a_file_that_is_no_small_picture_is_refused_with_what_it_has_to_be(content: bytes, words: str):
    with pytest.raises(UserError, match=words):
        read_logo(content, "Maple")


def test_a_logo_that_is_gone_is_said_at_the_start_and_holds_up_no_mail(
    with_logo: Callable[[bytes], Inbox], tmp_path: Path
):
    inbox = with_logo(b"broken")
    assert not [part for part in parsed(raws(inbox)[0]).walk() if part.get_content_maintype() == "image"]
    gone = inbox.settings.model_copy(update={"mail_logo_file": tmp_path / "gone.png"})
    with pytest.raises(UserError, match=r"PAYCLERK_MAIL_LOGO_FILE: the file cannot be read \(FileNotFoundError\)"):
        logo_of(gone)
