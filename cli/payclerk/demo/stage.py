"""What the story plays on: the local world, payclerk's process, its database, and the words for looking at them and acting on them."""

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

from payclerk_core.actions.call import Call
from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_core.jobs import waiting
from payclerk_core.queries.claims import ClaimRow, row_of, with_pages
from payclerk_core.settings import Settings
from payclerk_core.tables import Claim, Contract, Invitation, Person, Project
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
    settings: Settings

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

    @contextmanager
    def act(self, name: str) -> Iterator[Call]:
        """As one of the staff, in a transaction of its own: for what Slack has no command for."""
        with self.db.transaction() as session:
            person = session.scalars(select(Person).where(Person.name == name)).one()
            yield Call(session, self.clock.now(), self.settings, actor=person, door="slack")

    def refused(self, name: str, action: Callable[[Call], object], words: str) -> None:
        """The action is refused to this person with these words, and nothing of it is kept."""
        try:
            with self.act(name) as call:
                action(call)
        except UserError as error:
            expect(words in error.message, f"the refusal to say '{words}', not '{error.message}'")
        else:
            raise StoryFaultError(f"{name} was not refused: {words}")

    def project(self) -> Project:
        with self.look() as session:
            return session.scalars(select(Project)).one()

    def invitation(self, contract: str) -> Invitation:
        """The latest one of a contract."""
        with self.look() as session:
            query = select(Invitation).join(Invitation.contract).where(Contract.number == contract)
            return session.scalars(query.order_by(Invitation.id.desc()).limit(1)).one()

    def contract(self, number: str) -> Contract:
        with self.look() as session:
            return session.scalars(select(Contract).where(Contract.number == number)).one()

    def claims(self, contract: str) -> Sequence[ClaimRow]:
        """Every claim on a contract, with all its pages, the first one first."""
        with self.look() as session:
            query = with_pages(select(Claim).join(Claim.contract).where(Contract.number == contract))
            return [row_of(claim) for claim in session.scalars(query.order_by(Claim.number)).unique()]

    def claim(self, contract: str) -> ClaimRow | None:
        """The latest one."""
        claims = self.claims(contract)
        return claims[-1] if claims else None

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
