"""Our own look at DKIM signatures (RFC 6376), for servers that stamp nothing. Keys come from where the caller says.

dkimpy does the cryptography; what may be signed how is decided here, and everything it raises is a signature that does
not count.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

import dkim
from dkim.util import parse_tag_value

from .authentication import aligned
from .message import IncomingMail

Keys = Callable[[str], bytes | None]  # the TXT record of a name, if there is one
Tags = Mapping[bytes, bytes]

SIGNATURES: Final = 3  # looked at; each asks the network once
KEY_BITS: Final = 1024
_ALGORITHMS: Final = frozenset({b"rsa-sha256", b"ed25519-sha256"})
_HEADERS: Final = 1000
_SIGNATURE_HEADERS: Final = 20
_SIGNED_NAMES: Final = 100
# Mail programs sign all four. Without the day and the id an old mail could be made a new one's answer.
_ALWAYS_SIGNED: Final = frozenset({b"from", b"subject", b"date", b"message-id"})
_DOMAIN: Final = re.compile(rb"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,10}", re.IGNORECASE)
_SELECTOR: Final = re.compile(rb"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,5}", re.IGNORECASE)
_NUMBER: Final = re.compile(rb"\d{1,12}")
_BLANKS: Final = re.compile(rb"[ \t]{16,}")
_BLANK_COST: Final = 20_000_000  # dkimpy's reading of blanks grows with the square of their length
_ENDING: Final = 100_000  # empty lines at the end, in bytes: they are taken off one by one
_SILENT: Final = logging.getLogger("payclerk.dkim")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False  # it would write addresses


def with_signers(mail: IncomingMail, keys: Keys, at: datetime) -> IncomingMail:
    """The mail, with the domains of the sender's organisation whose signature on it holds. Never raises."""
    if mail.sender is None or not mail.headers.all("dkim-signature") or not _is_readable(mail):
        return mail
    signers = dict.fromkeys(_holding(mail, mail.sender.domain, keys, at))
    return replace(mail, signers=tuple(signers))


def keys_wanted(mail: IncomingMail, at: datetime) -> tuple[str, ...]:
    """The names of the keys that `with_signers` will ask for."""
    names: dict[str, None] = {}
    with_signers(mail, names.setdefault, at)
    return tuple(names)


def _is_readable(mail: IncomingMail) -> bool:
    """No more than dkimpy reads in a moment."""
    blanks = sum(len(run) ** 2 for run in _BLANKS.findall(mail.raw))
    ending = len(mail.raw) - len(mail.raw.rstrip(b"\r\n"))
    # A signature covers the last of two equal headers, and we would read the first.
    single = all(len(mail.headers.all(name.decode())) <= 1 for name in _ALWAYS_SIGNED)
    return single and blanks <= _BLANK_COST and ending <= _ENDING and len(mail.headers.items) <= _HEADERS


def _holding(mail: IncomingMail, domain: str, keys: Keys, at: datetime) -> Iterator[str]:
    looked = 0
    signer = _guarded(lambda: dkim.DKIM(mail.raw, logger=_SILENT, minkey=KEY_BITS))
    if not isinstance(signer, dkim.DKIM) or not _same_sender(mail, signer):
        return
    signatures = [value for name, value in signer.headers if name.lower() == b"dkim-signature"]
    for index, value in enumerate(signatures[:_SIGNATURE_HEADERS]):
        tags = _guarded(partial(parse_tag_value, value))
        if looked < SIGNATURES and isinstance(tags, dict) and _may_count(tags, domain, at):
            looked += 1
            name = tags[b"d"].decode("ascii").lower()
            if _guarded(partial(signer.verify, idx=index, dnsfunc=_asked(keys))) is True:
                yield name


def _same_sender(mail: IncomingMail, signer: dkim.DKIM) -> bool:
    """The library must see the very From that we see; else it would vouch for one that nobody is shown."""
    seen = [value for name, value in signer.headers if name.lower() == b"from"]
    ours = mail.headers.all("from")
    return len(seen) == len(ours) == 1 and b"".join(seen[0].split()) == "".join(ours[0].split()).encode()


def _may_count(tags: Tags, domain: str, at: datetime) -> bool:
    signed = [name.strip().lower() for name in tags.get(b"h", b"").split(b":")]
    return (
        tags.get(b"a", b"").lower() in _ALGORITHMS
        and _DOMAIN.fullmatch(tags.get(b"d", b"")) is not None
        and _SELECTOR.fullmatch(tags.get(b"s", b"")) is not None
        and aligned(tags[b"d"].decode("ascii"), domain)
        and set(signed) >= _ALWAYS_SIGNED
        and len(signed) <= _SIGNED_NAMES
        and b"l" not in tags  # signs a beginning: anything may follow it (RFC 6376, 8.2)
        and not _is_over(tags, at)
    )


def _is_over(tags: Tags, at: datetime) -> bool:
    end = tags.get(b"x")
    return end is not None and (_NUMBER.fullmatch(end) is None or int(end) < at.timestamp())


def _asked(keys: Keys) -> Callable[..., bytes | None]:
    """The key as dkimpy asks for it. A domain that only tries DKIM out (t=y) has none (RFC 6376, 3.6.1)."""

    def ask(name: bytes, timeout: int = 0) -> bytes | None:  # noqa: ARG001 - the time limit is the caller's
        record = keys(name.decode("ascii").rstrip("."))
        flags = parse_tag_value(record).get(b"t", b"") if record else b""
        return None if b"y" in [flag.strip().lower() for flag in flags.split(b":")] else record

    return ask


def _guarded(look: Callable[[], object]) -> object:
    try:
        return look()
    except Exception:  # noqa: BLE001 - a mail must never stop the poller (reference 0, line 12)
        return None
