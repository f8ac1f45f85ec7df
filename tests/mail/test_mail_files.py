"""`payclerk mail explain` over files of every sort: what is no whole mail is read as the text it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_mailbox.mail_files import as_mail, mails_in
from payclerk_mailbox.reading.message import parse
from payclerk_mailbox.reading.reply import read_reply

if TYPE_CHECKING:
    from pathlib import Path

BARE = "We accept, thanks\n\nOn Nov 21, 2026, Anna Lee wrote:\n> Do you bill?\n"
WHOLE = "From: Sam <sam@ortiz.example>\nSubject: Re: bill\n\n" + BARE
MARKUP = "<div>We accept, thanks</div><blockquote type=cite>Do you bill?</blockquote>"


@pytest.mark.parametrize(
    ("raw", "suffix"),
    [
        (BARE.encode(), ".txt"),
        (b"\xef\xbb\xbf" + BARE.encode(), ".txt"),
        (BARE.encode("utf-16"), ".txt"),
        (BARE.replace("\n", "\r\n").encode(), ""),
        (BARE.replace("\n", "\r").encode(), ".eml"),
        (MARKUP.encode(), ".html"),
        (MARKUP.encode(), ""),
        (b"<html><body>" + MARKUP.encode(), ".txt"),
        (WHOLE.encode(), ".txt"),
        (b"\n\n" + WHOLE.encode(), ".eml"),
        (b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode(), ".eml"),
        (WHOLE.replace("\n", "\r").encode(), ".eml"),
        (b"From sam@ortiz.example Sat Nov 21 10:00:00 2026\n" + WHOLE.encode(), ".eml"),
        (b">From sam@ortiz.example Sat Nov 21 10:00:00 2026\r\n" + WHOLE.replace("\n", "\r\n").encode(), ""),
    ],
)
def test_the_answer_is_found_in_a_file_of_any_shape(raw: bytes, suffix: str) -> None:
    assert read_reply(parse(as_mail(raw, suffix)), None).text == "We accept, thanks"


def test_a_sentence_with_a_colon_is_no_header() -> None:
    for text in ("Note: we come on Monday.\n\nSam", "Answer: yes", "Hello Anna\nSubject: the door\n\nIt sticks"):
        assert read_reply(parse(as_mail(text.encode())), None).text == text


def test_a_folder_without_mails_is_read_file_by_file(tmp_path: Path) -> None:
    for name in ("b.txt", "a.html", "c", ".hidden"):
        (tmp_path / name).write_text(BARE)
    assert [name.rpartition("/")[2] for name, _ in mails_in([tmp_path])] == ["a.html", "b.txt", "c"]
    (tmp_path / "d.EML").write_text(WHOLE)
    (tmp_path / "e.mbox").write_text(f"From x Sat Nov 21 10:00:00 2026\n{WHOLE}\n")
    assert [name.rpartition("/")[2] for name, _ in mails_in([tmp_path])] == ["d.EML", "e.mbox:1"]


def test_what_cannot_be_opened_is_given_as_its_error(tmp_path: Path) -> None:
    [(_, raw)] = mails_in([tmp_path / "gone"])
    assert isinstance(raw, OSError)


@given(st.binary(max_size=300), st.sampled_from(["", ".html", ".eml"]))
def test_any_bytes_become_a_mail(raw: bytes, suffix: str) -> None:
    read_reply(parse(as_mail(raw, suffix)), None)
