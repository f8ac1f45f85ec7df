"""The workers of heavy jobs: envelopes and packages."""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.packages import note_compiled, package_parts
from payclerk_core.actions.signing import (
    note_envelope_failed,
    note_envelope_sent,
    note_envelope_status,
    unfinished_envelopes,
    void_what_left,
)
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.documents.package import compile_package
from payclerk_core.errors import OutsideError
from payclerk_core.jobs import Job
from payclerk_core.settings import Settings
from payclerk_core.tables import Envelope, Package, StoredFile

from .docusign import DocuSign, OutgoingEnvelope, Signer

log = structlog.get_logger()
ENVELOPES_A_CALL = 50


class HeavyWork:
    """Handlers that hold no transaction while they wait for somebody else or compute for long."""

    def __init__(self, settings: Settings, db: Database, clock: Clock) -> None:
        self._settings, self._db, self._clock = settings, db, clock
        self._docusign = DocuSign(settings, clock)

    def close(self) -> None:
        self._docusign.close()

    def _call(self, session: Session) -> Call:
        return Call(session, self._clock(), self._settings, actor=None, door="clock")

    def compile_package(self, job: Job) -> None:
        with self._db.reading() as session:
            package = session.get_one(Package, job.payload["package_id"])
            cover, parts = package_parts(self._call(session), package)
        compiled = compile_package(cover, parts)
        with self._db.transaction() as session:
            note_compiled(self._call(session), package.id, compiled)

    def send_envelope(self, job: Job) -> None:
        """Send one claim for signature. A row that is no longer waiting has been dealt with."""
        row = job.payload["envelope_row"]
        with self._db.reading() as session:
            envelope = session.get_one(Envelope, row)
            outgoing = _outgoing(session, envelope) if envelope.status == "promised" else None
        if outgoing is None:
            with self._db.transaction() as session:
                void_what_left(self._call(session), row)
            return
        self._require_docusign()
        try:
            envelope_id = self._docusign.send(outgoing)
        except OutsideError as error:
            if not error.permanent:
                raise
            with self._db.transaction() as session:
                note_envelope_failed(self._call(session), row, error.message)
            return
        with self._db.transaction() as session:
            note_envelope_sent(self._call(session), row, envelope_id)

    def void_envelope(self, job: Job) -> None:
        """Void one at DocuSign. What it says counts: one that was signed meanwhile is taken in as signed."""
        row = job.payload["envelope_row"]
        with self._db.reading() as session:
            envelope = session.get_one(Envelope, row)
            here, ours = envelope.status, (envelope.transaction_id, envelope.envelope_id, envelope.reason or "Voided")
        self._require_docusign()
        known = self._docusign.void(*ours)
        if known is None:
            if here != "voided":
                raise OutsideError("DocuSign has no such envelope to void", permanent=True)
            return
        if here == "voided" and known.status == "completed":
            raise OutsideError("an envelope was signed before it could be voided; see DocuSign", permanent=True)
        self._take_in(row, known.envelope_id, known.status)

    def _require_docusign(self) -> None:
        if not self._settings.has_docusign:
            raise OutsideError("DocuSign is not set up; see 'payclerk doctor'", permanent=False)

    def poll_envelopes(self, _job: Job) -> None:
        """Ask once for all envelopes that are out, and fetch what has been signed."""
        with self._db.reading() as session:
            waiting = {e.envelope_id: e.id for e in unfinished_envelopes(self._call(session)) if e.envelope_id}
        ids = sorted(waiting)
        for start in range(0, len(ids), ENVELOPES_A_CALL):
            for envelope_id, status in self._docusign.statuses(ids[start : start + ENVELOPES_A_CALL]).items():
                self._take_in(waiting[envelope_id], envelope_id, status)

    def _take_in(self, row: int, envelope_id: str, status: str) -> None:
        signed = self._docusign.signed_pdf(envelope_id) if status == "completed" else None
        with self._db.transaction() as session:
            if note_envelope_status(self._call(session), row, status, signed_pdf=signed):
                log.info("envelope_status", status=status)


def _outgoing(session: Session, envelope: Envelope) -> OutgoingEnvelope:
    claim = envelope.claim
    contract = claim.contract
    pdf = session.get_one(StoredFile, claim.pdf_id)
    return OutgoingEnvelope(
        transaction_id=envelope.transaction_id,
        subject=f"Please sign: {contract.project.name}, {contract.number} claim {claim.number}"[:100],
        document_name=f"{contract.number} claim {claim.number}",
        pdf=pdf.content,
        signers=[Signer(contact.person.name, contact.person.email) for contact in contract.contacts],
        claim_id=claim.id,
    )
