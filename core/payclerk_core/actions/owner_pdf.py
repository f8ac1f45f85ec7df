"""The configurable PDF of an owner's claim: how it is summed up, and the PDF itself (task T13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..documents.owner_summary_pdf import OwnerSummaryPage, render_owner_summary
from ..errors import UserError
from ..queries.claims import lines_of
from ..rules.summarization import CostLine, Layout, Level, check_layout
from ..tables import Claim
from .call import Call
from .claim_pages import claim_page, reload_claim
from .claims import claim_label, load_claim, load_claim_to_change


def set_pdf_layout(call: Call, claim_id: int, layout: Layout) -> Claim:
    """Keep how the claim's configurable PDF is summed up; amounts stay as they are, so its status does not matter."""
    claim = load_claim_to_change(call, claim_id)
    _authorise(call, claim)
    check_layout(layout, [line.sov_line.item for line in claim.lines])
    before, after = claim.pdf_layout, layout_as_json(layout)
    if before != after:
        claim.pdf_layout = after
        call.record("pdf_layout_set", claim, project_id=claim.contract.project_id, before=before, after=after)
    return claim


def pdf_layout(claim: Claim) -> Layout:
    """How the claim's configurable PDF is summed up; its lines as they are when nobody has chosen."""
    return layout_from_json(claim.pdf_layout) if claim.pdf_layout is not None else Layout()


def owner_summary(call: Call, claim_id: int) -> bytes:
    """The configurable PDF as its numbers are now. Nothing is stored; what is mailed is the detail, not this one."""
    claim = load_claim(call, claim_id)
    _authorise(call, claim)
    claim = reload_claim(call, claim.id)
    lines = [
        CostLine(line, row.sov_line.cost_code, row.sov_line.cost_type)
        for line, row in zip(lines_of(claim), claim.lines, strict=True)
    ]
    return render_owner_summary(OwnerSummaryPage(claim_page(call, claim), lines, _printable_layout(claim)))


def _authorise(call: Call, claim: Claim) -> None:
    if not claim.contract.is_prime:
        text = f"{claim_label(claim)} is no claim to the owner; only those have a configurable PDF."
        raise UserError(text, code="not_owner_claim")
    call.authorise("T13", claim.contract.project_id, claim.contract)


def _printable_layout(claim: Claim) -> Layout:
    """A line may have left the claim since its layout was chosen; then it is not in its group either."""
    layout = pdf_layout(claim)
    items = {line.sov_line.item for line in claim.lines}
    custom = {name: tuple(item for item in held if item in items) for name, held in layout.custom.items()}
    return Layout(layout.levels, layout.show_lines, custom)


def layout_as_json(layout: Layout) -> dict[str, object]:
    """As it is kept with the claim. A list of groups, since their order counts and JSON's objects have none."""
    return {
        "levels": [level.value for level in layout.levels],
        "show_lines": layout.show_lines,
        "custom": [[name.strip(), list(items)] for name, items in layout.custom.items()],
    }


def layout_from_json(kept: Mapping[str, Any]) -> Layout:
    """The layout that `layout_as_json` kept."""
    custom = {str(name): tuple(map(str, items)) for name, items in kept["custom"]}
    return Layout(tuple(Level(level) for level in kept["levels"]), bool(kept["show_lines"]), custom)
