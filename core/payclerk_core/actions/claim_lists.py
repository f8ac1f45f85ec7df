"""The list of payable claims: searched, filtered and grouped (task T22), and exported as a PDF (task T17)."""

from __future__ import annotations

from ..documents.list_pdf import ListedClaim, ListedGroup, ListPage, render_list
from ..documents.package_writer import safe_name
from ..queries.claim_groups import (
    PAYMENT_LABELS,
    ClaimGroup,
    ClaimGroups,
    GroupBy,
    ListFilter,
    grouped_claims,
)
from ..queries.claims import ClaimRow
from ..tables import BillingPeriod, Company, Project
from .call import Call
from .claim_pages import PDF, words_of
from .exports import ExportedFile
from .packages import local_moment


def list_claims(call: Call, project_id: int, wanted: ListFilter, group_by: GroupBy | None = None) -> ClaimGroups:
    """The payable claims of the project that match, with subtotals (task T22)."""
    call.authorise("T22", project_id)
    call.get(Project, project_id, "project")
    return grouped_claims(call.session, project_id, wanted, group_by)


def export_list(call: Call, project_id: int, wanted: ListFilter, group_by: GroupBy | None = None) -> ExportedFile:
    """The same list as a PDF (task T17)."""
    call.authorise("T17", project_id)
    project = call.get(Project, project_id, "project")
    claims = grouped_claims(call.session, project_id, wanted, group_by)
    page = _page(call, project, claims, wanted, group_by)
    name = safe_name(f"{page.words.payable_claim}s - {project.name} - {page.made_at:%Y-%m-%d}") + ".pdf"
    after = {"claims": claims.total.count, "due_cents": claims.total.due.cents, **dict(page.narrowed)}
    call.record("list_exported", project, project_id=project_id, after=after)
    return ExportedFile(name, render_list(page), PDF)


def _page(call: Call, project: Project, claims: ClaimGroups, wanted: ListFilter, group_by: GroupBy | None) -> ListPage:
    return ListPage(
        project_name=project.name,
        project_number=project.number,
        made_at=local_moment(call, project),
        narrowed=_narrowed(call, wanted),
        grouped_by=group_by.label if group_by else "",
        groups=[_group(group) for group in claims.groups],
        due=claims.total.due,
        paid=claims.total.paid,
        words=words_of(project),
    )


def _narrowed(call: Call, wanted: ListFilter) -> list[tuple[str, str]]:
    """By what the list is narrowed, in words."""
    claims = wanted.claims
    period = call.session.get(BillingPeriod, claims.period_id) if claims.period_id is not None else None
    company = call.session.get(Company, wanted.company_id) if wanted.company_id is not None else None
    facts = (
        ("Contract company", company.name if company else ""),
        ("Billing period", f"{period.starts_on} to {period.ends_on}" if period else ""),
        ("Status", claims.status.label if claims.status else ""),
        ("Payment status", PAYMENT_LABELS[wanted.payment] if wanted.payment else ""),
        ("Contract type", (wanted.contract_kind or "").replace("_", " ").capitalize()),
        ("Search", " ".join(claims.search.split())),
    )
    return [(label, text) for label, text in facts if text]


def _group(group: ClaimGroup) -> ListedGroup:
    return ListedGroup(group.name, [_row(row) for row in group.rows], group.subtotal.due, group.subtotal.paid)


def _row(row: ClaimRow) -> ListedClaim:
    claim = row.claim
    return ListedClaim(
        contract=claim.contract.number,
        company=claim.contract.company.name,
        claim_number=claim.number,
        invoice_number=claim.invoice_number,
        period_from=claim.period.starts_on,
        period_to=claim.period.ends_on,
        status=row.status.label,
        due=row.due,
        paid=row.paid,
        payment=PAYMENT_LABELS[row.payment],
    )
