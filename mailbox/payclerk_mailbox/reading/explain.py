"""All that can be known of a mail without asking anyone, in one value, with the reason for each conclusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .decision import Decision, Question, Reading, read_decision
from .kind import Classified, Kind, OwnIdentity, classify
from .matching import Found, Match, token_of, tokens_in
from .message import Attachment, IncomingMail, parse
from .receiver import Receiver
from .reply import ReplyText, read_reply
from .sender import SenderCheck, check_sender


@dataclass(frozen=True, slots=True)
class Explained:
    mail: IncomingMail
    classified: Classified
    found: Found
    reply: ReplyText
    sender_check: SenderCheck | None  # None: nobody was asked
    decision: Decision | None
    reason: str
    why: str

    @property
    def kind(self) -> Kind:
        return self.classified.kind

    @property
    def sender(self) -> str:
        """For show: who the mail says it is from."""
        return ", ".join(address.email for address in self.mail.senders) or "unknown"

    @property
    def matched_by(self) -> str | None:
        return self.found.matched_by

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return self.mail.attachments


def read(
    raw: bytes,
    *,
    own: OwnIdentity,
    parent_text: str | None = None,
    question: Question | None = None,
    invited: str | None = None,
    authserv_id: str | None = None,
    names: Sequence[str] = (),
    language: str = "en",
) -> Explained:
    """Read a mail; `Unreadable` is the only error. A decision comes out only when every gate passes (reference 5.2)."""
    mail = parse(raw)
    classified = classify(mail, own)
    found = _found(mail, classified, own)
    reply = read_reply(mail, parent_text)
    check = check_sender(mail, invited, Receiver(authserv_id)) if invited is not None else None
    reading = _decision(mail, classified, found, reply, check, question, names, language)
    return Explained(mail, classified, found, reply, check, reading.decision, reading.reason, reading.why)


def sender_names(mail: IncomingMail) -> tuple[str, ...]:
    """What the sender is called, to know their signature by: display name, mailbox and domain."""
    if mail.sender is None:
        return ()
    local, _, domain = mail.sender.email.partition("@")
    return (mail.sender.name, local.replace(".", " ").replace("_", " "), domain.partition(".")[0])


def _found(mail: IncomingMail, classified: Classified, own: OwnIdentity) -> Found:
    """A bounce has our id in what it returns, seldom in its own headers (issue 68)."""
    found = tokens_in(mail, own.address)
    original = classified.bounce.original_message_id if classified.bounce else None
    token = token_of(original) if original else None
    if original is None or original in found.message_ids:
        return found
    matches = found.matches if token is None or token in found.tokens else (*found.matches, Match(token, "returned"))
    return Found(matches, (*found.message_ids, original))


def _decision(
    mail: IncomingMail,
    classified: Classified,
    found: Found,
    reply: ReplyText,
    check: SenderCheck | None,
    question: Question | None,
    names: Sequence[str],
    language: str,
) -> Reading:
    refusal = _refusal(mail, classified, found, reply, check, question)
    if refusal is not None or question is None:
        return Reading(None, "", refusal or "")
    return read_decision(reply.text, question, names=(*names, *sender_names(mail)), language=language)


def _refusal(
    mail: IncomingMail,
    classified: Classified,
    found: Found,
    reply: ReplyText,
    check: SenderCheck | None,
    question: Question | None,
) -> str | None:
    """Why the text is not even asked for a decision, in the order a person would want to hear it."""
    if classified.kind is not Kind.PERSON:
        return classified.why
    if question is None or check is None:
        return "nothing was asked that this mail could answer"
    if not check.verified:
        return check.why
    if len(found.chosen) > 1:
        return "the mail answers several of our mails at once"
    return _unclear_text(mail, reply)


def _unclear_text(mail: IncomingMail, reply: ReplyText) -> str | None:
    if reply.forwarded:
        return "the mail is a forward"
    if reply.interleaved:
        return "the answer stands between or under lines of our mail, and what it answers is not certain"
    if "the text was cut" in mail.defects:
        return "the mail is too long to be read whole"
    if not reply.text:
        signed = any(kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"} for kind in mail.content_types)
        return "the mail is signed or encrypted in a way that cannot be read" if signed else "the mail adds no new text"
    return None
