"""Secrets kept out of whatever is printed: known once they are read, replaced wherever they would stand.

A library may put a secret into the words of its own error, and log it: slack_sdk does with a token that no header takes.
What payclerk writes itself has none; this is for what others write. So it is one list for the process, as the logs are.
"""

from __future__ import annotations

import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import quote, unquote, urlsplit

HIDDEN: Final = "***"
SHORTEST: Final = 6  # characters: a shorter word would stand in half of the lines by chance
_LONG_LINE: Final = 20
_lock: Final = threading.Lock()
_known: dict[
    str, frozenset[str]
] = {}  # by what it is, so that a token that is renewed takes the place of the one before
_pattern: re.Pattern[str] | None = None


def keep_out(name: str, secret: str | None) -> None:
    """From now on replace this in all that is printed, also as programs write it: quoted, escaped, in base64.

    `name` says which secret it is: a newer one of the same name takes its place.
    """
    global _pattern  # noqa: PLW0603 - what is printed belongs to the process
    with _lock:
        forms = frozenset(_forms(secret)) if secret else frozenset()
        if forms and _known.get(name) != forms:
            _known[name] = forms
            longest_first = sorted(frozenset().union(*_known.values()), key=lambda form: (-len(form), form))
            _pattern = re.compile("|".join(map(re.escape, longest_first)))


def keep_password_out(name: str, url: str | None) -> None:
    """The same with the password in the address of a database or a proxy. One that is the user's name is none."""
    with suppress(ValueError):  # no address at all; what it is used for says so
        parts = urlsplit(url or "")
        if parts.password and parts.password != parts.username:
            keep_out(f"{name} as written", parts.password)
            keep_out(name, unquote(parts.password))


def redacted(text: str) -> str:
    """The text with each known secret replaced.

    >>> keep_out("an example", "a-secret-of-doctests")
    >>> redacted("Bearer a-secret-of-doctests was refused")
    'Bearer *** was refused'
    """
    return _pattern.sub(HIDDEN, text) if _pattern is not None else text


def _forms(secret: str) -> Iterator[str]:
    """The secret, its long lines where it is a key of several, and how either is written inside something else."""
    lines = [line.strip() for line in secret.splitlines() if len(line.strip()) >= _LONG_LINE and "-----" not in line]
    for part in {secret.strip(), *lines}:
        raw = part.encode("utf-8", "surrogatepass")
        escaped = {repr(part)[1:-1], repr(raw)[2:-1], repr(repr(part))[2:-2]}
        written = {part, quote(raw, safe=""), quote(raw), b64encode(raw).decode(), *escaped}
        yield from (form for form in written if len(form) >= SHORTEST)
