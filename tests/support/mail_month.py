"""What the mail tests share: settings for a mailbox, the jobs that were promised, and a small month-end.

Maple Street has one subcontract with two invoice contacts (Dana and Eli), one with one (Sam), and a prime contract.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from payclerk_core import jobs
from payclerk_core.actions.call import Call
from payclerk_core.settings import Settings
from payclerk_core.tables import Company, Contract, InvoiceContact, Member, Person, Project, SovLine

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from imap_servers import ImapServer
    from payclerk_core.db import Database

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
ADDRESS = "billing@reply.maple.example"


def noon() -> datetime:
    return NOON


def make_settings(**overrides: Any) -> Settings:
    facts: dict[str, Any] = {
        "token_secret": "s" * 40,
        "mail_address": ADDRESS,
        "mail_name": "Maple Street Billing",
        "mail_authserv_id": "mx.reply.maple.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": 9,
        "smtp_security": "none",
        "imap_host": "127.0.0.1",
        "imap_port": 9,
        "imap_security": "none",
    }
    return Settings(_env_file=None, **{**facts, **overrides})


def settings_for(server: ImapServer, user: str, **overrides: Any) -> Settings:
    return make_settings(
        imap_host=server.host, imap_port=server.port, imap_user=user, imap_password=server.password, **overrides
    )


def promised(database: Database, job: str | None = None) -> list[str]:
    """The promises in the database as 'job:key', in order."""
    rows = jobs._client(database.engine).list_workflows(load_input=False, load_output=False)
    ids = sorted(row.workflow_id for row in rows)
    return [one for one in ids if job is None or one.partition(":")[0] == job]


def call_of(session: Session, settings: Settings, actor: Person | None = None, at: datetime = NOON) -> Call:
    return Call(session, at, settings, actor=actor, door="slack" if actor else "mail")


def make_person(session: Session, company: Company, name: str, **more: Any) -> Person:
    email = f"{name.split(maxsplit=1)[0].lower()}@{company.name.split()[0].lower()}.example"
    person = Person(company_id=company.id, name=name, email=email, email_key=email, **more)
    session.add(person)
    session.flush()
    return person


class Month:
    """The rows of the month, by name. Made in an open transaction; the objects may be read after it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.project = Project(
            number="MS-01", name="Maple Street", timezone="America/Chicago", currency="USD", dictionary="us_gc"
        )
        session.add(self.project)
        session.flush()
        harbor, northside, owner, builder = (
            self._company(name) for name in ("Harbor Plumbing", "Northside Steel", "Owner LLC", "Builder Inc")
        )
        self.pat = self._member(make_person(session, builder, "Pat Clerk"), "admin")
        self.dana = self._member(make_person(session, harbor, "Dana Ruiz"), "none")
        self.eli = self._member(make_person(session, harbor, "Eli Ward"), "none")
        self.sam = self._member(make_person(session, northside, "Sam Okafor"), "none")
        self.olga = self._member(make_person(session, owner, "Olga Own"), "none")
        self.plumbing = self._contract("SC-001", "subcontract", harbor, self.dana, self.eli)
        self.steel = self._contract("SC-002", "subcontract", northside, self.sam)
        self.prime = self._contract("PC-001", "prime", owner, self.olga)

    def _company(self, name: str) -> Company:
        company = Company(name=name)
        self.session.add(company)
        self.session.flush()
        return company

    def _member(self, person: Person, level: str) -> Person:
        self.session.add(
            Member(
                project_id=self.project.id,
                person_id=person.id,
                role="",
                commitments=level,
                client_contracts=level,
            )
        )
        return person

    def _contract(self, number: str, kind: str, company: Company, *contacts: Person) -> Contract:
        contract = Contract(
            project=self.project,
            number=number,
            title=f"{company.name} work",
            kind=kind,
            company=company,
            work_retainage=Decimal(10),
            stored_retainage=Decimal(10),
            status="approved",
            status_at=NOON,
        )
        contract.contacts = [InvoiceContact(person=person) for person in contacts]
        contract.lines = [_line(1, "Rough-in", 1_000_000), _line(2, "Fixtures", 500_000)]
        self.session.add(contract)
        self.session.flush()
        return contract


def _line(position: int, description: str, cents: int) -> SovLine:
    return SovLine(
        position=position,
        item=f"{position:03}",
        cost_code="22-000",
        cost_type="S",
        description=description,
        scheduled_cents=cents,
    )
