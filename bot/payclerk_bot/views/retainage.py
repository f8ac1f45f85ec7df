"""A claim's retainage: what is held, by which rate, and the contract's own terms turned on again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from payclerk_core.money import Money

from . import blocks as b


@dataclass(frozen=True, slots=True)
class Retainage:
    """`shown` is what is held now and what would be, by what it is about; `obstacle`: why nothing can be turned on."""

    metadata: str
    label: str  # contract, company, number
    status_label: str
    number: int
    scale: bool
    by_hand: bool
    shown: Mapping[str, str]
    obstacle: str | None = None


def retainage_modal(page: Retainage) -> b.View:
    """The last look before the contract's terms count again; without a button where they cannot."""
    name = terms_name(scale=page.scale)
    blocks = [
        b.section(f"*{b.esc(page.label, 200)}* · {b.esc(page.status_label)}"),
        *([b.section(f"A rate set by hand ended the {name}.")] if page.by_hand else []),
        b.facts({label: b.esc(text, 500) for label, text in page.shown.items()}),
    ]
    if page.obstacle is not None:
        blocks.append(b.section(b.esc(page.obstacle, 600)))
        return b.modal("retainage", "Retainage", blocks, close="Close")
    told = f"The {name} then counts from #{page.number} on. A line with a rate of its own keeps it."
    blocks.append(b.context(f"{told} Released retainage is not withheld again."))
    return b.modal("retainage", "Retainage", blocks, submit="Turn it on", close="Not now", metadata=page.metadata)


def resumed(label: str, scale: bool, retainage: Money, due: Money) -> str:
    """What was done, as mrkdwn."""
    head = f"✅ *The {terms_name(scale=scale)} counts again from {b.esc(label, 200)} on*"
    return f"{head}\nRetainage is {retainage} now, and {due} is due."


def terms_name(*, scale: bool) -> str:
    """How people call what the contract says beside its rates."""
    return "sliding scale" if scale else "step-down"
