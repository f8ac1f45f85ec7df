"""Who may not: strangers, contacts of another contract, administrators of the wrong tool, ids of another project."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from books import Books
from mail_month import make_person
from payclerk_core.actions.batches import Order
from payclerk_core.actions.call import Call
from payclerk_core.actions.certificates import certify, withdraw_certificate
from payclerk_core.actions.change_orders import ChangeFacts, create_change_order
from payclerk_core.actions.claim_editing import LineEntry, bill_on_behalf, correct_amounts, save_amounts, submit_claim
from payclerk_core.actions.claims import bulk_status, review_claim, set_status
from payclerk_core.actions.contacts import NewPerson, add_contact, add_to_private_list, create_contact, remove_contact
from payclerk_core.actions.contracts import change_contract_status, edit_contract, enable_payments, facts_of
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.emails import Draft, compose_email
from payclerk_core.actions.invitations import decide_for_contact, invite
from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.actions.packages import compile_backup
from payclerk_core.actions.payments import PaymentEntry, record_payment
from payclerk_core.actions.period_schedules import set_schedule
from payclerk_core.actions.periods import close_period, create_period, delete_period, edit_period, reopen_period
from payclerk_core.actions.project_settings import change_settings, prevent_overbilling
from payclerk_core.actions.retainage import (
    LineRetainage,
    Release,
    make_release_claim,
    release_retainage,
    set_line_retainage,
    set_rates,
)
from payclerk_core.actions.signing import send_to_docusign
from payclerk_core.actions.sov_lines import add_sov_line, edit_sov_line, remove_sov_line
from payclerk_core.actions.ssov import disable_ssov, enable_ssov, invite_to_break_down, set_ssov_status, submit_ssov
from payclerk_core.actions.ssov_details import put_details
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.money import Money
from payclerk_core.rules.change_orders import ChangeEntry
from payclerk_core.rules.contract_status import ContractStatus
from payclerk_core.rules.lifecycle import ClaimStatus, InvitationStatus
from payclerk_core.rules.periods import Frequency, PeriodDates, Schedule
from payclerk_core.rules.retainage import Rates
from payclerk_core.rules.sov import SovEntry
from payclerk_core.rules.ssov import SsovStatus
from payclerk_core.tables import Company, Contract, Invitation, Member, Person, Project

if TYPE_CHECKING:
    from payclerk_core.db import Database

TODAY = date(2026, 11, 20)
DATES = PeriodDates(date(2026, 12, 1), date(2026, 12, 31), date(2026, 12, 25))
FIVE = Rates(Decimal(5), Decimal(5))
Act = Callable[[Call], object]


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def person_with(books: Books, commitments: str, client_contracts: str = "none") -> Person:
    """Somebody of the builder's with these levels."""
    with books.call() as call:
        builder = call.session.get_one(Company, books.month.pat.company_id)
        person = make_person(call.session, builder, f"Robin-{commitments} Clerk")
        levels = {"commitments": commitments, "client_contracts": client_contracts}
        call.session.add(Member(project_id=books.month.project.id, person_id=person.id, role="", **levels))
    return person


def acts_on_claim(claim_id: int, line_id: int) -> dict[str, Act]:
    pay = PaymentEntry("7", "check", Money(100), TODAY)
    return {
        "save_amounts": lambda c: save_amounts(c, claim_id, {line_id: LineEntry(Money(5))}),
        "submit_claim": lambda c: submit_claim(c, claim_id),
        "correct_amounts": lambda c: correct_amounts(c, claim_id, {line_id: LineEntry(Money(5))}),
        "review_claim": lambda c: review_claim(c, claim_id, {}, ClaimStatus.APPROVED),
        "set_status": lambda c: set_status(c, claim_id, ClaimStatus.APPROVED),
        "set_rates": lambda c: set_rates(c, claim_id, FIVE),
        "set_line_retainage": lambda c: set_line_retainage(c, claim_id, {line_id: LineRetainage(Decimal(1))}),
        "release_retainage": lambda c: release_retainage(c, claim_id, Release(percent=Decimal(50))),
        "certify": lambda c: certify(c, claim_id, Money(1), TODAY, "why"),
        "withdraw_certificate": lambda c: withdraw_certificate(c, claim_id),
        "record_payment": lambda c: record_payment(c, claim_id, pay),
        "delete_claim": lambda c: delete_claim(c, claim_id),
    }


def acts_on_contract(books: Books, contract: Contract) -> dict[str, Act]:
    contract_id, line_id, company = contract.id, contract.lines[0].id, contract.company_id
    entry = SovEntry("900", "22-000", "S", "More", Money(100))
    change = ChangeFacts("CO-9", "More", (ChangeEntry("CO-9.1", "22-000", "S", "More", Money(100)),))
    return {
        "bill_on_behalf": lambda c: bill_on_behalf(c, contract_id, {line_id: LineEntry(Money(5))}),
        "make_release_claim": lambda c: make_release_claim(c, contract_id),
        "edit_contract": lambda c: edit_contract(c, contract_id, facts_of(c.get(Contract, contract_id, "contract"))),
        "change_contract_status": lambda c: change_contract_status(c, contract_id, ContractStatus.TERMINATED),
        "enable_payments": lambda c: enable_payments(c, contract_id, enabled=False),
        "add_sov_line": lambda c: add_sov_line(c, contract_id, entry),
        "edit_sov_line": lambda c: edit_sov_line(c, line_id, entry),
        "remove_sov_line": lambda c: remove_sov_line(c, line_id),
        "create_change_order": lambda c: create_change_order(c, contract_id, change),
        "enable_ssov": lambda c: enable_ssov(c, contract_id),
        "disable_ssov": lambda c: disable_ssov(c, contract_id),
        "invite_to_break_down": lambda c: invite_to_break_down(c, contract_id),
        "submit_ssov": lambda c: submit_ssov(c, contract_id),
        "set_ssov_status": lambda c: set_ssov_status(c, contract_id, SsovStatus.APPROVED),
        "put_details": lambda c: put_details(c, contract_id, {}),
        "add_contact": lambda c: add_contact(c, contract_id, books.month.eli.id),
        "create_contact": lambda c: create_contact(c, contract_id, NewPerson("New", f"new@{company}.example")),
        "remove_contact": lambda c: remove_contact(c, contract_id, books.month.eli.id),
        "add_to_private_list": lambda c: add_to_private_list(c, contract_id, books.month.sam.id),
    }


def acts_on_project(project_id: int, period_id: int, company_id: int) -> dict[str, Act]:
    order = Order("of-a-stranger", project_id, None)
    never = Schedule(Frequency.NEVER, {})
    return {
        "create_period": lambda c: create_period(c, project_id, DATES),
        "edit_period": lambda c: edit_period(c, period_id, DATES),
        "close_period": lambda c: close_period(c, period_id),
        "reopen_period": lambda c: reopen_period(c, period_id),
        "delete_period": lambda c: delete_period(c, period_id),
        "set_schedule": lambda c: set_schedule(c, project_id, never),
        "change_settings": lambda c: change_settings(c, project_id, {"overbilling": "allow"}),
        "prevent_overbilling": lambda c: prevent_overbilling(c, company_id, on=True),
        "bulk_status": lambda c: bulk_status(c, order, [], ClaimStatus.APPROVED),
        "send_to_docusign": lambda c: send_to_docusign(c, order, []),
        "compile_backup": lambda c: compile_backup(c, order, []),
        "invite": lambda c: invite(c, order, []),
        "make_owner_claim": lambda c: make_owner_claim(c, project_id),
    }


def not_refused(books: Books, person: Person, acts: dict[str, Act]) -> list[str]:
    """The acts that somebody who may not did, or was refused for another reason than that."""
    done = []
    for name, act in acts.items():
        try:
            with books.call(person) as call:
                act(call)
            done.append(name)
        except NotAllowedError:
            continue
        except UserError as other:
            done.append(f"{name}: {other.code} {other.message}")
    return done


@pytest.mark.parametrize("level", ["none", "read_only", "standard", "other contact"])
def test_who_may_not_is_told_so_by_every_action(books: Books, level: str) -> None:
    claim_id = books.claim(1000)
    person = books.month.sam if level == "other contact" else person_with(books, level, level)
    plumbing, project = books.month.plumbing, books.month.project
    acts = {
        **acts_on_claim(claim_id, plumbing.lines[0].id),
        **acts_on_contract(books, plumbing),
        **acts_on_project(project.id, books.period_id, books.month.pat.company_id),
    }
    mail = Draft([books.month.olga.id], [], [], "Hello", "Look at this.")
    acts["compose_email"] = lambda c: compose_email(c, claim_id, mail)
    open_to_standard = {"make_release_claim", "release_retainage", "compose_email"} if level == "standard" else set()

    found = [name for name in not_refused(books, person, acts) if name.partition(":")[0] not in open_to_standard]
    assert found == []
    assert "claim_deleted" not in books.events("claim", claim_id)


def test_the_owners_claim_is_not_for_an_administrator_of_commitments_alone(books: Books) -> None:
    books.approved(1000)
    with books.call() as call:
        owner = make_owner_claim(call, books.month.project.id).id
    robin = person_with(books, "admin", "none")
    acts = acts_on_claim(owner, books.month.prime.lines[0].id) | acts_on_contract(books, books.month.prime)
    mail = Draft([books.month.dana.id], [], [], "Hello", "Look at this.")
    acts["compose_email"] = lambda c: compose_email(c, owner, mail)

    assert not_refused(books, robin, acts) == []


def test_the_owner_does_nothing_on_our_claim_to_them(books: Books) -> None:
    books.approved(1000)
    with books.call() as call:
        owner = make_owner_claim(call, books.month.project.id).id
    acts = acts_on_claim(owner, books.month.prime.lines[0].id) | acts_on_contract(books, books.month.prime)

    assert not_refused(books, books.month.olga, acts) == []


def test_an_administrator_of_client_contracts_keeps_the_owners_claim(books: Books) -> None:
    books.approved(1000)
    robin = person_with(books, "none", "admin")
    line = books.month.prime.lines[0].id
    with books.call(robin) as call:
        owner = make_owner_claim(call, books.month.project.id).id
        correct_amounts(call, owner, {line: LineEntry(Money(90_000))})
        delete_claim(call, owner)
    steel = books.claim(1, contract=books.month.steel)
    with pytest.raises(NotAllowedError), books.call(robin) as call:
        correct_amounts(call, steel, {})


def test_bulk_work_on_subcontractors_claims_leaves_the_owners_alone(books: Books) -> None:
    paid = books.approved(1000)
    with books.call() as call:
        owner = make_owner_claim(call, books.month.project.id).id
        set_status(call, owner, ClaimStatus.UNDER_REVIEW)
    robin, project_id = person_with(books, "admin", "none"), books.month.project.id
    with books.call(robin) as call:
        for batch in (
            bulk_status(call, Order("a", project_id, None), [owner], ClaimStatus.APPROVED),
            send_to_docusign(call, Order("b", project_id, None), [owner]),
        ):
            assert [item.outcome for item in batch.items] == ["skipped"]
        package = compile_backup(call, Order("c", project_id, None), [owner, paid])
        assert [row.claim_id for row in package.claims] == [paid]
    assert books.shown(owner).status == "under_review"


def other_project(books: Books) -> tuple[Project, Person]:
    """A second project, with an administrator who is nobody on the first one."""
    with books.call() as call:
        project = Project(
            number="X-1", name="Elsewhere", timezone="America/Chicago", currency="USD", dictionary="us_gc"
        )
        call.session.add(project)
        call.session.flush()
        person = make_person(call.session, call.session.get_one(Company, books.month.pat.company_id), "Xavier Else")
        levels = {"commitments": "admin", "client_contracts": "admin"}
        call.session.add(Member(project_id=project.id, person_id=person.id, role="", **levels))
    return project, person


def test_ids_of_another_project_reach_nothing(books: Books) -> None:
    claim_id = books.claim(1000)
    project, xavier = other_project(books)
    plumbing = books.month.plumbing
    acts = acts_on_claim(claim_id, plumbing.lines[0].id) | acts_on_contract(books, plumbing)
    assert not_refused(books, xavier, acts) == []
    with books.call(xavier) as call:
        order = Order("mine", project.id, None)
        assert bulk_status(call, order, [claim_id], ClaimStatus.APPROVED).items == []
        assert send_to_docusign(call, Order("sign", project.id, None), [claim_id]).items == []
    with pytest.raises(UserError, match="at least one"), books.call(xavier) as call:
        compile_backup(call, Order("pack", project.id, None), [claim_id])
    assert books.shown(claim_id).status == "under_review"


def test_an_order_of_another_project_is_not_shown_by_its_key(books: Books) -> None:
    claim_id = books.approved(1000)
    project, xavier = other_project(books)
    with books.call() as call:
        bulk_status(call, Order("known", books.month.project.id, None), [claim_id], ClaimStatus.APPROVED_AS_NOTED)
        compile_backup(call, Order("known", books.month.project.id, None), [claim_id])
    for act in (
        lambda c: bulk_status(c, Order("known", project.id, None), [], ClaimStatus.APPROVED),
        lambda c: compile_backup(c, Order("known", project.id, None), []),
    ):
        with pytest.raises(UserError), books.call(xavier) as call:
            act(call)


def test_an_invitation_without_contacts_is_not_decided_for_anybody(books: Books) -> None:
    with books.call() as call:
        steel = books.contract(call, books.month.steel)
        invite(call, Order("inv", books.month.project.id, None), [steel.id])
        invitation = call.session.scalars(select(Invitation)).one().id
    with books.call() as call:
        for contact in list(books.contract(call, books.month.steel).contacts):
            call.session.delete(contact)
    with pytest.raises(UserError), books.call() as call:
        decide_for_contact(call, invitation, InvitationStatus.ACCEPTED)
