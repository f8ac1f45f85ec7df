"""What an envelope is made of on the wire, and whether one that DocuSign has is ours."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from payclerk_core.documents.layout import AMOUNT_ABOVE, NAME_BELOW, PAPERS, sign_token

SUBJECT_LIMIT: Final = 100  # an error there, not a truncation
ENVELOPE_FIELD: Final = "payclerk_envelope"
DOCUMENT_FIELD: Final = "payclerk_document"
AMOUNT_LABEL: Final = "amount_certified"
# A lost answer may have left it in any of these. A draft was never sent, and a void one asks nobody any more.
ADOPTED: Final = ("sent", "delivered", "signed", "completed", "declined")
_LIFT: Final = -8  # a text stands on its line, not below it
_TITLE_RIGHT: Final = 110


@dataclass(frozen=True, slots=True)
class Signer:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class OutgoingEnvelope:
    """One PDF for one or more signers. The transaction id finds the envelope again when the answer is lost.

    `claim_pdf` is the claim as it was promised, before places for further signers were added: what identifies the
    document. `amount` (as printed) is there where the first signer certifies one. `asked_at`: when it was promised.
    """

    transaction_id: str
    subject: str
    document_name: str
    pdf: bytes
    signers: Sequence[Signer]
    claim_id: int
    claim_pdf: bytes | None = None
    amount: str | None = None
    paper: str = "us-letter"
    asked_at: datetime | None = None

    @property
    def document_digest(self) -> str:
        return hashlib.sha256(self.claim_pdf or self.pdf).hexdigest()


def definition(envelope: OutgoingEnvelope) -> dict[str, Any]:
    """The body that creates and sends it."""
    document = {
        "documentBase64": base64.b64encode(envelope.pdf).decode(),
        "documentId": "1",
        "name": envelope.document_name,
        "fileExtension": "pdf",
    }
    fields = {ENVELOPE_FIELD: envelope.transaction_id, DOCUMENT_FIELD: envelope.document_digest}
    return {
        "status": "sent",
        "emailSubject": envelope.subject[:SUBJECT_LIMIT],
        "transactionId": envelope.transaction_id,
        "documents": [document],
        "recipients": {"signers": [_signer(envelope, place) for place in range(1, len(envelope.signers) + 1)]},
        "customFields": {
            "textCustomFields": [
                {"name": name, "value": value, "show": "false", "required": "false"} for name, value in fields.items()
            ]
        },
    }


def _signer(envelope: OutgoingEnvelope, place: int) -> dict[str, Any]:
    signer = envelope.signers[place - 1]
    return {
        "email": signer.email,
        "name": signer.name,
        "recipientId": str(place),
        "routingOrder": str(place),
        "tabs": _tabs(envelope, place),
    }


def _tabs(envelope: OutgoingEnvelope, place: int) -> dict[str, Any]:
    """All on the signer's own anchor, which is on every claim; where the other blanks are from it, the layout knows."""
    date = PAPERS[envelope.paper].date_from_sign
    tabs = {
        "signHereTabs": [_at(place)],
        "dateSignedTabs": [_at(place, right=date)],
        "fullNameTabs": [_at(place, down=NAME_BELOW)],
        "titleTabs": [{**_at(place, right=_TITLE_RIGHT, down=NAME_BELOW), "required": "false"}],
    }
    if envelope.amount is not None and place == 1:
        amount = {"tabLabel": AMOUNT_LABEL, "value": envelope.amount, "required": "true", "locked": "false"}
        tabs["textTabs"] = [{**_at(place, down=-AMOUNT_ABOVE), **amount, "width": "120"}]
    return tabs


def _at(place: int, *, right: int = 0, down: int = 0) -> dict[str, str]:
    offsets = {"anchorXOffset": str(right), "anchorYOffset": str(down + _LIFT)}
    return {"anchorString": sign_token(place), "anchorUnits": "pixels", **offsets}


def our_id(row: Any) -> str | None:
    """Our id of an envelope at DocuSign; None for one that payclerk did not send."""
    return dict(_fields(row)).get(ENVELOPE_FIELD)


def is_ours(row: Any, transaction_id: str) -> bool:
    """Whether an envelope at DocuSign carries our id: the transaction id alone is anybody's to choose."""
    return (ENVELOPE_FIELD, transaction_id) in set(_fields(row))


def fits(row: Any, envelope: OutgoingEnvelope) -> bool:
    """Whether it is the one an earlier try sent: our id, our document, and still asked of the signers or answered."""
    names = [document.name for document in row.envelope_documents or []]
    return (
        is_ours(row, envelope.transaction_id)
        and (DOCUMENT_FIELD, envelope.document_digest) in set(_fields(row))
        and envelope.document_name in names
        and row.status in ADOPTED
    )


def _fields(row: Any) -> Iterator[tuple[str, str]]:
    groups = row.custom_fields
    for one in (groups.text_custom_fields or []) if groups else []:
        yield str(one.name), str(one.value)
