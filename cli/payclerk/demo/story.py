"""The story: billing at Maple Street from the import to the release of retainage. Each step checks what came of it.

November is a whole month-end; December a second one; January and February are the last ones of one subcontract.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .stage import Stage
from .steps_again import answer_a_colleague, correct_the_bounce
from .steps_answers import answer_invitations, settle_unclear
from .steps_claims import approve_the_rest, return_forms, review_one
from .steps_decided import bill_the_owner_again, certify_less, correct_one
from .steps_last import close_the_books, finish_the_work, release_retainage
from .steps_late import correct_before_the_confirm, tie_the_owner_out
from .steps_open import create_periods, import_project, invite_all
from .steps_owner import bill_the_owner, owner_answers
from .steps_paid import move_the_clock, pay
from .steps_paper import compile_backup, sign_claims
from .steps_second import bill_december, change_a_contract, invite_four, open_december


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    play: Callable[[Stage], str]  # returns what happened, for the progress line


STORY: Sequence[Step] = (
    Step("The project is imported; a faulty workbook is refused as a whole", import_project),
    Step("October and November become billing periods; a duplicate is refused", create_periods),
    Step("All that can be invited are invited to bill", invite_all),
    Step("A bounce is corrected from Slack, and the invitation goes to the new address", correct_the_bounce),
    Step("A 'Yes' to a colleague is put before a person and accepts nothing", answer_a_colleague),
    Step("Subcontractors answer by e-mail, each in their way", answer_invitations),
    Step("The administrator decides the unclear answer", settle_unclear),
    Step("Filled forms come back and become claims", return_forms),
    Step("One claim is reviewed, sent back with the reasons, corrected and approved", review_one),
    Step("The other claims are approved in bulk", approve_the_rest),
    Step("Approved claims are signed with DocuSign", sign_claims),
    Step("A backup of the claims is compiled and posted", compile_backup),
    Step("The owner's claim is made and e-mailed, publicly and privately", bill_the_owner),
    Step("The owner replies twice", owner_answers),
    Step("A late claim is corrected between look and confirm: nothing is approved unseen", correct_before_the_confirm),
    Step("Approved after the owner's claim was made: the tie-out lists it as not billed", tie_the_owner_out),
    Step("A payment is recorded", pay),
    Step("The clock moves: one reminder, and the Monday digest", move_the_clock),
    Step("December opens by itself, as the schedule says", open_december),
    Step("A change order is asked for and approved; the contract grows", change_a_contract),
    Step("Four are invited for December and answer by e-mail", invite_four),
    Step("December's forms come back: the change order is billed, and stored material", bill_december),
    Step("The reviewer corrects an amount; what was claimed is kept", correct_one),
    Step("Claims are approved; less is certified than was asked for, and paid", certify_less),
    Step("The owner's second claim takes the late one too; it is e-mailed and approved", bill_the_owner_again),
    Step("January opens by itself; one subcontract is billed to 100 %", finish_the_work),
    Step("February: its retainage is released by a claim of its own, approved and paid", release_retainage),
    Step("The sums of all months tie: paid is earned, nothing is held", close_the_books),
)
