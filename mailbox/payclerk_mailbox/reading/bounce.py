"""Bounces: whose copy did not arrive, of which mail, and for good or only for now.

Header and MIME rules first; flufl.bounce only beside another sign of a machine, since alone it takes 3 % of ordinary
mails for bounces, and in a guard, since it raises on more (reference 6.5, issue 67).
"""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from typing import Final

from .html_text import first_words
from .machine_words import AUTO_SUBJECTS, BOUNCE_SUBJECTS, says_not_delivered
from .message import IncomingMail
from .words import comparable

_MACHINES: Final = ("mailer-daemon", "mailerdaemon", "mail-daemon", "maildaemon", "mail.delivery", "mdaemon")
_ANSWERS: Final = ("re:", "fw:", "fwd:", "aw:", "wg:", "tr:", "rv:", "i:")
_ADDRESS: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.")
_RECIPIENT: Final = re.compile(
    r"^(?:final|original)-recipient:[ \t]{0,9}(?:[\w-]{1,20};)?[ \t]{0,9}<?([^\s<>]{3,320})",
    re.IGNORECASE | re.MULTILINE,
)
_ACTION: Final = re.compile(r"^action:[ \t]{0,9}([a-z]{1,20})", re.IGNORECASE | re.MULTILINE)
_STATUS: Final = re.compile(r"^status:[ \t]{0,9}([245])\.\d{1,3}\.\d{1,3}", re.IGNORECASE | re.MULTILINE)
_DIAGNOSTIC: Final = re.compile(
    r"^diagnostic-code:[ \t]{0,9}(.{1,900}(?:\n[ \t].{1,900}){0,5})", re.IGNORECASE | re.MULTILINE
)
_LIBRARY_BYTES: Final = 64 * 2**10  # of a bounce, for the library: what failed stands at its beginning
_MESSAGE_ID: Final = re.compile(r"^[> \t]{0,20}message-id:\s{0,9}(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE)
_TEMPORARY: Final = (
    "delayed",
    "will retry",
    "will be retried",
    "temporar",
    "will continue to try",
    "still trying",
    "warning:",
)


@dataclass(frozen=True, slots=True)
class Bounce:
    failed_recipients: tuple[str, ...]
    original_message_id: str | None
    permanent: bool
    diagnostic: str


def bounce_of(mail: IncomingMail) -> Bounce | None:
    """The bounce a mail is, or None. A report that the mail was delivered is no bounce."""
    status = "\n".join(mail.reports).replace("\r", "") if _has_delivery_status(mail) else ""
    actions = {action.lower() for action in _ACTION.findall(status)}
    if actions and actions <= {"delivered", "relayed", "expanded"}:
        return None
    by_library = _flufl(mail) if _is_machine(mail) else ((), ())
    if not (status or _is_report(mail) or _looks_returned(mail) or any(by_library)):
        return None
    recipients = _recipients(mail, status) or tuple(dict.fromkeys((*by_library[1], *by_library[0])))
    return Bounce(
        recipients,
        _original_message_id(mail),
        _is_permanent(mail, status, actions, by_library),
        _diagnostic(mail, status),
    )


def is_delivery_receipt(mail: IncomingMail) -> bool:
    return _has_delivery_status(mail)


def has_null_return_path(mail: IncomingMail) -> bool:
    return any(value.strip() == "<>" for value in mail.headers.all("return-path"))


def _has_delivery_status(mail: IncomingMail) -> bool:
    return any(kind.endswith("delivery-status") for kind in mail.content_types)


def _is_report(mail: IncomingMail) -> bool:
    kind = mail.headers.first("content-type").lower()
    return "multipart/report" in kind and "delivery-status" in kind


def _looks_returned(mail: IncomingMail) -> bool:
    """By who sends it; where that says little, by two of: a machine's mark, the subject, the first words."""
    if mail.headers.first("x-failed-recipients"):
        return True
    if any(_is_daemon(address.email) for address in mail.senders):
        return True
    postmaster = any(address.email.lower().startswith("postmaster@") for address in mail.senders)
    machine = postmaster or has_null_return_path(mail) or not mail.senders
    answers_itself = _sent_by_itself(mail) and not comparable(mail.subject).startswith(AUTO_SUBJECTS)
    if (machine or answers_itself) and _says_returned(mail):
        return True
    return (machine or _is_machine(mail)) and _tells_failure(mail)


def _is_machine(mail: IncomingMail) -> bool:
    return _sent_by_itself(mail) or has_null_return_path(mail) or _says_returned(mail) or not mail.senders


def _sent_by_itself(mail: IncomingMail) -> bool:
    return mail.headers.first("auto-submitted").strip().lower() not in {"", "no"}


def _tells_failure(mail: IncomingMail) -> bool:
    """And of which mail or to whom: a supplier may write of a delivery that failed too."""
    text = first_words(mail.plain, mail.html)
    if not says_not_delivered(text):
        return False
    returned = any(_is_returned(one.content_type) for one in mail.attachments)
    return returned or bool(_ADDRESS.search(text[:5000])) or any(map(_has_code, text[:5000].splitlines()))


def _is_daemon(address: str) -> bool:
    return address.lower().startswith(_MACHINES)


def _says_returned(mail: IncomingMail) -> bool:
    subject = comparable(mail.subject)
    return any(words in subject for words in BOUNCE_SUBJECTS) and not subject.startswith(_ANSWERS)


def _flufl(mail: IncomingMail) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The temporary and the permanent failures it sees."""
    from flufl.bounce import all_failures

    try:
        temporary, permanent = all_failures(email.message_from_bytes(mail.raw[:_LIBRARY_BYTES]))
        return _texts(temporary), _texts(permanent)
    except Exception:  # noqa: BLE001 - IndexError, AttributeError and more on ordinary mails
        return (), ()


def _texts(addresses: frozenset[bytes]) -> tuple[str, ...]:
    return tuple(sorted(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in addresses))


def _recipients(mail: IncomingMail, status: str) -> tuple[str, ...]:
    header = mail.headers.first("x-failed-recipients")
    found = [*_RECIPIENT.findall(status), *(one.strip(" <>") for one in header.split(","))]
    return tuple(dict.fromkeys(one for one in found if "@" in one))


def _is_permanent(
    mail: IncomingMail, status: str, actions: set[str], by_library: tuple[tuple[str, ...], tuple[str, ...]]
) -> bool:
    classes = set(_STATUS.findall(status))
    if "failed" in actions or "5" in classes:
        return True
    if actions or classes:
        return False
    if any(by_library):
        return bool(by_library[1])
    text = comparable(f"{mail.subject} {_words(mail)[:5000]}")
    return not any(word in text for word in _TEMPORARY)


def _diagnostic(mail: IncomingMail, status: str) -> str:
    found = _DIAGNOSTIC.search(status)
    text = (
        found.group(1)
        if found
        else next((line for line in _words(mail)[:5000].splitlines() if _has_code(line)), mail.subject)
    )
    return " ".join(text.split())[:500]


def _has_code(line: str) -> bool:
    return bool(re.search(r"\b[45]\d\d[ -]|\b[45]\.\d{1,3}\.\d{1,3}\b", line[:500]))


def _original_message_id(mail: IncomingMail) -> str | None:
    """In what was returned, 88 % have it; in the bounce's own headers only 10 % (issue 68)."""
    returned = [
        one.content[:200_000].decode("utf-8", "replace") for one in mail.attachments if _is_returned(one.content_type)
    ]
    for text in (*returned, _words(mail)):
        found = _MESSAGE_ID.search(text.replace("\r", ""))
        if found:
            return found.group(1)
    return next(iter((*mail.in_reply_to, *mail.references[::-1])), None)


def _is_returned(content_type: str) -> bool:
    return content_type in {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}


def _words(mail: IncomingMail) -> str:
    return (mail.plain or mail.html or "")[:200_000]
