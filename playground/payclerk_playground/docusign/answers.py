"""Envelopes as the REST API shows them: every value is a string."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from .envelopes import Envelope, Recipient

DATES = {"created": "createdDateTime", "sent": "sentDateTime", "delivered": "deliveredDateTime",
         "completed": "completedDateTime", "declined": "declinedDateTime", "voided": "voidedDateTime"}  # fmt: skip


def moment(at: datetime) -> str:
    """DocuSign writes seven digits of a second."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}0Z"


def created(envelope: Envelope) -> dict[str, str]:
    return {
        "envelopeId": envelope.id,
        "uri": f"/envelopes/{envelope.id}",
        "statusDateTime": moment(envelope.changed),
        "status": envelope.status,
    }


def summary(envelope: Envelope, include: Collection[str] = ()) -> dict[str, Any]:
    base = f"/envelopes/{envelope.id}"
    shown: dict[str, Any] = {
        "envelopeId": envelope.id,
        "status": envelope.status,
        "emailSubject": envelope.subject,
        "emailBlurb": envelope.blurb,
        "envelopeUri": base,
        "documentsUri": f"{base}/documents",
        "documentsCombinedUri": f"{base}/documents/combined",
        "certificateUri": f"{base}/documents/certificate",
        "recipientsUri": f"{base}/recipients",
        "customFieldsUri": f"{base}/custom_fields",
        "statusChangedDateTime": moment(envelope.changed),
        "lastModifiedDateTime": moment(max(envelope.times.values())),
        **{name: moment(envelope.times[status]) for status, name in DATES.items() if status in envelope.times},
    }
    if envelope.transaction_id:
        shown["transactionId"] = envelope.transaction_id
    if envelope.voided_reason:
        shown["voidedReason"] = envelope.voided_reason
    if "recipients" in include:
        shown["recipients"] = recipients(envelope, tabs="tabs" in include)
    if "documents" in include:
        shown["envelopeDocuments"] = documents(envelope)["envelopeDocuments"]
    if "custom_fields" in include:
        shown["customFields"] = custom_fields(envelope)
    return shown


def listing(envelopes: list[Envelope], total: int, start: int, include: Collection[str]) -> dict[str, Any]:
    return {
        "resultSetSize": str(len(envelopes)),
        "totalSetSize": str(total),
        "startPosition": str(start),
        "endPosition": str(max(start, start + len(envelopes) - 1)),
        "nextUri": "",
        "previousUri": "",
        "envelopes": [summary(envelope, include) for envelope in envelopes],
    }


def recipients(envelope: Envelope, *, tabs: bool = False) -> dict[str, Any]:
    groups = {
        kind: [{**_recipient(one), **(_tabs(one) if tabs else {})} for one in envelope.recipients if one.kind == kind]
        for kind in ("signers", "carbonCopies")
    }
    waiting = [one.order for one in envelope.waiting()]
    return {
        **groups,
        "recipientCount": str(len(envelope.recipients)),
        "currentRoutingOrder": str(min(waiting, default=1)),
    }


def custom_fields(envelope: Envelope) -> dict[str, Any]:
    fields = [
        {"fieldId": str(number), "name": name, "value": value, "show": "false", "required": "false"}
        for number, (name, value) in enumerate(envelope.custom_fields.items(), 1)
    ]
    return {"textCustomFields": fields, "listCustomFields": []}


def audit(envelope: Envelope) -> dict[str, Any]:
    return {"auditEvents": [{"eventFields": _fields(envelope.id, event)} for event in envelope.events]}


def documents(envelope: Envelope) -> dict[str, Any]:
    shown = [
        {
            "documentId": one.id,
            "name": one.name,
            "type": "content",
            "uri": f"/envelopes/{envelope.id}/documents/{one.id}",
        }
        for one in envelope.documents
    ]
    return {"envelopeId": envelope.id, "envelopeDocuments": shown}


def _recipient(one: Recipient) -> dict[str, str]:
    dates = {
        "sent": "sentDateTime",
        "delivered": "deliveredDateTime",
        "completed": "signedDateTime",
        "declined": "declinedDateTime",
    }
    shown = {
        "recipientId": one.id,
        "recipientIdGuid": one.guid,
        "name": one.name,
        "email": one.email,
        "routingOrder": str(one.order),
        "status": one.status,
        **{name: moment(one.times[status]) for status, name in dates.items() if status in one.times},
    }
    if one.declined_reason:
        shown["declinedReason"] = one.declined_reason
    return shown


def _tabs(one: Recipient) -> dict[str, Any]:
    texts = [{"tabLabel": label, "value": value} for label, value in one.texts().items()]
    return {"tabs": {"textTabs": texts}}


def _fields(envelope_id: str, event: Any) -> list[dict[str, str]]:
    values = {
        "logTime": moment(event.at),
        "Source": "api",
        "UserName": event.user,
        "Action": event.action,
        "Message": event.message,
        "EnvelopeStatus": event.status,
        "EnvelopeId": envelope_id,
    }
    return [{"name": name, "value": value} for name, value in values.items()]
