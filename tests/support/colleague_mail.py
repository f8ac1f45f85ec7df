"""A reply to all: a colleague writes above our letter, and who was asked answers the colleague, through real mail programs."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from html import escape
from itertools import cycle, product
from typing import TYPE_CHECKING

from payclerk_core.queries.directory import email_key
from payclerk_core.tables import MessageRecipient
from payclerk_mailbox.mime import build_mail
from payclerk_mailbox.outgoing import copies_to_send
from payclerk_playground.mail.clients import Lang, Style, answer, subject_of_answer
from payclerk_playground.mail.letters import StoredMail

if TYPE_CHECKING:
    from collections.abc import Callable

    from mail_inbox import Inbox
    from payclerk_core.tables import Person

MARIA = "Maria Soto <maria@harbor.example>"
SENT = datetime(2026, 11, 10, 13, 5, tzinfo=UTC)
# How the ids of the mails before are told: all of them, References alone (some phones), or none.
HEADERS = ("both", "references", "none")
STYLES: tuple[Style, ...] = ("plain", "gmail", "outlook", "apple", "bottom")
LANGS: tuple[Lang, ...] = ("en", "fr", "es")


def letter_to(inbox: Inbox, person: Person) -> bytes:
    """The newest letter a person has of us, as it came."""
    with inbox.db.reading() as session:
        rows = session.query(MessageRecipient).order_by(MessageRecipient.id.desc())
        key = next(row.id for row in rows if email_key(row.email) == email_key(person.email))
        [copy] = copies_to_send(session, inbox.settings, [key])
    return build_mail(copy.mail)


def replied(raw: bytes, sender: str, text: str, style: Style, lang: Lang = "en", headers: str = "both") -> EmailMessage:
    """Somebody's answer to a mail, as their program writes it."""
    parent = StoredMail("INBOX:1", raw, SENT, True)
    made = answer(style, parent, text, lang, SENT)
    return _mail(parent, sender, made.text, made.html, headers, subject_of_answer(parent.subject, made.subject_prefix))


def _mail(
    parent: StoredMail, sender: str, text: str, html: str | None, headers: str, subject: str = "Re: billing"
) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    domain = sender.rpartition("@")[2].rstrip(">")
    mine = "mx.reply.maple.example"
    mail["Authentication-Results"] = f"{mine}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
    mail["From"], mail["Subject"] = sender, subject
    mail["To"] = parent.header("Reply-To") or parent.header("To")
    mail["Message-ID"] = f"<{abs(hash((sender, text))):x}@{domain}>"
    if headers == "both":
        mail["In-Reply-To"] = parent.header("Message-ID")
    if headers != "none":
        mail["References"] = f"{parent.header('References')} {parent.header('Message-ID')}".strip()
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    return mail


def to_colleague(
    inbox: Inbox,
    person: Person,
    said: str,
    asked: str,
    styles: tuple[Style, Style],
    lang: Lang = "en",
    headers: str = "both",
) -> EmailMessage:
    """`said` in answer to Maria's `asked`, who answered our letter to all."""
    ours = letter_to(inbox, person)
    first, second = styles
    marias = replied(ours, MARIA, asked, first, lang)
    mail = replied(marias.as_bytes(), f"{person.name} <{person.email}>", said, second, lang, headers)
    del mail["To"]
    mail["To"], mail["Cc"] = MARIA, _address(ours)
    return mail


def _address(ours: bytes) -> str:
    return str(email.message_from_bytes(ours, policy=policy.default)["Reply-To"])


def _quoted(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}".rstrip() for line in text.strip().splitlines())


def _attribution(who: str) -> str:
    return f"On Tue, Nov 10, 2026 at 7:05 AM {who} wrote:"


OURS = "Maple Street Billing <billing@reply.maple.example>"


# What no program of the playground writes, but some do: text, or (text, html).
def _bare(said: str, asked: str, ours: str) -> str:
    return f"{said}\n\n{_quoted(asked)}\n>\n{_quoted(ours)}\n"


def _nested(said: str, asked: str, ours: str) -> str:
    return f"{said}\n\n{_quoted(asked)}\n>\n{_quoted(ours, '> > ')}\n"


def _bottom_posted(said: str, asked: str, ours: str) -> str:
    """Maria wrote below our letter."""
    inner = f"{_attribution(OURS)}\n{_quoted(ours)}\n\n{asked}"
    return f"{said}\n\n{_attribution(MARIA)}\n{_quoted(inner)}\n"


def _inside(said: str, asked: str, ours: str) -> str:
    """Maria wrote into our letter, below its marker."""
    lines = ours.strip().splitlines()
    inner = "\n".join([*(f"> {line}" for line in lines[:4]), "", asked, "", *(f"> {line}" for line in lines[4:])])
    return f"{said}\n\n{_attribution(MARIA)}\n{_quoted(inner)}\n"


def _no_quote_marks(said: str, asked: str, ours: str) -> str:
    return f"{said}\n\n{_attribution(MARIA)}\n\n{asked}\n\n{_attribution(OURS)}\n\n{ours}\n"


def _original_message(said: str, asked: str, ours: str) -> str:
    block = (
        "-----Original Message-----\nFrom: {0}\nSent: Tuesday, November 10, 2026 7:05 AM\nTo: all\nSubject: Billing\n\n"
    )
    return f"{said}\n\n{block.format(MARIA)}{asked}\n\n{block.format(OURS)}{ours}\n"


def _no_attribution(said: str, asked: str, ours: str) -> str:
    return f"{said}\n\n{asked}\n\n{ours}\n"


def _dropped_words(said: str, asked: str, ours: str) -> str:
    """The program kept Maria's introduction and lost her words."""
    return f"{said}\n\n{_attribution(MARIA)}\n> {_attribution(OURS)}\n{_quoted(ours, '> > ')}\n"


def _forwarded_block(said: str, asked: str, ours: str) -> str:
    head = f"---------- Forwarded message ---------\nFrom: {MARIA}\nDate: Tue, Nov 10, 2026\nSubject: Billing\n\n"
    return f"{said}\n\n{head}{asked}\n\n{_attribution(OURS)}\n{_quoted(ours)}\n"


BY_HAND: dict[str, Callable[[str, str, str], str]] = {
    "bare": _bare,
    "nested": _nested,
    "bottom posted": _bottom_posted,
    "inside": _inside,
    "no quote marks": _no_quote_marks,
    "original message": _original_message,
    "no attribution": _no_attribution,
    "dropped words": _dropped_words,
    "forwarded": _forwarded_block,
}


def _unnamed(said: str, asked: str, ours: str) -> str:
    return f"<div>{said}</div><blockquote>{asked}</blockquote><blockquote>{ours}</blockquote>"


def _in_one(said: str, asked: str, ours: str) -> str:
    return f"<div>{said}</div><blockquote><div>{asked}</div><blockquote>{ours}</blockquote></blockquote>"


def _gmail_without_words_of_its_own(said: str, asked: str, ours: str) -> str:
    return f'<div>{said}</div><div class="gmail_quote"><div>{asked}</div><div class="gmail_quote">{ours}</div></div>'


def _outlook_after_rule(said: str, asked: str, ours: str) -> str:
    rest = (
        '<hr><div id="divRplyFwdMsg"><b>From:</b> {0}<br><b>Sent:</b> Tuesday<br><b>To:</b> all<br></div><div>{1}</div>'
    )
    return f"<div>{said}</div>{rest.format(escape(MARIA), asked)}{rest.format(escape(OURS), ours)}"


def _unnamed_above_named(said: str, asked: str, ours: str) -> str:
    return f'<div>{said}</div><blockquote>{asked}</blockquote><div class="gmail_quote">{ours}</div>'


IN_HTML: dict[str, Callable[[str, str, str], str]] = {
    "unnamed": _unnamed,
    "in one": _in_one,
    "gmail": _gmail_without_words_of_its_own,
    "outlook": _outlook_after_rule,
    "unnamed above named": _unnamed_above_named,
}


def by_hand(inbox: Inbox, person: Person, name: str, said: str, asked: str) -> EmailMessage:
    """The same in a shape of `BY_HAND` or `IN_HTML`, and with nothing in its headers that would tell."""
    parent = StoredMail("INBOX:1", letter_to(inbox, person), SENT, True)
    sender = f"{person.name} <{person.email}>"
    if name in BY_HAND:
        return _mail(parent, sender, BY_HAND[name](said, asked, parent.text), None, "none")
    mail = _mail(parent, sender, said, None, "none")
    mail.set_content(IN_HTML[name](said, escape(asked), parent.html or ""), subtype="html")
    return mail


def _mixed(first: str, asked: str) -> dict[str, str]:
    """What Maria wrote, with a line that our letter has too: as her first words, among them and as her last."""
    return {
        "first": f"{first}\n\n{asked}\n\nMaria",
        "among": f"Hi all,\n\n{first}\n\n{asked}",
        "twice": f"{first}\n{asked}\n{first}",
        "last": f"{asked}\n\n{first}",
    }


def alike(inbox: Inbox, person: Person, said: str, first: str, asked: str) -> list[tuple[str, EmailMessage]]:
    """Answers to a mail of Maria that does not quote ours, and has a line of ours: through every program, as they come
    with and without the ids of ours; and without her name, where nothing else says whom it answers.
    """
    ours = letter_to(inbox, person)
    sender = f"{person.name} <{person.email}>"
    found = []
    for where, words in _mixed(first, asked).items():
        theirs = _as_from(ours, MARIA, words)
        for style, lang, headers in zip(STYLES, cycle(LANGS), cycle(HEADERS), strict=False):
            found += _both(f"{where} {style} {headers}", replied(theirs, sender, said, style, lang, headers))
        bare = _mail(StoredMail("INBOX:1", ours, SENT, True), sender, f"{said}\n\n{_quoted(words)}\n", None, "none")
        found.append((f"{where} unnamed", bare))
    return found


def named(inbox: Inbox, person: Person, said: str, name: str) -> list[tuple[str, EmailMessage]]:
    """Answers whose introduction names this sender right above the whole of our letter, through every program."""
    theirs = _as_from(letter_to(inbox, person), name)
    sender = f"{person.name} <{person.email}>"
    return [
        one
        for (style, headers), lang in zip(product(STYLES, HEADERS), cycle((*LANGS, "en")), strict=False)
        for one in _both(f"{style} {lang} {headers}", replied(theirs, sender, said, style, lang, headers))
    ]


def unnamed(inbox: Inbox, person: Person, said: str) -> list[tuple[str, EmailMessage]]:
    """The whole of our letter below an introduction that leaves out who wrote it."""
    parent = StoredMail("INBOX:1", letter_to(inbox, person), SENT, True)
    sender = f"{person.name} <{person.email}>"
    heads = {
        "none": "",
        "ruled off": "-----Original Message-----\n",
        "verb": "On Tue, Nov 10, 2026 at 7:05 AM wrote:\n",
        "block": "Sent: Tuesday, November 10, 2026 7:05 AM\nTo: <someone@harbor.example>\nSubject: Billing\n\n",
    }
    return [
        (name, _mail(parent, sender, f"{said}\n\n{head}{_quoted(parent.text)}\n", None, "none"))
        for name, head in heads.items()
    ]


def _as_from(ours: bytes, sender: str, words: str = "") -> bytes:
    """Our letter as if somebody else had sent it; with `words`, these alone."""
    mail = email.message_from_bytes(ours, policy=policy.default)
    mail.replace_header("From", sender)
    if words:
        mail.clear_content()
        mail.set_content(words)
    return mail.as_bytes()


def _both(name: str, mail: EmailMessage) -> list[tuple[str, EmailMessage]]:
    """As it is, and without its HTML, as some phones send it."""
    plain = mail.get_body(("plain",))
    if mail.get_body(("html",)) is None or plain is None:
        return [(name, mail)]
    copy = email.message_from_bytes(mail.as_bytes(), policy=policy.SMTP)
    copy.clear_content()
    copy.set_content(plain.get_content())
    return [(name, mail), (f"{name} plain", copy)]
