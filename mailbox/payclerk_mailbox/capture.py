"""Getting mail off the server without losing or doubling any: the steps of reference 5.1.

Raw first, in its own transaction, under the key (account, folder, UIDVALIDITY, UID); the flag on the server last. A
death between any two steps is made good by the next poll, which starts from what the tables say.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

import structlog
from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.exc import IntegrityError

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import finish_mail
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.settings import Settings
from payclerk_core.tables import InboxMail

from .folders import COPY, OLDER, FolderState, advance, is_copy, note_polled, open_state
from .imap import Facts, ImapFolder, UnreadableMailError

log = structlog.get_logger()

MAX_BYTES: Final = 25_000_000
MAILS_A_RUN: Final = 500
TRIES: Final = 3
# Some servers let a lower UID appear after a higher one: the last so many are looked through each time.
GAP: Final = 200


class Capture:
    """Copies new mail of one folder into the inbox table."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        clock: Clock,
        *,
        max_bytes: int = MAX_BYTES,
        mails_a_run: int = MAILS_A_RUN,
    ) -> None:
        self._settings, self._db, self._clock = settings, db, clock
        self._max_bytes, self._mails_a_run = max_bytes, mails_a_run
        self._failed: Counter[tuple[int, int]] = Counter()

    def run(self, folder: ImapFolder) -> bool:
        """Capture what is new. True when there is more than one run takes."""
        state = self._open(folder)
        wanted = self._wanted(folder, state)
        batch = wanted[: self._mails_a_run]
        facts = folder.facts(batch)
        whole = True  # last_uid only advances over what is captured without a hole
        for uid in batch:
            whole = self._take(folder, state, uid, facts.get(uid), whole=whole) and whole
        more = len(wanted) > len(batch)
        if not more:
            with self._db.transaction() as session:
                note_polled(session, state, self._clock())
        return more

    def flag(self, folder: ImapFolder) -> None:
        """Mark what is done as read on the server, and put it away where the settings say so.

        Mail that waits for a person stays as it is. The last step of all: what was moved is noted after it, so a death
        in between does it once more, and a mail that is gone already is passed over.
        """
        state = self._open(folder)
        query = select(InboxMail.id, InboxMail.uid).where(_in_folder(state))
        query = query.where(InboxMail.flagged.is_(False), InboxMail.status == "done")
        with self._db.reading() as session:
            uids = {row.id: row.uid for row in session.execute(query)}
        if uids:
            folder.mark_seen(uids.values())
            self._put_away(folder, uids.values())
            with self._db.transaction() as session:
                session.execute(update(InboxMail).where(InboxMail.id.in_(uids)).values(flagged=True))

    def _put_away(self, folder: ImapFolder, uids: Collection[int]) -> None:
        target = self._settings.imap_processed_folder
        if target is not None and not folder.move(uids, target):
            log.warning("mail_not_moved", reason="the server has neither MOVE nor UIDPLUS")

    def _open(self, folder: ImapFolder) -> FolderState:
        selected = folder.select()
        with self._db.transaction() as session:
            return open_state(session, self._settings.account, self._settings.imap_folder, selected)

    def _wanted(self, folder: ImapFolder, state: FolderState) -> Sequence[int]:
        query = select(InboxMail.uid).where(_in_folder(state), InboxMail.uid > state.last_uid - GAP)
        with self._db.reading() as session:
            known = set(session.scalars(query))
        # What is older than the first mail we took was there before us (3.1 #12).
        first = min(known | {state.last_uid + 1})
        return [uid for uid in folder.uids_from(first) if uid not in known]

    def _take(self, folder: ImapFolder, state: FolderState, uid: int, facts: Facts | None, *, whole: bool) -> bool:
        """Capture one mail. False when it is not ours yet, and the next poll has to ask for it again."""
        row: InboxMail | None
        try:
            row = self._read(folder, state, facts)
        except UnreadableMailError:
            row = self._missing(state, uid)
        if row is None:
            return False
        try:
            self._keep(state, row, whole=whole)
        except IntegrityError:
            log.info("mail_known")  # the other of two pollers was faster; the next poll moves last_uid on
            return False
        return True

    def _read(self, folder: ImapFolder, state: FolderState, facts: Facts | None) -> InboxMail:
        if facts is None:
            raise UnreadableMailError
        if state.is_older_than_us(facts.arrived_at):
            return self._row(state, facts, b"", status="done", kind=OLDER)
        if facts.size > self._max_bytes:
            return self._row(state, facts, folder.head(facts.uid), status="oversize")
        return self._row(state, facts, folder.raw(facts.uid), status="new")

    def _missing(self, state: FolderState, uid: int) -> InboxMail | None:
        """A mail the server will not hand over: tried again a few times, then put before a person."""
        self._failed[state.uidvalidity, uid] += 1
        if self._failed[state.uidvalidity, uid] < TRIES:
            log.warning("mail_not_handed_over")
            return None
        return self._row(state, Facts(uid, 0, self._clock()), b"", status="quarantine")

    def _row(self, state: FolderState, facts: Facts, raw: bytes, *, status: str, kind: str | None = None) -> InboxMail:
        at = self._clock()
        return InboxMail(
            account=state.account,
            folder=state.folder,
            uidvalidity=state.uidvalidity,
            uid=facts.uid,
            sha256=hashlib.sha256(raw).hexdigest(),
            arrived_at=facts.arrived_at,
            captured_at=at,
            size=facts.size,
            raw=raw,
            reason=None,
            kind=kind,
            details=None,
            status=status,
            status_at=at,
            status_by_id=None,
        )

    def _keep(self, state: FolderState, row: InboxMail, *, whole: bool) -> None:
        """From here the mail is ours, whatever happens to the server (3.1 #11)."""
        with self._db.transaction() as session:
            if state.rescan and row.raw and is_copy(session, state, row.sha256):
                row.status, row.kind, row.raw = "done", COPY, b""
            session.add(row)
            session.flush()
            if whole:
                advance(session, state, row.uid)
            if row.status in _REASONS:
                call = Call(session, self._clock(), self._settings, actor=None, door="mail")
                finish_mail(call, row, row.status, reason=_REASONS[row.status])
        log.info("mail_captured", status=row.status, kind=row.kind)


_REASONS: Final = {
    "oversize": "The mail is larger than 25 MB; only its beginning was kept. Look at it in the mailbox.",
    "quarantine": "The mail server would not hand over this mail. Look at it in the mailbox.",
}


def _in_folder(state: FolderState) -> ColumnElement[bool]:
    return and_(
        InboxMail.account == state.account,
        InboxMail.folder == state.folder,
        InboxMail.uidvalidity == state.uidvalidity,
    )
