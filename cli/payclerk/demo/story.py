"""The story: one month-end at Maple Street, from the import to the Monday digest. Each step checks what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .stage import Stage
from .steps_answers import answer_invitations, settle_unclear
from .steps_claims import approve_the_rest, return_forms, review_one
from .steps_open import create_periods, import_project, invite_all
from .steps_owner import bill_the_owner, owner_answers
from .steps_paid import move_the_clock, pay
from .steps_paper import compile_backup, sign_claims


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    play: Callable[[Stage], str]  # returns what happened, for the progress line


STORY: Sequence[Step] = (
    Step("The project is imported; a faulty workbook is refused as a whole", import_project),
    Step("October and November become billing periods; a duplicate is refused", create_periods),
    Step("All that can be invited are invited to bill", invite_all),
    Step("Subcontractors answer by e-mail, each in their way", answer_invitations),
    Step("The administrator decides the unclear answer", settle_unclear),
    Step("Filled forms come back and become claims", return_forms),
    Step("One claim is reviewed, sent back with the reasons, corrected and approved", review_one),
    Step("The other claims are approved in bulk", approve_the_rest),
    Step("Approved claims are signed with DocuSign", sign_claims),
    Step("A backup of the claims is compiled and posted", compile_backup),
    Step("The owner's claim is made and e-mailed, publicly and privately", bill_the_owner),
    Step("The owner replies twice", owner_answers),
    Step("A payment is recorded", pay),
    Step("The clock moves: one reminder, and the Monday digest", move_the_clock),
)
