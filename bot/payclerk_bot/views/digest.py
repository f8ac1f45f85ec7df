"""The Monday digest."""

from __future__ import annotations

from collections.abc import Sequence

from payclerk_core.queries.contracts import ContractRow
from payclerk_core.queries.digest import Digest

from . import blocks as b
from .owner import tie_line
from .period import span


def digest_message(digest: Digest) -> tuple[str, list[b.Block]]:
    name = b.esc(digest.project.name, 200)
    when = span(digest.period.starts_on, digest.period.ends_on)
    text = (
        f"{name}, {when}: {b.plural(len(digest.open_claims), 'open claim')}, "
        f"{len(digest.silent)} without a bill, {len(digest.declined)} declined, {len(digest.approved)} approved"
    )
    claims = [f"• {b.esc(row.label, 150)}: {row.status.label}, {row.due}" for row in digest.open_claims]
    blocks = [
        b.header(f"{digest.project.name}: {when}"),
        b.context(f"Due {digest.period.due_on:%b} {digest.period.due_on.day}"),
        *_part("Open claims", claims),
        *_part("No bill yet", _contracts(digest.silent)),
        *_part("Declined", _contracts(digest.declined)),
        b.section(f"*Approved*: {len(digest.approved)}, {digest.approved_due} due"),
        *_part("Owner to subcontractors, where they differ", [f"• {tie_line(row)}" for row in digest.ties]),
    ]
    return text, blocks


def _contracts(rows: Sequence[ContractRow]) -> list[str]:
    return [f"• {b.esc(row.label, 150)}: {row.readiness.standing.label}" for row in rows]


def _part(title: str, lines: Sequence[str]) -> list[b.Block]:
    shown = [*lines[:15], f"… and {len(lines) - 15} more"] if len(lines) > 15 else list(lines)
    return b.sections([f"*{title}*: {len(lines)}", *shown], most=1) if lines else []
