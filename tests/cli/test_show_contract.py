"""`payclerk show contract`: terms, rules, lines with their details, change orders, and what happened to all of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from contract_desk import Desk, entry, facts
from mail_month import make_settings
from payclerk.show import describe
from payclerk_core.actions.change_orders import (
    ChangeFacts,
    approve_change_order,
    create_change_order,
    submit_change_order,
)
from payclerk_core.actions.contracts import create_contract, edit_contract, facts_of
from payclerk_core.actions.sov_lines import add_sov_line
from payclerk_core.actions.ssov import approve_ssov, enable_ssov
from payclerk_core.actions.ssov_details import put_details
from payclerk_core.money import Money
from payclerk_core.rules.change_orders import ChangeEntry
from payclerk_core.rules.retainage import Of, Rates, ScaleRule, StepDown, Terms
from payclerk_core.rules.ssov import Detail

if TYPE_CHECKING:
    from payclerk_core.db import Database

TEN, FIVE = Decimal(10), Decimal(5)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def shown(desk: Desk, database_url: str, number: str) -> list[str]:
    settings = make_settings(database_url=database_url)
    return [" ".join(line.split()) for line in describe(settings, "contract", number)]


def test_all_that_a_contract_says(desk: Desk, database_url: str):
    rules = (ScaleRule(TEN, Of.ORIGINAL, FIVE), ScaleRule(FIVE, Of.AMOUNT, Decimal(2000)))
    terms = Terms(Rates(TEN, FIVE), rules)
    desk.do(edit_contract, desk.plumbing, replace(desk.see(desk.plumbing, facts_of), private=True, retainage=terms))
    desk.do(enable_ssov, desk.plumbing)
    parts = [Detail("001.1", "East", Money(600_000)), Detail("001.2", "West", Money(400_000))]
    desk.do(put_details, desk.plumbing, {"001": parts, "002": [Detail("002.1", "Sinks", Money(500_000))]})
    desk.do(approve_ssov, desk.plumbing)
    change = ChangeFacts("CO-1", "No sinks", (ChangeEntry("CO-1", "22-000", "S", "Less", Money(-50_000)),))
    order = desk.do(create_change_order, desk.plumbing, change)
    desk.do(create_change_order, desk.plumbing, replace(change, number="CO-2", package=True))
    desk.do(submit_change_order, order.id)
    desk.do(approve_change_order, order.id)

    lines = shown(desk, database_url, "SC-001")
    assert lines[:15] == [
        "Contract SC-001 Harbor Plumbing work, Harbor Plumbing: approved, 3 lines, $14,500.00",
        "subcontract, by amount, private",
        "retainage 10 % of work, 5 % of stored material",
        "rule 1: 10 % until 5 % of the original sum is held",
        "rule 2: 5 % until 2000 in all is held",
        "contacts: Dana Ruiz, Eli Ward; payments on; subcontractor's schedule of values: approved",
        "001 22-000 S Rough-in $10,000.00",
        "001.1 22-000 S East $6,000.00",
        "001.2 22-000 S West $4,000.00",
        "remaining to allocate: $0.00",
        "002 22-000 S Fixtures $5,000.00",
        "002.1 22-000 S Sinks $5,000.00",
        "remaining to allocate: $0.00",
        "CO-1 22-000 S Less -$500.00 (CO-1)",
        "change order CO-1 No sinks: approved on 2026-11-10, -$500.00",
    ]
    assert lines[15] == "change order CO-2 No sinks: draft, -$500.00, as a package"
    told = "\n".join(lines[16:])
    for verb in ("contract_edited", "ssov_filled", "change_order_approved by Pat Clerk"):
        assert verb in told


def test_unit_lines_and_a_step_down(desk: Desk, database_url: str):
    terms = Terms(Rates(TEN, FIVE), step=StepDown(Decimal(50), FIVE))
    wanted = facts("SC-100", desk.month.steel.company_id, accounting="unit", retainage=terms)
    contract = desk.do(create_contract, desk.project_id, wanted)
    unit = {"amount": None, "quantity": Decimal("12.5"), "unit": "m3", "unit_price": Decimal("99.9999")}
    desk.do(add_sov_line, contract.id, entry("001", **unit))
    lines = shown(desk, database_url, "SC-100")
    assert "retainage 10 % of work, 5 % of stored material, 5 % from 50 % complete" in lines
    assert "contacts: none; payments off; subcontractor's schedule of values: not asked for" in lines
    assert "001 22-000 S Work 001 $1,250.00 12.5 m3 at 99.9999" in lines
