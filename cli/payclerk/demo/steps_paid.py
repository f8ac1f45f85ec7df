"""The end of the month: a payment, a reminder, the digest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from payclerk_core.rules.lifecycle import PaymentStatus
from payclerk_core.tables import Message
from payclerk_playground.slack.control import texts

from .cast import ADMINISTRATOR, Part, give_parts, read_project
from .hands import Hands
from .stage import Stage, expect
from .steps_open import CHANNEL


def pay(stage: Stage) -> str:
    """A payment issued is recorded; the claim shows Paid."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    part = give_parts(read_project(stage.examples)).plain
    pay_latest(stage, anna, part, "1001", "CHK 55012")
    return f"{part.contract} is paid"


def pay_latest(stage: Stage, anna: Hands, part: Part, number: str, reference: str) -> None:
    """All that is left to pay of the contract's latest claim, as the form proposes it."""
    view = anna.open(f"pay {part.contract}", "payment")
    slack = stage.world.slack
    slack.type_in(view, "number", number)
    slack.type_in(view, "reference", reference)
    anna.submit()
    stage.eventually(lambda: (r := stage.claim(part.contract)) and r.payment is PaymentStatus.PAID, "Paid")
    anna.leave()
    anna.message(part.contract, f"#{stage.claim_now(part.contract).claim.number}", "Paid")
    stage.settled()


def move_the_clock(stage: Stage) -> str:
    """Monday the 23rd, two days before the due date: one reminder to the one who is silent; the digest."""
    cast = give_parts(read_project(stage.examples))
    before = {part: len(stage.mails(part.email)) for part in cast.invited if part is not cast.bounced}
    stage.clock.set(datetime(2026, 11, 23, 9, 5))  # noqa: DTZ001 - a moment on the project's wall
    stage.mail(cast.silent.email, "", count=before[cast.silent] + 1)
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    digest = anna.message("without a bill")
    expect(cast.silent.contract in texts(digest), "the silent one in the digest")
    stage.settled()
    with stage.look() as session:
        reminders = session.scalars(select(Message).where(Message.kind == "reminder")).all()
    expect(len(reminders) == 1, f"one reminder, not {len(reminders)}")
    for part, count in before.items():
        if part is not cast.silent:
            expect(len(stage.mails(part.email)) == count, f"no reminder to {part.contract}")
    return f"reminder to {cast.silent.name} of {cast.silent.contract}; Monday digest posted"
