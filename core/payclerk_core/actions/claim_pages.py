"""A claim's PDF: made from its rows in the transaction that changed them, and stored with it."""

from __future__ import annotations

from sqlalchemy import select

from ..documents.claim_certificate import Certified
from ..documents.claim_pdf import ClaimPage, render_claim
from ..documents.words import DICTIONARIES, US_GC, Words
from ..money import Money
from ..queries.basis import basis_of, opened_orders
from ..queries.claims import lines_of, summary_of, with_pages
from ..rules.retainage import Rates
from ..tables import Claim, ClaimLine, Company, Contract, Member, Person, Project, StoredFile
from .call import Call
from .mailing import NamedFile, store_file

PDF = "application/pdf"


def reload_claim(call: Call, claim_id: int) -> Claim:
    """The claim with all its pages, as the database has it now."""
    query = with_pages(select(Claim).where(Claim.id == claim_id)).execution_options(populate_existing=True)
    return call.session.scalars(query).unique().one()


def store_pdf(call: Call, claim: Claim) -> StoredFile:
    """Make the claim's PDF (render_claim refuses one that does not foot) and keep it."""
    call.session.flush()
    page = claim_page(call, reload_claim(call, claim.id))
    file = store_file(call, printed(call, page), PDF)
    claim.pdf_id = file.id
    return file


def printed(call: Call, page: ClaimPage) -> bytes:
    """The PDF of a claim; nothing for one that is only tried out, for who else writes waits until it is taken back."""
    return b"" if call.tried_out else render_claim(page)


def claim_page(call: Call, claim: Claim) -> ClaimPage:
    contract = claim.contract
    us, them = our_company(call, contract), contract.company.name
    return ClaimPage(
        direction="receivable" if contract.is_prime else "payable",
        project_name=contract.project.name,
        project_number=contract.project.number,
        payer=them if contract.is_prime else us,
        payee=us if contract.is_prime else them,
        contract_number=contract.number,
        contract_title=contract.title,
        claim_number=claim.number,
        invoice_number=claim.invoice_number,
        period_from=claim.period.starts_on,
        period_to=claim.period.ends_on,
        billed_on=claim.billed_on,
        status_label="",  # what was issued does not change with the claim's status
        lines=lines_of(claim),
        summary=summary_of(claim),
        revision=claim.revision,
        review={line.sov_line.item: (line.review, line.review_reason or "") for line in claim.lines if _noted(line)},
        words=words_of(contract.project),
        counted_before=_counted_before(call, claim),
        rates=_rates(claim),
        certified=_certified(call, claim),
    )


def _rates(claim: Claim) -> Rates | None:
    """The rates in force; none under a sliding scale, whose percent follows from what is held."""
    if claim.contract.retainage_rules and not claim.rates_set:
        return None
    return Rates(claim.work_retainage, claim.stored_retainage)


def _certified(call: Call, claim: Claim) -> Certified | None:
    if (certificate := claim.certificate) is None:
        return None
    amount = Money(certificate.amount_cents, claim.contract.project.currency)
    recorder = call.session.get(Person, certificate.recorded_by_id) if certificate.recorded_by_id else None
    return Certified(amount, certificate.certified_on, _certifier(call, claim.contract, recorder), certificate.reason)


def _certifier(call: Call, contract: Contract, recorder: Person | None) -> str:
    """Who pays certifies. The owner's certificate is recorded by one of ours, who does not certify it."""
    if not contract.is_prime:
        ours = our_company(call, contract)
        return f"{recorder.name}, {ours}" if recorder else ours
    owner = contract.company
    if recorder is None:
        return owner.name
    if recorder.company_id == owner.id:
        return f"{recorder.name}, {owner.name}"
    return f"{owner.name} (recorded by {recorder.name})"


def _counted_before(call: Call, claim: Claim) -> set[str]:
    """The change orders that the claim before had already; of the first one: those from before payclerk."""
    if not any(line.sov_line.change_order for line in claim.lines):
        return set()
    last = basis_of(call.session, claim.contract, before=claim.number).last
    if last is None:
        return _joined_with(claim)
    return {row.sov_line.change_order.number for row in last.lines if row.sov_line.change_order}


def _joined_with(claim: Claim) -> set[str]:
    """Orders that were billed on before payclerk or, when claims were made before it, approved before this period."""
    billed = opened_orders(line.sov_line for line in claim.lines)
    orders = [order for line in claim.lines if (order := line.sov_line.change_order) is not None]
    midway, starts = claim.contract.first_number > 1, claim.period.starts_on
    return {
        order.number
        for order in orders
        if order.id in billed or (midway and order.approved_on is not None and order.approved_on < starts)
    }


def words_of(project: Project) -> Words:
    """The words of the project's dictionary; a project from before there were any speaks as a US contractor."""
    return DICTIONARIES.get(project.dictionary, US_GC)


def _noted(line: ClaimLine) -> bool:
    return line.review == "rejected"


def our_company(call: Call, contract: Contract) -> str:
    """The company that runs the project: that of its administrators."""
    query = (
        select(Company.name)
        .join(Person, Person.company_id == Company.id)
        .join(Member, Member.person_id == Person.id)
        .where(Member.project_id == contract.project_id, Member.commitments == "admin")
        .order_by(Member.id)
    )
    return call.session.scalar(query.limit(1)) or contract.project.name


def named_pdf(claim: Claim, file: StoredFile) -> NamedFile:
    return NamedFile(f"{claim.contract.number} claim {claim.number} rev {claim.revision}.pdf", file)
