"""The two workbenches: contracts to invite, and claims to act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.claims import bulk_obstacles, claim_label
from payclerk_core.actions.invitations import invitation_digest, require_open_period
from payclerk_core.actions.packages import no_pdf
from payclerk_core.actions.signing import signing_obstacle
from payclerk_core.queries.claims import ClaimFilter, ClaimRow, claim_rows, with_pages
from payclerk_core.queries.contracts import contract_rows
from payclerk_core.queries.seen import claim_digest
from payclerk_core.queries.sight import sees
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Claim, Contract

from ..selections import Row
from ..views.bench import Controls, Outlook

Filters = Mapping[str, str]


class Bench(Protocol):
    """What a workbench lists, what its action would do, and the order for it (actions/bulk.py)."""

    controls: Controls

    def rows(self, call: Call, project_id: int, filters: Filters, /) -> list[Row]: ...
    def outlook(self, call: Call, chosen: Sequence[Row], filters: Filters, /) -> Outlook: ...
    def order(self, filters: Filters, /) -> str: ...
    def labels(self, call: Call, ids: Sequence[int], /) -> Mapping[int, str]: ...


class InviteBench:
    controls = Controls(
        title="Invite to bill", noun="contract", all_label="Select all {n} that can be invited", submit="Review"
    )

    def rows(self, call: Call, project_id: int, _filters: Filters) -> list[Row]:
        period = require_open_period(call, project_id)
        return [
            Row(
                r.contract.id,
                r.label,
                r.contract.title,
                r.contract_sum,
                r.readiness.blocked,
                invitation_digest(period, r),
            )
            for r in contract_rows(call.session, project_id, period.id)
            if _seen(call, r.contract)
        ]

    def outlook(self, _call: Call, chosen: Sequence[Row], _filters: Filters) -> Outlook:
        return Outlook(chosen, [], "will be invited to bill", f"Invite {len(chosen)}")

    def order(self, _filters: Filters) -> str:
        return "invite"

    def labels(self, call: Call, ids: Sequence[int]) -> Mapping[int, str]:
        contracts = call.session.scalars(select(Contract).where(Contract.id.in_(ids)))
        return {contract.id: f"{contract.number} {contract.company.name}" for contract in contracts}


Obstacles = Callable[[Call, Sequence[Claim]], Mapping[int, str | None]]  # by claim, why it cannot be done


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do with chosen claims."""

    label: str
    verb: str
    confirm: str
    obstacles: Obstacles
    warning: str = ""


def _status_act(status: ClaimStatus) -> Act:
    def obstacles(call: Call, claims: Sequence[Claim]) -> Mapping[int, str | None]:
        return bulk_obstacles(call, claims, status)

    label = "Approve" if status is ClaimStatus.APPROVED else f"Set to {status.label}"
    verb, confirm = f"will be set to {status.label}", "Approve {n}" if status is ClaimStatus.APPROVED else "Set {n}"
    mails = status in {ClaimStatus.APPROVED, ClaimStatus.APPROVED_AS_NOTED}
    return Act(label, verb, confirm, obstacles, "The invoice contacts are told by e-mail." if mails else "")


def _unsigned(call: Call, claims: Sequence[Claim]) -> Mapping[int, str | None]:
    return {claim.id: signing_obstacle(call, claim) for claim in claims}


def _without_pdf(_call: Call, claims: Sequence[Claim]) -> Mapping[int, str | None]:
    return {claim.id: no_pdf(claim) for claim in claims}


REVIEW: Final = "review"
BULK: Final = (
    ClaimStatus.APPROVED,
    ClaimStatus.APPROVED_AS_NOTED,
    ClaimStatus.PENDING_OWNER_APPROVAL,
    ClaimStatus.UNDER_REVIEW,
    ClaimStatus.DRAFT,
)
ACTS: Final[Mapping[str, Act]] = {
    **{status.value: _status_act(status) for status in BULK},
    "docusign": Act(
        "Send to DocuSign", "will be sent for signature", "Send {n}", _unsigned, "What is sent cannot be unsent."
    ),
    "backup": Act("Compile backup", "will be compiled into one PDF", "Compile {n}", _without_pdf),
}


class ClaimBench:
    controls = Controls(
        title="Claims",
        noun="claim",
        all_label="Select all {n} matching",
        submit="Review",
        statuses={status.value: status.label for status in ClaimStatus},
        acts={**{key: act.label for key, act in ACTS.items()}, REVIEW: "Review line by line (one)"},
    )

    def rows(self, call: Call, project_id: int, filters: Filters) -> list[Row]:
        status = filters.get("status")
        wanted = ClaimFilter(ClaimStatus(status) if status else None, search=filters.get("search", ""))
        rows = claim_rows(call.session, project_id, wanted)
        shown = [r for r in rows if _seen(call, r.claim.contract)]
        return [Row(r.claim.id, r.label, _detail(r), r.due, seen=claim_digest(r.claim)) for r in shown]

    def outlook(self, call: Call, chosen: Sequence[Row], filters: Filters) -> Outlook:
        act = ACTS[filters["act"]]
        query = with_pages(select(Claim).where(Claim.id.in_([row.id for row in chosen])))
        reasons = act.obstacles(call, call.session.scalars(query).unique().all())
        verdicts = [(row, reasons.get(row.id, "It is gone; open the list again.")) for row in chosen]
        done = [row for row, why in verdicts if why is None]
        skipped = [(row, why) for row, why in verdicts if why is not None]
        return Outlook(done, skipped, act.verb, act.confirm.format(n=len(done)), act.warning)

    def order(self, filters: Filters) -> str:
        act = filters["act"]
        return act if act in {"docusign", "backup"} else f"status_{ClaimStatus(act).value}"

    def labels(self, call: Call, ids: Sequence[int]) -> Mapping[int, str]:
        claims = call.session.scalars(with_pages(select(Claim).where(Claim.id.in_(ids)))).unique()
        return {claim.id: claim_label(claim) for claim in claims}


def _seen(call: Call, contract: Contract) -> bool:
    """May the person see the contract? Only of a private one is that a question here."""
    return not contract.private or call.actor_id is None or sees(call.session, call.actor_id, contract)


def _detail(row: ClaimRow) -> str:
    signature = f" · signature {row.signature}" if row.signature else ""
    return f"{row.status.label} · {row.payment.value.replace('_', ' ')}{signature}"


BENCHES: Final[Mapping[str, Bench]] = {"invite": InviteBench(), "claims": ClaimBench()}
