"""Reply tokens: 26 lower-case base32 characters that lead an answer back to what it answers.

A token shows that the sender has the mail, never who he is. Lower case because gateways lower the case of the
local part; one per recipient; signed, so that none can be guessed (reference 5.3).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

TOKEN_LENGTH: Final = 26
CODE_LENGTH: Final = 8
TOKEN_PATTERN: Final = re.compile(r"[a-z2-7]{26}")


def make_token(secret: bytes, *, recipient: str, record: str, purpose: str, nonce: str) -> str:
    """The token of one recipient for one record and purpose. The same arguments give the same token."""
    text = f"{recipient.casefold()}\x1f{record}\x1f{purpose}\x1f{nonce}".encode()
    digest = hmac.new(secret, text, hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:TOKEN_LENGTH]


def make_code(secret: bytes, token: str) -> str:
    """The eight digits that go with the token of a confirm page. Made again whenever they are needed, never stored."""
    digest = hmac.new(secret, b"code\x1f" + _bytes(token), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**CODE_LENGTH:0{CODE_LENGTH}}"


def is_code(secret: bytes, token: str, given: str) -> bool:
    """Whether a person typed the token's code; blanks and dashes do not count."""
    digits = re.sub(r"[\s-]", "", given[:40])
    return same_secret(make_code(secret, token), digits)


def same_secret(expected: str, given: str) -> bool:
    """Whether what somebody gave is the secret, in a time that does not tell how much of it is right.

    Every comparison of a secret goes through here. As bytes: `compare_digest` refuses text that is not ASCII, and what
    comes from outside may hold any letter, even half of a surrogate pair.
    """
    return hmac.compare_digest(*map(_bytes, (expected, given)))


def page_request(secret: bytes, message_id: int) -> str:
    """What stands in the link by which a letter's reader asks for a page: the letter, signed. It has no power itself."""
    return f"{message_id}.{_signature(secret, f'page:{message_id}')}"


def requested_by(secret: bytes, text: str) -> int | None:
    """The letter that such a link is of; None for one that we never made."""
    number, _, signature = text.partition(".")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return int(number) if same_secret(_signature(secret, f"page:{number}"), signature) else None


def seal(secret: bytes, text: str) -> str:
    """`text` with its signature, for what leaves us and comes back in another's file (a billing form)."""
    return f"{text}|{_signature(secret, text)}"


def open_seal(secret: bytes, sealed: str) -> str | None:
    """The text, or None when it is not ours as it was sealed."""
    text, _, signature = sealed.rpartition("|")
    return text if same_secret(_signature(secret, text), signature) else None


def _signature(secret: bytes, text: str) -> str:
    digest = hmac.new(secret, b"seal\x1f" + _bytes(text), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:TOKEN_LENGTH]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
