"""The mail that a confirm page is about: read as the poller reads it, tried out for the page, and taken once confirmed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeVar

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.confirmations import Given, Outcome, confirm
from payclerk_core.actions.preview import last_event, preview_of
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.documents.mail_preview import Preview
from payclerk_core.errors import UserError
from payclerk_core.queries.confirmations import MAIL, ConfirmPage, PageState, find_page
from payclerk_core.settings import Settings
from payclerk_core.tables import Event, InboxMail, Message
from payclerk_core.tokens import is_code

from .acting import Act, act
from .ahead import Ahead, Needs, OutOfDateError, read_ahead
from .entries import without_our_logo
from .guard import GuardedReader, ReadingDiedError, shared_reader
from .identity import own_identity
from .matching import Match, match
from .people import asked_of, purposes_of
from .reading.explain import Looked
from .reading.limits import Unreadable
from .senders import Sender

log = structlog.get_logger()
T = TypeVar("T")

_KEPT: Final = 4  # mails that are not read anew when their page is looked at again
_READINGS: Final = 3
_UNREADABLE: Final = "The mail cannot be read any more; send it again."
_WHY: Final = "confirmed on the page"


class Confirming:
    """Shows what the mail of a page would do, and does it. Safe to share between threads."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, reader: GuardedReader | None = None) -> None:
        self._settings, self._db, self._clock = settings, db, clock
        self._reader = reader or shared_reader()
        self._kept: OrderedDict[str, Ahead] = OrderedDict()
        self._lock = threading.Lock()
        self._shown: dict[str, tuple[object, Preview | None]] = {}
        self._trying = threading.Lock()  # who tries out holds up whoever writes: one at a time

    def preview(self, token: str) -> Preview | None:
        """What confirming would do now; None where there is nothing to show. Nothing of it stays."""
        return self._up_to_date(token, None, lambda ahead: self._tried(token, ahead) if ahead else None)

    def confirm(self, token: str, given: Given, then: Callable[[Outcome], T]) -> T:
        """Do what the page asks; what `then` makes of the outcome, while the transaction is open."""
        return self._up_to_date(token, given.code, lambda ahead: self._confirm(token, given, ahead, then))

    def _up_to_date(self, token: str, code: str | None, work: Callable[[Ahead | None], T]) -> T:
        """What was read for a page may be out of date by now: then it is read anew."""
        for _ in range(_READINGS):
            ahead = self._ahead(token, code)
            with suppress(OutOfDateError):
                return work(ahead)
            with self._lock:
                self._kept.pop(token, None)
        return work(None)

    def _tried(self, token: str, ahead: Ahead) -> Preview | None:
        """Link scanners open a page many times: it is tried out once, until something happens.

        What confirming does is compared with what was shown in any case.
        """
        with self._trying:
            now = self._now()
            if token not in self._shown or self._shown[token][0] != now:
                made = self._try(token, ahead)
                self._shown = {key: kept for key, kept in self._shown.items() if kept[0] == now} | {token: (now, made)}
            return self._shown[token][1]

    def _now(self) -> object:
        """The same as long as nothing happens, a minute at most."""
        with self._db.reading() as session:
            return self._clock().replace(second=0, microsecond=0), session.scalar(select(func.max(Event.id)))

    def _try(self, token: str, ahead: Ahead) -> Preview | None:
        with self._db.transaction() as session, structlog.contextvars.bound_contextvars(tried_out=True):
            call = self._call(session)
            page = find_page(session, token, call.at)
            if page is None or page.state is not PageState.OPEN:
                return None
            try:
                return _take(replace(call, actor=page.person, tried_out=True), page, ahead)
            except UserError as error:
                return Preview("refused", faults=(error.message,))
            finally:
                session.rollback()

    def _confirm(self, token: str, given: Given, ahead: Ahead | None, then: Callable[[Outcome], T]) -> T:
        def take(call: Call, page: ConfirmPage) -> Preview:
            if ahead is None:
                raise UserError(_UNREADABLE)
            return _take(call, page, ahead)

        with self._db.transaction() as session:
            return then(confirm(self._call(session), token, given, take))

    def _ahead(self, token: str, code: str | None) -> Ahead | None:
        """The mail as read. With a code that is wrong, nothing is read."""
        with self._lock:
            if token in self._kept:
                self._kept.move_to_end(token)
                return self._kept[token]
        raw = self._raw(token, code)
        if not raw:
            return None
        try:
            ahead = self._read(token, raw)
        except (Unreadable, ReadingDiedError) as error:
            log.warning("confirm_mail_not_read", reason=error.reason)
            return None
        with self._lock:
            self._kept[token] = ahead
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return ahead

    def _raw(self, token: str, code: str | None) -> bytes:
        with self._db.reading() as session:
            page = find_page(session, token, self._clock())
            if page is None or page.state is not PageState.OPEN or page.confirmation.purpose != MAIL:
                return b""
            if code is not None and not is_code(self._settings.secret, page.confirmation.token, code):
                return b""
            query = select(InboxMail.raw).join(Message, Message.inbox_id == InboxMail.id)
            return session.scalar(query.where(Message.id == page.confirmation.about_id)) or b""

    def _read(self, token: str, raw: bytes) -> Ahead:
        own = own_identity(self._settings)
        looked = self._reader.look(raw, own)
        with self._db.reading() as session:
            call = self._call(session)
            looked = without_our_logo(session, looked)
            page = find_page(session, token, call.at)
            found = _match(call, page, looked) if page else None
            if page is None or found is None:
                return Ahead(looked)
            sender = _sender(page)
            needs = Needs((asked_of(call, found, sender),), purposes_of(found, sender))
        return read_ahead(self._reader, looked, own, needs)

    def _call(self, session: Session) -> Call:
        return Call(session, self._clock(), self._settings, actor=None, door="web")


def _take(call: Call, page: ConfirmPage, ahead: Ahead) -> Preview:
    """What a mail from a sender who is sure does, by the same way; and what has come of it."""
    found = _match(call, page, ahead.looked)
    if found is None:
        raise UserError(_UNREADABLE)
    said = ahead.judged_as(asked_of(call, found, _sender(page)))
    message = call.session.get_one(Message, page.confirmation.about_id)
    message.sender_verified, message.decision, message.decision_why = True, "confirmed", _WHY
    began = last_event(call)
    act(call, Act(message, found, page.person, said), ahead)
    return preview_of(call, page, message, began)


def _match(call: Call, page: ConfirmPage, looked: Looked) -> Match | None:
    threads = [found for found in match(call, looked) if found.thread.id == page.confirmation.thread_id]
    return threads[0] if threads else None


def _sender(page: ConfirmPage) -> Sender:
    return Sender(page.person, decides=True, why=_WHY, verified=True)
