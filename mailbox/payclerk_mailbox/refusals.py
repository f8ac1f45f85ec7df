"""Why a mail server refused our mail, in plain words. Its own words hold the address and are left out."""

from __future__ import annotations

import re
from typing import Final

_MEANINGS: Final = {
    "5.1.1": "the address does not exist",
    "5.1.2": "the domain of the address does not exist",
    "5.1.3": "the address is not written correctly",
    "5.1.6": "the person has moved to another address",
    "5.1.10": "the address does not exist",
    "5.2.1": "the mailbox is switched off",
    "5.2.2": "the mailbox is full",
    "5.2.3": "the mail is too large for the mailbox",
    "5.3.4": "the mail is too large",
    "5.4.1": "the domain takes no mail for this address",
    "5.7.1": "the server refuses our mail",
}
_BY_CODE: Final = {
    "550": "the address does not exist or refuses mail",
    "552": "the mailbox is full or the mail too large",
}


_ENHANCED: Final = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
_CODE: Final = re.compile(r"\b5\d\d\b(?!\.)")


def explain(answer: str) -> str:
    """
    >>> explain("smtp; 550 5.1.1 <dana@harbor.example>: user unknown")
    '550 5.1.1: the address does not exist'
    >>> explain("rejected")
    'the server refuses the mail'
    """
    code, status = _first(_CODE, answer), _first(_ENHANCED, answer)
    meaning = _MEANINGS.get(status) or _BY_CODE.get(code, "the server refuses the mail")
    numbers = " ".join(f"{code} {status}".split())
    return f"{numbers}: {meaning}" if numbers else meaning


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group() if found else ""
