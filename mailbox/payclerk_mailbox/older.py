"""Whether the mailbox shows work of ours that the database does not know: it is older than its mailbox, restored from a
backup, and nobody has said so with `payclerk restore`.

Asked once, before the first letter of a process goes out, and only where no look into the mailbox is known of the last
while: who restarts payclerk need not wait for it. What shows it is a mail that bears our mark of having been dealt with, and
that we do not hold; or a letter of ours in the provider's folder of sent mail that is not known to have gone out. Mail that
came meanwhile shows nothing, and neither does what people read or moved.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.restoring import begin_restoration
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.queries.mailboxes import last_polled
from payclerk_core.queries.restoring import gone_out, last_known, open_restoration
from payclerk_core.rules.restoring import restored_again
from payclerk_core.settings import Settings
from payclerk_core.tables import InboxMail, MailFolder

from .imap import ImapFolder, UnreadableMailError, open_folder
from .restoring import letter_token

log = structlog.get_logger()
QUIET: Final = timedelta(minutes=10)
# A person may have moved a few mails by hand before we saw them; among so many, one of ours shows.
MOST_READ: Final = 20
# People send from the mailbox as well.
MOST_SENT: Final = 500


class OlderCheck:
    """Holds outgoing mail when the database is older than the main mailbox. Made before that is read.

    The others are not asked: one that is down is to slow nothing else.
    """

    def __init__(self, settings: Settings, db: Database, clock: Clock) -> None:
        self._settings, self._db, self._clock = settings, db, clock
        self._lock, self._done = threading.Lock(), False
        with db.reading() as session:
            self._known = last_known(session, clock())
            polled = last_polled(session, settings.account, settings.imap_folder)
        # A mailbox that was never read has no work of ours in it.
        self._polled = polled if polled is not None and clock() - polled > QUIET else None

    def __call__(self) -> None:
        """OutsideError where the mailbox cannot be asked: then nothing may go out yet."""
        with self._lock:
            if self._done:
                return
            if self._polled is not None and not self._is_dealt_with() and self._shows_more(self._polled):
                self._hold()
            self._done = True

    def _is_dealt_with(self) -> bool:
        """Whether a restore is being settled, and nothing shows that another backup may have come since."""
        with self._db.reading() as session:
            restoration = open_restoration(session)
        return restoration is not None and not restored_again(restoration.handled_at, self._known)

    def _hold(self) -> None:
        log.error("database_older_than_mailbox", advice="stop payclerk and run 'payclerk restore'")
        with self._db.transaction() as session:
            call = Call(session, self._clock(), self._settings, actor=None, door="mail")
            begin_restoration(call, self._known, stopped=True)  # this process has sent nothing yet

    def _shows_more(self, polled: datetime) -> bool:
        with open_folder(self._settings) as folder:
            if self._marked_and_unknown(folder):
                return True
        return self._away_shows_more(polled) or self._sent_shows_more()

    def _away_shows_more(self, polled: datetime) -> bool:
        away = self._settings.imap_processed_folder
        if away is None:
            return False
        with open_folder(self._settings.model_copy(update={"imap_folder": away})) as folder:
            return folder.there() and self._put_away_and_unknown(folder, polled)

    def _sent_shows_more(self) -> bool:
        """What a process hands over while it is killed is not noted, and no sign: that is when the database was last written."""
        with open_folder(self._settings) as folder:
            name = folder.sent_folder()
        if name is None or self._known is None:
            return False
        with open_folder(self._settings.model_copy(update={"imap_folder": name})) as folder:
            tokens = _sent_after(folder, self._known + QUIET)
        with self._db.reading() as session:
            return not tokens <= gone_out(session, tokens)

    def _marked_and_unknown(self, folder: ImapFolder) -> bool:
        box = self._settings
        validity = folder.select().uidvalidity
        where = MailFolder.account == box.account, MailFolder.folder == box.imap_folder
        with self._db.reading() as session:
            last = session.scalar(select(MailFolder.last_uid).where(*where, MailFolder.uidvalidity == validity))
            taken = select(InboxMail.uid).where(InboxMail.account == box.account, InboxMail.uidvalidity == validity)
            known = set(session.scalars(taken.where(InboxMail.folder == box.imap_folder)))
        return last is not None and any(uid > last and uid not in known for uid in folder.done_by_us())

    def _put_away_and_unknown(self, folder: ImapFolder, polled: datetime) -> bool:
        folder.select()
        # Where the server keeps no marks, what lies there is taken for ours.
        facts = folder.facts(folder.done_by_us(polled) if folder.keeps_marks else folder.uids_since(polled))
        later = [one for one in facts.values() if one.arrived_at > polled]
        return any(self._is_unknown(folder, uid) for uid in [one.uid for one in later][-MOST_READ:])

    def _is_unknown(self, folder: ImapFolder, uid: int) -> bool:
        with suppress(UnreadableMailError):
            digest = hashlib.sha256(folder.raw(uid)).hexdigest()
            with self._db.reading() as session:
                return session.scalar(select(InboxMail.id).where(InboxMail.sha256 == digest).limit(1)) is None
        return False


def _sent_after(folder: ImapFolder, moment: datetime) -> set[str]:
    """The tokens of our letters among what was sent last."""
    folder.select()
    facts = folder.facts(folder.uids_since(moment))
    later = sorted(uid for uid, one in facts.items() if one.arrived_at > moment)[-MOST_SENT:]
    found = (letter_token(raw) for raw in folder.headers(later, ["MESSAGE-ID"]))
    return {token for token in found if token is not None}
