"""The one registry: every subcommand, button, form and searching select, and what answers it."""

from __future__ import annotations

from typing import Final

from .handlers import answers, basics, bench, claims, importing, mails, payments, periods, review, schedules, status
from .registry import Command, Listener, Registry

COMMANDS: Final = (
    Command("help", "Show what I can do.", "/billing help", None, basics.show_help),
    Command("period", "Create a billing period; the open one closes.", "/billing period", "T8", periods.open_form),
    Command(
        "periods",
        "List billing periods; change, close, reopen or delete one; let them open by themselves.",
        "/billing periods",
        "T12",
        periods.open_list,
    ),
    Command("invite", "Invite subcontractors to bill the open period.", "/billing invite", "T23", bench.open_invite),
    Command(
        "claims",
        "List claims by status or words; approve, sign, compile or review them.",
        "/billing claims under review electric",
        "T22",
        bench.open_claims,
    ),
    Command(
        "review",
        "Review a contract's latest claim line by line.",
        "/billing review SC-03",
        "C13",
        review.open_by_number,
    ),
    Command("owner", "Make the claim to the owner from what is approved.", "/billing owner", "T25", basics.make_owner),
    Command("email", "Write an e-mail about a claim, with files.", "/billing email PR-01", None, mails.open_compose),
    Command("emails", "Read a claim's Emails log.", "/billing emails SC-03", None, mails.open_log),
    Command("pay", "Record a payment on a contract's latest claim.", "/billing pay SC-03", None, payments.open_form),
    Command("status", "Show what waits, what failed, and try it again.", "/billing status", None, status.open_status),
    Command("digest", "Show the digest of the open period to you.", "/billing digest", "T22", basics.show_digest),
)

LISTENERS: Final = (
    Listener("click", "open.period", "Home: new billing period", periods.open_form, "T8"),
    Listener("click", "open.invite", "Invite to bill, from Home or the period's message", bench.open_invite, "T23"),
    Listener("click", "open.claims", "Home: claims", bench.open_claims, "T22"),
    Listener("click", "open.status", "Home: what waits", status.open_status),
    Listener("submit", "period", "Create the billing period", periods.submit),
    Listener("click", "period.edit", "Change a billing period", periods.open_edit),
    Listener("submit", "period_edit", "Save the changed billing period", periods.submit_edit),
    Listener("click", "period.delete", "Delete a billing period nobody used", periods.delete),
    Listener("click", "schedule.open", "When billing periods open by themselves", schedules.open_form),
    Listener("click", "schedule.frequency", "Another frequency", schedules.choose_frequency),
    Listener("submit", "schedule", "Save when billing periods open", schedules.submit),
    Listener("click", "bench.all", "Choose all rows that can be chosen", bench.select_all),
    Listener("click", "bench.clear", "Choose none", bench.clear),
    Listener("click", "bench.prev", "The page before", bench.turn_page),
    Listener("click", "bench.next", "The next page", bench.turn_page),
    Listener("click", "bench.status", "Only claims of a status", bench.filter_status),
    Listener("click", "bench.search", "Only claims that hold these words", bench.search),
    Listener("submit", "bench", "From the ticks to the last look", bench.submit_bench),
    Listener("submit", "bench.confirm", "Do it", bench.confirm),
    Listener("click", "review.prev", "The lines before", review.turn_page),
    Listener("click", "review.next", "The next lines", review.turn_page),
    Listener("submit", "review", "Keep the review and set the status", review.submit),
    Listener("click", "claim.review", "Review this claim", review.open_by_button),
    Listener("click", "claim.approve", "Approve this claim as it stands", claims.approve),
    Listener("click", "claim.emails", "The claim's Emails log", mails.log_by_button),
    Listener("click", "claim.email", "Write an e-mail about this claim", mails.compose_by_button),
    Listener("submit", "compose", "Send the e-mail", mails.send),
    Listener("suggest", "people", "Find people of the directory", mails.suggest_people),
    Listener("click", "emails.newer", "Newer messages", mails.turn_log_page),
    Listener("click", "emails.older", "Older messages", mails.turn_log_page),
    Listener("submit", "payment", "Record the payment", payments.submit),
    Listener("click", "unclear.accept", "Accept the invitation for them", answers.accept),
    Listener("click", "unclear.decline", "Decline the invitation for them", answers.decline),
    Listener("click", "unclear.leave", "Leave the invitation open", answers.leave),
    Listener("click", "owner.approve", "Mark the owner's claim approved", answers.owner_approve),
    Listener("click", "owner.revise", "Mark the owner's claim Revise & Resubmit", answers.owner_revise),
    Listener("click", "owner.log", "Keep the owner's answer in the log only", answers.owner_log),
    Listener("click", "import.do", "Import the file that was sent", importing.do_import),
    Listener("click", "import.discard", "Import nothing of it", importing.discard),
    Listener("click", "job.retry", "Try a failed job again", status.retry_job),
    Listener("click", "mail.retry", "Read a mail again", status.retry_mail),
)

REGISTRY: Final = Registry(COMMANDS, LISTENERS)
