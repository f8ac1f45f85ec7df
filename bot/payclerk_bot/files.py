"""The files of a claim that may go with a mail: its signed copy, what came with its mails, and compiled backups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.mailing import NamedFile
from payclerk_core.errors import UserError
from payclerk_core.queries.threads import threads_of_claim
from payclerk_core.tables import Attachment, Claim, Envelope, Package, StoredFile

from .views.mails import File

PACKAGES: Final = 5


def files_of(call: Call, claim: Claim, person_id: int) -> list[File]:
    """What this person may attach, newest first; nothing out of a private thread that they may not see."""
    return [File(key, named.name) for key, named in _found(call, claim, person_id).items()]


def named_files(call: Call, claim: Claim, person_id: int, keys: Sequence[str]) -> list[NamedFile]:
    """The ticked ones, looked up anew: what a form sends is a wish, not a right."""
    found = _found(call, claim, person_id)
    if set(keys) - set(found):
        raise UserError("One of the files is not there any more; open the form again.", field="files")
    return [found[key] for key in keys]


def _found(call: Call, claim: Claim, person_id: int) -> dict[str, NamedFile]:
    return {**_signed(call, claim), **_packages(call, claim), **_attachments(call, claim, person_id)}


def _signed(call: Call, claim: Claim) -> dict[str, NamedFile]:
    query = select(Envelope).where(Envelope.claim_id == claim.id, Envelope.signed_pdf_id.is_not(None))
    label = f"{claim.contract.number} claim {claim.number} signed.pdf"
    return {f"s:{row.id}": NamedFile(label, _file(call, row.signed_pdf_id)) for row in call.session.scalars(query)}


def _packages(call: Call, claim: Claim) -> dict[str, NamedFile]:
    """Compiled backups go to the owner with the owner's claim, and to nobody else."""
    if not claim.contract.is_prime:
        return {}
    query = select(Package).where(Package.project_id == claim.contract.project_id, Package.file_id.is_not(None))
    rows = call.session.scalars(query.order_by(Package.id.desc()).limit(PACKAGES))
    return {f"p:{row.id}": NamedFile(_pdf_name(row.name), _file(call, row.file_id)) for row in rows}


def _pdf_name(name: str) -> str:
    return name if name.lower().endswith(".pdf") else f"{name}.pdf"


def _attachments(call: Call, claim: Claim, person_id: int) -> dict[str, NamedFile]:
    threads = threads_of_claim(call.session, claim, person_id)
    visible = [message for thread in threads for message in thread.messages if message.direction == "in"]
    rows: list[Attachment] = [row for message in visible for row in message.attachments]
    rows.sort(key=lambda row: row.id, reverse=True)
    return {f"a:{row.id}": NamedFile(row.name, row.file) for row in rows}


def _file(call: Call, file_id: int | None) -> StoredFile:
    return call.get(StoredFile, file_id or 0, "file")
