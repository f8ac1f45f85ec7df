"""Is the mail from the one who was asked? A token shows only that its holder has the mail (reference 0, line 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from .authentication import Result, Results, aligned, ascii_domain
from .message import IncomingMail
from .receiver import Receiver, our_stamp

# No header may hold these, and two readers of them may see two senders.
_FORBIDDEN: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_RESENT: Final = ("resent-from", "resent-sender", "resent-to")


class Standing(Enum):
    """How far the sender is known, from least to most."""

    OTHER = "other"  # not the one who was asked, or not to be told
    REFUTED = "refuted"  # our server says that the address is forged
    CLAIMED = "claimed"  # the address of the one who was asked; nobody vouches for it
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class SenderCheck:
    standing: Standing
    why: str

    @property
    def verified(self) -> bool:
        return self.standing is Standing.VERIFIED

    @property
    def by_address(self) -> bool:
        """Enough where only the address is asked for, and nothing speaks against it."""
        return self.standing in {Standing.CLAIMED, Standing.VERIFIED}


def check_sender(mail: IncomingMail, invited: str, receiver: Receiver) -> SenderCheck:
    """One From with one address, equal to the invited one, and vouched for: by our own mail server, or by a signature
    that we have checked ourselves (`mail.signers`)."""
    refusal = _wrong_address(mail, invited)
    if refusal:
        return SenderCheck(Standing.OTHER, refusal)
    domain = mail.senders[0].domain
    stamp = our_stamp(mail, receiver)
    said = _vouched(stamp.results, domain) if stamp.results else SenderCheck(Standing.CLAIMED, stamp.why)
    if said.standing is Standing.CLAIMED and any(aligned(signer, domain) for signer in mail.signers):
        return SenderCheck(Standing.VERIFIED, "signed by the sender's domain (DKIM, checked by payclerk)")
    return said


def same_address(one: str, other: str) -> bool:
    """Equal without case, with the domain in its IDNA form and the plus-tag removed."""
    return _key(one) == _key(other)


def _key(address: str) -> str:
    local, _, domain = address.strip().rpartition("@")
    local = local.casefold() if local.isascii() else local
    return f"{local.partition('+')[0] or local}@{ascii_domain(domain)}"


def _wrong_address(mail: IncomingMail, invited: str) -> str | None:
    """Several From headers show one name and verify another (issue 51), and a cut header may hide a second."""
    if mail.from_headers != 1:
        return "the mail has no From" if not mail.from_headers else f"the mail has {mail.from_headers} From headers"
    if mail.sender is None:
        count = len(mail.senders)
        return f"From names {count} addresses" if count > 1 else "From names no address that can be relied on"
    if "the headers were cut" in mail.defects:
        return "the headers are too long to be sure of the sender"
    if _FORBIDDEN.search(mail.headers.head):
        return "the headers hold characters that no mail program writes"
    if any(mail.headers.all(name) for name in _RESENT):
        return "the mail was sent on by somebody else (Resent-)"
    if not same_address(mail.sender.email, invited):
        return f"sent from {mail.sender.email}, but {invited} was asked"
    return None


def _vouched(results: Results, domain: str) -> SenderCheck:
    """What our server found. One word of it against the sender outweighs all for him."""
    against = _against(results)
    if against:
        return SenderCheck(Standing.REFUTED, against)
    if any(_says(result, result.properties.get("header.from", domain), domain) for result in results.of("dmarc")):
        return SenderCheck(Standing.VERIFIED, "DMARC passed")
    if any(_says(result, _signer(result), domain) for result in results.of("dkim")):
        return SenderCheck(Standing.VERIFIED, "signed by the sender's domain (DKIM)")
    if any(_says(result, _envelope(result), domain) for result in results.of("spf")):
        return SenderCheck(Standing.VERIFIED, "sent by a server of the sender's domain (SPF)")
    return SenderCheck(Standing.CLAIMED, f"neither DMARC, DKIM nor SPF vouches for {domain}")


def _against(results: Results) -> str | None:
    if any(result.value == "fail" for result in results.of("dmarc")):
        return "DMARC failed: the mail may not be from who it says"
    # Microsoft's own verdict: it may take trust away, and never gives it (5.2, step 8).
    if any(result.properties.get("compauth") == "fail" or _is_failed(result) for result in results.results):
        return "Microsoft 365 takes the sender for forged (compauth)"
    return None


def _is_failed(result: Result) -> bool:
    return result.method == "compauth" and result.value == "fail"


def _says(result: Result, whom: str, domain: str) -> bool:
    return result.value == "pass" and aligned(whom, domain)


def _signer(result: Result) -> str:
    return result.properties.get("header.d") or result.properties.get("header.i", "").rpartition("@")[2]


def _envelope(result: Result) -> str:
    return result.properties.get("smtp.mailfrom", "").rpartition("@")[2]
