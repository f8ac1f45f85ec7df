"""`payclerk mail ...`: the e-mail door, and the tools to look inside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import replay_mail
from payclerk_core.clock import clock_for
from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_core.settings import Settings
from payclerk_core.tables import InboxMail
from payclerk_mailbox.explaining import Auth, Line, Wish, explain
from payclerk_mailbox.guard import GuardedReader
from payclerk_mailbox.handling import Handling

if TYPE_CHECKING:
    from collections.abc import Sequence

_AUTH: Final[dict[str | None, Auth | None]] = {None: None, "pass": "pass", "fail": "fail", "none": "none"}
_KEYS: Final = {"sender": "from"}
_ASKED: Final = frozenset({None, "invitation", "owner_claim", "ssov", "nothing"})


def wish(
    sent: Path | None, invited: str | None, auth: str | None, asked: str | None, address: str | None, language: str
) -> Wish:
    """The options, checked."""
    if auth not in _AUTH:
        raise UserError("Write --auth pass, --auth fail or --auth none.", code="bad_input")
    if asked not in _ASKED:
        raise UserError("Write --asked invitation, --asked owner_claim or --asked nothing.", code="bad_input")
    return Wish(sent, invited, _AUTH[auth], asked, address, language)


def explain_files(paths: Sequence[Path], wish: Wish, console: Console, *, as_json: bool) -> None:
    """A line for each mail, as soon as it is read."""
    reader = GuardedReader()
    try:
        lines = explain(paths, wish, reader)
        if as_json:
            _print_json(lines)
        else:
            for line in lines:
                console.print(_in_one_line(_said(line)), markup=False, soft_wrap=True)
    finally:
        reader.close()


def _print_json(lines: Iterable[Line]) -> None:
    for line in lines:
        shown = {_KEYS.get(name, name): value for name, value in asdict(line).items() if name != "why"}
        sys.stdout.write(json.dumps(shown, ensure_ascii=True) + "\n")
        sys.stdout.flush()


def _in_one_line(text: str) -> str:
    """A name of a file, or a mail, may hold what a terminal obeys, or what cannot be written."""
    return "".join(char if char.isprintable() else " " for char in text)


def _said(line: Line) -> str:
    words = " ".join(line.reply_text.split())
    shown = f'"{words[:60]}{"..." if len(words) > 60 else ""}"' if words else "no text"
    files = f" [{', '.join(line.attachments)}]" if line.attachments else ""
    matched = f", matched by {line.matched_by}" if line.matched_by else ""
    decided = line.decision or "no decision"
    if line.kind == "unreadable":
        return f"{line.file}: unreadable: {line.reason}"
    return (
        f"{line.file}: {line.kind} from {line.sender or 'nobody'}{matched}: {decided} ({line.reason}): {shown}{files}"
    )


def replay(settings: Settings, inbox_id: int) -> str:
    """Handle a stored mail once more. Returns what became of it."""
    db, clock = Database(settings.database_url), clock_for(settings.clock_file)
    try:
        with db.transaction() as session:
            replay_mail(Call(session, clock(), settings, actor=None, door="cli"), inbox_id)
        Handling(settings, db, clock).handle(inbox_id)
        with db.reading() as session:
            row = session.get_one(InboxMail, inbox_id)
            return _became(row)
    finally:
        db.close()


def _became(row: InboxMail) -> str:
    why = f": {row.reason}" if row.reason else ""
    kind = f", taken as {row.kind}" if row.kind else ""
    return f"Mail {row.id} is {row.status}{kind}{why}"
