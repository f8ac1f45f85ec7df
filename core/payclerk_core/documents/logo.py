"""The company's logo in our mails: one small PNG, inside the mail itself. Nothing is loaded from anywhere, nothing tracks."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from ..errors import UserError

PNG: Final = "image/png"
MOST_BYTES: Final = 100_000  # it travels in every mail
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_SIDES: Final = range(16, 2001)
_SHOWN_WIDTH: Final = 200
_SHOWN_HEIGHT: Final = 56
_PLACE: Final = re.compile(r'src="cid:logo\.([0-9a-f]{64})@payclerk"')


@dataclass(frozen=True, slots=True)
class Logo:
    """The picture, its size on the page, and by what name the letter calls it."""

    content: bytes
    width: int
    height: int
    words: str  # where pictures are not shown

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def place(self) -> str:
        """The address of the picture inside the mail (RFC 2392)."""
        return f"cid:{content_id(self.sha256)}"


def content_id(sha256: str) -> str:
    """
    >>> content_id("ab12")
    'logo.ab12@payclerk'
    """
    return f"logo.{sha256}@payclerk"


def read_logo(content: bytes, words: str) -> Logo:
    """The logo in a file's bytes. Raises UserError that says what the file has to be."""
    if not content.startswith(_SIGNATURE) or content[12:16] != b"IHDR" or len(content) < 33:
        raise _fault("is no PNG picture; save the logo as PNG")
    if len(content) > MOST_BYTES:
        raise _fault(f"has more than {MOST_BYTES // 1000} KB; save the logo smaller, some 400 dots wide")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    if width not in _SIDES or height not in _SIDES:
        raise _fault(f"is {width} by {height} dots; each side has to be from {_SIDES.start} to {_SIDES.stop - 1}")
    return Logo(content, *_shown(width, height), words)


def _shown(width: int, height: int) -> tuple[int, int]:
    """Never larger than it is, nor than its place.

    >>> _shown(800, 200), _shown(100, 400), _shown(40, 20), _shown(2000, 16)
    ((200, 50), (14, 56), (40, 20), (200, 1))
    """
    if width * _SHOWN_HEIGHT > height * _SHOWN_WIDTH:
        shown = min(width, _SHOWN_WIDTH)
        return shown, max(1, height * shown // width)
    shown = min(height, _SHOWN_HEIGHT)
    return max(1, width * shown // height), shown


def logo_in(html: str) -> str | None:
    """The hash of the logo that a letter of ours shows. In what people write the quotation marks are escaped."""
    found = _PLACE.search(html)
    return found.group(1) if found else None


def _fault(what: str) -> UserError:
    return UserError(f"PAYCLERK_MAIL_LOGO_FILE: the file {what}.", code="settings")
