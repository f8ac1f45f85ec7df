"""The form of a payment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from payclerk_core.money import Money

from . import blocks as b

METHODS: Final[Mapping[str, str]] = {"check": "Check", "credit_card": "Credit card", "electronic": "Electronic"}


def payment_modal(claim_id: int, label: str, due: Money, left: Money, today: date, *, received: bool) -> b.View:
    title = "Payment received" if received else "Payment issued"
    methods = [b.option(text, value) for value, text in METHODS.items()]
    day: b.Block = {"type": "datepicker", "action_id": "paid_on", "initial_date": today.isoformat()}
    blocks = [
        b.section(f"*{b.esc(label, 200)}*\n{due} due, {left} left to pay"),
        b.field("number", "Payment number", b.text_input("number", most=40)),
        b.field("method", "Method", b.select("method", "Choose", methods, "check")),
        b.field("amount", "Amount", b.text_input("amount", left.plain(), most=30)),
        b.field("paid_on", "Date", day),
        b.field("reference", "Check or reference number", b.text_input("reference", most=80), optional=True),
        b.field("notes", "Notes", b.text_input("notes", multiline=True, most=2000), optional=True),
    ]
    return b.modal("payment", title, blocks, submit="Record payment", metadata=str(claim_id))
