"""The cases of tests/cases/engine, each through `payclerk calc -`: what is expected is compared to the cent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from payclerk.main import app

CASES: Final = Path(__file__).parents[1] / "cases" / "engine"

# Played by actions, not by calc: tests/core holds them (core_F: test_joining_midway.py).
BY_ACTIONS: Final = frozenset({"core_A", "core_C", "core_D", "core_F"})

# What these ask for is not there yet, so each has to be refused, and by name. Their values come with those inputs.
NOT_YET: Final = {
    "03": "'rounding' was unexpected",  # retainage of the total instead of by line
    "05": "'deductions' was unexpected",  # deductions below line 8
    "14": "'retainage_applies_to' was unexpected",  # a new rate for later work only
    "19": "'transfers' was unexpected",  # amounts moved within the schedule of values
    "23": "more than four decimals",  # unit prices to six decimals
    "26": "'deductions' was unexpected",
    "33": "'tax' was unexpected",  # GST
    "35": "'cis', 'tax' were unexpected",  # tax withheld from subcontractors, reverse charge
    "49": "5 units are $500.00, not the $12.34",  # an adjustment beside a quantity
    "52": "'certified' was unexpected",  # a certificate by line
    "55": "'rounding' was unexpected",
}


def number_of(path: Path) -> str:
    parts = path.stem.split("_")
    return "_".join(parts[:2]) if parts[0] == "core" else parts[0]


PLAYED: Final = [path for path in sorted(CASES.glob("*.json")) if number_of(path) not in BY_ACTIONS]


def calculated(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the case expects, and what calc answers."""
    case = json.loads(path.read_text("utf-8"))
    result = CliRunner().invoke(app, ["calc", "-", "--json"], input=json.dumps(case["input"]))
    return case["expect"], json.loads(result.stdout)


@pytest.mark.parametrize(
    "path", [path for path in PLAYED if number_of(path) not in NOT_YET], ids=lambda path: str(path.stem)
)
def test_a_case_comes_out_to_the_cent(path: Path) -> None:
    expected, answer = calculated(path)

    if "error" in expected:
        assert answer["error"]["code"] == expected["error"]
        return
    assert "error" not in answer, answer
    claims = {str(claim["number"]): claim for claim in answer["claims"]}
    for number, lines in expected.items():
        told = {**claims[number]["summary"], "box": claims[number]["change_orders"]["this_period"]}
        assert {name: told[name] for name in lines} == lines, f"claim {number}"


@pytest.mark.parametrize(
    "path", [path for path in PLAYED if number_of(path) in NOT_YET], ids=lambda path: str(path.stem)
)
def test_a_case_that_asks_for_more_is_refused_and_not_miscounted(path: Path) -> None:
    _, answer = calculated(path)

    assert NOT_YET[number_of(path)] in answer["error"]["message"]


def job(**more: Any) -> str:
    line = {"item": "1", "scheduled_value": "1000.00", **more.pop("line", {})}
    billed = {"item": "1", **more.pop("billed", {})}
    return json.dumps({"lines": [line], "claims": [{"number": 1, "lines": [billed]}], **more})


UNITS: Final = {"unit_price": "100", "quantity": "10"}


@pytest.mark.parametrize(
    "text",
    [
        job(billed={"work_this_period": "500.01", "percent_complete": "50"}),
        job(line=UNITS, billed={"quantity_this_period": "5", "work_this_period": "500.01"}),
        job(line=UNITS, billed={"quantity_this_period": "5", "percent_complete": "51"}),
        job(contract={"retainage": {"work": "10", "rules": [{"percent": 10, "until": 5, "of": "original"}]}}),
        job(contract={"retainage": {"rules": [{"percent": 10, "until": 5, "of": "original"}], "step_down": {"at_percent": 50, "work": 5}}}),
        job(unknown=1),
        '{"lines": [{"item": "1", "scheduled_value": "10", "scheduled_value": "20"}], "claims": []}',
    ],
    ids=["amount and percent", "quantity and amount", "quantity and percent", "rates beside a scale", "step beside a scale", "unknown key", "one key twice"],
)  # fmt: skip
def test_nothing_that_is_given_is_dropped(text: str) -> None:
    result = CliRunner().invoke(app, ["calc", "-", "--json"], input=text)

    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] in {"bad_input", "refused"}


@pytest.mark.parametrize(
    "billed",
    [{"work_this_period": "500", "percent_complete": "50"}, {"quantity_this_period": "5", "work_this_period": "500.00"},
     {"quantity_this_period": "5", "percent_complete": "50"}],
)  # fmt: skip
def test_what_is_given_twice_is_taken_when_it_agrees(billed: dict[str, str]) -> None:
    result = CliRunner().invoke(app, ["calc", "-", "--json"], input=job(line=UNITS, billed=billed))

    assert json.loads(result.stdout)["claims"][0]["summary"]["4"] == "500.00"


@pytest.mark.parametrize(("currency", "held", "due"), [("KWD", "1234.500", "11110.500"), ("JPY", "1235", "11110")])
def test_amounts_have_the_decimals_of_their_currency(currency: str, held: str, due: str) -> None:
    text = job(currency=currency, contract={"retainage": "10"}, line={"scheduled_value": "50000"}, billed={"work_this_period": "12345"})  # fmt: skip
    (claim,) = json.loads(CliRunner().invoke(app, ["calc", "-", "--json"], input=text).stdout)["claims"]

    assert (claim["summary"]["5"], claim["summary"]["8"]) == (held, due)


def test_every_case_is_played_or_named() -> None:
    numbers = {number_of(path) for path in CASES.glob("*.json")}

    assert numbers >= BY_ACTIONS | NOT_YET.keys()
    assert len(PLAYED) == len(list(CASES.glob("*.json"))) - len(BY_ACTIONS)
