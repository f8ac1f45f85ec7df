"""A claim as a file: PDF, CSV, ZIP, or one PDF with its attachments (task T16), and a look at it (task T20)."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from sqlalchemy import select

from ..documents.claim_csv import CSV, claim_csv
from ..documents.claim_pdf import render_claim
from ..documents.package import PackageCover, PackageFile, PackagePart, compile_package
from ..documents.package_writer import safe_name
from ..errors import UserError
from ..queries.claims import lines_of, summary_of
from ..queries.threads import may_see
from ..queries.ties import findings_of
from ..rules.findings import refuse_errors
from ..rules.lifecycle import EDITABLE_BY_CONTACT, ClaimStatus
from ..tables import Attachment, Claim, Envelope, Message, StoredFile, Thread
from .call import Call
from .claim_pages import PDF, claim_page, reload_claim, words_of
from .claims import load_claim
from .packages import local_moment

ZIP: Final = "application/zip"
_LONGEST_NAME: Final = 120
_THE_DAY_ZIP_BEGINS: Final = (1980, 1, 1, 0, 0, 0)  # the same claim gives the same bytes


class ExportForm(StrEnum):
    """What a claim is exported as."""

    PDF = "pdf"
    CSV = "csv"
    ZIP = "zip"  # the PDF and the attachments, each a file
    COMBINED = "combined"  # one PDF of them all


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file to hand out."""

    name: str
    content: bytes
    content_type: str


def export_claim(call: Call, claim_id: int, form: ExportForm, attachments: Sequence[int] | None = None) -> ExportedFile:
    """The claim as a file (task T16; T14 for the owner's). A claim with errors is refused, with all of them.

    `attachments` are ids of the claim's attachments in the order wanted, for ZIP and COMBINED; None takes all, as they
    came. The claim itself always comes first.
    """
    claim = load_claim(call, claim_id)
    call.authorise("T14" if claim.contract.is_prime else "T16", claim.contract.project_id, claim.contract)
    refuse_errors(findings_of(call.session, claim))
    chosen = _chosen(call, claim, attachments)
    file = _export(call, claim, form, chosen)
    after: dict[str, object] = {"form": form.value, "name": file.name, "revision": claim.revision}
    if form in {ExportForm.ZIP, ExportForm.COMBINED}:
        after["attachments"] = [row.name for row in chosen]
    call.record("exported", claim, project_id=claim.contract.project_id, after=after)
    return file


def preview_claim(call: Call, claim_id: int) -> bytes:
    """The PDF of a claim in any status, as its numbers are now. Nothing is stored (task T20)."""
    claim = load_claim(call, claim_id)
    if claim.contract.is_prime:
        call.authorise_reading(claim.contract)
    else:
        call.authorise("T20", claim.contract.project_id, claim.contract)
    page = claim_page(call, reload_claim(call, claim.id))
    return render_claim(replace(page, status_label=ClaimStatus(claim.status).label))


def _chosen(call: Call, claim: Claim, wanted: Sequence[int] | None) -> list[Attachment]:
    query = (
        select(Attachment, Thread)
        .join(Message, Message.id == Attachment.message_id)
        .join(Thread, Thread.id == Message.thread_id)
        .where(Attachment.claim_id == claim.id)
        .order_by(Attachment.id)
    )
    found = call.session.execute(query).all()
    # Whatever was private when it came is exported by nobody but those who may read it.
    rows = {row.id: row for row, thread in found if call.actor_id is None or may_see(thread, call.actor_id)}
    if wanted is None:
        return list(rows.values())
    if not set(wanted) <= rows.keys():
        raise UserError("An attachment is not of this claim any more; open the list again.", code="not_found")
    return [rows[key] for key in dict.fromkeys(wanted)]


def _export(call: Call, claim: Claim, form: ExportForm, chosen: Sequence[Attachment]) -> ExportedFile:
    name = safe_name(f"{claim.contract.number} claim {claim.number} rev {claim.revision}")
    match form:
        case ExportForm.PDF:
            return ExportedFile(f"{name}.pdf", _pdf(call, claim)[0], PDF)
        case ExportForm.CSV:
            words = words_of(claim.contract.project)
            return ExportedFile(f"{name}.csv", claim_csv(lines_of(claim), summary_of(claim), words), CSV)
        case ExportForm.ZIP:
            return ExportedFile(f"{name}.zip", _zip(f"{name}.pdf", _pdf(call, claim)[0], chosen), ZIP)
        case ExportForm.COMBINED:
            return ExportedFile(f"{name} with attachments.pdf", _combined(call, claim, chosen), PDF)


def _pdf(call: Call, claim: Claim) -> tuple[bytes, bool]:
    """The signed copy where there is one (True), what was issued, or, of one still being written, its numbers now."""
    query = select(Envelope).where(Envelope.claim_id == claim.id, Envelope.signed_pdf_id.is_not(None))
    signed = call.session.scalar(query.order_by(Envelope.id.desc()).limit(1))
    if signed is not None:
        return call.get(StoredFile, signed.signed_pdf_id or 0, "file").content, True
    if claim.pdf_id is not None and ClaimStatus(claim.status) not in EDITABLE_BY_CONTACT:
        return call.get(StoredFile, claim.pdf_id, "file").content, False
    return render_claim(claim_page(call, reload_claim(call, claim.id))), False


def _zip(name: str, pdf: bytes, chosen: Sequence[Attachment]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        files = [(name, pdf), *((row.name, row.file.content) for row in chosen)]
        for place, (called, content) in enumerate(files, start=1):
            entry = zipfile.ZipInfo(zip_name(place, called), _THE_DAY_ZIP_BEGINS)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def zip_name(place: int, name: str) -> str:
    """A file's name in the archive. The number in front keeps the order, and two of the same name apart.

    >>> zip_name(2, "../photo.jpg")
    '02 _photo.jpg'
    """
    shown = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in name)
    safe = PurePosixPath(safe_name(" ".join(shown.split())))
    suffix = safe.suffix[:10]
    stem = safe.name.removesuffix(safe.suffix)[: _LONGEST_NAME - len(suffix)]
    return f"{place:02d} {stem.rstrip(' .')}{suffix}"


def _combined(call: Call, claim: Claim, chosen: Sequence[Attachment]) -> bytes:
    contract = claim.contract
    heading = words_of(contract.project).claim("receivable" if contract.is_prime else "payable")
    cover = PackageCover(
        project_name=contract.project.name,
        project_number=contract.project.number,
        compiled_at=local_moment(call, contract.project),
        title=f"{heading} with attachments",
    )
    content, signed = _pdf(call, claim)
    part = PackagePart(
        title=f"{contract.company.name} - {contract.title}",
        contract_number=contract.number,
        claim_number=claim.number,
        claim_pdf=content,
        signed=signed,
        attachments=[PackageFile(row.name, row.file.content, row.file.content_type) for row in chosen],
    )
    return compile_package(cover, [part]).pdf
