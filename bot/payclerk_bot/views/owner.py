"""The claim to the owner before it is made: what it takes, what is missing, what does not tie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from payclerk_core.money import Money
from payclerk_core.queries.owner_costs import TieRow

from . import blocks as b


@dataclass(frozen=True, slots=True)
class OwnerPage:
    """Lines of finished words by what they are about; `work` is what the claim adds."""

    metadata: str
    project: str
    when: str
    work: Money
    stored: Money
    claims: Sequence[str] = ()
    costs: Sequence[str] = ()
    without_line: Sequence[str] = ()
    not_approved: Sequence[str] = ()
    silent: Sequence[str] = ()
    ties: Sequence[str] = ()


def owner_modal(page: OwnerPage) -> b.View:
    """The last look. Without a line of the prime contract for a cost there is nothing to confirm."""
    blocks = [
        b.section(f"*{b.esc(page.project, 200)}*\nClaim to the owner for {page.when}"),
        b.facts({"Work it adds": str(page.work), "In store": str(page.stored)}),
        *_part("It takes these approved claims", page.claims),
        *_part("By cost code", page.costs),
        *_part("No line in the prime contract: add them to its schedule of values first", page.without_line),
        *_part("Not approved, so not in it", page.not_approved),
        *_part("Asked to bill, nothing came", page.silent),
        *_part("Approved below and not billed above, or the reverse", page.ties),
    ]
    submit = None if page.without_line else "Make the claim"
    if not page.work.cents and submit:
        blocks.append(b.section("⚠️ *It would add 0.00.* Make it only to fill it in by hand or to release retainage."))
        submit = "Make it over 0.00"
    return b.modal("owner", "Claim to the owner", blocks, submit=submit, close="Not now", metadata=page.metadata)


def _part(title: str, lines: Sequence[str]) -> list[b.Block]:
    return b.sections([f"*{title}*", *(f"• {line}" for line in lines)], most=2) if lines else []


@dataclass(frozen=True, slots=True)
class OwnerExists:
    """The claim of this period that is there already."""

    id: int
    label: str
    status_label: str
    due: Money
    deletable: bool
    seen: str = ""  # the digest of what is shown: a deletion by its button is of this and nothing else
    ties: Sequence[str] = field(default=())


def exists_modal(claim: OwnerExists) -> b.View:
    buttons = [b.button("Send by e-mail", "claim.email", claim.id), b.button("Emails", "claim.emails", claim.id)]
    if claim.deletable:
        buttons.append(delete_button(claim.id, claim.label, claim.seen))
    said = f"*{b.esc(claim.label, 200)}* of this period is made already: {claim.status_label}, {claim.due} due."
    blocks = [b.section(said), *_part("Approved below and not billed above, or the reverse", claim.ties)]
    if claim.ties and claim.deletable:
        blocks.append(b.context("To take these over, delete it and make it again; or they go on the next one."))
    return b.modal("owner_exists", "Claim to the owner", [*blocks, b.actions(*buttons, block_id="owner_exists")])


def delete_button(claim_id: int, label: str, seen: str) -> b.Block:
    sure = b.ask("Delete this claim?", f"{label} is deleted for good; what it billed can be billed again.", "Delete")
    return b.button("Delete", "owner.delete", f"{claim_id} {seen}", style="danger", ask=sure)


def tie_line(row: TieRow) -> str:
    """One gap of the tie-out as mrkdwn."""
    return b.esc(tie_text(row), 600)


def tie_text(row: TieRow) -> str:
    """One gap of the tie-out in plain words."""
    contract = f"{row.contract.number} {row.contract.company.name}" if row.contract else "the owner's own lines"
    where = f"{' '.join(row.gap.cost)} · {contract}"
    approved, billed = Money(row.gap.approved, row.currency), Money(row.gap.billed, row.currency)
    numbers = ", ".join(f"#{claim.number}" for claim in row.unbilled)
    amounts = f"{f' ({numbers})' if numbers else ''}; {approved} approved, {billed} billed"
    if row.gap.open > 0:
        return f"{where}: {approved - billed} not billed to the owner{amounts}"
    return f"{where}: {billed - approved} billed to the owner and not approved{amounts}"
