"""Caps of retainage by place and signing date, the flow down, and what a claim's check says of them."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from books import Books
from form_mail import filled, form_of, send_back
from payclerk_core.actions.claim_editing import submit_claim
from payclerk_core.actions.claims import load_claim
from payclerk_core.actions.retainage import LineRetainage, set_line_retainage
from payclerk_core.money import Money
from payclerk_core.queries.ties import findings_of
from payclerk_core.rules.findings import Finding, Severity
from payclerk_core.rules.jurisdictions import (
    answer_of,
    answering_jurisdictions,
    cap_findings,
    cap_of,
    flow_down_findings,
)
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.rules.retainage import Rates
from payclerk_core.tables import Contract, Message, Project, RetainageRule

if TYPE_CHECKING:
    from payclerk_core.db import Database

TEN, FIVE = Rates(Decimal(10), Decimal(10)), Rates(Decimal(5), Decimal(5))
SUM = Money(10_000_00)
SIGNED = date(2026, 3, 2)
CALIFORNIA = cap_of("us-ca", public_works=False, signed_on=SIGNED)


def capped(place: str | None, signed_on: date | None, rates: Rates = TEN, held: int = 0, *, public: bool = False):
    return [found.code for found in cap_findings(place, public, signed_on, rates, Money(held), SUM)]


@pytest.mark.parametrize(
    ("place", "public", "signed_on", "expected"),
    [
        ("us-ca", False, date(2026, 1, 1), True),
        ("us-ca", False, date(2025, 12, 31), False),
        ("US-CA ", False, date(2026, 1, 1), True),
        ("us-ca", True, date(2012, 1, 1), True),
        ("us-ca", True, date(2011, 12, 31), False),
        ("us-ny", False, date(2023, 11, 17), True),  # for contracts signed on or after this day
        ("us-ny", False, date(2023, 11, 16), False),
        ("us-ny", True, date(2026, 1, 1), False),  # nothing is known of public works there
        ("us-wa", False, date(2023, 7, 23), True),
        ("us-wa", False, date(2023, 7, 22), False),
        ("us-il", False, date(2026, 1, 1), False),
        (None, False, date(2026, 1, 1), False),
    ],
)
def test_a_cap_counts_by_place_kind_and_signing_date(place, public, signed_on, expected):
    assert capped(place, signed_on, public=public) == (["retainage_cap"] if expected else [])
    assert capped(place, signed_on, FIVE, public=public) == []


def test_the_words_name_the_source_its_date_and_the_exceptions():
    (found,) = cap_findings("us-ca", False, SIGNED, Rates(Decimal("7.50"), Decimal(0)), Money(0), SUM)
    assert found.severity is Severity.WARNING
    assert found.text == (
        "Retainage of 7.5 % of work is withheld; California Civ. Code 8811 (private works, contracts signed on or after "
        "1 January 2026) allows 5 % of each payment. It has exceptions for a subcontractor who fails to give required "
        "bonds and for residential buildings of up to four storeys."
    )


def test_a_contract_without_a_signing_date_is_taken_for_a_new_one_and_says_so():
    (found,) = cap_findings("us-ny", False, None, TEN, Money(0), SUM)
    assert "has no signing date; record it" in found.text
    assert "signing date" not in cap_findings("us-ny", False, SIGNED, TEN, Money(0), SUM)[0].text


def test_what_is_held_in_all_is_measured_against_the_contract_sum():
    assert capped("us-ca", SIGNED, FIVE, 500_00) == []
    assert capped("us-ca", SIGNED, FIVE, 500_01) == ["held_cap"]
    assert capped("us-ca", SIGNED, TEN, 500_01) == ["retainage_cap", "held_cap"]
    assert capped("us-ny", SIGNED, FIVE, 900_00) == []  # no such cap is known there
    (found,) = cap_findings("us-ca", False, SIGNED, FIVE, Money(600_00), SUM)
    assert found.text.startswith("$600.00 of retainage is held of a contract sum of $10,000.00; California Civ. Code")


@given(st.decimals(0, 100, places=2), st.decimals(0, 100, places=2), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_warning_stands_exactly_when_a_limit_is_passed(work: Decimal, stored: Decimal, held: int, whole: int):
    found = cap_findings("us-ca", False, SIGNED, Rates(work, stored), Money(held), Money(whole))
    codes = {one.code for one in found}
    assert ("retainage_cap" in codes) == (max(work, stored) > 5)
    assert ("held_cap" in codes) == (held > Money(whole).percent(Decimal(5)).cents)


def test_a_subcontract_that_withholds_more_than_the_prime_contract():
    assert CALIFORNIA is not None
    (found,) = flow_down_findings(Rates(Decimal(5), Decimal(5)), Rates(Decimal(3), Decimal(5)), CALIFORNIA)
    assert found.code == "retainage_flow_down"
    assert found.text == (
        "Retainage of 5 % of work is withheld; the prime contract withholds 3 % of work and 5 % of stored material, and "
        "California Civ. Code 8811 (private works, contracts signed on or after 1 January 2026) lets a subcontract "
        "withhold no more."
    )
    assert flow_down_findings(FIVE, FIVE, CALIFORNIA) == []
    washington = cap_of("us-wa", public_works=False, signed_on=SIGNED)
    assert washington is not None
    (found,) = flow_down_findings(TEN, FIVE, washington)  # no such law is known there
    assert found.text == (
        "Retainage of 10 % of work and 10 % of stored material is withheld; "
        "the prime contract withholds 5 % of work and 5 % of stored material."
    )
    assert [found] == flow_down_findings(TEN, FIVE, None)


def test_where_a_payment_schedule_answers():
    assert [(place, answer_of(place).business_days) for place in answering_jurisdictions()] == [
        ("au-nsw", 10),
        ("au-vic", 10),
        ("au-qld", 15),
    ]
    assert answer_of("AU-QLD") == answer_of("au-qld")
    assert answer_of("us-ca") is None
    assert answer_of(None) is None


# On a claim


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def place(books: Books, jurisdiction: str, *, public_works: bool = False) -> None:
    with books.database.transaction() as session:
        project = session.get(Project, books.month.project.id)
        project.jurisdiction, project.public_works = jurisdiction, public_works


def prime_rate(books: Books, percent: int) -> None:
    with books.database.transaction() as session:
        session.get(Contract, books.month.prime.id).work_retainage = Decimal(percent)


def found_on(books: Books, claim_id: int) -> list[Finding]:
    with books.call() as call:
        return findings_of(call.session, load_claim(call, claim_id))


def codes_on(books: Books, claim_id: int) -> list[str]:
    return [found.code for found in found_on(books, claim_id)]


def test_a_claim_above_the_cap_is_submitted_with_a_warning(books: Books):
    place(books, "us-ca")
    books.change(signed_on=SIGNED)
    with books.call() as call:
        claim = books.draft(call, 4_000)
        found = submit_claim(call, claim.id)
    assert [(one.severity, one.code) for one in found] == [(Severity.WARNING, "retainage_cap")]
    assert claim.status == ClaimStatus.UNDER_REVIEW.value


def test_an_older_contract_is_left_alone(books: Books):
    place(books, "us-ca")
    books.change(signed_on=date(2025, 12, 31))
    assert codes_on(books, books.claim(10_000, 5_000)) == []


def test_held_of_the_contract_is_warned_of_when_it_passes_the_cap(books: Books):
    place(books, "us-ca")
    books.change(signed_on=SIGNED)
    first = books.approved(7_500)  # 10 % of it is 5 % of the 15,000 of the contract
    assert codes_on(books, first) == ["retainage_cap"]
    books.next_period()
    second = books.claim(10)
    assert codes_on(books, second) == ["retainage_cap", "held_cap"]
    assert "$751.00 of retainage is held of a contract sum of $15,000.00" in found_on(books, second)[1].text


def test_public_works_have_their_own_cap(books: Books):
    place(books, "us-ca", public_works=True)
    books.change(signed_on=date(2020, 1, 1))
    (found,) = found_on(books, books.claim(1_000))
    assert "California Pub. Contract Code 7201 (public works, since 2012) allows 5 %" in found.text


def test_more_than_the_prime_contract_withholds(books: Books):
    place(books, "us-ca")
    books.change(signed_on=SIGNED, work_retainage=Decimal(5), stored_retainage=Decimal(5))
    claim_id = books.claim(1_000)
    assert codes_on(books, claim_id) == []
    prime_rate(books, 3)
    assert codes_on(books, claim_id) == ["retainage_flow_down"]


def test_the_prime_contract_is_a_measure_everywhere(books: Books):
    prime_rate(books, 3)
    (found,) = found_on(books, books.claim(1_000))
    assert found.text == (
        "Retainage of 10 % of work is withheld; the prime contract withholds 3 % of work and 10 % of stored material."
    )


def test_what_the_owner_withholds_of_us_is_not_told_to_the_subcontractor(books: Books):
    place(books, "us-ca")
    prime_rate(books, 3)
    form = filled(form_of(books), 1000)
    with books.call() as call:
        send_back(call, books, form)
        letter = call.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    assert "Retainage" in letter.text
    for ours in ("prime contract", "8811"):
        assert ours not in letter.text
        assert ours not in (letter.html or "")


def test_the_claim_to_the_owner_is_not_measured(books: Books):
    place(books, "us-ca")
    assert codes_on(books, books.claim(1_000, contract=books.month.prime)) == []


def test_a_percentage_set_for_one_line_counts(books: Books):
    place(books, "us-ca")
    books.change(signed_on=SIGNED, work_retainage=Decimal(5), stored_retainage=Decimal(5))
    with books.call() as call:
        claim = books.draft(call, 1_000, 1_000)
        set_line_retainage(call, claim.id, {claim.lines[1].sov_line_id: LineRetainage(work_percent=Decimal(8))})
    (found,) = found_on(books, claim.id)
    assert found.text.startswith("Retainage of 8 % of work is withheld;")


def test_of_a_sliding_scale_the_highest_percentage_counts(books: Books):
    place(books, "us-ca")
    books.change(
        signed_on=SIGNED,
        work_retainage=Decimal(0),
        stored_retainage=Decimal(0),
        retainage_rules=[RetainageRule(position=1, percent=Decimal(10), of="original", until=Decimal(5))],
    )
    (found,) = found_on(books, books.claim(1_000))
    assert found.text.startswith("Retainage of 10 % of work and 10 % of stored material is withheld;")


@pytest.mark.parametrize("name", ["jurisdictions.toml", "business_days.toml"])
def test_each_row_of_the_law_has_its_source_and_the_day_it_was_looked_at(name: str):
    data = tomllib.loads(files("payclerk_core.rules").joinpath(name).read_text("utf-8"))
    rows = [row for kind in ("cap", "answer", "closed", "holiday") for row in data.get(kind, ())]
    assert len(rows) > 6
    for row in rows:
        named = [data["source"][key] for key in row["sources"]] if "sources" in row else [row]
        assert all(re.search(r"[A-Z]", one.get("law") or one["source"]) and "://" in one["page"] for one in named)
        assert isinstance(row["looked_at"], date)


def test_a_holiday_names_the_law_of_each_of_its_states():
    data = tomllib.loads(files("payclerk_core.rules").joinpath("business_days.toml").read_text("utf-8"))
    for row in data["holiday"]:
        states = {state.removeprefix("au-") for state in row.get("states", ("au-nsw", "au-vic", "au-qld"))}
        assert {key.partition("-")[0] for key in row["sources"]} == states, row["name"]
