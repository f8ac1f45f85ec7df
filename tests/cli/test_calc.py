"""`payclerk calc`: from a JSON file to the claims, as a table and as JSON, with refusals that say where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from payclerk.calc import calc, schema
from payclerk.main import app
from payclerk_core.errors import UserError

EXAMPLE = Path(__file__).parents[2] / "examples" / "ten-periods.json"


def run(job: object, *options: str) -> tuple[int, str]:
    text = job if isinstance(job, str) else json.dumps(job)
    result = CliRunner().invoke(app, ["calc", "-", *options], input=text)
    return result.exit_code, result.stdout


def claims(job: object) -> list[dict[str, Any]]:
    status, shown = run(job, "--json")
    assert status == 0, shown
    found: list[dict[str, Any]] = json.loads(shown)["claims"]
    return found


def error(job: object) -> dict[str, str]:
    status, shown = run(job, "--json")
    assert status == 1
    found: dict[str, str] = json.loads(shown)["error"]
    assert set(found) == {"code", "message", "where"}
    return found


def one_line(**more: Any) -> dict[str, Any]:
    """A job of one line and one claim; `line`, `billed`, `claim` and `contract` add to them."""
    return {
        "contract": {"retainage": {"work": "10", "stored": "5"}, **more.get("contract", {})},
        "lines": [{"item": "1", "scheduled_value": "1000.00", **more.get("line", {})}],
        "claims": [{"number": 1, "lines": [{"item": "1", **more.get("billed", {})}], **more.get("claim", {})}],
    }


def test_the_example_is_the_published_ten_period_project() -> None:
    status, shown = run(EXAMPLE.read_text(), "--json")
    summaries = [claim["summary"] for claim in json.loads(shown)["claims"]]

    assert status == 0
    assert [s["8"] for s in summaries] == [
        "90000.00", "135000.00", "135000.00", "166000.00", "-4000.00",
        "108000.00", "63500.00", "161500.00", "120000.00", "340000.00",
    ]  # fmt: skip
    assert summaries[8]["7"] == "830000.00"
    assert set(summaries[0]) == {"1", "2", "3", "4", "5a", "5b", "5", "6", "7", "8", "9", "percent"}


def test_the_schema_takes_the_example() -> None:
    jsonschema.validate(json.loads(EXAMPLE.read_text()), schema())


def test_a_table_for_people() -> None:
    status, shown = run(one_line(billed={"work_this_period": "1100"}, contract={"overbilling": "warn"}))

    assert status == 0
    assert "Current payment due" in shown
    assert "990.00" in shown
    assert "Look at: Line 1: $1,100.00 is billed of the scheduled $1,000.00 (110.00 %)." in " ".join(shown.split())


def test_lines_of_the_output() -> None:
    (claim,) = claims(one_line(line={"description": "Rough-in"}, billed={"work_this_period": "200", "stored": "100"}))

    assert claim["lines"] == [
        {
            "item": "1", "description": "Rough-in", "change_order": None, "scheduled_value": "1000.00",
            "previous_work": "0.00", "work_this_period": "200.00", "stored": "100.00", "completed": "300.00",
            "percent": "30.00", "balance": "700.00", "retainage": "25.00", "retainage_work": "20.00",
            "retainage_stored": "5.00", "retainage_released": "0.00",
        }
    ]  # fmt: skip
    assert claim["warnings"] == []


def test_unit_lines_reach_their_scheduled_value_whatever_the_rounding() -> None:
    job = {
        "lines": [{"item": "1", "unit_price": "33.3333", "quantity": "3"}],
        "claims": [{"number": n, "lines": [{"item": "1", "quantity_this_period": "1"}]} for n in (1, 2, 3)],
    }

    made = claims(job)

    assert [c["lines"][0]["work_this_period"] for c in made] == ["33.33", "33.34", "33.33"]
    assert made[2]["summary"]["percent"] == "100.00"


def test_the_api_example_of_unit_lines() -> None:
    """15 x 100.0000 = 1,500.00; ten billed are 1,000.00 and 66.67 %."""
    job = {
        "lines": [{"item": "1", "unit_price": "100.0000", "quantity": "15", "scheduled_value": "1500.00"}],
        "claims": [{"number": 1, "lines": [{"item": "1", "quantity_this_period": 10}]}],
    }

    (claim,) = claims(job)

    assert (claim["lines"][0]["completed"], claim["lines"][0]["percent"]) == ("1000.00", "66.67")


def test_opening_balances_by_the_rates_or_as_given() -> None:
    opening = {"previous_work": "200.00", "previous_stored": "100.00"}

    (by_rate,) = claims(one_line(line=opening))
    (given_,) = claims(one_line(line={**opening, "previous_retainage": "7.00"}))

    assert (by_rate["summary"]["7"], by_rate["summary"]["5"]) == ("275.00", "25.00")
    assert (given_["summary"]["7"], given_["summary"]["5a"], given_["summary"]["5b"]) == ("293.00", "2.00", "5.00")


@pytest.mark.parametrize("retainage", ["10", {"rules": [{"percent": "10", "until": "5", "of": "original"}]}])
@pytest.mark.parametrize("given_", [{}, {"previous_retainage": "-500"}])
def test_a_deduction_billed_before_is_not_charged_again(retainage: object, given_: dict[str, str]) -> None:
    deduction = {"item": "CO1", "scheduled_value": "-20000", "previous_work": "-5000", **given_}
    job = {
        "contract": {"retainage": retainage},
        "lines": [{"item": "1", "scheduled_value": "100000", "previous_work": "50000"}],
        "change_orders": [{"number": "CO1", "approved_in": 1, "lines": [deduction]}],
        "claims": [{"number": 7}, {"number": 8}],
    }

    assert [(c["summary"]["7"], c["summary"]["8"]) for c in claims(job)] == [("40500.00", "0.00")] * 2


def test_rates_may_be_one_number_or_left_out() -> None:
    (both,) = claims(one_line(billed={"work_this_period": "100", "stored": "100"}) | {"contract": {"retainage": "10"}})
    (none,) = claims(one_line(billed={"work_this_period": "100"}) | {"contract": {}})
    (as_work,) = claims(one_line(billed={"stored": "100"}) | {"contract": {"retainage": {"work": 10}}})

    assert (both["summary"]["5a"], both["summary"]["5b"], none["summary"]["5"]) == ("10.00", "10.00", "0.00")
    assert as_work["summary"]["5b"] == "10.00"


STEP = {"work": "10", "step_down": {"at_percent": "50", "work": "5"}}
SCALE = {"rules": [{"percent": "10", "until": "5", "of": "original"}]}


def periods(retainage: object, *billed: dict[str, Any]) -> dict[str, Any]:
    """A job of one line of 100,000.00, a claim for each that is given; `work_this_period` is put on the line."""
    made = [
        {"number": n, "lines": [{"item": "1", "work_this_period": claim.pop("work", "0")}], **claim}
        for n, claim in enumerate(billed, 1)
    ]
    line = {"item": "1", "scheduled_value": "100000"}
    return {"contract": {"retainage": retainage}, "lines": [line], "claims": made}


@pytest.mark.parametrize(
    ("claims_before", "retainage", "held"),
    [
        ([{"work": "60000"}], STEP, "3000.00"),
        ([{"work": "60000"}, {"retainage": "8"}, {"retainage": "by_contract"}], STEP, "3000.00"),
        ([{"work": "60000"}, {"retainage": "8"}], STEP, "4800.00"),
        ([{"work": "60000"}, {"retainage": "8"}], SCALE, "4800.00"),
        ([{"work": "60000"}], "10", "6000.00"),
    ],
    ids=["the step's", "the step's, turned on again", "that by hand", "that by hand after a scale", "the contract's"],
)
def test_a_rate_that_is_left_out_stays_as_it_is_in_force(
    claims_before: list[dict[str, Any]], retainage: object, held: str
) -> None:
    *_, before, last = claims(periods(retainage, *claims_before, {"retainage": {"stored": "3"}}))

    assert (last["summary"]["5a"], last["summary"]["8"]) == (held, "0.00")
    assert before["summary"]["5a"] in {held, "5000.00"}


def test_a_credit_on_a_line_with_its_own_percentage_is_given_back_at_it() -> None:
    job = periods("10", {"work": "50000"}, {"work": "-10000"}, {}, {"retainage": "2"})
    job["claims"][0]["lines"][0]["retainage_percent"] = "5"

    made = claims(job)

    assert [c["summary"]["5a"] for c in made] == ["2500.00", "2000.00", "2000.00", "2000.00"]
    assert made[1]["summary"]["8"] == "-9500.00"


@pytest.mark.parametrize(
    ("retainage", "rates"), [("10", "5"), ({"work": "5", "stored": "10"}, "by_contract"), ("10", {"work": "5"})]
)
def test_work_after_released_material_was_installed_is_withheld(retainage: object, rates: object) -> None:
    job = periods(retainage, {}, {}, {"work": "10000", "retainage": rates}, {"work": "10000"}, {"work": "10000"})
    job["claims"][0]["lines"][0]["stored"] = "10000"
    job["claims"][1]["lines"][0]["retainage_released"] = "1000"
    job["claims"][2]["lines"][0]["stored"] = "0"

    assert [c["summary"]["5"] for c in claims(job)] == ["1000.00", "0.00", "0.00", "500.00", "1000.00"]


@pytest.mark.parametrize(
    ("given_", "claim", "summary"),
    [
        ({}, {}, ("3000.00", "57000.00", "0.00")),
        ({"previous_retainage": "3000"}, {"work": "10000"}, ("3500.00", "57000.00", "9500.00")),
        ({"previous_retainage": "6000"}, {"work": "10000"}, ("3500.00", "54000.00", "12500.00")),
        ({"previous_retainage": "1000"}, {"work": "10000"}, ("1500.00", "59000.00", "9500.00")),
        ({}, {"work": "10000", "retainage": {"stored": "3"}}, ("3500.00", "57000.00", "9500.00")),
        ({}, {"retainage": "10"}, ("6000.00", "57000.00", "-3000.00")),
        ({"previous_retainage": "1000"}, {"retainage": "10"}, ("1000.00", "59000.00", "0.00")),
    ],
    ids=["left out", "as the step says", "never stepped", "released", "only the other rate", "raised", "raised after a release"],
)  # fmt: skip
def test_an_opening_past_the_step(given_: dict[str, str], claim: dict[str, Any], summary: tuple[str, str, str]) -> None:
    job = periods(STEP, claim)
    job["lines"][0] |= {"previous_work": "60000", **given_}

    (made,) = claims(job)

    assert (made["summary"]["5"], made["summary"]["7"], made["summary"]["8"]) == summary


@pytest.mark.parametrize(
    ("currency", "until", "held"), [("JPY", "10.5", None), ("JPY", "10", "10"), ("KWD", "10.005", "10.005"), ("KWD", "10.0005", None)]
)  # fmt: skip
def test_a_scale_ends_at_an_amount_of_the_currency(currency: str, until: str, held: str | None) -> None:
    scale = {"rules": [{"percent": "10", "until": until, "of": "amount"}]}
    job = {"currency": currency, **periods(scale, {"work": "200"})}

    if held is None:
        assert error(job)["where"] == "contract.retainage"
    else:
        assert claims(job)[0]["summary"]["5"] == held


@pytest.mark.parametrize(
    ("place", "number", "code"),
    [
        ("scheduled_value", "1e999999999", "bad_amount"),
        ("scheduled_value", "1e-999999999", "bad_amount"),
        ("scheduled_value", "NaN", "bad_amount"),
        ("scheduled_value", "1e99999999999999999999", "bad_input"),
        ("percent_complete", "1e-999999999", "bad_number"),
        ("percent_complete", "1e999999999", "bad_number"),
        ("retainage", "1e-999999999", "bad_number"),
    ],
)
def test_a_number_that_cannot_be_reckoned_with_is_refused(place: str, number: str, code: str) -> None:
    said = {"scheduled_value": "100", "percent_complete": "0", "retainage": "0", place: number}
    text = """{"lines": [{"item": "1", "scheduled_value": %(scheduled_value)s}], "claims": [{"number": 1,
        "retainage": %(retainage)s, "lines": [{"item": "1", "percent_complete": %(percent_complete)s}]}]}"""

    assert error(text % said)["code"] == code


def test_a_change_order_of_which_nothing_was_billed_before_is_this_claims() -> None:
    job = {
        "lines": [{"item": "1", "scheduled_value": "1000"}],
        "change_orders": [
            {"number": "CO1", "approved_in": 7, "lines": [{"item": "CO1", "scheduled_value": "-10", "previous_work": "0"}]},
            {"number": "CO2", "approved_in": 8, "lines": [{"item": "CO2", "scheduled_value": "50", "previous_work": "0"}]},
        ],
        "claims": [{"number": 7}],
    }  # fmt: skip
    (claim,) = claims(job)

    assert claim["change_orders"]["this_period"] == {"additions": "0.00", "deductions": "-10.00"}


@pytest.mark.parametrize("part", ["work", "stored"])
def test_under_a_scale_no_rate_can_stay(part: str) -> None:
    refused = error(periods(SCALE, {"work": "60000"}, {"retainage": {part: "3"}}))

    assert (refused["code"], refused["where"]) == ("bad_rate", "claims[1].retainage")
    assert "give those of work and of stored material" in refused["message"]


def test_rules_and_step_down() -> None:
    rules = {"work": 0, "rules": [{"percent": 10, "until": 5, "of": "original"}]}
    step = {"work": 10, "step_down": {"at_percent": 50, "work": 5}}
    billed = {"work_this_period": "600"}

    assert claims(one_line(billed=billed, contract={"retainage": rules}))[0]["summary"]["5"] == "50.00"
    assert claims(one_line(billed=billed, contract={"retainage": step}))[0]["summary"]["5"] == "30.00"


def test_percentages_and_releases_of_a_line() -> None:
    billed = {"percent_complete": "62.5", "retainage_percent": "20", "retainage_released": "25"}

    (claim,) = claims(one_line(billed=billed))

    assert (claim["summary"]["4"], claim["summary"]["5"]) == ("625.00", "100.00")
    assert [found["code"] for found in claim["warnings"]] == ["retainage_released"]


REFUSED = {
    "no JSON": ("{", "bad_input", ""),
    "no lines": ({"claims": []}, "bad_input", ""),
    "an unknown key": (one_line(billed={"work": "1"}), "bad_input", "claims[0].lines[0]"),
    "a wrong type": (one_line(billed={"work_this_period": []}), "bad_input", "claims[0].lines[0].work_this_period"),
    "no amount": (one_line(line={"scheduled_value": "1.000,50"}), "bad_amount", "lines[0].scheduled_value"),
    "half a cent": (one_line(billed={"work_this_period": "0.005"}), "bad_amount", "claims[0].lines[0].work_this_period"),
    "no number": (one_line(contract={"retainage": "ten"}), "bad_amount", "contract.retainage.work"),
    "a rate above 100": (one_line(contract={"retainage": 101}), "bad_rate", "contract.retainage"),
    "not a number": (one_line(contract={"retainage": "NaN"}), "bad_number", "contract.retainage.work"),
    "another contract sum": (one_line(contract={"original_sum": "999.99"}), "contract_sum", "claims[0]"),
    "a line twice": (one_line(claim={"lines": [{"item": "1"}, {"item": "1"}]}), "duplicate_item", "claims[0].lines[1]"),
    "an unknown line": (one_line(billed={"item": "7"}), "unknown_line", "claims[0].lines.7"),
    "too much released": (one_line(billed={"retainage_released": "0.01"}), "release_exceeds_held", "claims[0].lines.1"),
    "overbilled": (
        one_line(billed={"work_this_period": "1000.01"}, contract={"overbilling": "prevent"}), "overbilled", "claims[0].lines.1"
    ),
    "five decimals": ({"lines": [{"item": 1, "unit_price": "1.00001", "quantity": 1}], "claims": []}, "bad_amount", "lines[0].unit_price"),
    "units that differ": (
        {"lines": [{"item": 1, "unit_price": "2", "quantity": 3, "scheduled_value": "7"}], "claims": []},
        "unit_line", "lines[0].scheduled_value",
    ),
    "units of an amount": (one_line(billed={"quantity_this_period": 1}), "unit_line", "claims[0].lines[0]"),
    "held more than billed": (one_line(line={"previous_work": 1, "previous_retainage": 2}), "bad_opening", "lines[0].previous_retainage"),
    "six rules": (
        one_line(contract={"retainage": {"rules": [{"percent": 1, "until": 1, "of": "amount"}] * 6}}), "bad_input", "contract.retainage"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("job", "code", "where"), REFUSED.values(), ids=REFUSED)
def test_refusals(job: object, code: str, where: str) -> None:
    found = error(job)

    assert (found["code"], found["where"]) == (code, where), found


def test_a_refusal_without_json_is_one_line_for_people() -> None:
    status, shown = run(one_line(billed={"item": "7"}))

    assert status == 1
    assert "there is no line 7" in " ".join(shown.split())


def test_a_file_that_is_not_there() -> None:
    result = CliRunner().invoke(app, ["calc", "no-such-job.json", "--json"])

    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (1, "bad_input")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["lines", "claims", "item", "number", "scheduled_value", "contract", "retainage", "work"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_whatever_the_file_says_nothing_but_a_refusal_comes_of_it(value: object) -> None:
    try:
        calc(json.dumps(value).encode())
    except UserError as refused:
        assert refused.message
