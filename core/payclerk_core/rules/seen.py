"""What an approval depends on, as a digest that travels with what a person was shown and comes back when they confirm.

Stated positively: status, revision, amounts and verdicts of a claim. What is not named here (a payment, a PDF printed
anew, an export, a comment) may change between a look and its confirmation. The digest goes where the question goes:
into selections, buttons, orders of bulk work, and the letter that asks an owner.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ..money import Money
from .lifecycle import ClaimStatus


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One line as it was shown. `amounts`: every figure of the line that is printed, in minor units of the currency."""

    item: str
    amounts: tuple[int, ...]
    verdict: str  # approved, rejected, no_action
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A claim as it was shown. `payable`: what is due of it, or certified of it where that is another amount."""

    status: ClaimStatus
    revision: int
    payable: Money
    previous_certificates: int  # line 7, in minor units
    lines: tuple[SeenLine, ...]


def digest_of(seen: Seen) -> str:
    """At most 120 characters; equal for equal claims. Status, revision and amount stand in it in plain.

    So a later look can say what changed without the earlier one being kept.
    """
    amounts = [seen.previous_certificates, *([line.item, *line.amounts] for line in seen.lines)]
    verdicts = [[line.item, line.verdict, line.reason] for line in seen.lines]
    head = f"{seen.status.value}.{seen.revision}.{seen.payable.cents}"
    return f"{head}.{fingerprint(amounts)}.{fingerprint(verdicts)}"


def changes_since(digest: str, now: Seen) -> list[str]:
    """What of a claim is not as it was when `digest` was made, as sentences for people; empty when all is the same.

    A text that is no digest of a claim says only that the claim has changed: what nobody can show was seen, was not.
    """
    if digest == digest_of(now):
        return []
    before, after = digest.split("."), digest_of(now).split(".")
    if len(before) != len(after) or not _is_whole(before[2]) or before[0] not in set(ClaimStatus):
        return ["What was shown then is no longer known."]
    payable = Money(int(before[2]), now.payable.currency)
    told = [
        f"Its status was {ClaimStatus(before[0]).label} and is {now.status.label}.",
        f"It is revision {now.revision} now.",
        f"It was {payable} due and is {now.payable}.",
        "Amounts of its lines are different." if payable == now.payable else "",
        "The review of its lines is different.",
    ]
    return [text for text, old, new in zip(told, before, after, strict=True) if text and old != new]


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def fingerprint(facts: Sequence[object]) -> str:
    """16 hexadecimal digits for facts of plain values; for what is confirmed and is no claim."""
    text = json.dumps(facts, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
