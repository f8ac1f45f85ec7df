"""File names of attachments, made harmless: no path, no control or direction marks, not too long."""

from __future__ import annotations

import mimetypes
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header
from pathlib import PurePosixPath
from typing import Final

from .charsets import decode, tidy

_LONGEST: Final = 120
_EXTENSIONS: Final = {"message/rfc822": ".eml", "text/calendar": ".ics", "application/ms-tnef": ".dat"}


def clean_name(written: str, content_type: str, number: int) -> str:
    """The last piece of what the mail calls it; a made name where it has none.

    >>> clean_name("../../etc/pass\\x00wd.pdf", "application/pdf", 1)
    'passwd.pdf'
    """
    name = tidy(_decoded(written[:2000])).replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C" and char not in ':*?"<>|')
    name = " ".join(name.split()).strip(". ")
    return _shortened(name) if name else _made(content_type, number)


def _decoded(written: str) -> str:
    """Names are often encoded as headers are, against the rules (RFC 2047, section 5)."""
    if "=?" not in written:
        return written
    try:
        pieces = decode_header(written)
    except (HeaderParseError, ValueError, TypeError):
        return written
    return "".join(piece if isinstance(piece, str) else decode(piece, charset) for piece, charset in pieces)


def _shortened(name: str) -> str:
    path = PurePosixPath(name)
    suffix = path.suffix[:20]
    return path.stem[: _LONGEST - len(suffix)].strip(". ") + suffix if len(name) > _LONGEST else name


def _made(content_type: str, number: int) -> str:
    extension = _EXTENSIONS.get(content_type) or mimetypes.guess_extension(content_type) or ".bin"
    return f"{'mail' if content_type == 'message/rfc822' else 'file'}-{number}{extension}"
