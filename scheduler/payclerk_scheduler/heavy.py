"""The workers of heavy jobs: envelopes and packages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.claim_pages import words_of
from payclerk_core.actions.packages import note_compiled, package_parts
from payclerk_core.actions.signing import (
    Said,
    note_envelope_failed,
    note_envelope_sent,
    note_envelope_status,
    signers_of,
    unfinished_envelopes,
    void_what_left,
)
from payclerk_core.actions.signing_outage import note_outage, note_works, outage_is_open
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.documents.footing import printed_certificate
from payclerk_core.documents.package import compile_package
from payclerk_core.documents.signature_sheet import with_places
from payclerk_core.documents.typeset import amount
from payclerk_core.errors import OutsideError
from payclerk_core.jobs import Job, promise
from payclerk_core.queries.claims import row_of
from payclerk_core.settings import Settings
from payclerk_core.tables import Claim, Envelope, Package, StoredFile

from .docusign import DocuSign, Known, OutgoingEnvelope, Signer
from .docusign_errors import misconfigured

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
            cover, parts = package_parts(self._call(session), package, job.payload.get("pdfs"))
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
        try:
            with self._asking():
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
        with self._asking():
            known = self._docusign.void(*ours)
        if known is None:
            if here != "voided":
                raise OutsideError("DocuSign has no such envelope to void", permanent=True)
            return
        if here == "voided" and known.status == "completed":
            raise OutsideError("an envelope was signed before it could be voided; see DocuSign", permanent=True)
        with self._asking():
            self._take_in(row, known)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """DocuSign is asked: that it does not do its part is told once, and so is that it does again."""
        try:
            if not self._settings.has_docusign:
                raise misconfigured("DocuSign is not set up: fill in PAYCLERK_DOCUSIGN_* (see .env.example)")
            yield
        except OutsideError as error:
            if not error.permanent:
                with self._db.transaction() as session:
                    note_outage(self._call(session), error)
            raise
        with self._db.reading() as session:
            silent = outage_is_open(session)
        if silent:
            with self._db.transaction() as session:
                note_works(self._call(session))

    def poll_envelopes(self, _job: Job) -> None:
        """Ask once for all envelopes that are out, and look at each of which there is news by itself.

        When DocuSign cannot be asked, the next poll does: what waits is nobody's failed job every quarter of an hour.
        """
        with self._db.reading() as session:
            waiting = {
                e.envelope_id: (e.id, e.status) for e in unfinished_envelopes(self._call(session)) if e.envelope_id
            }
        ids = sorted(waiting)
        for start in range(0, len(ids), ENVELOPES_A_CALL):
            asked = ids[start : start + ENVELOPES_A_CALL]
            try:
                with self._asking():
                    statuses = self._docusign.statuses(asked)
            except OutsideError as error:
                log.warning("envelopes_not_asked", reason=error.message)
                return
            for envelope_id in asked:
                row, here = waiting[envelope_id]
                if statuses.get(envelope_id) != here:
                    self._fetch_or_promise(row, envelope_id, statuses.get(envelope_id, "unknown"))

    def _fetch_or_promise(self, row: int, envelope_id: str, status: str) -> None:
        """One that cannot be fetched becomes a job of its own, once, and holds up no other."""
        try:
            self._fetch(row, envelope_id)
        except Exception as error:  # noqa: BLE001  whatever it is, the next envelope is another matter
            log.warning("envelope_not_fetched", envelope=row, error=type(error).__name__)
            with self._db.transaction() as session:
                promise(session, "docusign.fetch", f"{row}:{status}", {"envelope_row": row})

    def fetch_envelope(self, job: Job) -> None:
        """What became of one envelope, tried until DocuSign gives it, or put before people."""
        row = job.payload["envelope_row"]
        with self._db.reading() as session:
            envelope_id = session.get_one(Envelope, row).envelope_id
        if envelope_id is not None:
            self._fetch(row, envelope_id)

    def _fetch(self, row: int, envelope_id: str) -> None:
        with self._asking():
            self._take_in(row, self._docusign.look(envelope_id))

    def _take_in(self, row: int, known: Known) -> None:
        signed = self._docusign.signed_pdf(known.envelope_id) if known.status == "completed" else None
        said = Said(known.by, known.reason, known.certified)
        with self._db.transaction() as session:
            if note_envelope_status(self._call(session), row, known.status, signed_pdf=signed, said=said):
                log.info("envelope_status", status=known.status)


def _amount_to_certify(claim: Claim, pdf: bytes) -> str | None:
    """What the owner finds in the blank for the amount; None where the paper has the amount certified already."""
    if not claim.contract.is_prime or printed_certificate(pdf) is not None:
        return None
    return amount(row_of(claim).due)


def _outgoing(session: Session, envelope: Envelope) -> OutgoingEnvelope:
    claim = envelope.claim
    contract = claim.contract
    words = words_of(contract.project)
    name = f"{contract.number} claim {claim.number}"
    pdf = session.get_one(StoredFile, envelope.pdf_id or claim.pdf_id).content
    signers = [Signer(person.name, person.email) for person in signers_of(session, envelope)]
    return OutgoingEnvelope(
        transaction_id=envelope.transaction_id,
        subject=f"Please sign: {contract.project.name}, {name}"[:100],
        document_name=name,
        pdf=with_places(pdf, name, [signer.name for signer in signers], words),
        signers=signers,
        claim_id=claim.id,
        claim_pdf=pdf,
        amount=_amount_to_certify(claim, pdf),
        paper=words.paper,
        asked_at=envelope.status_at,
    )
