"""Signatures: sending the owner's claim out, taking an envelope back, and what became of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from payclerk_core.money import Money

from . import blocks as b

Said = tuple[str, list[b.Block]]
STATES: Final = {
    "promised": "Being sent to DocuSign",
    "sent": "Sent, not opened yet",
    "delivered": "Opened, not signed yet",
}


@dataclass(frozen=True, slots=True)
class Signing:
    """A claim and who signs it."""

    label: str
    due: Money
    signers: Sequence[str]
    certified: bool = False


def sign_modal(claim_id: int, signing: Signing, stamp: str) -> b.View:
    """The last look before the owner's claim goes out. `stamp` says what was looked at."""
    blocks = [
        b.section(f"*Send {b.esc(signing.label, 200)} to DocuSign for signature?*"),
        b.facts({"Amount due": str(signing.due), "Signs": b.esc(", ".join(signing.signers), 900)}),
        b.context(f"They sign one after the other, in this order. {_amount_certified(signing)}"),
    ]
    return b.modal("sign", "Send for signature", blocks, submit="Send", metadata=f"{claim_id}:{stamp}")


def _amount_certified(signing: Signing) -> str:
    if signing.certified:
        return "The amount certified is printed on it."
    return "The amount certified is filled in and can be changed."


def void_modal(envelope_id: int, signing: Signing, status: str, since: datetime) -> b.View:
    blocks = [
        b.section(f"*Void the envelope of {b.esc(signing.label, 200)}?*"),
        b.facts(
            {
                "Envelope": f"{STATES.get(status, b.esc(status, 40))}, since {since:%d %b %H:%M} UTC",
                "Signers": b.esc(", ".join(signing.signers), 900),
            }
        ),
        b.field(
            "reason",
            "Reason",
            b.text_input("reason", multiline=True, most=200),
            hint="DocuSign sends it to the signers. The claim can then be changed and sent again.",
        ),
    ]
    return b.modal("void", "Void envelope", blocks, submit="Void", metadata=str(envelope_id))


@dataclass(frozen=True, slots=True)
class Ended:
    """An envelope that came to its end."""

    label: str
    prime: bool
    status: str  # completed, declined, voided, failed
    by: str = ""
    reason: str = ""
    due: Money | None = None
    certified: str = ""  # as it stands in the signed form
    differs: bool = False


def ended(what: Ended) -> Said:
    """The owner's signature, or an envelope that fell through and why."""
    label = b.esc(what.label, 200)
    if what.status == "completed":
        text = f"{label} was signed"
        return text, [b.section(f"✅ *{text}*"), *_certified(what)]
    words = {"declined": "was declined", "voided": "was voided at DocuSign"}
    text = f"{label} {words.get(what.status, 'could not be sent for signature')}"
    by = [b.context(f"Declined by {b.esc(what.by, 200)}")] if what.by else []
    again = "`/billing sign`" if what.prime else "`/billing claims`"
    advice = b.context(f"Nothing is out for signature now. Fix the cause, then send it again with {again}.")
    return text, [b.section(f"❌ *{text}*"), b.section(b.quoted(what.reason or "No reason was given.")), *by, advice]


def _certified(what: Ended) -> list[b.Block]:
    if not what.certified:
        return [b.context("The signed PDF is kept with the claim.")]
    said = f"Amount certified in the form: *{b.esc(what.certified, 60)}*. The claim: *{what.due}*."
    if what.differs:
        said += (
            "\n⚠️ The two differ, and the claim still stands at its own amount. Ask the owner, then certify that amount."
        )
    return [b.section(said), b.context("The signed PDF is kept with the claim.")]


def outage(reason: str, since: datetime, over: datetime | None) -> Said:
    """That DocuSign takes nothing of payclerk, and why; or that it does again. UTC: it belongs to no project."""
    if over is not None:
        text = "DocuSign works again"
        times = f"It did not from {since:%d %b %H:%M} to {over:%d %b %H:%M} UTC. What waited goes on by itself."
        return text, [b.section(f"✅ *{text}*"), b.context(times)]
    text = f"DocuSign does not work since {since:%d %b %H:%M} UTC"
    advice = "Envelopes wait and are not lost. `payclerk doctor` says what is wrong and what to do."
    return text, [b.section(f"⚠️ *{text}*\n{b.esc(reason, 600)}"), b.context(advice)]
