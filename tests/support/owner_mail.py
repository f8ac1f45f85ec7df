"""The claim to Maple Street's owner, mailed to Olga, and her answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from mail_inbox import Inbox
from mail_month import call_of
from payclerk_core.actions.claim_editing import LineEntry, save_amounts
from payclerk_core.actions.emails import Draft, compose_email
from payclerk_core.actions.owner import Prefill, make_owner_claim
from payclerk_core.actions.owner_answers import settle_owner_answer
from payclerk_core.actions.project_settings import change_settings
from payclerk_core.money import Money
from payclerk_core.tables import Claim, Message, ReplyToken, Thread

if TYPE_CHECKING:
    from payclerk_core.db import Database
    from payclerk_core.rules.lifecycle import ClaimStatus
    from payclerk_core.tables import Person


class Owner:
    """Maple Street's claim to the owner, mailed to Olga with a copy to Pat; her answers come in."""

    def __init__(self, database: Database, *, inbox: Inbox | None = None, **settings: Any) -> None:
        self.inbox = inbox or Inbox(database)
        month = self.inbox.month
        with database.transaction() as session:
            call = call_of(session, self.inbox.settings, session.merge(month.pat))
            if settings:
                change_settings(call, month.project.id, settings)
            claim = make_owner_claim(call, month.project.id, Prefill(costs=False))
            self.claim_id = claim.id
            save_amounts(call, claim.id, {claim.lines[0].sov_line.id: LineEntry(work=Money(100_000, "USD"))})
            self.send(call)

    def send(self, call) -> None:
        month = self.inbox.month
        compose_email(call, self.claim_id, Draft([month.olga.id], [month.pat.id], [], "Claim 1", "Please approve."))

    def says(self, text: str, person: Person | None = None, **more: Any) -> Message:
        """Olga answers the newest mail she has; the mail as the log has it."""
        person = person or self.inbox.month.olga
        token = more.pop("token", None) or self.token(self.inbox.month.olga)
        self.inbox.take(self.inbox.answer(person, text, token=token, **more))
        return self.inbox.log()[-1]

    def token(self, person: Person) -> str:
        with self.inbox.db.reading() as session:
            query = select(ReplyToken.token).where(
                ReplyToken.person_id == person.id, ReplyToken.purpose == "owner_claim"
            )
            return session.scalars(query.order_by(ReplyToken.id.desc())).first() or ""

    @property
    def status(self) -> str:
        with self.inbox.db.reading() as session:
            return session.get_one(Claim, self.claim_id).status

    def click(self, message: Message, status: ClaimStatus, person: Person | None = None) -> None:
        with self.inbox.db.transaction() as session:
            actor = session.merge(person or self.inbox.month.pat)
            call = call_of(session, self.inbox.settings, actor)
            thread = session.get_one(Thread, message.thread_id)
            settle_owner_answer(call, session.get_one(Message, message.id), thread, status)

    def confirmations(self) -> list[Message]:
        return self.inbox.letters("owner_answered")

    def notices(self, kind: str) -> list[str]:
        return [one for one in self.inbox.notices() if one.startswith(f"{kind}:")]
