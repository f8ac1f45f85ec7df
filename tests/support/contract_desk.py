"""A desk at which contracts are kept: the month's rows, people of every level, and an action in a transaction of its own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from mail_month import NOON, Month, call_of, make_person, make_settings, promised
from payclerk_core.actions.contracts import ContractFacts
from payclerk_core.actions.periods import create_period
from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.rules.periods import PeriodDates
from payclerk_core.rules.retainage import Rates, Terms
from payclerk_core.rules.sov import SovEntry
from payclerk_core.tables import (
    Attachment,
    BillingPeriod,
    Claim,
    ClaimLine,
    Contract,
    Event,
    Member,
    Message,
    Person,
    SovLine,
    Thread,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from payclerk_core.db import Database


class Desk:
    """Pat keeps the contracts; Rita reads, Stan has Standard, Dana and Eli are the plumber's contacts."""

    def __init__(self, database: Database) -> None:
        self.db, self.settings = database, make_settings()
        with database.transaction() as session:
            self.month = Month(session)
            ours = self.month.pat.company
            self.rita, self.stan = make_person(session, ours, "Rita Reader"), make_person(session, ours, "Stan Site")
            for person, level in ((self.rita, "read_only"), (self.stan, "standard")):
                session.add(
                    Member(
                        project_id=self.month.project.id,
                        person_id=person.id,
                        role="",
                        commitments=level,
                        client_contracts=level,
                    )
                )
            self._set_level(session, self.month.dana, "read_only")
        self.pat, self.dana, self.eli, self.sam = (getattr(self.month, name) for name in ("pat", "dana", "eli", "sam"))
        self.project_id = self.month.project.id
        self.plumbing, self.steel, self.prime = (
            getattr(self.month, name).id for name in ("plumbing", "steel", "prime")
        )

    def _set_level(self, session: Session, person: Person, level: str) -> None:
        query = select(Member).where(Member.person_id == person.id)
        session.scalars(query).one().commitments = level

    def level(self, person: Person, level: str) -> None:
        """Give a person this level on Commitments."""
        with self.db.transaction() as session:
            self._set_level(session, person, level)

    def do(
        self, action: Callable[..., Any], *args: Any, by: Person | None = None, at: datetime = NOON, **more: Any
    ) -> Any:
        """What a person (Pat, when nobody is named) does, committed."""
        with self.db.transaction() as session:
            actor = session.get_one(Person, (by or self.pat).id)
            return action(call_of(session, self.settings, actor, at), *args, **more)

    def refuses(self, words: str, action: Callable[..., Any], *args: Any, **more: Any) -> UserError:
        """The action is refused with these words (a pattern), and leaves no event and no mail."""
        events, mails = len(self.events()), self.mails()
        with pytest.raises(UserError, match=words) as caught:
            self.do(action, *args, **more)
        assert (len(self.events()), self.mails()) == (events, mails)
        return caught.value

    def change(self, contract_id: int, **columns: Any) -> None:
        """Set columns of a contract directly, as another record had it."""
        with self.db.transaction() as session:
            contract = session.get_one(Contract, contract_id)
            for name, value in columns.items():
                setattr(contract, name, value)

    def see(self, contract_id: int, look: Callable[[Contract], Any]) -> Any:
        """What a contract looks like now."""
        with self.db.reading() as session:
            return look(session.get_one(Contract, contract_id))

    def items(self, contract_id: int) -> list[tuple[int, str, int]]:
        """Place, item and cents of all its lines, in order."""
        return self.see(contract_id, lambda c: [(row.position, row.item, row.scheduled_cents) for row in c.lines])

    def line(self, contract_id: int, item: str) -> int:
        return self.see(contract_id, lambda c: next(row.id for row in c.lines if row.item == item))

    def events(self, *verbs: str) -> list[Event]:
        with self.db.reading() as session:
            query = select(Event).order_by(Event.id)
            return list(session.scalars(query.where(Event.verb.in_(verbs)) if verbs else query))

    def letters(self, kind: str) -> list[tuple[str, str, list[tuple[str, bytes]]]]:
        """Recipient, subject and files of each letter of that kind."""
        with self.db.reading() as session:
            found = session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)).all()
            return [(row.recipients[0].email, row.subject, [_file(file) for file in row.attachments]) for row in found]

    def mails(self) -> int:
        with self.db.reading() as session:
            return len(session.scalars(select(Message.id)).all())

    def notices(self) -> list[str]:
        return promised(self.db, "slack.notice")

    def open_period(self) -> int:
        dates = PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 25))
        period: BillingPeriod = self.do(create_period, self.project_id, dates)
        return period.id

    def bill(self, contract_id: int, **work_cents: int) -> int:
        """A claim under review for these cents by item (as `_001`), of a period that is made when there is none."""
        with self.db.reading() as session:
            known = session.scalar(select(BillingPeriod.id))
        period_id = known or self.open_period()
        with self.db.transaction() as session:
            contract = session.get_one(Contract, contract_id)
            thread = Thread(project_id=self.project_id, contract_id=contract_id, subject="Claim", started_at=NOON)
            session.add(thread)
            session.flush()
            claim = Claim(
                contract=contract,
                period_id=period_id,
                number=1,
                invoice_number="1",
                billed_on=NOON.date(),
                work_retainage=Decimal(0),
                stored_retainage=Decimal(0),
                previous_certificates_cents=0,
                thread_id=thread.id,
                status="under_review",
                status_at=NOON,
            )
            claim.lines = [_claim_line(row, work_cents.get(f"_{row.item}", 0)) for row in contract.billed_lines]
            session.add(claim)
            session.flush()
            return claim.id


def _claim_line(line: SovLine, cents: int) -> ClaimLine:
    return ClaimLine(
        sov_line=line,
        position=line.position,
        scheduled_cents=line.scheduled_cents,
        previous_work_cents=0,
        work_cents=cents,
        stored_cents=0,
        claimed_work_cents=cents,
        claimed_stored_cents=0,
    )


def _file(row: Attachment) -> tuple[str, bytes]:
    return row.name, row.file.content


def facts(number: str, company_id: int, **changes: Any) -> ContractFacts:
    """The fields of a plain subcontract, with these changed."""
    plain: dict[str, Any] = {
        "title": "Plumbing",
        "kind": "subcontract",
        "retainage": Terms(Rates(Decimal(10), Decimal(5))),
    }
    return ContractFacts(number=number, company_id=company_id, **{**plain, **changes})


def entry(item: str, dollars: int = 1000, **changes: Any) -> SovEntry:
    """A line of an amount contract, with these fields changed."""
    plain: dict[str, Any] = {
        "cost_code": "22-000",
        "cost_type": "S",
        "description": f"Work {item}",
        "amount": Money(dollars * 100),
    }
    return SovEntry(item=item, **{**plain, **changes})
