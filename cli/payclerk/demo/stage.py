"""What the story plays on: the local world, payclerk's process, its database, and the words for looking at them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.db import Database
from payclerk_core.jobs import waiting
from payclerk_core.queries.claims import ClaimRow, row_of, with_pages
from payclerk_core.tables import Claim, Contract, Invitation, Project
from payclerk_playground.mail import StoredMail
from payclerk_playground.world import World

from .clockwork import Clockwork
from .office import OfficeProcess

T = TypeVar("T")
PATIENCE = 60.0


class StoryFaultError(AssertionError):
    """Something of the story is not as it should be."""


def expect(condition: object, what: str) -> None:
    """The story's check: it fails with words that say what was expected."""
    if not condition:
        raise StoryFaultError(what)


@dataclass
class Stage:
    """Everything a step of the story needs."""

    world: World
    office: OfficeProcess
    db: Database
    clock: Clockwork
    output: Path
    examples: Path
    say: Callable[[str], None]

    def eventually(self, probe: Callable[[], T | None], what: str, timeout: float = PATIENCE) -> T:
        """What `probe` returns, as soon as that is true."""
        end = time.monotonic() + timeout
        pause = threading.Event()
        while True:
            found = probe()
            if found:
                return found
            if time.monotonic() > end:
                raise StoryFaultError(f"waited {timeout:.0f} s for: {what}")
            pause.wait(0.1)

    def settled(self) -> None:
        """Wait until payclerk has nothing left to do."""
        self.eventually(lambda: not waiting(self.db), "all promised work to be done")

    @contextmanager
    def look(self) -> Iterator[Session]:
        """Into payclerk's database, without touching it."""
        with self.db.reading() as session:
            yield session

    def project(self) -> Project:
        with self.look() as session:
            return session.scalars(select(Project)).one()

    def invitation(self, contract: str) -> Invitation:
        with self.look() as session:
            query = select(Invitation).join(Invitation.contract).where(Contract.number == contract)
            return session.scalars(query).one()

    def claim(self, contract: str) -> ClaimRow | None:
        """The latest claim on a contract, with all its pages."""
        with self.look() as session:
            query = with_pages(select(Claim).join(Claim.contract).where(Contract.number == contract))
            claims = session.scalars(query.order_by(Claim.number.desc())).unique().all()
            return row_of(claims[0]) if claims else None

    def claim_now(self, contract: str) -> ClaimRow:
        """The latest claim, which has to be there."""
        row = self.claim(contract)
        if row is None:
            raise StoryFaultError(f"no claim on {contract}")
        return row

    def mails(self, address: str, subject: str = "") -> Sequence[StoredMail]:
        """A person's mails whose subject holds these words."""
        return [mail for mail in self.world.mail.inbox(address) if subject.casefold() in mail.subject.casefold()]

    def mail(self, address: str, subject: str, *, count: int = 1) -> StoredMail:
        """The newest such mail, once there are `count` of them."""

        def found() -> StoredMail | None:
            mails = self.mails(address, subject)
            return mails[-1] if len(mails) >= count else None

        return self.eventually(found, f"mail '{subject}' to {address}")

    def keep(self, name: str, content: bytes) -> Path:
        """Put a produced file where the user can look at it."""
        path = self.output / name
        path.write_bytes(content)
        return path
