"""The numbers a mail must stay within (reference 5.5), and the one error of reading."""

from __future__ import annotations

from dataclasses import dataclass


class Unreadable(Exception):  # noqa: N818 - reads as what it says: the mail is unreadable
    """The mail cannot be read; `reason` is for the quarantine row and the person who looks at it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    message_bytes: int = 25 * 2**20
    header_bytes: int = 256 * 2**10
    parts: int = 200
    depth: int = 50
    text_chars: int = 2**20
    line_chars: int = 10 * 2**10
    tags: int = 30_000
    tag_depth: int = 400
    attachments: int = 100
    references: int = 20
