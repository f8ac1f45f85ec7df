"""All envelopes of the account, and the mails that go out for them."""

from __future__ import annotations

import threading
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING

from .errors import DocusignError
from .intake import envelope_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from payclerk_playground.mail import MailWorld

    from .envelopes import Envelope, Recipient

SENDER = "payclerk via DocuSign <dse@docusign.example>"


class Ledger:
    def __init__(self, mail: MailWorld, public_url: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._mail = mail
        self._public_url = public_url
        self._now = now
        self._envelopes: dict[str, Envelope] = {}
        self._lock = threading.RLock()

    def all(self) -> list[Envelope]:
        return list(self._envelopes.values())

    def get(self, envelope_id: str) -> Envelope:
        if envelope_id not in self._envelopes:
            raise DocusignError(404, "ENVELOPE_DOES_NOT_EXIST", "The envelope specified does not exist.")
        return self._envelopes[envelope_id]

    def now(self) -> datetime:
        return self._now()

    def purge(self, envelope: Envelope) -> None:
        """Gone for good, as after the account's retention time."""
        with self._lock:
            del self._envelopes[envelope.id]

    def create(self, body: object) -> Envelope:
        """The same transactionId twice makes two envelopes: it serves to find one again and for nothing else."""
        envelope = envelope_from(body, self._now())
        status = body.get("status", "created") if isinstance(body, dict) else "created"
        with self._lock:
            due = envelope.send(self._now()) if status == "sent" else []
            self._envelopes[envelope.id] = envelope
        self._invite(envelope, due)
        return envelope

    def send(self, envelope: Envelope) -> None:
        with self._lock:
            due = envelope.send(self._now())
        self._invite(envelope, due)

    def resend(self, envelope: Envelope) -> None:
        self._invite(envelope, envelope.waiting(), "Reminder: ")

    def view(self, envelope: Envelope, recipient: Recipient) -> None:
        with self._lock:
            envelope.view(recipient, self._now())

    def sign(self, envelope: Envelope, recipient: Recipient, written: dict[str, str] | None = None) -> None:
        with self._lock:
            due = envelope.sign(recipient, self._now(), written)
        self._invite(envelope, due)
        if envelope.status == "completed":
            self._tell(envelope, "Completed: ", "Everybody has signed.")

    def decline(self, envelope: Envelope, recipient: Recipient, reason: str) -> None:
        with self._lock:
            envelope.decline(recipient, reason, self._now())
        self._tell(envelope, "Declined: ", f"{recipient.name} declined to sign: {reason}")

    def void(self, envelope: Envelope, reason: str) -> None:
        with self._lock:
            envelope.void(reason, self._now())
        self._tell(envelope, "Voided: ", f"The sender has withdrawn the document: {reason}")

    def link(self, envelope: Envelope, recipient: Recipient) -> str:
        return f"{self._public_url()}/docusign/sign/{envelope.id}/{recipient.guid}"

    def _invite(self, envelope: Envelope, recipients: Iterable[Recipient], prefix: str = "") -> None:
        for one in recipients:
            if one.kind == "carbonCopies":
                self._write(
                    one, f"Copy: {envelope.subject}", "A copy of a document that is being signed.\n" + envelope.blurb
                )
            elif not one.embedded:
                text = f"Please sign: {envelope.subject}\n\n{envelope.blurb}\n\nReview and sign:\n{self.link(envelope, one)}\n"
                self._write(
                    one, f"{prefix}Please sign: {envelope.subject}", text, _button(envelope, self.link(envelope, one))
                )

    def _tell(self, envelope: Envelope, prefix: str, text: str) -> None:
        for one in envelope.signers:
            if one.status != "created" and not one.embedded:
                self._write(one, prefix + envelope.subject, text + "\n")

    def _write(self, one: Recipient, subject: str, text: str, html: str | None = None) -> None:
        with suppress(OSError):  # DocuSign has taken the envelope whether or not its mail gets through
            self._mail.send(
                SENDER, f"{one.name} <{one.email}>", subject, text, html, headers={"Auto-Submitted": "auto-generated"}
            )


def _button(envelope: Envelope, link: str) -> str:
    look = "display:inline-block;padding:12px 24px;background:#ffcc22;color:#000;font-weight:bold;text-decoration:none"
    return (
        f"<p>payclerk sent you a document to review and sign.</p><p><b>{escape(envelope.subject)}</b></p>"
        f'<p><a style="{look}" href="{escape(link)}">Review document</a></p><p>{escape(envelope.blurb)}</p>'
    )
