"""Getting mail off the server without losing or doubling any: the steps of reference 5.1.

Raw first, in its own transaction, under the key (account, folder, UIDVALIDITY, UID); the flag on the server last. A
death between any two steps is made good by the next poll, which starts from what the tables say.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

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
TOGETHER: Final = 10
TOGETHER_BYTES: Final = 4_000_000
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
        for uids in _groups(batch, facts):
            whole = self._take(folder, state, uids, facts, whole=whole)
        more = len(wanted) > len(batch)
        if not more:
            with self._db.transaction() as session:
                note_polled(session, state, self._clock())
        return more

    def reread(self, folder: ImapFolder, since: datetime) -> int:
        """Capture what arrived since then and the database does not hold, also what was put away from another folder.

        Returns how many mails that are; where we are in the folder stays as it is. One that the server does not hand
        over is put before a person after some tries.
        """
        before = self._newest()
        state = replace(self._open(folder), rescan=True, since=None, restored=True)
        for _ in range(TRIES):
            wanted, facts = self._unknown_since(folder, state, since)
            for uids in _groups(wanted, facts):
                self._take(folder, state, uids, facts, whole=False)
        return self._taken_after(before, state)

    def _unknown_since(
        self, folder: ImapFolder, state: FolderState, since: datetime
    ) -> tuple[Sequence[int], Mapping[int, Facts]]:
        with self._db.reading() as session:
            known = set(session.scalars(select(InboxMail.uid).where(_in_folder(state))))
        uids = [uid for uid in folder.uids_since(since) if uid not in known]
        facts = folder.facts(uids)
        return [uid for uid in uids if uid not in facts or facts[uid].arrived_at >= since], facts

    def _newest(self) -> int:
        with self._db.reading() as session:
            return session.scalar(select(func.max(InboxMail.id))) or 0

    def _taken_after(self, before: int, state: FolderState) -> int:
        taken = select(func.count(InboxMail.id)).where(_in_folder(state), InboxMail.id > before)
        with self._db.reading() as session:
            return session.scalar(taken.where(or_(InboxMail.kind.is_(None), InboxMail.kind != COPY))) or 0

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

    def _take(
        self, folder: ImapFolder, state: FolderState, uids: Sequence[int], facts: Mapping[int, Facts], *, whole: bool
    ) -> bool:
        """Capture these. False when one before or among them is not ours yet, and has to be asked for again."""
        rows: list[InboxMail | None] = []
        try:
            for uid in uids:
                rows.append(self._fetched(folder, state, uid, facts.get(uid)))  # noqa: PERF401  what came is kept
        finally:
            whole = self._keep_together(state, rows, whole=whole)
        return whole

    def _fetched(self, folder: ImapFolder, state: FolderState, uid: int, facts: Facts | None) -> InboxMail | None:
        try:
            return self._read(folder, state, facts)
        except UnreadableMailError:
            return self._missing(state, uid)

    def _keep_together(self, state: FolderState, rows: Sequence[InboxMail | None], *, whole: bool) -> bool:
        """In one transaction, which is quicker; where another poller was faster with one of them, one by one."""
        try:
            return self._keep(state, rows, whole=whole)
        except IntegrityError:
            for row in rows:
                whole = self._keep_alone(state, row, whole=whole)
            return whole

    def _keep_alone(self, state: FolderState, row: InboxMail | None, *, whole: bool) -> bool:
        try:
            return self._keep(state, [row], whole=whole)
        except IntegrityError:
            log.info("mail_known")  # the next poll moves last_uid on
            return False

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

    def _keep(self, state: FolderState, rows: Sequence[InboxMail | None], *, whole: bool) -> bool:
        """From here the mails are ours, whatever happens to the server (3.1 #11)."""
        with self._db.transaction() as session:
            for row in rows:
                whole = whole and row is not None
                if row is not None:
                    self._add(session, state, row)
                    if whole:
                        advance(session, state, row.uid)
        for row in rows:
            if row is not None:
                log.info("mail_captured", status=row.status, kind=row.kind)
        return whole

    def _add(self, session: Session, state: FolderState, row: InboxMail) -> None:
        if state.rescan and row.raw and is_copy(session, state, row.sha256):
            row.status, row.kind, row.raw = "done", COPY, b""
        session.add(row)
        session.flush()
        if row.status in _REASONS:
            call = Call(session, self._clock(), self._settings, actor=None, door="mail")
            finish_mail(call, row, row.status, reason=_REASONS[row.status])


def _groups(uids: Sequence[int], facts: Mapping[int, Facts]) -> Iterator[Sequence[int]]:
    """Mails that are fetched and kept together: few and small enough to be held at once."""
    group: list[int] = []
    size = 0
    for uid in uids:
        added = facts[uid].size if uid in facts else 0
        if group and (len(group) == TOGETHER or size + added > TOGETHER_BYTES):
            yield group
            group, size = [], 0
        group.append(uid)
        size += added
    if group:
        yield group


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
