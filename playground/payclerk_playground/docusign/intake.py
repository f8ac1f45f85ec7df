"""From the body of a create call to an envelope, refusing what DocuSign refuses."""

from __future__ import annotations

import base64
import binascii
import io
from typing import TYPE_CHECKING, Any

import pikepdf

from .envelopes import Document, Envelope, Kind, Recipient, SignTab, TabKind
from .errors import DocusignError
from .places import find_word
from .schema import check

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

SUBJECT_LIMIT = 100  # characters; longer is an error, not a cut
BLURB_LIMIT = 10_000
FIELD_LIMIT = 100
KINDS: tuple[Kind, ...] = ("signers", "carbonCopies")
TABS: dict[str, TabKind] = {
    "signHereTabs": "sign",
    "dateSignedTabs": "date",
    "fullNameTabs": "name",
    "titleTabs": "title",
    "textTabs": "text",
}


def envelope_from(body: Any, now: datetime) -> Envelope:
    check(body, "EnvelopeDefinition")
    _check_lengths(body)
    documents = tuple(_document(one) for one in body.get("documents", []))
    _check_unique([one.id for one in documents], "documentId")
    recipients = tuple(_recipient(one, kind) for kind in KINDS for one in body.get("recipients", {}).get(kind, []))
    _check_unique([one.id for one in recipients], "recipientId")
    _check_anchors(documents, recipients, body)
    return Envelope(
        subject=body.get("emailSubject", ""),
        blurb=body.get("emailBlurb", ""),
        documents=documents,
        recipients=recipients,
        custom_fields=_custom_fields(body),
        transaction_id=body.get("transactionId"),
        created=now,
    )


def _check_lengths(body: dict[str, Any]) -> None:
    if not body.get("emailSubject"):
        raise _bad("INVALID_REQUEST_BODY", "The email subject is missing.")
    if len(body["emailSubject"]) > SUBJECT_LIMIT:
        raise _bad("INVALID_REQUEST_PARAMETER", f"The email subject exceeds the limit of {SUBJECT_LIMIT} characters.")
    if len(body.get("emailBlurb", "")) > BLURB_LIMIT:
        raise _bad("INVALID_REQUEST_PARAMETER", f"The email blurb exceeds the limit of {BLURB_LIMIT} characters.")


def _document(body: dict[str, Any]) -> Document:
    number, name = body.get("documentId"), body.get("name")
    if not number or not name:
        raise _bad("INVALID_REQUEST_BODY", "Each document needs a documentId and a name.")
    if body.get("fileExtension", "pdf").lower() != "pdf":
        raise _bad("UNSUPPORTED_FILE_TYPE", "The playground takes PDF documents only.")
    return Document(number, name, _pdf(body.get("documentBase64", ""), name))


def _pdf(encoded: str, name: str) -> bytes:
    try:
        content = base64.b64decode(encoded, validate=True)
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if pdf.is_encrypted or not pdf.pages:
                raise _bad("PDF_VALIDATION_FAILED", f"The document {name} is locked or has no pages.")
    except (binascii.Error, pikepdf.PdfError) as error:
        raise _bad("UNABLE_TO_CONVERT_DOCUMENT", f"The document {name} is no readable PDF.") from error
    return content


def _recipient(body: dict[str, Any], kind: Kind) -> Recipient:
    if not body.get("recipientId"):
        raise _bad("INVALID_RECIPIENT_ID", "The recipient ID is not specified.")
    if "@" not in body.get("email", ""):
        raise _bad(
            "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT",
            f"The email address for recipient {body['recipientId']} is not valid.",
        )
    if not body.get("name"):
        raise _bad("INVALID_USERNAME_FOR_RECIPIENT", f"The name for recipient {body['recipientId']} is missing.")
    return Recipient(
        id=body["recipientId"],
        name=body["name"],
        email=body["email"],
        kind=kind,
        order=int(body.get("routingOrder") or 1),
        tabs=tuple(_tab(one, kind) for name, kind in TABS.items() for one in body.get("tabs", {}).get(name, [])),
        embedded=bool(body.get("clientUserId")),
    )


def _tab(body: dict[str, Any], kind: TabKind) -> SignTab:
    said: dict[str, Any] = {"kind": kind, "label": body.get("tabLabel", ""), "value": body.get("value", "")}
    if body.get("anchorString"):
        x, y = float(body.get("anchorXOffset") or 0), float(body.get("anchorYOffset") or 0)
        return SignTab(body.get("documentId"), x=x, y=y, anchor=body["anchorString"], **said)
    if not body.get("pageNumber") or not body.get("documentId"):
        raise _bad(
            "TAB_HAS_NO_PLACE", "A tab needs an anchorString, or a documentId, pageNumber, xPosition and yPosition."
        )
    x, y = float(body.get("xPosition") or 0), float(body.get("yPosition") or 0)
    return SignTab(body["documentId"], int(body["pageNumber"]), x, y, **said)


def _custom_fields(body: dict[str, Any]) -> dict[str, str]:
    groups = body.get("customFields", {})
    fields = {one["name"]: one.get("value", "") for group in groups.values() for one in group}
    for name, value in fields.items():
        if len(value) > FIELD_LIMIT:
            raise _bad("INVALID_REQUEST_PARAMETER", f"The custom field {name} exceeds {FIELD_LIMIT} characters.")
    return fields


def _check_unique(numbers: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for number in numbers:
        if number in seen:
            raise _bad("INVALID_REQUEST_BODY", f"The {what} {number} is used more than once in the envelope.")
        seen.add(number)


def _check_anchors(documents: Iterable[Document], recipients: Iterable[Recipient], body: dict[str, Any]) -> None:
    """A missing anchor fails loudly, unless the sender asked to overlook it."""
    if '"anchorIgnoreIfNotPresent": "true"' in str(body).replace("'", '"'):
        return
    for tab in (tab for one in recipients for tab in one.tabs if tab.anchor):
        if not any(find_word(document.content, tab.anchor or "") for document in documents):
            raise _bad(
                "ANCHOR_TAB_STRING_NOT_FOUND", f"The Anchor Tab String '{tab.anchor}' was not found in the document."
            )


def _bad(code: str, message: str) -> DocusignError:
    return DocusignError(400, code, message)
