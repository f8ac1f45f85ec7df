"""The report that comes back for a mail that could not be delivered (RFC 3464)."""

from __future__ import annotations

from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING

from .accounts import HOST_NAME
from .stamps import Submission, head_of

if TYPE_CHECKING:
    from datetime import datetime

DAEMON = f"MAILER-DAEMON@{HOST_NAME}"
REASONS = {
    "5.1.1": "550 5.1.1 User unknown",
    "5.2.2": "552 5.2.2 Mailbox full",
    "5.7.1": "550 5.7.1 Message rejected by policy",
    "4.4.7": "450 4.4.7 Message expired after five days",
}


def bounce_of(submission: Submission, recipient: str, status: str, now: datetime) -> Submission:
    """The mail that tells the envelope sender; it has a null sender itself, so that it never bounces."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = f"Mail Delivery System <{DAEMON}>"
    report["To"] = submission.envelope_sender
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Date"] = format_datetime(now)
    report["Message-ID"] = make_msgid(domain=HOST_NAME)
    report["Auto-Submitted"] = "auto-replied"
    for part in _parts(submission, recipient, status, now):
        report.attach(part)
    raw = report.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return Submission(DAEMON, "", (submission.envelope_sender,), raw, HOST_NAME, submission.queue_id + "B")


def _parts(submission: Submission, recipient: str, status: str, now: datetime) -> list[Message]:
    reason = REASONS.get(status, f"550 {status} Delivery failed")
    return [
        MIMEText(_notice(recipient, reason), "plain", "us-ascii"),
        _delivery_status(recipient, status, reason, now),
        _original_headers(submission.raw),
    ]


def _notice(recipient: str, reason: str) -> str:
    return (
        f"This is the mail system at host {HOST_NAME}.\n\n"
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n\n"
        f"<{recipient}>: host {HOST_NAME} said: {reason}\n"
    )


def _delivery_status(recipient: str, status: str, reason: str, now: datetime) -> Message:
    per_message, per_recipient = Message(), Message()
    per_message["Reporting-MTA"] = f"dns; {HOST_NAME}"
    per_message["Arrival-Date"] = format_datetime(now)
    per_recipient["Final-Recipient"] = f"rfc822; {recipient}"
    per_recipient["Original-Recipient"] = f"rfc822;{recipient}"
    per_recipient["Action"] = "failed"
    per_recipient["Status"] = status
    per_recipient["Diagnostic-Code"] = f"smtp; {reason}"
    part = MIMENonMultipart("message", "delivery-status")
    part.set_payload([per_message, per_recipient])
    return part


def _original_headers(raw: bytes) -> Message:
    part = MIMENonMultipart("text", "rfc822-headers")
    part.set_payload(head_of(raw).decode("ascii", "surrogateescape").replace("\r\n", "\n"))
    return part
