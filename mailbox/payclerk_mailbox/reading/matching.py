"""Which of our mails is answered: reply tokens and Message-IDs, by the place they were found in (reference 5.2, item 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from payclerk_core.tokens import TOKEN_LENGTH

from .message import IncomingMail

# Clients answer to From, relays deliver to another name, we may have been in Bcc (issues 36 to 45).
_ADDRESS_HEADERS: Final = (
    "to",
    "cc",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-gm-original-to",
    "x-forwarded-to",
    "resent-to",
)
_ANSWERED: Final = frozenset({"in_reply_to", "marker"})
_TOKEN: Final = rf"[a-z2-7]{{{TOKEN_LENGTH}}}"
_OUR_MESSAGE_ID: Final = re.compile(rf"<t\.({_TOKEN})\.[0-9a-z]{{1,20}}@[^<>\s]{{1,200}}>", re.IGNORECASE)
_MARKER: Final = re.compile(rf"\[payclerk:({_TOKEN})\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Match:
    token: str
    matched_by: str  # address, in_reply_to, references, marker


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found, strongest first. The subject is not looked at: it never attaches (issue 44)."""

    matches: tuple[Match, ...]
    message_ids: tuple[str, ...]  # In-Reply-To, then References from the newest: for ids a provider has rewritten

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(match.token for match in self.matches))

    @property
    def chosen(self) -> tuple[str, ...]:
        """What the mail answers: one token, or several different ones, with which nothing may be decided.

        Those of the strongest place, and what it answers or quotes besides: a mail to the address of one letter that
        answers another may mean either. A long thread has a token of each of its mails in References; of those only
        the newest counts, and only where nothing better is found.
        """
        best = [match for match in self.matches if match.matched_by == self.matched_by]
        kept = best[:1] if self.matched_by == "references" else best
        besides = [match for match in self.matches if match.matched_by in _ANSWERED]
        return tuple(dict.fromkeys(match.token for match in (*kept, *besides)))

    @property
    def matched_by(self) -> str | None:
        return self.matches[0].matched_by if self.matches else None


def tokens_in(mail: IncomingMail, own_address: str) -> Found:
    """Every reply token a mail carries, each once, under the strongest place it was found in."""
    newest_first = mail.references[::-1]
    places = (
        ("address", _in_addresses(mail, own_address)),
        ("in_reply_to", _in_message_ids(mail.in_reply_to)),
        ("references", _in_message_ids(newest_first)),
        ("marker", _in_text(mail)),
    )
    found: dict[str, Match] = {}
    for place, tokens in places:
        for token in tokens:
            found.setdefault(token, Match(token, place))
    return Found(tuple(found.values()), tuple(dict.fromkeys((*mail.in_reply_to, *newest_first))))


def token_of(message_id: str) -> str | None:
    """The reply token in a Message-ID of ours, as a bounce returns it."""
    found = _OUR_MESSAGE_ID.fullmatch(message_id)
    return found.group(1).lower() if found else None


def _in_addresses(mail: IncomingMail, own_address: str) -> Iterator[str]:
    """`billing+TOKEN@…`; also `TOKEN@…` and other separators, for hosts without sub-addressing (docker-gitlab #670)."""
    local, _, domain = own_address.rpartition("@")
    pattern = re.compile(
        rf"(?<![a-z0-9])(?:{re.escape(local)}[+=-]?)?({_TOKEN})@{re.escape(domain)}(?![a-z0-9.-]*[a-z0-9])",
        re.IGNORECASE,
    )
    for name in _ADDRESS_HEADERS:
        for value in mail.headers.all(name):
            yield from (token.lower() for token in pattern.findall(value))


def _in_message_ids(ids: Iterable[str]) -> Iterator[str]:
    return (token for token in map(token_of, ids) if token)


def _in_text(mail: IncomingMail) -> Iterator[str]:
    for text in filter(None, (mail.plain, mail.html)):
        yield from (token.lower() for token in _MARKER.findall(text))
