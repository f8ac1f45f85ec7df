"""The DocuSign adapter against the local DocuSign: real tokens, real HTTP, scripted faults."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pypdf
import pytest
import typst
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from payclerk_core.errors import OutsideError
from payclerk_core.settings import Settings
from payclerk_playground.docusign import DocusignWorld
from payclerk_scheduler.docusign import DocuSign, OutgoingEnvelope, Signer
from payclerk_scheduler.docusign_schema import check_envelope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAM = "sam@northside.example"
# Made once: what an earlier try sent is known again by its bytes.
PDF = typst.compile(b"= Claim\n#text(size: 1pt)[/pc_sign_1/]", format="pdf")


def settings_of(world: DocusignWorld, **more: Any) -> Settings:
    values = {name.removeprefix("PAYCLERK_").lower(): value for name, value in world.settings().items()}
    return Settings(_env_file=None, **{"token_secret": "x" * 40, **values, **more})


@pytest.fixture
def adapter(world: DocusignWorld, now: list[datetime]) -> Iterator[DocuSign]:
    adapter = DocuSign(settings_of(world), lambda: now[0])
    yield adapter
    adapter.close()


def envelope(number: int = 1) -> OutgoingEnvelope:
    signers = [Signer("Sam Okafor", SAM)]
    return OutgoingEnvelope(f"payclerk-{number:032x}", "Please sign", "SC-01 claim 1", PDF, signers, number)


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


def test_what_was_sent_since_a_moment_is_found_without_the_database(
    now: list[datetime], adapter: DocuSign, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter.send(envelope(1))
    now[0] += timedelta(days=3)
    backup = now[0] - timedelta(days=1)
    adapter.send(envelope(2))
    with monkeypatch.context() as other:
        other.setattr("payclerk_scheduler.docusign_envelope.ENVELOPE_FIELD", "somebody_elses")
        adapter.send(envelope(3))
    assert [(one.transaction_id, one.status) for one in adapter.sent_since(backup)] == [
        (envelope(2).transaction_id, "sent")
    ]


# --- whose envelope it is


def test_an_envelope_of_another_installation_is_not_ours(
    adapter: DocuSign, world: DocusignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands under our transaction id: without our field it is somebody else's, signed or not."""
    with monkeypatch.context() as other:
        other.setattr("payclerk_scheduler.docusign_envelope.ENVELOPE_FIELD", "somebody_elses")
        theirs = adapter.send(envelope())
    world.sign(theirs, SAM)

    ours = adapter.send(envelope())

    assert ours != theirs
    assert {one.id: one.status for one in world.envelopes()} == {theirs: "completed", ours: "sent"}
    assert adapter.send(envelope()) == ours
    assert adapter.void(envelope().transaction_id, None, "No") is not None
    assert {one.id: one.status for one in world.envelopes()} == {theirs: "completed", ours: "voided"}


@pytest.mark.parametrize("other", [{"pdf": PDF + b"\n%another"}, {"document_name": "SC-02 claim 1"}])
def test_an_envelope_with_another_document_is_not_adopted(adapter: DocuSign, other: dict[str, Any]) -> None:
    theirs = adapter.send(replace(envelope(), **other))
    assert adapter.send(envelope()) != theirs


def test_a_voided_one_is_not_adopted(adapter: DocuSign, world: DocusignWorld) -> None:
    first = adapter.send(envelope())
    world.void(first, "The wrong month")
    assert adapter.send(envelope()) != first


@pytest.mark.parametrize("answered", ["sign", "decline"])
def test_one_that_was_answered_before_its_answer_came_through_is_adopted(
    adapter: DocuSign, world: DocusignWorld, answered: str
) -> None:
    first = adapter.send(envelope())
    world.sign(first, SAM) if answered == "sign" else world.decline(first, SAM, "Too little")
    assert adapter.send(envelope()) == first


def test_after_seven_days_it_is_found_by_our_field(
    now: list[datetime], adapter: DocuSign, world: DocusignWorld
) -> None:
    asked = replace(envelope(), asked_at=now[0])
    first = adapter.send(asked)
    now[0] += timedelta(days=8)

    assert adapter.send(asked) == first
    assert len(world.envelopes()) == 1
    voided = adapter.void(asked.transaction_id, None, "No")
    assert voided is not None
    assert (voided.envelope_id, voided.status) == (first, "voided")


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


# --- faults of the installation


@pytest.mark.parametrize(
    ("wrong", "said", "advice"),
    [
        ({"docusign_user_id": "0"}, "invalid_grant: user_not_found", "PAYCLERK_DOCUSIGN_USER_ID"),
        ({"docusign_integration_key": "0"}, "invalid_grant: issuer_not_found", "PAYCLERK_DOCUSIGN_INTEGRATION_KEY"),
        ({"docusign_account_id": "0"}, "no such account", "PAYCLERK_DOCUSIGN_ACCOUNT_ID"),
        ({"docusign_private_key_file": "gone.pem"}, "missing", "PAYCLERK_DOCUSIGN_PRIVATE_KEY_FILE"),
        ({"docusign_private_key_file": __file__}, "holds no RSA private key", "PAYCLERK_DOCUSIGN_PRIVATE_KEY_FILE"),
    ],
)
def test_what_is_set_up_wrongly_waits_and_is_told_with_docusigns_reason(
    world: DocusignWorld, now: list[datetime], wrong: dict[str, str], said: str, advice: str
) -> None:
    adapter = DocuSign(settings_of(world, **wrong), lambda: now[0])
    with pytest.raises(OutsideError) as trouble:
        adapter.send(envelope())
    adapter.close()
    assert (trouble.value.permanent, trouble.value.installation) == (False, True)
    assert said in trouble.value.message
    assert advice in trouble.value.message


def test_the_key_of_another_integration_is_told(world: DocusignWorld, now: list[datetime], tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path / "other.pem"
    private = serialization.PrivateFormat.TraditionalOpenSSL
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))
    adapter = DocuSign(settings_of(world, docusign_private_key_file=file), lambda: now[0])
    with pytest.raises(OutsideError, match=r"no_valid_keys_or_signatures.*PRIVATE_KEY_FILE"):
        adapter.check()
    adapter.close()


@pytest.mark.parametrize(
    "code", ["USER_LACKS_PERMISSIONS", "ACCOUNT_HAS_BEEN_SUSPENDED", "ENVELOPE_ALLOWANCE_EXCEEDED"]
)
def test_what_the_account_may_not_do_is_no_envelopes_fault(adapter: DocuSign, world: DocusignWorld, code: str) -> None:
    world.faults.refusal = code
    with pytest.raises(OutsideError, match=code) as trouble:
        adapter.send(envelope())
    assert trouble.value.installation
    with pytest.raises(OutsideError, match=code):
        adapter.check()


def test_a_wrong_clock_is_told_as_one(world: DocusignWorld, now: list[datetime]) -> None:
    adapter = DocuSign(settings_of(world), lambda: now[0] - timedelta(hours=3))
    with pytest.raises(OutsideError, match="the clock of this machine is wrong") as trouble:
        adapter.check()
    adapter.close()
    assert trouble.value.installation


def test_nobodys_address_is_in_a_reason(adapter: DocuSign, world: DocusignWorld) -> None:
    envelope_id = adapter.send(envelope())
    world.faults.locked_documents.add(envelope_id)
    with pytest.raises(OutsideError, match="DOCUMENT_NOT_AVAILABLE") as refused:
        adapter.signed_pdf(envelope_id)
    assert refused.value.permanent
    assert SAM not in refused.value.message


# --- proxies


class Proxy(BaseHTTPRequestHandler):
    """Answers everything itself, and keeps what it was asked."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def do_POST(self) -> None:
        self.asked.append((self.path, self.headers.get("Proxy-Authorization", "")))
        self.send_response(400)
        self.end_headers()
        self.wfile.write(b'{"error": "consent_required"}')

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Proxy.asked.clear()
    yield f"http://me:word@127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_proxy_of_the_environment_is_used(
    world: DocusignWorld, now: list[datetime], proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    settings = settings_of(world)
    # Nothing but this machine is spoken to without TLS: a name that is not of this machine stands in for DocuSign.
    elsewhere = settings.model_copy(update={"docusign_oauth_base": "http://account.docusign.test"})
    adapter = DocuSign(elsewhere, lambda: now[0])
    with pytest.raises(OutsideError, match="consent"):
        adapter.check()
    adapter.close()
    assert Proxy.asked == [("http://account.docusign.test/oauth/token", "Basic bWU6d29yZA==")]
    assert "me:word" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("https://account.docusign.com/oauth/token", "http://proxy.maple.example:3128"),
        ("http://account.docusign.com/", None),
        ("https://127.0.0.1:8443/docusign", None),
        ("https://docusign.maple.example/", None),
    ],
)
def test_which_addresses_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch, url: str, used: str | None) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.maple.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,.maple.example")
    proxy = Settings(_env_file=None, token_secret="x" * 40).proxy_for(url)
    assert (proxy.get_secret_value() if proxy else None) == used


def test_a_misspelt_field_never_leaves() -> None:
    with pytest.raises(OutsideError, match="not valid") as refused:
        check_envelope({"emailSubjekt": "x"})
    assert refused.value.permanent
    with pytest.raises(OutsideError, match="recipients/signers/0"):
        check_envelope({"recipients": {"signers": [{"recipientId": 1}]}})
