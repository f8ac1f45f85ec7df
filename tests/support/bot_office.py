"""What the Slack door's tests share: a local Slack alone, the rows of a month-end, and the office of one test."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette

from payclerk_core.actions.call import Call
from payclerk_core.actions.claim_lines import work_out
from payclerk_core.actions.claim_pages import store_pdf
from payclerk_core.jobs import waiting
from payclerk_core.settings import Settings
from payclerk_core.tables import (
    BillingPeriod,
    Claim,
    ClaimLine,
    Company,
    Contract,
    InvoiceContact,
    Member,
    Person,
    Project,
    SovLine,
    Thread,
)
from payclerk_playground.personas import Persona
from payclerk_playground.slack.api import Api
from payclerk_playground.slack.control import SlackWorld, texts
from payclerk_playground.slack.link import Link
from payclerk_playground.slack.state import SlackState
from waiting import eventually

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from payclerk_bot.app import BotDoor
    from payclerk_core.db import Database
    from payclerk_core.jobs import JobRunner
    from payclerk_playground.slack.state import Message, View

NOON = datetime(2026, 11, 10, 18, tzinfo=UTC)
PATIENCE = 30.0  # seconds
CHANNEL = "maple-billing"
ADA, RITA, ZED, OTTO = "U0ADA", "U0RITA", "U0ZED", "U0OTTO"
PERSONAS = [
    Persona("Ada Admin", "Ada@maple.example", "Project accountant", ADA, has_slack=True, has_mailbox=True),
    Persona("Rita Reader", "rita@maple.example", "Superintendent", RITA, has_slack=True, has_mailbox=True),
    Persona("Otto Other", "otto@maple.example", "Project manager", OTTO, has_slack=True, has_mailbox=True),
    Persona("Zed Stranger", "zed@elsewhere.example", "", ZED, has_slack=True, has_mailbox=False),
]


class LocalSlack:
    """The playground's Slack alone, on loopback. It can go down and come back at the same address."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        # Longer than the three seconds of Slack, for answers and for triggers: the machine may be busy with other tests.
        self.state, self.link = SlackState(PERSONAS, trigger_seconds=PATIENCE), Link(ack_seconds=PATIENCE)
        self.state.add_channel(CHANNEL)
        self._api = Api(self.state, "xoxb-test", "xapp-test", lambda: self.url)
        self.world = SlackWorld(self.state, self._api, self.link, lambda: self.url)
        self._serve()

    def _serve(self) -> None:
        app = Starlette(routes=[*self._api.routes(), *self.link.routes()])
        config = uvicorn.Config(
            app, log_config=None, lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))
        self._thread.start()

    def down(self) -> None:
        self.link.drop()
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def up(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._serve()


def make_settings(url: str, **more: Any) -> Settings:
    facts: dict[str, Any] = {
        "token_secret": "s" * 40,
        "slack_api_url": f"{url}/slack/api/",
        "slack_bot_token": "xoxb-test",
        "slack_app_token": "xapp-test",
        "mail_address": "billing@reply.maple.example",
    }
    return Settings(_env_file=None, **{**facts, **more})


class Month:
    """The rows of a month-end, made in an open transaction."""

    def __init__(self, session: Session, settings: Settings, contracts: int = 14) -> None:
        self.session, self.settings = session, settings
        self.ours = self.company("Maple Builders")
        self.project = Project(
            number="24-107",
            name="Maple Street <Medical> & Office",
            timezone="America/Chicago",
            currency="USD",
            dictionary="us_gc",
            slack_channel=CHANNEL,
        )
        self.keep(self.project)
        self.ada = self.member(self.person(self.ours, "Ada Admin"), "admin")
        self.rita = self.member(self.person(self.ours, "Rita Reader"), "read_only")
        self.otto = self.member(self.person(self.ours, "Otto Other"), "admin")
        self.contracts = [self._subcontract(n) for n in range(1, contracts + 1)]
        owner = self.company("Owner LLC")
        self.olga = self.member(self.person(owner, "Olga Own"), "none")
        self.prime = self.contract("PR-01", "prime", owner, [self.olga], lines=1)

    def _subcontract(self, n: int) -> Contract:
        """The last but one has no invoice contact, the last is not approved."""
        company = self.company(f"Trade {n:03} & Sons")
        contact = self.member(self.person(company, f"Contact{n:03} Person"), "none")
        return self.contract(f"SC-{n:02}", "subcontract", company, [contact])

    def keep(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    def company(self, name: str) -> Company:
        return self.keep(Company(name=name))

    def person(self, company: Company, name: str) -> Person:
        email = f"{name.split(maxsplit=1)[0].lower()}@{company.name.split()[0].lower()}.example"
        return self.keep(Person(company_id=company.id, name=name, email=email, email_key=email))

    def member(self, person: Person, level: str) -> Person:
        self.keep(
            Member(project_id=self.project.id, person_id=person.id, role="", commitments=level, client_contracts=level)
        )
        return person

    def contract(self, number: str, kind: str, company: Company, contacts: list[Person], lines: int = 2) -> Contract:
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
        contract.lines = [_sov(position) for position in range(1, lines + 1)]
        return self.keep(contract)

    def period(self) -> BillingPeriod:
        return self.keep(
            BillingPeriod(
                project_id=self.project.id,
                starts_on=date(2026, 11, 1),
                ends_on=date(2026, 11, 30),
                due_on=date(2026, 11, 25),
                status="open",
                status_at=NOON,
            )
        )

    def call(self, actor: Person | None = None) -> Call:
        return Call(self.session, NOON, self.settings, actor=actor, door="mail")

    def thread(self, contract: Contract, claim: Claim | None = None, **more: Any) -> Thread:
        facts: dict[str, Any] = {"subject": "A thread", "started_at": NOON, "started_by_id": self.ada.id, **more}
        claim_id = claim.id if claim else None
        return self.keep(Thread(project_id=self.project.id, contract_id=contract.id, claim_id=claim_id, **facts))

    def claim(self, contract: Contract, period: BillingPeriod, status: str = "under_review", pdf: bool = True) -> Claim:
        thread = self.thread(contract)
        claim = Claim(
            contract=contract,
            period=period,
            number=1,
            invoice_number=f"{contract.number}-1",
            billed_on=date(2026, 11, 10),
            submitted_at=NOON,
            work_retainage=Decimal(10),
            stored_retainage=Decimal(10),
            previous_certificates_cents=0,
            thread_id=thread.id,
            status=status,
            status_at=NOON,
        )
        claim.lines = [_line(sov) for sov in contract.lines]
        self.keep(claim)
        work_out(self.call(), claim)
        thread.claim_id = claim.id
        if pdf:
            store_pdf(self.call(), claim)
        return claim


def _sov(position: int) -> SovLine:
    return SovLine(
        position=position,
        item=f"{position:03}",
        cost_code="22-000",
        cost_type="S",
        description=f"Line <{position}> & more",
        scheduled_cents=8_240_000,
    )


def _line(sov: SovLine) -> ClaimLine:
    return ClaimLine(
        sov_line=sov,
        position=sov.position,
        scheduled_cents=sov.scheduled_cents,
        previous_work_cents=0,
        work_cents=100_000,
        stored_cents=0,
        claimed_work_cents=100_000,
        claimed_stored_cents=0,
    )


@dataclass
class Office:
    """Everything of one test: what people do in Slack, and what the database says."""

    database: Database
    settings: Settings
    slack: LocalSlack
    runner: JobRunner
    door: BotDoor
    now: list[datetime] = field(default_factory=lambda: [NOON])

    @property
    def world(self) -> SlackWorld:
        return self.slack.world

    def billing(self, user: str, text: str) -> Any:
        return self.world.command(user, "/billing", text, CHANNEL)

    def modal(self, user: str, callback_id: str) -> View:
        """The modal of this kind, once it is on top."""

        def top() -> View | None:
            view = self.world.view_of(user)
            return view if view is not None and view.body.get("callback_id") == callback_id else None

        return self.world.wait_for(top)

    def modal_says(self, user: str, words: str) -> View:
        def top() -> View | None:
            view = self.world.view_of(user)
            return view if view is not None and words in texts(view) else None

        return self.world.wait_for(top)

    def message(self, words: str, user: str = ADA, channel: str = CHANNEL) -> Message:
        """The message with these words, once it stands in the channel."""

        def found() -> Message | None:
            shown = self.world.visible_to(user, channel)
            return next((message for message in reversed(shown) if words in texts(message)), None)

        return self.world.wait_for(found)

    def in_channel(self) -> list[Message]:
        return [message for message in self.world.messages(CHANNEL) if message.only is None]

    def bulk_done(self) -> None:
        """Until no order of bulk work is left to do."""
        eventually(lambda: not [w for w in waiting(self.database) if w.job == "bulk.run"], timeout=90)

    def settle(self) -> None:
        """Until no order of bulk work and no slack.* job is left to do."""
        self.bulk_done()
        eventually(lambda: not [w for w in waiting(self.database) if w.job.startswith("slack.")])
