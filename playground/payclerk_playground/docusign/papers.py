"""The documents that come back: signed PDFs, the certificate, the archive."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pikepdf
import typst

from .envelopes import SignTab
from .places import Place, find_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .envelopes import Document, Envelope, Recipient

# The text goes in as data and never as markup, so that no name can change the page.
STAMP = """
#let d = json(bytes(sys.inputs.data))
#set page(width: d.width * 1pt, height: d.height * 1pt, margin: 0pt, fill: none)
#set text(size: 7pt)
#for s in d.stamps {
  place(top + left, dx: s.x * 1pt, dy: s.y * 1pt, if s.kind == "sign" {
    block(stroke: 0.7pt + blue, inset: 4pt, radius: 3pt, width: 200pt, [
      #text(size: 12pt, style: "italic", fill: navy, s.name) \\
      Signed by #s.name on #s.date \\
      Envelope ID: #d.envelope
    ])
  } else { text(size: 9pt, fill: navy, s.text) })
}
"""

CERTIFICATE = """
#let d = json(bytes(sys.inputs.data))
#set page(margin: 2cm)
#set text(size: 10pt)
= Certificate Of Completion
Envelope Id: #d.envelope \\
Subject: #d.subject \\
Status: #d.status
#table(columns: 4, [*Signer*], [*E-mail*], [*Status*], [*Signed*],
  ..d.signers.map(s => (s.name, s.email, s.status, s.date)).flatten())
== Record of events
#for e in d.events [ #e.date #h(1em) #e.action #h(1em) #e.message \\ ]
"""


STAMP_HEIGHT = 40  # points
LAST_PAGE = 10**6


def certificate(envelope: Envelope) -> bytes:
    signers = [
        {"name": one.name, "email": one.email, "status": one.status, "date": _signed_on(one)}
        for one in envelope.signers
    ]
    events = [
        {"date": f"{one.at:%Y-%m-%d %H:%M:%S} UTC", "action": one.action, "message": one.message}
        for one in envelope.events
    ]
    data = {"subject": envelope.subject, "status": envelope.status, "signers": signers, "events": events}
    return _typeset(CERTIFICATE, {**data, "envelope": envelope.id})


def signed(document: Document, envelope: Envelope) -> bytes:
    """The document with a stamp at each place where somebody was to sign and has."""
    with pikepdf.open(io.BytesIO(document.content)) as pdf:
        for page, stamps in _stamps(document, envelope, len(pdf.pages)).items():
            _stamp(pdf, pikepdf.Page(pdf.pages[page - 1]), stamps, envelope.id)
        return _saved(pdf)


def combined(envelope: Envelope) -> bytes:
    return _joined(signed(document, envelope) for document in envelope.documents)


def archive(envelope: Envelope) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for document in envelope.documents:
            bundle.writestr(f"{document.name.removesuffix('.pdf')}.pdf", signed(document, envelope))
        bundle.writestr("Summary.pdf", certificate(envelope))
    return out.getvalue()


def _stamps(document: Document, envelope: Envelope, pages: int) -> dict[int, list[dict[str, Any]]]:
    """Page number to the stamps on it."""
    stamps: dict[int, list[dict[str, Any]]] = {}
    for one in (signer for signer in envelope.signers if signer.status == "completed"):
        for tab, place in _places(one, document, envelope):
            page, about = min(place.page, pages), {"kind": tab.kind, "text": _text(one, tab)}
            stamp = {"x": place.x, "y": place.y, "name": one.name, "date": _signed_on(one), **about}
            stamps.setdefault(page, []).append(stamp)
    return stamps


def _text(signer: Recipient, tab: SignTab) -> str:
    """What a tab that is no signature shows once its signer is done."""
    day = signer.times.get("completed")
    shown = {"date": f"{day:%m/%d/%Y}" if day else "", "name": signer.name, "text": signer.texts().get(tab.label, "")}
    return shown.get(tab.kind, "")


def _places(signer: Recipient, document: Document, envelope: Envelope) -> list[tuple[SignTab, Place]]:
    if not signer.tabs:  # free-form signing: the person picks a place; ours is the foot of the last page
        row = envelope.signers.index(signer)
        return [(SignTab(), Place(LAST_PAGE, 72, 700 - 45 * row))] if document == envelope.documents[0] else []
    fixed = [(tab, Place(tab.page, tab.x, tab.y)) for tab in signer.tabs if tab.page and tab.document_id == document.id]
    by_word = ((tab, found) for tab in signer.tabs if tab.anchor for found in find_word(document.content, tab.anchor))
    return fixed + [(tab, Place(found.page, found.x + tab.x, found.y + tab.y)) for tab, found in by_word]


def _signed_on(signer: Recipient) -> str:
    moment = signer.times.get("completed")
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


def _stamp(pdf: pikepdf.Pdf, page: pikepdf.Page, stamps: list[dict[str, Any]], envelope_id: str) -> None:
    left, bottom, right, top = (float(one) for one in page.mediabox)
    lowest = top - bottom - STAMP_HEIGHT  # a place below the page's edge would leave no trace
    inside = [{**stamp, "y": min(stamp["y"], lowest)} for stamp in stamps]
    data = {"width": right - left, "height": top - bottom, "stamps": inside, "envelope": envelope_id}
    with pikepdf.open(io.BytesIO(_typeset(STAMP, data))) as overlay:
        page.add_overlay(
            pdf.copy_foreign(overlay.pages[0].as_form_xobject()), pikepdf.Rectangle(left, bottom, right, top)
        )


def _joined(parts: Iterable[bytes]) -> bytes:
    with pikepdf.new() as whole:
        for part in parts:
            with pikepdf.open(io.BytesIO(part)) as pdf:
                whole.pages.extend(pdf.pages)
        return _saved(whole)


def _saved(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def _typeset(source: str, data: dict[str, Any]) -> bytes:
    made = typst.compile(source.encode(), format="pdf", sys_inputs={"data": json.dumps(data)})
    assert isinstance(made, bytes)  # noqa: S101  # a list only comes for formats with one file a page
    return made
