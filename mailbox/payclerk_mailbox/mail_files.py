"""The mails in files, folders and mboxes; a file that holds nothing but a text becomes a mail with that text."""

from __future__ import annotations

import codecs
import mailbox
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from .reading.limits import Limits, Unreadable

_MBOXES: Final = frozenset({".mbox", ".mbx"})
_HEADER: Final = re.compile(
    rb"(?:from|sender|to|cc|subject|date|received|return-path|delivered-to|message-id|in-reply-to|references|reply-to"
    rb"|mime-version|content-[a-z-]{2,40}|dkim-signature|authentication-results|auto-submitted|x-[a-z0-9-]{1,60})[ \t]{0,9}:",
    re.IGNORECASE,
)
# A mark of the encoding, and the line an mbox puts before each mail.
_LEADING: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?[\r\n]{0,1000}(?:>?From [^\r\n:]{1,300} [^\r\n]{10,100}[\r\n]{1,2})?"
)
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n|\r\r|\Z")
_MARKUP: Final = re.compile(
    rb"\s{0,200}<(?:!doctype|!--|html|head|body|div|p|table|span|meta|style|br|font|center|blockquote)\b", re.IGNORECASE
)
_HEAD_BYTES: Final = 64 * 2**10


def mails_in(paths: Sequence[Path]) -> Iterator[tuple[str, bytes | OSError | Unreadable]]:
    """Each with its name: of a folder the `.eml` files and mboxes, or, where it has none, every file."""
    for path in paths:
        if path.is_dir():
            yield from mails_in(_files(path))
        elif path.suffix.lower() in _MBOXES and path.is_file():
            yield from _in_mbox(path)
        else:
            yield str(path), mail_in(path)


def as_mail(raw: bytes, suffix: str = "") -> bytes:
    """The bytes as they are, or with the headers a bare text lacks. The reader itself is told nothing else."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raw = raw.decode("utf-16", "replace").encode("utf-8", "replace")
    raw = _LEADING.sub(b"", raw, count=1)
    if _has_headers(raw):
        return raw
    kind = b"html" if suffix.lower() in {".html", ".htm"} or _MARKUP.match(raw) else b"plain"
    return b"Content-Type: text/" + kind + b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + raw


def _has_headers(raw: bytes) -> bool:
    """Does it begin with a header that mails have? `Note: I will come` is none."""
    end = _BLANK_LINE.search(raw, 0, _HEAD_BYTES)
    head = raw[: end.start() if end else _HEAD_BYTES]
    first = re.match(rb"[!-9;-~]{1,76}[ \t]{0,9}:", head)
    return bool(first) and any(_HEADER.match(line) for line in re.split(rb"\r\n|\r|\n", head))


def _files(folder: Path) -> list[Path]:
    files = sorted(one for one in folder.rglob("*") if _is_to_read(one) and not one.name.startswith("."))
    mails = [one for one in files if one.suffix.lower() == ".eml" or one.suffix.lower() in _MBOXES]
    return mails or files


def _is_to_read(path: Path) -> bool:
    """A link that leads nowhere is said to be unreadable, and not passed over."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def mail_in(path: Path) -> bytes | OSError | Unreadable:
    """No more than the reader takes, so that it says itself that the mail is too large."""
    try:
        if path.exists() and not path.is_file():
            return Unreadable("is a folder" if path.is_dir() else "is no file")
        with path.open("rb") as file:
            raw = file.read(Limits().message_bytes + 1)
    except OSError as error:
        return error
    mail = as_mail(raw, path.suffix)
    if not raw.strip():
        return Unreadable("is empty")
    return Unreadable("is no mail and no text") if mail.endswith(raw) and mail != raw and b"\0" in raw else mail


def _in_mbox(path: Path) -> Iterator[tuple[str, bytes]]:
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), 1):
            yield f"{path}:{number}", box.get_bytes(key)
    finally:
        box.close()
