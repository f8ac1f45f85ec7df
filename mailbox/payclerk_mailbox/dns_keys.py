"""Keys of DKIM signatures from DNS, within a time limit. What cannot be had counts as absent: nothing is verified."""

from __future__ import annotations

from typing import Final

import dns.exception
import dns.rdatatype
import dns.resolver

SECONDS: Final = 3.0
_LONGEST: Final = 8_000


def key_from_dns(name: str) -> bytes | None:
    """The TXT record of a name, its pieces joined; of several the first that is a DKIM key."""
    try:
        answer = dns.resolver.resolve(name, dns.rdatatype.TXT, lifetime=SECONDS, search=False)
    except (dns.exception.DNSException, OSError, UnicodeError):
        return None
    records = [b"".join(record.strings)[:_LONGEST] for record in answer]
    return next((record for record in records if b"p=" in record), None)
