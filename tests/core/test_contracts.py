"""Contracts are made, edited, moved and locked; their lines; who answers for them; and whether they are paid here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_desk import Desk, entry, facts
from payclerk_core.actions.batches import Order
from payclerk_core.actions.claim_editing import bill_on_behalf
from payclerk_core.actions.contacts import (
    NewPerson,
    add_contact,
    add_to_private_list,
    create_contact,
    remove_contact,
    remove_from_private_list,
)
from payclerk_core.actions.contracts import (
    change_contract_status,
    create_contract,
    edit_contract,
    enable_payments,
    facts_of,
)
from payclerk_core.actions.invitations import invite
from payclerk_core.actions.payments import PaymentEntry, record_payment
from payclerk_core.actions.sov_lines import add_sov_line, edit_sov_line, remove_sov_line
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.money import Money
from payclerk_core.queries.contracts import contract_sum, has_claims
from payclerk_core.queries.directory import standing_of
from payclerk_core.rules.contract_status import LOCKED, MOVES, move_obstacle
from payclerk_core.rules.contract_terms import check_terms
from payclerk_core.rules.lifecycle import BILLING_CONTRACTS, ContractStatus
from payclerk_core.rules.retainage import Of, Rates, ScaleRule, StepDown, Terms
from payclerk_core.rules.sov import scheduled_of
from payclerk_core.tables import Claim, Contract, InvoiceContact, Member, Person, RetainageRule

if TYPE_CHECKING:
    from payclerk_core.db import Database

TEN, FIVE = Decimal(10), Decimal(5)
S = ContractStatus


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def make_draft(desk: Desk, number: str = "SC-100", **changes: Any) -> int:
    contract: Contract = desk.do(
        create_contract, desk.project_id, facts(number, desk.month.plumbing.company_id, **changes)
    )
    return contract.id


# --- The contract itself


def test_a_contract_starts_as_a_draft_with_its_terms(desk: Desk):
    rules = (ScaleRule(TEN, Of.ORIGINAL, FIVE), ScaleRule(FIVE, Of.AMOUNT, Decimal("20000.00")))
    terms = Terms(Rates(TEN, FIVE), rules)
    contract_id = make_draft(desk, " SC-100 ", retainage=terms, signed_on=date(2026, 10, 1), private=True)
    contract = desk.see(contract_id, facts_of)
    assert contract == facts(
        "SC-100", desk.month.plumbing.company_id, retainage=terms, signed_on=date(2026, 10, 1), private=True
    )
    assert desk.see(contract_id, lambda c: (c.status, c.status_by_id, c.payments_enabled)) == (
        "draft",
        desk.pat.id,
        False,
    )
    [event] = desk.events("contract_created")
    assert (event.actor_id, event.record_id) == (desk.pat.id, contract_id)
    assert event.after["rules"] == [["10", "original", "5"], ["5", "amount", "20000.00"]]


@pytest.mark.parametrize("who", ["rita", "stan", "dana"])
def test_only_an_administrator_keeps_contracts(desk: Desk, who: str):
    person, fresh = getattr(desk, who), facts("SC-100", desk.month.plumbing.company_id)
    draft, line = make_draft(desk), desk.line(desk.plumbing, "001")
    tried = [
        (create_contract, desk.project_id, fresh),
        (edit_contract, draft, fresh),
        (change_contract_status, draft, S.VOID),
        (add_sov_line, draft, entry("001")),
        (edit_sov_line, line, entry("001")),
        (remove_sov_line, line),
        (enable_payments, draft),
        (add_contact, draft, desk.dana.id),
        (create_contact, draft, NewPerson("Nia New", "nia@harbor.example")),
        (remove_contact, desk.plumbing, desk.eli.id),
        (add_to_private_list, draft, desk.rita.id),
        (remove_from_private_list, draft, desk.rita.id),
    ]
    for action, *args in tried:
        with pytest.raises(NotAllowedError, match="You need 'Admin' permission"):
            desk.do(action, *args, by=person)


def test_the_prime_contract_belongs_to_the_other_tool(desk: Desk):
    with desk.db.transaction() as session:
        session.query(Member).filter_by(person_id=desk.stan.id).one().commitments = "admin"
    for action, *args in [
        (edit_contract, desk.prime, desk.see(desk.prime, facts_of)),
        (add_contact, desk.prime, desk.dana.id),
    ]:
        with pytest.raises(NotAllowedError, match="Client Contracts"):
            desk.do(action, *args, by=desk.stan)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"number": " "}, "number", "number of at most 40"),
        ({"number": "SC-001"}, "number", "a contract SC-001 on this project already"),
        ({"title": "x" * 201}, "title", "title of at most 200"),
        ({"kind": "gift"}, "kind", "Choose subcontract"),
        ({"kind": "prime"}, "kind", "its prime contract, PC-001, already"),
        ({"accounting": "hope"}, "accounting", "by amount or by unit"),
        ({"retainage": Terms(Rates(Decimal("0.00001"), FIVE))}, "work_retainage", "four decimals"),
        ({"retainage": Terms(Rates(TEN, Decimal("7.12345")))}, "stored_retainage", "four decimals"),
    ],
)
def test_what_a_contract_cannot_be(desk: Desk, changes: dict[str, Any], field: str, words: str):
    wanted = replace(facts("SC-100", desk.month.plumbing.company_id), **changes)
    assert desk.refuses(words, create_contract, desk.project_id, wanted).field == field


def test_editing_says_what_changed_and_the_same_again_changes_nothing(desk: Desk):
    before = desk.see(desk.plumbing, facts_of)
    after = replace(
        before, title="Plumbing and gas", retainage=Terms(Rates(TEN, TEN), step=StepDown(Decimal(50), FIVE))
    )
    desk.do(edit_contract, desk.plumbing, after)
    desk.do(edit_contract, desk.plumbing, after)
    [event] = desk.events("contract_edited")
    assert event.before == {"title": "Harbor Plumbing work", "step_at": None, "step_work_retainage": None}
    assert event.after == {"title": "Plumbing and gas", "step_at": "50", "step_work_retainage": "5"}
    assert desk.see(desk.plumbing, facts_of) == after


def test_the_rules_of_a_scale_are_replaced(desk: Desk):
    five = tuple(ScaleRule(Decimal(10 - n), Of.ORIGINAL, Decimal(n)) for n in range(1, 6))
    before = desk.see(desk.plumbing, facts_of)
    for rules in (five, five[1:3], ()):
        after = replace(before, retainage=Terms(Rates(TEN, TEN), rules))
        desk.do(edit_contract, desk.plumbing, after)
        assert desk.see(desk.plumbing, facts_of) == after
    with desk.db.reading() as session:
        assert session.query(RetainageRule).count() == 0
    assert len(desk.events("contract_edited")) == 3


@pytest.mark.parametrize("status", sorted(LOCKED))
def test_company_kind_and_accounting_of_a_locked_contract_stay(desk: Desk, status: str):
    desk.change(desk.plumbing, status=status)
    known = desk.see(desk.plumbing, facts_of)
    for changes in ({"company_id": desk.month.steel.company_id}, {"kind": "purchase_order"}, {"accounting": "unit"}):
        error = desk.refuses("Approved contracts are locked", edit_contract, desk.plumbing, replace(known, **changes))
        assert error.code == "locked"
    desk.do(edit_contract, desk.plumbing, replace(known, title="Another title"))
    assert desk.see(desk.plumbing, lambda c: c.title) == "Another title"


def test_a_draft_changes_its_company_and_accounting_while_nothing_hangs_on_them(desk: Desk):
    draft = make_draft(desk)
    known = desk.see(draft, facts_of)
    changed = replace(known, company_id=desk.month.steel.company_id, accounting="unit", kind="purchase_order")
    desk.do(edit_contract, draft, changed)
    assert desk.see(draft, facts_of) == changed
    desk.do(add_contact, draft, desk.sam.id)
    desk.refuses("remove them before you change the company", edit_contract, draft, known)
    desk.do(add_sov_line, draft, entry("1", amount=None, quantity=TEN, unit="m", unit_price=FIVE))
    desk.refuses("way of accounting is fixed", edit_contract, draft, replace(changed, accounting="amount"))
    desk.refuses("not the same record", edit_contract, draft, replace(changed, kind="prime"))


def test_a_contract_of_nobody_is_not_found(desk: Desk):
    desk.refuses("no such contract", edit_contract, 99_999, facts("SC-9", 1))
    desk.refuses("no such company", create_contract, desk.project_id, facts("SC-9", 99_999))


def test_a_new_rate_is_set_on_the_next_claim_once_there_are_claims(desk: Desk):
    desk.bill(desk.plumbing, _001=100_00)
    known = desk.see(desk.plumbing, facts_of)
    wanted = replace(known, retainage=Terms(Rates(FIVE, TEN)))
    error = desk.refuses("set the new rate of retainage on its next claim", edit_contract, desk.plumbing, wanted)
    assert (error.code, error.field) == ("billed", "work_retainage")
    stepped = replace(known, retainage=Terms(known.retainage.rates, step=StepDown(Decimal(50), FIVE)))
    desk.do(edit_contract, desk.plumbing, stepped)
    assert desk.see(desk.plumbing, facts_of) == stepped


# --- Its terms


def scale(*rules: ScaleRule, step: StepDown | None = None) -> Terms:
    return Terms(Rates(TEN, FIVE), rules, step)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        (scale(step=StepDown(Decimal(101), FIVE)), None, "from 0 to 100"),
        (scale(step=StepDown(Decimal(50), Decimal("NaN"))), "step_work_retainage", "four decimals"),
        (scale(step=StepDown(Decimal("50.00001"), FIVE)), "step_at", "four decimals"),
        (scale(ScaleRule(TEN, Of.ORIGINAL, FIVE), step=StepDown(Decimal(50), FIVE)), "rules", "either a step down or"),
        (scale(ScaleRule(TEN, Of.AMOUNT, Decimal("10.005"))), "rules", "an amount like"),
        (scale(ScaleRule(TEN, Of.AMOUNT, Decimal("Infinity"))), "rules", "an amount like"),
        (scale(ScaleRule(TEN, Of.ORIGINAL, Decimal(0))), "rules", "has to reach further"),
        (scale(ScaleRule(TEN, Of.ORIGINAL, FIVE), ScaleRule(FIVE, Of.ORIGINAL, FIVE)), "rules", "Rule 2 ends at 5"),
        (scale(ScaleRule(TEN, Of.ORIGINAL, Decimal(101))), None, "from 0 to 100"),
    ],
)
def test_terms_that_contradict_themselves(wrong: Terms, field: str | None, words: str):
    with pytest.raises(UserError, match=words) as caught:
        check_terms(wrong, "USD")
    assert caught.value.field == field


def test_rules_of_different_measures_do_not_meet():
    check_terms(scale(ScaleRule(TEN, Of.ORIGINAL, FIVE), ScaleRule(FIVE, Of.REVISED, FIVE)), "USD")


RATES = st.decimals(0, 100, places=2)


@given(RATES, RATES, st.lists(RATES.filter(bool), unique=True, max_size=5), st.sampled_from([Of.ORIGINAL, Of.REVISED]))
def test_any_rates_and_rising_rules_are_terms(work: Decimal, stored: Decimal, ends: list[Decimal], of: Of):
    rules = tuple(ScaleRule(work, of, end) for end in sorted(ends))
    check_terms(Terms(Rates(work, stored), rules), "USD")
    if len(rules) > 1:
        with pytest.raises(UserError, match="has to reach further"):
            check_terms(Terms(Rates(work, stored), rules[::-1]), "USD")


# --- Its status


@pytest.mark.parametrize("current", list(S))
@pytest.mark.parametrize("wanted", list(S))
def test_moves_make_sense(current: ContractStatus, wanted: ContractStatus):
    assert (move_obstacle(current, wanted, lines=1, billed=False) is None) == (wanted in MOVES[current])
    # What was billed on stays a contract, and it can always be ended.
    if move_obstacle(current, wanted, lines=1, billed=True) is None:
        assert wanted in {S.APPROVED, S.COMPLETE, S.TERMINATED}


def test_a_contract_goes_through_its_life(desk: Desk):
    draft = make_draft(desk)
    desk.refuses("schedule of values is empty", change_contract_status, draft, S.APPROVED)
    desk.do(add_sov_line, draft, entry("001"))
    path = [S.OUT_FOR_BID, S.OUT_FOR_SIGNATURE, S.APPROVED, S.COMPLETE, S.TERMINATED, S.APPROVED]
    for status in path:
        desk.do(change_contract_status, draft, status)
    desk.do(change_contract_status, draft, S.APPROVED)
    moved = desk.events("contract_status_changed")
    assert [event.after["status"] for event in moved] == [status.value for status in path]
    assert [event.before["status"] for event in moved] == ["draft", *(status.value for status in path[:-1])]
    desk.refuses("cannot become that. Choose Draft or Complete", change_contract_status, draft, S.OUT_FOR_BID)


def test_a_billed_contract_is_ended_and_never_undone(desk: Desk):
    desk.bill(desk.plumbing, _001=100_00)
    for status in (S.DRAFT, S.VOID):
        desk.refuses("was billed on", change_contract_status, desk.plumbing, status)
    desk.do(change_contract_status, desk.plumbing, S.TERMINATED)
    desk.refuses("Choose Approved", change_contract_status, desk.plumbing, S.VOID)


def test_what_was_billed_before_payclerk_counts_as_billed(desk: Desk):
    with desk.db.transaction() as session:
        session.get_one(Contract, desk.plumbing).lines[0].opening_work_cents = 5
    desk.refuses("was billed on", change_contract_status, desk.plumbing, S.VOID)


def test_void_is_the_end(desk: Desk):
    desk.do(change_contract_status, desk.plumbing, S.VOID)
    desk.refuses("It stays so", change_contract_status, desk.plumbing, S.DRAFT)


@pytest.mark.parametrize("status", list(S))
def test_only_approved_and_complete_contracts_are_billed(desk: Desk, status: ContractStatus):
    desk.open_period()
    desk.change(desk.plumbing, status=status.value)
    if status in BILLING_CONTRACTS:
        assert desk.do(bill_on_behalf, desk.plumbing, {}).number == 1
    else:
        desk.refuses("approve it before it is billed", bill_on_behalf, desk.plumbing, {})


def test_a_terminated_contract_is_not_invited(desk: Desk):
    desk.do(change_contract_status, desk.plumbing, S.TERMINATED)
    desk.open_period()
    batch = desk.do(invite, Order("k1", desk.project_id, None), [desk.plumbing, desk.steel])
    assert [(item.outcome, item.reason) for item in batch.items] == [
        ("skipped", "The contract is terminated; approve it first."),
        ("waiting", None),
    ]


# --- Its lines


def test_lines_are_added_edited_and_removed_but_never_renumbered(desk: Desk):
    draft = make_draft(desk)
    for n in (1, 2, 3):
        desk.do(add_sov_line, draft, entry(f"{n:03}", n * 1000))
    desk.do(remove_sov_line, desk.line(draft, "002"))
    desk.do(edit_sov_line, desk.line(draft, "003"), entry("003a", 3500, description=" Fixtures "))
    desk.do(add_sov_line, draft, entry("002", -250))
    assert desk.items(draft) == [(1, "001", 100_000), (3, "003a", 350_000), (4, "002", -25_000)]
    assert desk.see(draft, contract_sum) == Money(425_000)
    verbs = [event.verb for event in desk.events() if event.record_id == draft]
    assert verbs == [
        "contract_created",
        *["sov_line_added"] * 3,
        "sov_line_removed",
        "sov_line_edited",
        "sov_line_added",
    ]
    [edited] = desk.events("sov_line_edited")
    assert (edited.before["cents"], edited.after["cents"], edited.after["description"]) == (
        300_000,
        350_000,
        "Fixtures",
    )


def test_the_same_line_again_leaves_no_event(desk: Desk):
    draft = make_draft(desk)
    line = desk.do(add_sov_line, draft, entry("001"))
    desk.do(edit_sov_line, line.id, entry("001"))
    assert desk.events("sov_line_edited") == []


def test_items_are_unique_on_the_contract(desk: Desk):
    draft = make_draft(desk)
    line = desk.do(add_sov_line, draft, entry("001"))
    desk.do(add_sov_line, draft, entry("002"))
    desk.refuses("an item 001 on contract SC-100 already", add_sov_line, draft, entry(" 001 "))
    desk.refuses("an item 002", edit_sov_line, line.id, entry("002"))


def test_the_lines_of_an_approved_contract_are_locked(desk: Desk):
    line = desk.line(desk.plumbing, "001")
    for action, *args in [
        (add_sov_line, desk.plumbing, entry("9")),
        (edit_sov_line, line, entry("001")),
        (remove_sov_line, line),
    ]:
        assert desk.refuses("Approved contracts are locked", action, *args).code == "locked"


def test_a_billed_line_is_history(desk: Desk):
    desk.bill(desk.plumbing)
    desk.change(desk.plumbing, status="draft")  # it cannot come to this by an action
    line = desk.line(desk.plumbing, "001")
    for action, *args in [(edit_sov_line, line, entry("001", 1)), (remove_sov_line, line)]:
        assert desk.refuses("was billed on and stays", action, *args).code == "billed"


def test_a_line_of_a_unit_contract_is_worked_out(desk: Desk):
    draft = make_draft(desk, accounting="unit")
    unit = {"amount": None, "quantity": Decimal("12.5"), "unit": " m3 ", "unit_price": Decimal("99.9999")}
    line = desk.do(add_sov_line, draft, entry("001", **unit))
    assert (line.scheduled_cents, line.quantity, line.unit, line.unit_price) == (
        125_000, Decimal("12.5"), "m3", Decimal("99.9999"),
    )  # fmt: skip
    assert desk.events("sov_line_added")[0].after["unit"] == ["12.5", "m3", "99.9999"]


@pytest.mark.parametrize(
    ("accounting", "changes", "field", "words"),
    [
        ("amount", {"quantity": TEN}, "quantity", "kept by amount"),
        ("amount", {"amount": None}, "amount", "needs its scheduled value"),
        ("amount", {"amount": Money(5, "CAD")}, "amount", "are in USD"),
        ("amount", {"cost_code": " "}, "cost_code", "needs its cost code"),
        ("amount", {"item": "x" * 41}, "item", "longer than 40"),
        ("unit", {}, "quantity", "kept by unit"),
        ("unit", {"quantity": TEN, "unit": "m", "unit_price": Decimal("1.00001")}, "unit_price", "four decimals"),
        ("unit", {"quantity": Decimal("NaN"), "unit": "m", "unit_price": TEN}, "quantity", "no number"),
        ("unit", {"quantity": TEN, "unit": "m", "unit_price": TEN}, "amount", r"10 x 10 is \$100.00, not \$1,000.00"),
        ("unit", {"amount": None, "quantity": Decimal(10**12), "unit": "m", "unit_price": Decimal(10**5)}, "quantity", "too large"),
    ],
)  # fmt: skip
def test_what_a_line_cannot_be(accounting: str, changes: dict[str, Any], field: str, words: str):
    with pytest.raises(UserError, match=words) as caught:
        scheduled_of(
            entry("001", **changes) if "item" not in changes else replace(entry("1"), **changes), accounting, "USD"
        )
    assert caught.value.field == field


@given(st.decimals(-9999, 9999, places=4), st.decimals(0, 9999, places=4))
def test_a_price_is_off_by_half_a_cent_at_most(quantity: Decimal, price: Decimal):
    line = entry("1", amount=None, quantity=quantity, unit="m", unit_price=price)
    cents = scheduled_of(line, "unit", "USD").cents
    assert abs(cents - quantity * price * 100) <= Decimal("0.5")
    assert scheduled_of(replace(line, quantity=-quantity), "unit", "USD").cents == -cents


def test_a_line_that_is_gone_is_not_found(desk: Desk):
    desk.refuses("no such line", remove_sov_line, 99_999)


# --- Who answers for it


def test_a_contact_is_of_the_contracts_company_and_sees_it(desk: Desk):
    draft = make_draft(desk, private=True)
    desk.do(add_contact, draft, desk.eli.id)
    with desk.db.reading() as session:
        standing = standing_of(session, desk.eli.id, desk.project_id, session.get_one(Contract, draft))
    assert (standing.invoice_contact, standing.on_private_list) == (True, True)
    [event] = desk.events("contact_added")
    assert event.after == {"person": desk.eli.id, "name": "Eli Ward"}
    desk.refuses("an invoice contact of SC-100 already", add_contact, draft, desk.eli.id)
    desk.refuses("works for Northside Steel; an invoice contact works for Harbor", add_contact, draft, desk.sam.id)
    desk.refuses("no such person", add_contact, draft, 99_999)


def test_a_new_contact_joins_the_directory_with_read_only(desk: Desk):
    contact: InvoiceContact = desk.do(
        create_contact, desk.plumbing, NewPerson("  Nia   New ", " Nia@Harbor.example ", "fr")
    )
    with desk.db.reading() as session:
        person = session.get_one(Person, contact.person_id)
        assert (person.name, person.email, person.email_key) == ("Nia New", "Nia@Harbor.example", "nia@harbor.example")
        assert (person.language, person.company.name) == ("fr", "Harbor Plumbing")
        member = session.query(Member).filter_by(person_id=person.id).one()
        assert (member.commitments, member.client_contracts) == ("read_only", "none")
    assert [event.verb for event in desk.events() if event.verb.startswith(("person", "contact_"))] == [
        "person_created",
        "contact_added",
    ]
    assert desk.see(desk.plumbing, lambda c: [row.person.name for row in c.contacts]) == [
        "Dana Ruiz",
        "Eli Ward",
        "Nia New",
    ]


def test_the_owners_contact_reads_the_owners_contract_only(desk: Desk):
    contact = desk.do(create_contact, desk.prime, NewPerson("Oda Own", "oda@owner.example"))
    with desk.db.reading() as session:
        member = session.query(Member).filter_by(person_id=contact.person_id).one()
        assert (member.commitments, member.client_contracts) == ("none", "read_only")


@pytest.mark.parametrize(
    ("new", "field", "words"),
    [
        (NewPerson(" ", "nia@harbor.example"), "name", "a name of at most"),
        (NewPerson("Nia", "nia at harbor"), "email", "is not an e-mail address"),
        (NewPerson("Nia", "nia@harbor.example\nBcc: x@y.example"), "email", "is not an e-mail address"),
        (NewPerson("Nia", "DANA@harbor.example"), "email", "belongs to Dana Ruiz of Harbor Plumbing already"),
        (NewPerson("Nia", "nia@harbor.example", "de"), "language", "choose one of them"),
    ],
)
def test_who_cannot_join_the_directory(desk: Desk, new: NewPerson, field: str, words: str):
    assert desk.refuses(words, create_contact, desk.plumbing, new).field == field


def test_a_contact_goes_but_not_the_last_one_while_an_answer_is_owed(desk: Desk):
    desk.open_period()
    desk.do(invite, Order("k1", desk.project_id, None), [desk.plumbing])
    desk.do(remove_contact, desk.plumbing, desk.dana.id)
    error = desk.refuses(
        "Eli Ward is the only invoice contact of SC-001, and an invitation to bill is open",
        remove_contact,
        desk.plumbing,
        desk.eli.id,
    )
    assert error.code == "last_contact"
    desk.bill(desk.plumbing, _001=100)
    desk.do(remove_contact, desk.plumbing, desk.eli.id)
    assert desk.see(desk.plumbing, lambda c: c.contacts) == []
    assert [event.before["name"] for event in desk.events("contact_removed")] == ["Dana Ruiz", "Eli Ward"]
    desk.refuses("no invoice contact of this contract any more", remove_contact, desk.plumbing, desk.eli.id)


def test_the_last_contact_stays_while_a_claim_waits_to_be_sent_again(desk: Desk):
    claim = desk.bill(desk.steel, _001=100)
    with desk.db.transaction() as session:
        session.get_one(Claim, claim).status = "revise_and_resubmit"
    desk.refuses("a claim waits to be sent again", remove_contact, desk.steel, desk.sam.id)


def test_the_last_contact_stays_while_the_breakdown_is_open(desk: Desk):
    desk.change(desk.steel, ssov_enabled=True, ssov_status="under_review")
    desk.refuses("schedule of values is being broken down", remove_contact, desk.steel, desk.sam.id)
    desk.change(desk.steel, ssov_status="approved")
    desk.do(remove_contact, desk.steel, desk.sam.id)


def test_the_private_list(desk: Desk):
    desk.do(add_to_private_list, desk.plumbing, desk.rita.id)
    desk.do(add_to_private_list, desk.plumbing, desk.rita.id)
    assert len(desk.events("private_list_added")) == 1
    with desk.db.reading() as session:
        assert standing_of(
            session, desk.rita.id, desk.project_id, session.get_one(Contract, desk.plumbing)
        ).on_private_list
    desk.do(remove_from_private_list, desk.plumbing, desk.rita.id)
    desk.refuses("not on the Private list", remove_from_private_list, desk.plumbing, desk.rita.id)
    with desk.db.transaction() as session:
        session.query(Member).filter_by(person_id=desk.stan.id).delete()
    desk.refuses("is not on this project", add_to_private_list, desk.plumbing, desk.stan.id)


# --- Whether it is paid here


def pay(desk: Desk, claim: int) -> Any:
    return desk.do(record_payment, claim, PaymentEntry("1", "check", Money(5_000), date(2026, 11, 20)))


def test_payments_are_recorded_once_they_are_turned_on(desk: Desk):
    claim = desk.bill(desk.plumbing, _001=100_00)
    with desk.db.transaction() as session:
        session.get_one(Claim, claim).status = "approved"
    desk.do(enable_payments, desk.plumbing, enabled=False)
    with pytest.raises(UserError, match="Payments are not turned on for contract SC-001") as caught:
        pay(desk, claim)
    assert caught.value.code == "payments_off"
    desk.do(enable_payments, desk.plumbing)
    desk.do(enable_payments, desk.plumbing)
    assert pay(desk, claim).amount_cents == 5_000
    desk.refuses("cannot be turned off any more", enable_payments, desk.plumbing, enabled=False)
    assert [event.verb for event in desk.events() if event.verb.startswith("payments_")] == [
        "payments_disabled",
        "payments_enabled",
    ]


def test_payments_of_the_owner_need_no_turning_on(desk: Desk):
    desk.refuses("always recorded", enable_payments, desk.prime)
    claim = desk.bill(desk.prime, _001=100_00)
    desk.change(desk.prime, payments_enabled=False)
    assert pay(desk, claim).amount_cents == 5_000


def test_a_claim_is_known_to_be_there(desk: Desk):
    with desk.db.reading() as session:
        assert not has_claims(session, desk.plumbing)
    desk.bill(desk.plumbing)
    with desk.db.reading() as session:
        assert has_claims(session, desk.plumbing)
        assert not has_claims(session, desk.steel)
