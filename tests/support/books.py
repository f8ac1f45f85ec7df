"""A month on the books for tests of actions: the people of mail_month, an open period, and short ways to act."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from mail_month import NOON, Month, make_settings
from payclerk_core.actions.call import Call
from payclerk_core.actions.claim_editing import LineEntry, bill_on_behalf, submit_claim
from payclerk_core.actions.claims import load_claim, set_status
from payclerk_core.money import Money
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import BillingPeriod, Claim, Contract, Event, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from payclerk_core.db import Database

SETTINGS = make_settings()
AFTER_DUE = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Books:
    """One project with an open period. `call` opens a transaction as a person; Pat administers."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.transaction() as session:
            self.month = Month(session)
            self.month.dana.language = "en"
            self.period_id = self._period(session, date(2026, 11, 1)).id

    def _period(self, session: Session, first: date) -> BillingPeriod:
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        period = BillingPeriod(
            project_id=self.month.project.id,
            starts_on=first,
            ends_on=last,
            due_on=first.replace(day=25),
            status="open",
            status_at=NOON,
        )
        session.add(period)
        session.flush()
        return period

    @contextmanager
    def call(self, actor: Person | None = None, at: datetime = NOON) -> Iterator[Call]:
        """As Pat, unless somebody else is named."""
        with self.database.transaction() as session:
            person = session.get(Person, (actor or self.month.pat).id)
            yield Call(session, at, SETTINGS, actor=person, door="slack")

    def contract(self, call: Call, contract: Contract | None = None) -> Contract:
        return call.get(Contract, (contract or self.month.plumbing).id, "contract")

    def draft(self, call: Call, *works: int, stored: int | None = None, contract: Contract | None = None) -> Claim:
        """A draft with so many dollars on its lines in order; `stored` on the first."""
        chosen = self.contract(call, contract)
        entries = {
            line.id: LineEntry(Money(work * 100), stored=Money(stored * 100) if stored is not None and n == 0 else None)
            for n, (line, work) in enumerate(zip(chosen.billed_lines, works, strict=False))
        }
        return bill_on_behalf(call, chosen.id, entries)

    def claim(
        self,
        *works: int,
        status: ClaimStatus | None = None,
        stored: int | None = None,
        contract: Contract | None = None,
    ) -> int:
        """A submitted claim, in the status given; its id."""
        with self.call() as call:
            claim_id = self.draft(call, *works, stored=stored, contract=contract).id
            submit_claim(call, claim_id)
        if status is not None:
            with self.call() as call:
                set_status(call, claim_id, status)
        return claim_id

    def approved(self, *works: int, stored: int | None = None, contract: Contract | None = None) -> int:
        return self.claim(*works, status=ClaimStatus.APPROVED, stored=stored, contract=contract)

    def next_period(self) -> None:
        """Close the open one, and open the month after it."""
        with self.database.transaction() as session:
            period = session.scalars(select(BillingPeriod).where(BillingPeriod.status == "open")).one()
            period.status = "closed"
            session.flush()
            self.period_id = self._period(session, period.ends_on + timedelta(days=1)).id

    def shown(self, claim_id: int) -> Claim:
        """The claim as it is now, to read from."""
        with self.database.transaction() as session:
            return load_claim(Call(session, NOON, SETTINGS, actor=None, door="cli"), claim_id)

    def events(self, record: str, record_id: int) -> list[str]:
        with self.database.transaction() as session:
            query = select(Event.verb).where(Event.record == record, Event.record_id == record_id).order_by(Event.id)
            return list(session.scalars(query))

    def change(self, **values: object) -> None:
        """Set columns of the subcontract, as an import would."""
        with self.database.transaction() as session:
            contract = session.get(Contract, self.month.plumbing.id)
            for name, value in values.items():
                setattr(contract, name, value)
