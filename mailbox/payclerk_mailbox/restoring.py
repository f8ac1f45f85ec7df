"""After a restore: the mailboxes are read again since the backup, and what they show of letters of ours is noted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final

import structlog
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.held_letters import hold_letters
from payclerk_core.actions.letters_out import Evidence, note_evidence
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.queries.mailboxes import last_polled
from payclerk_core.rules.restoring import reread_from
from payclerk_core.settings import Settings

from .capture import Capture
from .handling import Handling
from .imap import ImapFolder, open_folder
from .reading.matching import token_of

log = structlog.get_logger()
HEADERS: Final = ("MESSAGE-ID", "TO", "SUBJECT", "DATE")


@dataclass(frozen=True, slots=True)
class Reread:
    """What one folder had: mails that the database did not hold."""

    folder: str
    mails: int


class Rereader:
    """Reads one mailbox again: its folder, and the one that mails are put away to."""

    def __init__(self, settings: Settings, db: Database, clock: Clock) -> None:
        self._settings, self._db, self._clock = settings, db, clock

    def capture(self, backup: datetime) -> list[Reread]:
        """Store the mails that arrived since about the backup and that the database does not hold."""
        since = self._since(backup)
        return [self._reread(box, since) for box in self._folders()]

    def put_away(self) -> None:
        """What was found where handled mail is put away stays there, marked as read."""
        for box in self._folders()[1:]:
            with open_folder(box) as folder:
                if folder.there():
                    Capture(box, self._db, self._clock).flag(folder)

    def _folders(self) -> list[Settings]:
        away = self._settings.imap_processed_folder
        boxes = [self._settings]
        if away is not None:
            boxes.append(self._settings.model_copy(update={"imap_folder": away, "imap_processed_folder": None}))
        return boxes

    def _since(self, backup: datetime) -> datetime:
        with self._db.reading() as session:
            return reread_from(backup, last_polled(session, self._settings.account, self._settings.imap_folder))

    def _reread(self, box: Settings, since: datetime) -> Reread:
        with open_folder(box) as folder:
            found = Capture(box, self._db, self._clock).reread(folder, since) if folder.there() else 0
        return Reread(box.imap_folder, found)


def note_sent_letters(settings: Settings, db: Database, clock: Clock, since: datetime) -> int | None:
    """Note the letters that the provider's folder of sent mail has. None: there is no such folder to ask."""
    with open_folder(settings) as folder:
        name = folder.sent_folder()
    if name is None:
        return None
    with open_folder(settings.model_copy(update={"imap_folder": name})) as folder:
        found = list(_sent(folder, since))
    with db.transaction() as session:
        note_evidence(_call(session, settings, clock), found)
    return len(found)


def _sent(folder: ImapFolder, since: datetime) -> Iterator[Evidence]:
    folder.select()
    for raw in folder.headers(folder.uids_since(since), HEADERS):
        found = _letter(raw, since)
        if found is not None:
            yield found


def letter_token(headers: bytes) -> str | None:
    """The token of a letter of ours, by its own id; None for whatever else was sent from the mailbox."""
    return token_of(str(message_from_bytes(headers, policy=policy.default)["Message-ID"] or "").strip())


def _letter(raw: bytes, since: datetime) -> Evidence | None:
    """A letter of ours; None for whatever else was sent from the mailbox."""
    token = letter_token(raw)
    if token is None:
        return None
    head = message_from_bytes(raw, policy=policy.default)
    at = since
    with suppress(ValueError, TypeError, OverflowError):
        at = max(since, parsedate_to_datetime(str(head["Date"])))
    people = ", ".join(address for _, address in getaddresses([str(head["To"] or "")]))
    return Evidence(token, people, re.sub(r"\s+", " ", str(head["Subject"] or "")), at, "sent_folder")


def take_in(boxes: Sequence[Settings], db: Database, clock: Clock) -> None:
    """Deal with what was captured; the letters that this writes are held."""
    Handling(boxes[0], db, clock).run()
    with db.transaction() as session:
        hold_letters(_call(session, boxes[0], clock))


def _call(session: Session, settings: Settings, clock: Clock) -> Call:
    return Call(session, clock(), settings, actor=None, door="cli")
