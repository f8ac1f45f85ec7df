"""Signatures and the compiled backup."""

from __future__ import annotations

import io
from datetime import timedelta

import pypdf
from sqlalchemy import select

from payclerk_core.tables import Envelope, Package, StoredFile

from .cast import ADMINISTRATOR, give_parts, read_project
from .clockwork import ZONE
from .hands import Hands
from .stage import PATIENCE, Stage, expect
from .steps_open import CHANNEL


def sign_claims(stage: Stage) -> str:
    """Bulk send; the local DocuSign signs; polling brings the status and the signed PDF."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    cast = give_parts(read_project(stage.examples))
    _one_back_to_review(stage, anna, cast.thanks.contract)
    view = anna.open("claims", "bench")
    anna.click_and_wait(view, "bench.all")
    stage.world.slack.select(view, "act", "docusign")
    last_look = anna.submit_to("bench.confirm")
    expect("only Approved" in str(last_look.body), "the reason why one claim cannot be signed")
    anna.submit()
    wanted = len(cast.accepting) - 1
    envelopes = stage.eventually(
        lambda: e if len(e := stage.world.docusign.envelopes()) >= wanted else None, "envelopes"
    )
    expect(len(envelopes) == wanted, f"{wanted} envelopes, not {len(envelopes)}")
    stage.settled()
    for envelope in envelopes:
        for signer in envelope.signers:
            stage.world.docusign.sign(envelope.id, signer.email)
    stage.clock.set((stage.clock.now() + timedelta(minutes=16)).astimezone(ZONE).replace(tzinfo=None))
    # One after the other, each a PDF to fetch and to check: on a busy machine that takes its time.
    stage.eventually(lambda: len(_completed(stage)) == wanted, "all signed copies to be stored", PATIENCE * 4)
    for place, content in enumerate(_completed(stage)):
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
        expect("Signed by" in text, "the signature on the stored copy")
        if place == 0:
            stage.keep("signed.pdf", content)
    _approve_again(stage, anna, cast.thanks.contract)
    stage.settled()
    return f"{wanted} sent, signed and stored; 1 left out with the reason"


def _one_back_to_review(stage: Stage, anna: Hands, contract: str) -> None:
    view = anna.open(f"claims {contract}", "bench")
    anna.click_and_wait(view, "bench.all")
    stage.world.slack.select(view, "act", "under_review")
    anna.submit_to("bench.confirm")
    anna.submit()
    stage.eventually(lambda: (r := stage.claim(contract)) and r.claim.status == "under_review", "back under review")


def _approve_again(stage: Stage, anna: Hands, contract: str) -> None:
    view = anna.open(f"review {contract}", "review")
    stage.world.slack.select(view, "status", "approved_as_noted")
    anna.submit()
    stage.eventually(lambda: (r := stage.claim(contract)) and r.claim.status == "approved_as_noted", "as noted")


def _completed(stage: Stage) -> list[bytes]:
    with stage.look() as session:
        query = select(StoredFile).join(Envelope, Envelope.signed_pdf_id == StoredFile.id)
        return [row.content for row in session.scalars(query.where(Envelope.status == "completed"))]


def compile_backup(stage: Stage) -> str:
    """One PDF of all claims, ordered, with the signed copies, posted as a file."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    cast = give_parts(read_project(stage.examples))
    view = anna.open("claims", "bench")
    anna.click_and_wait(view, "bench.all")
    stage.world.slack.select(view, "act", "backup")
    anna.submit_to("bench.confirm")
    anna.submit()
    anna.leave()
    files = stage.eventually(lambda: stage.world.slack.files or None, "the backup posted as a file")
    expect(len(files) == 1, f"one file, not {len(files)}")
    reader = pypdf.PdfReader(io.BytesIO(files[0].content))
    stage.keep("backup.pdf", files[0].content)
    with stage.look() as session:
        package = session.scalars(select(Package)).one()
        index = [dict(row) for row in package.index or []]  # type: ignore[call-overload]
    claims = [str(row["title"]).partition(" ")[0] for row in index if row["level"] == 1]
    expect(claims == sorted(claims), f"the order of contract numbers, not {claims}")
    expect(len(claims) == len(cast.accepting), "every claim in the package")
    expect(any(row["level"] == 2 for row in index), "the attached PDF in the package")
    last = index[-1]
    expect(len(reader.pages) == int(last["first_page"]) + int(last["pages"]) - 1, "as many pages as the index says")
    expect("Signed by" in "".join(page.extract_text() for page in reader.pages), "signed copies in the package")
    expect(files[0].title.startswith("Subcontractor invoice backup - Maple Street"), "the name of the source page")
    stage.settled()
    return f"{len(reader.pages)} pages, {len(claims)} claims, posted to Slack"
