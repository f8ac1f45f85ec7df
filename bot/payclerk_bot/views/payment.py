"""The form of a payment, and the payments of a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from payclerk_core.money import Money

from . import blocks as b

METHODS: Final[Mapping[str, str]] = {"check": "Check", "credit_card": "Credit card", "electronic": "Electronic"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A payment as it was recorded, and the digest that its buttons carry."""

    id: int
    seen: str
    number: str
    method: str
    amount: Money
    paid_on: date
    reference: str = ""
    notes: str = ""


MOST: Final = 40  # the newest; a modal has room for 100 blocks


def payment_modal(
    claim_id: int,
    label: str,
    due: Money,
    left: Money,
    today: date,
    *,
    received: bool,
    seen: str = "",
    recorded: Sequence[Recorded] = (),
) -> b.View:
    """To record one; what is recorded already stands above, to be changed or deleted."""
    title = "Payment received" if received else "Payment issued"
    blocks = [
        b.section(f"*{b.esc(label, 200)}*\n{due} due, {left} left to pay"),
        *[block for one in recorded[-MOST:] for block in _recorded(one)],
        *_fields(Recorded(0, "", "", "check", left, today)),
    ]
    return b.modal("payment", title, blocks, submit="Record payment", metadata=f"{claim_id} {seen}".strip())


def correction_modal(label: str, payment: Recorded) -> b.View:
    """The same form over a payment that was recorded."""
    blocks = [b.section(f"*{b.esc(label, 200)}*\nPayment {b.esc(payment.number, 40)}"), *_fields(payment)]
    metadata = f"{payment.id} {payment.seen}"
    return b.modal("payment_edit", "Change payment", blocks, submit="Save payment", metadata=metadata)


def _recorded(one: Recorded) -> list[b.Block]:
    value = f"{one.id} {one.seen}"
    method = METHODS.get(one.method, one.method)
    text = f"Payment {b.esc(one.number, 40)}: *{one.amount}* on {one.paid_on} by {b.esc(method.lower(), 20)}"
    sure = b.ask(
        "Delete this payment?",
        f"Payment {one.number} of {one.amount} is taken back; the history keeps it.",
        "Delete payment",
    )
    change = b.button("Change", "payment.edit", value, label=f"Change payment {one.number}")
    delete = b.button("Delete", "payment.delete", value, style="danger", ask=sure, label=f"Delete payment {one.number}")
    return [b.section(text), b.actions(change, delete, block_id=f"payment:{one.id}")]


def _fields(payment: Recorded) -> list[b.Block]:
    methods = [b.option(text, value) for value, text in METHODS.items()]
    day: b.Block = {"type": "datepicker", "action_id": "paid_on", "initial_date": payment.paid_on.isoformat()}
    meant = [b.option("The date is right, though it is outside the project's billing periods", "yes")]
    return [
        b.field("number", "Payment number", b.text_input("number", payment.number, most=40)),
        b.field("method", "Method", b.select("method", "Choose", methods, payment.method)),
        b.field("amount", "Amount", b.text_input("amount", payment.amount.plain(), most=30)),
        b.field("paid_on", "Date", day),
        b.field("unusual_date", "Unusual date", b.checkboxes("unusual_date", meant), optional=True),
        b.field(
            "reference",
            "Check or reference number",
            b.text_input("reference", payment.reference, most=80),
            optional=True,
        ),
        b.field("notes", "Notes", b.text_input("notes", payment.notes, multiline=True, most=2000), optional=True),
    ]
