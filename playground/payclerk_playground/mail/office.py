"""Sorting what the SMTP server took: into mailboxes, or back to the sender."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from .accounts import without_tag
from .bounces import bounce_of
from .stamps import Submission, stamped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .accounts import Accounts
    from .faults import MailFaults
    from .folders import Folders

Result = TypeVar("Result")


class PostOffice:
    def __init__(
        self, accounts: Accounts, folders: Mapping[str, Folders], faults: MailFaults, now: Callable[[], datetime]
    ) -> None:
        self._accounts = accounts
        self._folders = folders
        self._faults = faults
        self._now = now
        self.news = News()

    async def deliver(self, mail: Submission) -> None:
        """Every recipient gets a copy of his own, stamped with his address; what bounces goes out last."""
        back = [(recipient, status) for recipient in mail.recipients if (status := self._bounces(recipient))]
        failed = {recipient for recipient, _ in back}
        for recipient in mail.recipients:
            if recipient not in failed:
                await self._put(mail, recipient)
        for recipient, status in back:
            if mail.envelope_sender:
                await self.deliver(bounce_of(mail, recipient, status, self._now()))

    def _bounces(self, recipient: str) -> str | None:
        status = self._faults.bounce_status(recipient)
        return status or (None if self._accounts.find(recipient) else "5.1.1")

    async def _put(self, mail: Submission, recipient: str) -> None:
        now = self._now()
        await self._folders[without_tag(recipient)].inbox.deliver(stamped(mail, recipient, now), now)
        self.news.tell(without_tag(recipient))


class News:
    """Tells those who wait, in other threads or as event streams, that something changed in a mailbox."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._listeners: dict[asyncio.Queue[str | None], asyncio.AbstractEventLoop] = {}

    def tell(self, address: str | None) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()
        for queue, loop in list(self._listeners.items()):
            loop.call_soon_threadsafe(queue.put_nowait, address)

    def wait_for(self, predicate: Callable[[], Result], timeout: float) -> Result:
        """The first true answer; the question is put again at each change, never by the clock."""
        while True:
            before = self._count
            if found := predicate():
                return found
            with self._changed:
                if not self._changed.wait_for(partial(self._moved_on, before), timeout):
                    raise TimeoutError(f"nothing in the mail answered within {timeout:g} s")

    def _moved_on(self, before: int) -> bool:
        return self._count != before

    def listen(self) -> asyncio.Queue[str | None]:
        """Addresses with news; None when the servers stop."""
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._listeners[queue] = asyncio.get_running_loop()
        return queue

    def ignore(self, queue: asyncio.Queue[str | None]) -> None:
        self._listeners.pop(queue, None)
