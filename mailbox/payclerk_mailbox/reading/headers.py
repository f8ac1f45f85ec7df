"""The headers of a mail: split off and capped before any parser sees them, then read value by value.

mail-parser reads addresses and the date, from a message made of the headers alone: handed whole mails, it merges the
text of attached ones and raises on some bounces (reference 0 line 12, issues 80 and 85).
"""

from __future__ import annotations

import email
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final, TypeVar

import mailparser
from mailparser.utils import get_addresses

from .charsets import decode, tidy
from .entities import BREAK, HEAD
from .limits import Limits

_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,250}>")
_BREAKS: Final = re.compile(rb"[\r\n]*+")
T = TypeVar("T")
_WORD: Final = r"[A-Za-z0-9]{1,30}"
_EMAIL: Final = rf"{_WORD}(?:[._+-]{_WORD}){{0,6}}@{_WORD}(?:[.-]{_WORD}){{1,6}}"
_SIMPLE: Final = re.compile(rf"(?:(?P<name>{_WORD}(?: {_WORD}){{0,5}}) )?<(?P<email>{_EMAIL})>|(?P<bare>{_EMAIL})")
_VALUE_CHARS: Final = 64 * 2**10  # of one header; longer ones are cut
_ADDRESS_CHARS: Final = 12 * 2**10  # of those read for addresses, which takes long; tokens are looked for in all of it
_DATE_CHARS: Final = 300
_LEAST_CHARS: Final = 200
_MANY_LINES: Final = re.compile(rb"(?:[^\r\n]*+(?>\r\n|\r|\n)){5000}")  # atomic: CRLF is one end, not two
_MOST_HEADERS: Final = 20  # of one name; a second From is one too many already


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    email: str

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2].casefold()


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """All headers in order, names in lower case, values unfolded but not decoded."""

    items: tuple[tuple[str, str], ...]
    head: bytes
    body_at: int
    references_kept: int
    defects: tuple[str, ...]

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.items if key == name)

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def text(self, name: str) -> str:
        """Decoded, on one line."""
        return " ".join(_decoded(self.first(name)[:2000]).split())

    def message_ids(self, name: str) -> tuple[str, ...]:
        """Each once, in order. Of a very long header the end is kept, where the newest ids stand (itop-jb #246)."""
        found = [one for value in self.all(name) for one in _MESSAGE_ID.findall(value[-20_000:])]
        return tuple(dict.fromkeys(found))[-self.references_kept :]

    def addresses(self, name: str) -> tuple[Address, ...]:
        found: list[Address] = []
        left = _ADDRESS_CHARS
        for value in self.all(name)[:_MOST_HEADERS]:
            found += _addresses(value[:left])
            left = max(left - len(value), _LEAST_CHARS)  # each is looked at: a second From is one too many
        return tuple(found)

    def date(self) -> datetime | None:
        """The sender's claim; None where it makes no sense (zammad #2245)."""
        return _guarded(self._stdlib_date) or _guarded(self._parsed_date)  # the second takes ten times as long

    def _parsed_date(self) -> datetime | None:
        written = self.first("date")[:_DATE_CHARS]
        if not written:
            return None
        message = Message()
        message["Date"] = written
        found = mailparser.MailParser(message).date
        return _in_utc(found) if isinstance(found, datetime) else None

    def _stdlib_date(self) -> datetime | None:
        return _in_utc(parsedate_to_datetime(self.first("date")[:_DATE_CHARS]))


def read_headers(raw: bytes, limits: Limits) -> HeaderBlock:
    """Up to the first line that is none; more than the limit is cut, and said (cpython #136063: reading is quadratic)."""
    start = _end_of(_BREAKS, raw, 0)
    end = _end_of(HEAD, raw, start)
    head = raw[start : min(end, start + limits.header_bytes)]
    few = _MANY_LINES.match(head)
    defects: tuple[str, ...] = ()
    if end - start > limits.header_bytes or few:
        head = (few[0] if few else head).rpartition(b"\n")[0].rstrip(b"\r")
        defects = ("the headers were cut",)
    message = email.message_from_bytes(head + b"\r\n\r\n")
    blank = BREAK.match(raw, end)
    return HeaderBlock(tuple(_items(message)), head, blank.end() if blank else end, limits.references, defects)


def _end_of(pattern: re.Pattern[bytes], raw: bytes, start: int) -> int:
    found = pattern.match(raw, start)
    return found.end() if found else start


def _items(message: Message) -> list[tuple[str, str]]:
    return [(name.lower(), _unfolded(str(value))) for name, value in message.raw_items()]


def _unfolded(value: str) -> str:
    """One line; bytes that are not ASCII are read as the body's are (they came as surrogates)."""
    value = value[:_VALUE_CHARS].replace("\r", "").replace("\n", "")
    return decode(value.encode("utf-8", "surrogateescape"), None) if not value.isascii() else value.replace("\x00", "")


def _decoded(value: str) -> str:
    """RFC 2047 words; a text that only looks like one is left as it is."""
    try:
        pieces = decode_header(value) if value.isascii() else [(value, None)]
    except (HeaderParseError, ValueError, TypeError):
        return tidy(value)
    text = "".join(piece if isinstance(piece, str) else decode(piece, charset) for piece, charset in pieces)
    return text or tidy(value)  # what decodes to nothing is shown as it came


def _addresses(value: str) -> list[Address]:
    """Two readers must agree; where they differ both answers count, so that no one is alone (CVE-2023-27043)."""
    simple = [_SIMPLE.fullmatch(one.strip(" ")) for one in value.split(",")]
    if all(simple):  # no reader can see another address in it
        return [Address(one["name"] or "", one["bare"] or one["email"]) for one in simple if one]
    ours = _guarded(lambda: get_addresses(value, decode_names=True)) or []
    second = _guarded(lambda: getaddresses([value])) or []
    known = {mail.casefold() for _, mail in ours}
    found = [*ours, *((name, mail) for name, mail in second if mail.casefold() not in known)]
    return [Address(tidy(_decoded(name)).strip(), tidy(mail).strip()) for name, mail in found if "@" in mail]


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _guarded(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except Exception:  # noqa: BLE001 - the library's own errors are many (issue 84)
        return None
