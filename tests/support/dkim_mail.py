"""Mails with DKIM signatures, and the local table that holds the keys."""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime


@cache
def private_key(bits: int = 1024) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


@cache
def record(bits: int = 1024, more: str = "") -> bytes:
    """The key's TXT record."""
    key = serialization.load_pem_private_key(private_key(bits), None).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; " + more.encode() + b"p=" + base64.b64encode(der)


def table(*domains: str, bits: int = 1024, more: str = "") -> Callable[[str], bytes | None]:
    """Keys as a look-up: the selector s1 of these domains."""
    names = {f"s1._domainkey.{domain}": record(bits, more) for domain in domains}
    return names.get


class _Signer(dkim.DKIM):
    """The library signs without an end; this one puts `x=` in."""

    ends_at: datetime | None = None

    def gen_header(self, fields, *rest, **more):
        end = [(b"x", str(int(self.ends_at.timestamp())).encode())] if self.ends_at else []
        return super().gen_header([*fields[:-1], *end, fields[-1]], *rest, **more)


SIGNED = (b"from", b"to", b"subject", b"date", b"message-id")


def sign(
    raw: bytes,
    domain: str,
    *,
    bits: int = 1024,
    ends_at: datetime | None = None,
    length: bool = False,
    names: Sequence[bytes] = SIGNED,
) -> bytes:
    """The mail with a signature of the domain on top, over the headers that mail programs sign."""
    raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    signer = _Signer(raw)
    signer.ends_at = ends_at
    return signer.sign(b"s1", domain.encode(), private_key(bits), include_headers=list(names), length=length) + raw
