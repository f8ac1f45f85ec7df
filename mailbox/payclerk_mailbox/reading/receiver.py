"""Which Authentication-Results of a mail our own receiving server wrote. All others came with the mail (issue 53).

The top-most one counts, if it has the name that was set, and stands above every hop that was not ours. Servers put
their stamp right above or right below their own Received line, so only a foreign line above it shows it foreign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .authentication import Results, aligned, organisation, read_results
from .message import IncomingMail

_BY: Final = re.compile(r"(?:^|\s)by\s+([^\s;()]{1,255})", re.IGNORECASE)
# What has no owner in public: addresses, single names, and the suffixes that nobody can register.
_WITHIN: Final = re.compile(
    r"\[?(?:[\d.]+|[\da-f.]*:[\da-f:.]*)\]?|[^.]+|.*\.(?:internal|local|localdomain|lan|home\.arpa|intra|corp)",
    re.IGNORECASE,
)
_MICROSOFT: Final = ("outlook.com", "office365.us", "outlook.cn")


@dataclass(frozen=True, slots=True)
class Receiver:
    """How our receiving server is recognised. None and False: it stamps nothing that could be relied on."""

    authserv_id: str | None
    microsoft365: bool = False  # it stamps no name
    hosts: tuple[str, ...] = ()  # domains of its machines, where they are not those of its name

    @property
    def stamps(self) -> bool:
        return self.microsoft365 or self.authserv_id is not None

    def owns(self, host: str) -> bool:
        """Whether a machine that a Received line names is one of ours."""
        if _WITHIN.fullmatch(host):
            return True
        known = _MICROSOFT if self.microsoft365 else (self.authserv_id or "", *self.hosts)
        return any(aligned(host, one) or host.casefold() == one.casefold() for one in known)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What our server says of the mail; None, and why, where it says nothing."""

    results: Results | None
    why: str = ""


def our_stamp(mail: IncomingMail, receiver: Receiver) -> Stamp:
    """Read the one Authentication-Results that is our server's."""
    if not receiver.stamps:
        return Stamp(None, "no server is set whose Authentication-Results could be relied on")
    for name, value in mail.headers.items:
        if name == "received" and (host := _by(value)) and not receiver.owns(host):
            return Stamp(None, f"our mail server has stamped nothing above the hop of {organisation(host) or host}")
        if name == "authentication-results":
            return _ours(read_results(value), receiver)
    return Stamp(None, "our mail server has stamped no Authentication-Results")


def _ours(results: Results, receiver: Receiver) -> Stamp:
    expected = "" if receiver.microsoft365 else (receiver.authserv_id or "").casefold()
    if results.authserv_id == expected:
        return Stamp(results)
    by = results.authserv_id or "a server without a name"
    return Stamp(None, f"the top-most Authentication-Results is by {by}, not by {expected or 'Microsoft 365'}")


def _by(received: str) -> str:
    found = _BY.search(received[:2000])
    return found.group(1) if found else ""
