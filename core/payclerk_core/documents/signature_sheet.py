"""A place for each further signer: the claim's own box holds one signature, and two may not lie over one another."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pikepdf

from .layout import PAPERS, sign_token
from .typeset import printable, typeset
from .words import Words


def with_places(pdf: bytes, title: str, signers: Sequence[str], words: Words) -> bytes:
    """The claim with a place for each of these signers: the first signs in its box, the others on a sheet behind it.

    The same claim and names give the same bytes.
    """
    if len(signers) < 2:
        return pdf
    boxes = [{"name": printable(name), "anchor": sign_token(place)} for place, name in enumerate(signers[1:], 2)]
    data = {
        "title": printable(f"{title}: further signatures"),
        "paper": words.paper,
        "width": PAPERS[words.paper].signing()["width"],
        "text": printable(f"Who signs here signs {title} together with {signers[0]}, who signs on its first page."),
        "signers": boxes,
    }
    return _joined(pdf, typeset("signatures.typ", data))


def _joined(first: bytes, second: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(first)) as claim, pikepdf.open(io.BytesIO(second)) as sheet:
        claim.pages.extend(sheet.pages)
        claim.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()
