"""Is the mail from the one who was asked? A token shows only that its holder has the mail (reference 0, line 7)."""

from __future__ import annotations

from dataclasses import dataclass

from .authentication import Result, Results, aligned, ascii_domain, read_results
from .message import IncomingMail


@dataclass(frozen=True, slots=True)
class SenderCheck:
    verified: bool
    why: str


def check_sender(mail: IncomingMail, invited: str, authserv_id: str | None) -> SenderCheck:
    """One From with one address, equal to the invited one, and vouched for by our own mail server.

    `authserv_id` is the name that server puts into Authentication-Results; an empty one stands for Microsoft 365,
    which puts none. None: it stamps nothing, so the address alone is compared, and `why` says so.
    """
    refusal = _wrong_address(mail, invited)
    if refusal:
        return SenderCheck(False, refusal)
    if authserv_id is None:
        return SenderCheck(
            True, "from the invited address; whether it was forged is not checked (no authserv-id is set)"
        )
    return _authenticated(mail, authserv_id)


def same_address(one: str, other: str) -> bool:
    """Equal without case, with the domain in its IDNA form and the plus-tag removed."""
    return _key(one) == _key(other)


def _key(address: str) -> str:
    local, _, domain = address.strip().rpartition("@")
    return f"{local.casefold().partition('+')[0]}@{ascii_domain(domain)}"


def _wrong_address(mail: IncomingMail, invited: str) -> str | None:
    """Several From headers show one name and verify another (issue 51), and a cut header may hide a second."""
    if mail.from_headers != 1:
        return "the mail has no From" if not mail.from_headers else f"the mail has {mail.from_headers} From headers"
    if mail.sender is None:
        count = len(mail.senders)
        return f"From names {count} addresses" if count > 1 else "From names no address that can be relied on"
    if "the headers were cut" in mail.defects:
        return "the headers are too long to be sure of the sender"
    if not same_address(mail.sender.email, invited):
        return f"sent from {mail.sender.email}, but {invited} was asked"
    return None


def _authenticated(mail: IncomingMail, authserv_id: str) -> SenderCheck:
    """Only the top-most header is our server's; those below came with the mail and may be forged."""
    stamps = mail.headers.all("authentication-results")
    if not stamps:
        return SenderCheck(False, "our mail server has stamped no Authentication-Results")
    results = read_results(stamps[0])
    if results.authserv_id != authserv_id.casefold():
        by = results.authserv_id or "a server without a name"
        return SenderCheck(
            False, f"the top-most Authentication-Results is by {by}, not by {authserv_id or 'Microsoft 365'}"
        )
    return _vouched(results, mail.senders[0].domain)


def _vouched(results: Results, domain: str) -> SenderCheck:
    dmarc = results.of("dmarc")
    if any(
        result.value == "pass" and aligned(result.properties.get("header.from", domain), domain) for result in dmarc
    ):
        return SenderCheck(True, "DMARC passed")
    if any(result.value == "fail" for result in dmarc):
        return SenderCheck(False, "DMARC failed: the mail may not be from who it says")
    if any(result.value == "pass" and aligned(_signer(result), domain) for result in results.of("dkim")):
        return SenderCheck(True, "signed by the sender's domain (DKIM)")
    if any(result.value == "pass" and aligned(_envelope(result), domain) for result in results.of("spf")):
        return SenderCheck(True, "sent by a server of the sender's domain (SPF)")
    return SenderCheck(False, f"neither DMARC, DKIM nor SPF vouches for {domain}")


def _signer(result: Result) -> str:
    return result.properties.get("header.d") or result.properties.get("header.i", "").rpartition("@")[2]


def _envelope(result: Result) -> str:
    return result.properties.get("smtp.mailfrom", "").rpartition("@")[2]
