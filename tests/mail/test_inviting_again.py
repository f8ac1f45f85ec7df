"""An invitation that came back is sent again once the address is right; reminders go where mail arrives."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from mail_inbox import Inbox
from mail_month import NOON, call_of, make_person, promised
from payclerk_core.actions.batches import Order
from payclerk_core.actions.inbox import note_undeliverable
from payclerk_core.actions.invitations import invite, remind_silent
from payclerk_core.queries.contracts import contract_rows
from payclerk_core.rules.invitations import Reached, Standing, reached_by, readiness, untried
from payclerk_core.rules.lifecycle import ContractStatus, InvitationStatus
from payclerk_core.tables import (
    Batch,
    Company,
    Contract,
    Event,
    Invitation,
    InvoiceContact,
    Message,
    MessageRecipient,
    Person,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from payclerk_core.actions.call import Call
    from payclerk_core.db import Database

GONE = "550 5.1.1 user unknown"


class Office(Inbox):
    """The mailbox of November, and what the administrator does about mail that came back."""

    def change(self, what: Callable[[Call], Any], at: datetime = NOON) -> Any:
        with self.db.transaction() as session:
            return what(call_of(session, self.settings, session.get_one(Person, self.month.pat.id), at))

    def bounce(self, person: Person) -> None:
        """Our newest mail to this person comes back."""

        def come_back(call: Call) -> None:
            query = select(MessageRecipient).where(MessageRecipient.person_id == person.id)
            copy = call.session.scalars(query.order_by(MessageRecipient.id.desc())).first()
            note_undeliverable(call, copy.id, GONE)

        self.change(come_back)

    def correct(self, person: Person, email: str) -> None:
        def put_right(call: Call) -> None:
            row = call.session.get_one(Person, person.id)
            row.email = row.email_key = email

        self.change(put_right)
        person.email = email

    def invite(self, key: str, contract: Contract, at: datetime = NOON) -> dict[str, str]:
        """Invite as one order of the workbench; what became of each row."""
        order = Order(key, self.month.project.id, None)
        batch = self.change(lambda call: invite(call, order, [contract.id]).id, at)
        with self.db.reading() as session:
            return {item.label: item.outcome for item in session.get_one(Batch, batch).items}

    def remind(self, at: datetime) -> int:
        return self.change(lambda call: remind_silent(call, self.month.project.id), at)

    def mails(self, kind: str) -> list[str]:
        """The addresses that letters of this kind went to, in order."""
        with self.db.reading() as session:
            query = select(MessageRecipient.email).join(Message, Message.id == MessageRecipient.message_id)
            return list(session.scalars(query.where(Message.kind == kind).order_by(MessageRecipient.id)))

    def events(self, verb: str) -> list[Event]:
        with self.db.reading() as session:
            return list(session.scalars(select(Event).where(Event.verb == verb).order_by(Event.id)))


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


STEEL = "SC-002 Northside Steel"
PLUMBING = "SC-001 Harbor Plumbing"


def report(to: str, address: str) -> bytes:
    """What the other side's server says of an address that does not exist."""
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.northside.example\r\nTo: {to}\r\nSubject: Undelivered\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.northside.example\r\n\r\nFinal-Recipient: rfc822; {address}\r\nAction: failed\r\n"
        f"Status: 5.1.1\r\nDiagnostic-Code: smtp; {GONE}\r\n\r\n--b--\r\n"
    ).encode()


def test_from_the_bounce_over_the_corrected_address_to_the_answer(office: Office) -> None:
    sam, steel = office.month.sam, office.month.steel
    old_token = office.token(sam)
    office.take(report(office.to(old_token), sam.email))
    office.correct(sam, "sam.okafor@northside.example")

    assert office.invite("second", steel) == {STEEL: "waiting"}

    assert office.mails("invitation")[-2:] == ["sam@northside.example", "sam.okafor@northside.example"]
    assert len(promised(office.db, "mail.send")) == 4
    with office.db.reading() as session:
        [invitation] = session.scalars(select(Invitation).where(Invitation.contract_id == steel.id))
        copies = session.scalars(
            select(MessageRecipient).where(MessageRecipient.person_id == sam.id).order_by(MessageRecipient.id)
        ).all()
        first, second = (session.get_one(Message, copy.message_id) for copy in copies)
        assert first.thread_id == second.thread_id == invitation.thread_id
        assert second.status == "queued"
    [event] = office.events("invited_again")
    assert (event.record, event.record_id, event.actor_id) == ("invitation", invitation.id, office.month.pat.id)
    assert event.after == {"contract": "SC-002"}

    # The answer comes to the first mail, which a colleague had kept.
    office.take(office.answer(sam, "ACCEPT", token=old_token))
    assert office.status(steel) == "accepted"
    assert [message.thread_id for message in office.log()][-1] == invitation.thread_id


def test_what_arrived_is_not_sent_again(office: Office) -> None:
    assert office.invite("second", office.month.steel) == {STEEL: "skipped"}
    assert len(office.mails("invitation")) == 3
    assert office.events("invited_again") == []


def test_the_same_order_again_sends_nothing_and_neither_does_another_while_it_is_on_its_way(office: Office) -> None:
    office.bounce(office.month.sam)
    office.correct(office.month.sam, "sam.okafor@northside.example")
    office.invite("second", office.month.steel)
    office.invite("second", office.month.steel)

    assert office.invite("third", office.month.steel) == {STEEL: "skipped"}
    assert office.mails("invitation").count("sam.okafor@northside.example") == 1


def test_two_who_send_it_again_at_once_send_it_once(office: Office) -> None:
    office.bounce(office.month.sam)
    office.correct(office.month.sam, "sam.okafor@northside.example")
    gate = threading.Barrier(3)
    outcomes: list[str] = []

    def send(key: str) -> None:
        gate.wait()
        outcomes.extend(office.invite(key, office.month.steel).values())

    people = [threading.Thread(target=send, args=(key,)) for key in ("a", "b", "c")]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(outcomes) == ["skipped", "skipped", "waiting"]
    assert office.mails("invitation").count("sam.okafor@northside.example") == 1


def test_it_may_be_sent_again_each_time_the_address_is_corrected(office: Office) -> None:
    for number in (1, 2):
        office.bounce(office.month.sam)
        assert office.invite(f"too early {number}", office.month.steel) == {STEEL: "skipped"}
        office.correct(office.month.sam, f"sam{number}@northside.example")
        assert office.invite(f"again {number}", office.month.steel) == {STEEL: "waiting"}

    assert len(office.events("invited_again")) == 2


def test_only_the_contact_who_has_not_got_it_is_written_to(office: Office) -> None:
    month = office.month
    office.bounce(month.dana)
    assert office.invite("second", month.plumbing) == {PLUMBING: "skipped"}  # Eli has it
    office.correct(month.dana, "dana.ruiz@harbor.example")
    assert office.invite("third", month.plumbing) == {PLUMBING: "waiting"}

    assert office.mails("invitation")[3:] == ["dana.ruiz@harbor.example"]


def add_kim(office: Office) -> None:
    """A second contact of the steel subcontract."""

    def add(call: Call) -> None:
        company = call.session.get_one(Company, office.month.steel.company_id)
        kim = make_person(call.session, company, "Kim Lee")
        call.session.add(InvoiceContact(contract_id=office.month.steel.id, person_id=kim.id))

    office.change(add)


@pytest.mark.parametrize("bounced", [False, True])
def test_a_new_contact_of_an_invited_contract_gets_the_invitation_and_nobody_else(
    office: Office, bounced: bool
) -> None:
    if bounced:
        office.bounce(office.month.sam)
    add_kim(office)
    assert office.invite("second", office.month.steel) == {STEEL: "waiting"}
    assert office.mails("invitation")[3:] == ["kim@northside.example"]


def test_what_was_answered_in_the_meantime_stays_answered(office: Office) -> None:
    month = office.month
    office.take(office.answer(month.eli, "DECLINE"))
    office.correct(month.dana, "dana.ruiz@harbor.example")

    assert office.invite("second", month.plumbing) == {PLUMBING: "skipped"}
    assert office.status(month.plumbing) == "declined"


def test_the_list_says_which_invitations_can_be_sent_again(office: Office) -> None:
    office.bounce(office.month.dana)
    office.correct(office.month.dana, "dana.ruiz@harbor.example")
    with office.db.reading() as session:
        period = session.scalars(select(Invitation.period_id)).first()
        rows = {row.contract.number: row.readiness for row in contract_rows(session, office.month.project.id, period)}

    assert (rows["SC-001"].standing, rows["SC-001"].blocked) == (Standing.INVITED, None)
    assert rows["SC-002"].blocked == "Already invited for this period."


def november(day: int) -> datetime:
    return NOON.replace(day=day)


def test_nobody_is_reminded_whose_mail_came_back_until_it_was_sent_again(office: Office) -> None:
    office.bounce(office.month.sam)
    office.bounce(office.month.dana)
    office.remind(november(22))
    assert office.mails("reminder") == ["eli@harbor.example"]

    office.correct(office.month.sam, "sam.okafor@northside.example")
    office.remind(november(23))
    assert office.mails("reminder")[1:] == ["eli@harbor.example"]
    office.invite("second", office.month.steel, november(23))
    office.remind(november(24))
    assert office.mails("reminder")[2:] == ["eli@harbor.example", "sam.okafor@northside.example"]


def test_who_declined_is_not_reminded_and_who_accepted_without_billing_is(office: Office) -> None:
    office.take(office.answer(office.month.dana, "ACCEPT"))
    office.take(office.answer(office.month.sam, "DECLINE"))
    office.remind(november(23))

    assert office.mails("reminder") == ["dana@harbor.example", "eli@harbor.example"]


def test_whose_reminder_came_back_is_reminded_no_more(office: Office) -> None:
    office.remind(november(23))
    office.bounce(office.month.sam)
    office.remind(november(24))

    assert office.mails("reminder").count("sam@northside.example") == 1
    assert office.mails("reminder").count("eli@harbor.example") == 2


addresses = st.sampled_from("abcde")


@given(st.sets(addresses, min_size=1), st.dictionaries(addresses, st.booleans()))
def test_it_is_sent_again_exactly_while_somebody_was_not_written_to(contacts: set[str], sent: dict[str, bool]) -> None:
    new, found = untried(contacts, sent), reached_by(contacts, sent)
    facts = {"status": ContractStatus.APPROVED, "contacts": len(contacts), "invitation": InvitationStatus.INVITED}

    assert (readiness(**facts, has_claim=False, reached=found).blocked is None) == bool(new)
    assert new <= contacts - set(sent)
    assert (found in {Reached.SOMEBODY, Reached.NOT_ALL}) == any(sent.get(one) is False for one in contacts)
