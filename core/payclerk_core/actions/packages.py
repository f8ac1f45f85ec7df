"""Compiling a backup: one PDF of the selected claims (task T5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from ..documents.package import CompiledPackage, PackageCover, PackageFile, PackagePart, package_name
from ..errors import UserError
from ..jobs import promise
from ..queries.ties import findings_of
from ..rules.findings import refuse_errors
from ..tables import (
    Attachment,
    Batch,
    Claim,
    Contract,
    Envelope,
    Message,
    Package,
    PackageClaim,
    Project,
    StoredFile,
    Thread,
)
from .batches import Order
from .bulk_rows import BulkRow
from .call import Call
from .claims import chosen_claims, claim_row, not_payable
from .mailing import store_file
from .seen import changed_since


def compile_backup(call: Call, order: Order, claim_ids: Collection[int]) -> Package:
    """Promise one PDF of these claims, by contract number and claim number."""
    call.authorise("T5", order.project_id)
    if (known := call.session.scalar(select(Package).where(Package.key == order.key))) is not None:
        if known.project_id != order.project_id:
            raise UserError("This order was given for another project; start again.", code="other_project")
        return known
    project = call.get(Project, order.project_id, "project")
    query = select(Claim).join(Claim.contract).where(Claim.id.in_(claim_ids), Contract.project_id == project.id)
    query = query.where(Contract.kind != "prime")  # of subcontractors' claims, whose administrator asks
    claims = call.session.scalars(query.order_by(Claim.id)).all()
    if not claims:
        raise UserError("Choose at least one claim.", code="nothing_chosen")
    missing = [claim for claim in claims if claim.pdf_id is None]
    if missing:
        raise UserError(
            f"Claim {missing[0].number} of {missing[0].contract.number} has no PDF yet; set its status again."
        )
    for claim in claims:
        call.authorise_sight(claim.contract)
        _require_tied(call, claim)
    package = Package(
        key=order.key,
        project_id=project.id,
        requested_by_id=call.actor_id,
        requested_at=call.at,
        name=package_name(project.name, project.number, local_moment(call, project)),
        channel=order.channel,
        file_id=None,
        index=None,
        **call.stamp("promised"),
    )
    package.claims = [PackageClaim(claim=claim, position=place) for place, claim in enumerate(claims)]
    call.session.add(package)
    call.record("package_requested", package, project_id=project.id, after={"claims": [claim.id for claim in claims]})
    # The papers as they are now: what is corrected before it is compiled is not what was confirmed.
    pdfs = {str(claim.id): claim.pdf_id for claim in claims}
    promise(call.session, "package.compile", str(package.id), {"package_id": package.id, "pdfs": pdfs})
    return package


def backup_rows(call: Call, batch: Batch, claim_ids: Collection[int]) -> Mapping[int, BulkRow]:
    """The claims of an order as rows of bulk work: those that can be are in one package, and each says so."""
    claims = {claim.id: claim for claim in chosen_claims(call, batch.project_id, claim_ids)}
    seen = {item.record_id: item.seen for item in batch.items}
    why = {i: _changed(call, claim, seen.get(i)) or not_payable(claim) or no_pdf(claim) for i, claim in claims.items()}
    order = Order(batch.key, batch.project_id, batch.channel)
    if ready := [i for i, obstacle in why.items() if obstacle is None]:
        compile_backup(call, order, ready)
    return {i: claim_row(call, claim, why[i], lambda _call, _item: None) for i, claim in claims.items()}


def _changed(call: Call, claim: Claim, seen: str | None) -> str | None:
    return changed_since(call, claim, seen) if seen else None


def no_pdf(claim: Claim) -> str | None:
    """Why a claim cannot be compiled."""
    return None if claim.pdf_id is not None else "It has no PDF yet; set its status again."


def _require_tied(call: Call, claim: Claim) -> None:
    try:
        refuse_errors(findings_of(call.session, claim))
    except UserError as fault:
        text = f"Claim {claim.number} of {claim.contract.number} does not tie: {fault.message}"
        raise UserError(text, code=fault.code) from None


def local_moment(call: Call, project: Project) -> datetime:
    return call.at.astimezone(ZoneInfo(project.timezone))


def package_parts(
    call: Call, package: Package, pdfs: Mapping[str, int] | None = None
) -> tuple[PackageCover, list[PackagePart]]:
    """What goes into the package, read in full so that compiling needs no database.

    `pdfs`: by claim, the paper it had when the package was asked for; the present one of a claim that is not named.
    """
    project = call.get(Project, package.project_id, "project")
    requested = package.requested_at.astimezone(ZoneInfo(project.timezone))
    cover = PackageCover(project_name=project.name, project_number=project.number, compiled_at=requested)
    known = pdfs or {}
    return cover, [_part(call, row.claim, known.get(str(row.claim.id))) for row in package.claims]


def _part(call: Call, claim: Claim, pdf_id: int | None) -> PackagePart:
    signed = call.session.scalar(
        select(Envelope)
        .where(Envelope.claim_id == claim.id, Envelope.signed_pdf_id.is_not(None))
        .order_by(Envelope.id.desc())
    )
    # T5: the signed copy replaces the plain one when the envelope is complete.
    file_id = signed.signed_pdf_id if signed else (pdf_id or claim.pdf_id)
    file = call.get(StoredFile, file_id or 0, "file")
    return PackagePart(
        title=f"{claim.contract.company.name} - {claim.contract.title}",
        contract_number=claim.contract.number,
        claim_number=claim.number,
        claim_pdf=file.content,
        signed=signed is not None,
        attachments=[_file(row) for row in _backup_of(call, claim)],
    )


def _backup_of(call: Call, claim: Claim) -> list[Attachment]:
    query = (
        select(Attachment)
        .join(Message, Message.id == Attachment.message_id)
        .join(Thread, Thread.id == Message.thread_id)
        .where(Attachment.claim_id == claim.id, Thread.private.is_(False))
        .order_by(Attachment.id)
    )
    return list(call.session.scalars(query))


def _file(row: Attachment) -> PackageFile:
    return PackageFile(name=row.name, content=row.file.content, content_type=row.file.content_type)


def note_compiled(call: Call, package_id: int, compiled: CompiledPackage) -> None:
    """Keep the finished package and promise its post in Slack."""
    package = call.get(Package, package_id, "package")
    if package.file_id is not None:
        return
    package.file_id = store_file(call, compiled.pdf, "application/pdf").id
    package.index = [entry.as_json() for entry in compiled.index]
    call.move(package, "compiled")
    call.record("package_compiled", package, project_id=package.project_id, after={"entries": len(compiled.index)})
    promise(call.session, "slack.package", str(package.id), {"package_id": package.id})


def note_posted(call: Call, package_id: int) -> None:
    package = call.get(Package, package_id, "package")
    if package.status != "posted":
        call.move(package, "posted")
        call.record("package_posted", package, project_id=package.project_id)
