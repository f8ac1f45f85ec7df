"""The owner's claim, its mails, and who may read them."""

from __future__ import annotations

from sqlalchemy import select

from payclerk_core.tables import Claim, Contract, Message, Thread
from payclerk_playground.slack.control import texts

from .cast import ADMINISTRATOR, MANAGER, OWNER, give_parts, read_project
from .hands import Hands
from .stage import Stage, expect
from .steps_open import CHANNEL

PRIME = "PR-01"
SECRET = "the contingency is used up"  # noqa: S105 - words only the private thread holds


def bill_the_owner(stage: Stage) -> str:
    """Make the claim from what is approved; e-mail it, then write privately."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    cast = give_parts(read_project(stage.examples))
    missing = texts(anna.open("owner", "owner")).partition("Asked to bill, nothing came")[2]
    expect(cast.late.contract in missing, f"{cast.late.contract} to be named as missing before the claim is made")
    anna.submit()
    anna.leave()
    row = stage.eventually(lambda: stage.claim(PRIME), "the owner's claim")
    billed = sum(work_and_stored(stage, part.contract) for part in cast.accepting)
    expect(work_and_stored(stage, PRIME) == billed, "the owner's claim to bill what the subcontractors billed")
    stage.settled()
    send_to_owner(stage, anna, "Please find our November claim.", private=False)
    owner = stage.mail(address_of(stage, OWNER), "progress claim")
    expect(any(a.filename.endswith(".pdf") for a in owner.attachments), "the claim's PDF with the mail")
    copy = stage.mail(address_of(stage, ADMINISTRATOR), "progress claim")
    expect(copy.subject == owner.subject, "the sender in CC by default")
    stage.keep("owner-claim.pdf", next(a.content for a in owner.attachments if a.filename.endswith(".pdf")))
    send_to_owner(stage, anna, f"Between us: {SECRET}.", private=True)
    stage.mail(address_of(stage, OWNER), "progress claim", count=2)
    stage.settled()
    return f"claim {row.claim.number} over {row.due} made and e-mailed, one private mail beside it"


def work_and_stored(stage: Stage, contract: str) -> int:
    row = stage.claim_now(contract)
    return sum(line.work_cents + line.stored_cents for line in row.claim.lines)


def address_of(stage: Stage, name: str) -> str:
    return next(p.email for p in stage.world.personas if p.name == name)


def send_to_owner(stage: Stage, anna: Hands, message: str, *, private: bool, number: int = 1) -> None:
    view = anna.open(f"email {PRIME}", "compose")
    slack = stage.world.slack
    found = slack.search(anna.user, view, "people", "Daniel")
    expect(len(found) == 1 and OWNER in found[0]["text"]["text"], "the owner's person found by typing")
    slack.tick(view, "people", [found[0]["value"]], block_id="to")
    slack.type_in(view, "message", message)
    if private:
        slack.tick(view, "private", ["yes"])
    subject = next(b["element"]["initial_value"] for b in view.blocks if b["block_id"] == "subject")
    expect(f"#{number}" in subject, "the subject prefilled with the number")
    anna.submit()
    shown = stage.eventually(
        lambda: (v := slack.view_of(anna.user)) and "Communication created" in texts(v) and v, "told"
    )
    expect(shown, "'Communication created'")
    anna.leave()


def owner_answers(stage: Stage) -> str:
    """Two replies land in the claim's Emails log; the private thread stays with its people."""
    anna, marcus = Hands(stage, ADMINISTRATOR, CHANNEL), Hands(stage, MANAGER, CHANNEL)
    address = address_of(stage, OWNER)
    public, private = stage.mails(address, "progress claim")
    stage.world.mail.reply(address, public, "Received, we are looking at it.", style="outlook")
    stage.world.mail.reply(address, public, "Approved. Payment follows.", style="gmail")
    stage.world.mail.reply(address, private, f"Understood, {SECRET}.", style="apple")
    stage.eventually(lambda: len(_incoming(stage)) == 3, "three replies in the claim's Emails log")
    stage.settled()
    expect(sorted(p for p, _ in _incoming(stage)) == [False, False, True], "two public replies and one private")
    anna.message("owner answered", "Received, we are looking at it")
    expect(not marcus.sees(SECRET), "nothing of the private thread in the channel")
    log = anna.open(f"emails {PRIME}", "emails")
    expect(SECRET in texts(log), "the sender to see the private thread")
    anna.leave()
    log = marcus.open(f"emails {PRIME}", "emails")
    expect(SECRET not in texts(log) and "Payment follows" in texts(log), "others to see the public thread alone")
    marcus.leave()
    notice = anna.message("owner answered", "Payment follows")
    anna.click(notice, "owner.approve")
    stage.eventually(lambda: (r := stage.claim(PRIME)) and r.claim.status == "approved", "the owner's claim approved")
    stage.settled()
    return "two public replies and one private in the Emails log, each seen by whom it should"


def _incoming(stage: Stage) -> list[tuple[bool, str]]:
    with stage.look() as session:
        query = (
            select(Thread.private, Message.text)
            .join(Message, Message.thread_id == Thread.id)
            .join(Claim, Claim.id == Thread.claim_id)
            .join(Contract, Contract.id == Claim.contract_id)
            .where(Contract.number == PRIME, Message.direction == "in", Message.kind == "person")
        )
        return [(private, text) for private, text in session.execute(query)]
