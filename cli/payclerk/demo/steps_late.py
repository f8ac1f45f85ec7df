"""A bill that comes after the owner's claim was made: corrected between look and confirm, approved late, billed next."""

from __future__ import annotations

from payclerk_core.actions.claim_editing import LineEntry, correct_amounts
from payclerk_core.money import Money
from payclerk_playground.slack.control import texts
from payclerk_playground.slack.state import View

from .cast import ADMINISTRATOR, MANAGER, Part, give_parts, read_project
from .forms import part
from .hands import Hands
from .stage import Stage, expect
from .steps_claims import status_of
from .steps_open import CHANNEL
from .steps_owner import PRIME, work_and_stored
from .steps_second import claimed_first, return_form

LESS = Money(400_00)
FOUND = "The temporary panel on level 3 is not in"


def late_one(stage: Stage) -> Part:
    return give_parts(read_project(stage.examples)).late


def correct_before_the_confirm(stage: Stage) -> str:
    """Between the last look and its confirm a line is corrected: nothing is approved that nobody has seen."""
    someone = late_one(stage)
    return_form(stage, someone, lambda _item, left: (part(left, 20), 0))
    before = claimed_first(stage, someone)
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    _last_look(stage, anna, str(before.due))
    line = before.claim.lines[0]
    with stage.act(MANAGER) as call:
        lower = {line.sov_line_id: LineEntry(Money(line.work_cents) - LESS)}
        correct_amounts(call, before.claim.id, lower, FOUND)
    after = stage.claim_now(someone.contract)
    expect(after.due < before.due, f"less than {before.due} to be due, not {after.due}")
    anna.submit()
    anna.leave()
    changed = f"It has changed since you looked. It was {before.due} due and is {after.due}."
    anna.message("Claims set to Approved: 1 left out", changed, f"Last changed by {MANAGER}")
    stage.settled()
    expect(status_of(stage, someone) == "under_review", f"{someone.contract} not to be approved unseen")
    _last_look(stage, anna, str(after.due))
    anna.submit()
    anna.leave()
    stage.eventually(lambda: status_of(stage, someone) == "approved", f"{someone.contract} approved")
    stage.settled()
    return (
        f"{someone.contract}: {before.due} was seen and {after.due} was there, so nothing was done; seen anew, approved"
    )


def _last_look(stage: Stage, anna: Hands, amount: str) -> View:
    """What is about to be approved, with the amount as it is now."""
    view = anna.open("claims under review", "bench")
    anna.click_and_wait(view, "bench.all")
    stage.world.slack.select(view, "act", "approved")
    look = anna.submit_to("bench.confirm")
    expect(amount in texts(look), f"{amount} on the last look")
    return look


def tie_the_owner_out(stage: Stage) -> str:
    """The claim of this month is made and approved; what was approved after it is listed as not billed yet."""
    anna, someone = Hands(stage, ADMINISTRATOR, CHANNEL), late_one(stage)
    claims = len(stage.claims(PRIME))
    open_ = Money(work_and_stored(stage, someone.contract))
    shown = texts(anna.open("owner", "owner_exists"))
    for words in (someone.contract, f"{open_} not billed to the owner (#1)", f"{open_} approved, $0.00 billed"):
        expect(words in shown, f"'{words}' in the tie-out, not: {shown}")
    anna.leave()
    expect(len(stage.claims(PRIME)) == claims, "looking to make no claim")
    return f"{someone.contract} #1: {open_} approved and $0.00 billed to the owner; it waits for the next claim"


def late_one_is_previewed(stage: Stage, preview: View) -> None:
    """The next claim takes it, though its month is over."""
    label = f"{late_one(stage).contract} "
    taken = texts(preview).partition("It takes these approved claims")[2]
    expect(f"{label}" in taken and "Nov 1" in taken, "November's late claim among those it takes")
    expect("not billed to the owner" not in texts(preview), "nothing that it leaves out")


def all_is_tied(anna: Hands) -> None:
    """Once it is made, nothing approved below is missing above."""
    shown = texts(anna.open("owner", "owner_exists"))
    expect("not billed to the owner" not in shown, f"the tie-out to be empty, not: {shown}")
    anna.leave()
