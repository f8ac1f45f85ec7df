"""The DocuSign adapter against the local DocuSign: real tokens, real HTTP, scripted faults."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdf
import pytest
import typst

from payclerk_core.clock import system_clock
from payclerk_core.errors import OutsideError
from payclerk_core.settings import Settings
from payclerk_playground.docusign import DocusignWorld
from payclerk_scheduler.docusign import DocuSign, OutgoingEnvelope, Signer
from payclerk_scheduler.docusign_schema import check_envelope

if TYPE_CHECKING:
    from collections.abc import Iterator

SAM = "sam@northside.example"


@pytest.fixture
def adapter(world: DocusignWorld) -> Iterator[DocuSign]:
    values = {name.removeprefix("PAYCLERK_").lower(): value for name, value in world.settings().items()}
    adapter = DocuSign(Settings(token_secret="x" * 40, **values), system_clock)
    yield adapter
    adapter.close()


def envelope(number: int = 1) -> OutgoingEnvelope:
    pdf = typst.compile(b"= Claim\n#text(size: 1pt)[/pc_sign_1/]", format="pdf")
    signers = [Signer("Sam Okafor", SAM)]
    return OutgoingEnvelope(f"payclerk-claim-{number}-1", "Please sign", "SC-01 claim 1", pdf, signers, number)


def test_sent_signed_and_fetched(adapter: DocuSign, world: DocusignWorld) -> None:
    envelope_id = adapter.send(envelope())
    assert adapter.statuses([envelope_id]) == {envelope_id: "sent"}

    world.sign(envelope_id, SAM)

    assert adapter.statuses([envelope_id]) == {envelope_id: "completed"}
    text = pypdf.PdfReader(io.BytesIO(adapter.signed_pdf(envelope_id))).pages[0].extract_text()
    assert "Sam Okafor" in text


def test_sending_again_finds_the_first(adapter: DocuSign, world: DocusignWorld) -> None:
    assert adapter.send(envelope()) == adapter.send(envelope())
    assert len(world.envelopes()) == 1


def test_a_lost_answer_is_not_sent_twice(adapter: DocuSign, world: DocusignWorld) -> None:
    world.faults.lost_replies = 1
    with pytest.raises(OutsideError) as lost:
        adapter.send(envelope())
    assert not lost.value.permanent

    adapter.send(envelope())

    assert len(world.envelopes()) == 1


def test_a_refused_token_is_renewed_once(adapter: DocuSign, world: DocusignWorld) -> None:
    adapter.check()
    world.revoke_tokens()

    assert adapter.send(envelope())


@pytest.mark.parametrize("fault", ["server_errors", "limits"])
def test_trouble_that_passes_is_not_permanent(adapter: DocuSign, world: DocusignWorld, fault: str) -> None:
    adapter.check()
    setattr(world.faults, fault, 1)

    with pytest.raises(OutsideError) as trouble:
        adapter.send(envelope())

    assert not trouble.value.permanent


def test_missing_consent_waits_and_says_what_to_do(adapter: DocuSign, world: DocusignWorld) -> None:
    world.faults.consent_required = True

    with pytest.raises(OutsideError, match="payclerk doctor") as refused:
        adapter.check()

    assert not refused.value.permanent
    assert "signature+impersonation" in adapter.consent_url()


def test_a_misspelt_field_never_leaves() -> None:
    with pytest.raises(OutsideError, match="not valid") as refused:
        check_envelope({"emailSubjekt": "x"})
    assert refused.value.permanent
    with pytest.raises(OutsideError, match="recipients/signers/0"):
        check_envelope({"recipients": {"signers": [{"recipientId": 1}]}})
