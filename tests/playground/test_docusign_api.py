"""The real docusign_esign SDK against the playground's DocuSign, served by uvicorn."""

from __future__ import annotations

import base64
import io
import json
import logging
import socket
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import jwt
import pikepdf
import pypdf
import pytest
import typst
import urllib3
import uvicorn
from starlette.applications import Starlette

from payclerk_playground.docusign import DocusignWorld
from payclerk_playground.mail import MailWorld

SAM = "sam@northside.example"
DANA = "dana@harbor.example"


def persona(email, name):
    return SimpleNamespace(
        email=email, name=name, title="", user_id=None, has_slack=False, has_mailbox=True, tz="UTC", locale="en"
    )


@pytest.fixture
def mail(tmp_path):
    world = MailWorld(tmp_path / "mail", [persona(SAM, "Sam Okafor"), persona(DANA, "Dana Ruiz")])
    world.start()
    yield world
    world.stop()


@pytest.fixture
def docusign(mail, tmp_path):
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    world = DocusignWorld(mail, lambda: url, tmp_path)
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=world.routes()), log_config=None, lifespan="off", ws="none")
    )
    server.config.timeout_graceful_shutdown = 1
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield world
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def http():
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        yield pool


def token_for(docusign, http, **changed):
    settings = docusign.settings()
    base = settings["PAYCLERK_DOCUSIGN_OAUTH_BASE"]
    key = Path(settings["PAYCLERK_DOCUSIGN_PRIVATE_KEY_FILE"]).read_text(encoding="ascii")
    now = int(time.time())
    claims = {
        "iss": settings["PAYCLERK_DOCUSIGN_INTEGRATION_KEY"],
        "sub": settings["PAYCLERK_DOCUSIGN_USER_ID"],
        "aud": base.removeprefix("http://").partition("/")[0],
        "iat": now,
        "exp": now + 3600,
        "scope": "signature impersonation",
        **changed,
    }
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": jwt.encode(claims, key, "RS256")}
    return http.request_encode_body("POST", f"{base}/oauth/token", fields=form, encode_multipart=False)


@pytest.fixture
def api(docusign, http):
    import docusign_esign

    for name in ("docusign_esign", "urllib3"):  # the SDK puts handlers on both at import
        logging.getLogger(name).handlers.clear()
    client = docusign_esign.ApiClient()
    client.host = docusign.settings()["PAYCLERK_DOCUSIGN_OAUTH_BASE"] + "/restapi"
    client.rest_client.pool_manager = http
    token = json.loads(token_for(docusign, http).data)["access_token"]
    client.set_default_header("Authorization", f"Bearer {token}")
    return docusign_esign.EnvelopesApi(client)


@pytest.fixture
def account(docusign):
    return docusign.settings()["PAYCLERK_DOCUSIGN_ACCOUNT_ID"]


def pdf(text="Application for payment"):
    return typst.compile(
        f'#set page(paper: "us-letter")\n= {text}\nAmount due: 12.50\n#v(5cm)\nSignature pbsig1'.encode()
    )


def definition(**changed):
    from docusign_esign import (
        CustomFields,
        Document,
        EnvelopeDefinition,
        Recipients,
        Signer,
        SignHere,
        Tabs,
        TextCustomField,
    )

    tabs = Tabs(sign_here_tabs=[SignHere(document_id="1", page_number="1", x_position="72", y_position="400")])
    facts = {
        "email_subject": "Invoice 7, Harbor Tower",
        "email_blurb": "Please sign the invoice.",
        "documents": [
            Document(document_base64=base64.b64encode(pdf()).decode(), document_id="1", name="Invoice 7.pdf")
        ],
        "recipients": Recipients(
            signers=[Signer(email=SAM, name="Sam Okafor", recipient_id="1", routing_order="1", tabs=tabs)]
        ),
        "custom_fields": CustomFields(
            text_custom_fields=[TextCustomField(name="pb_invoice_id", value="77", show="false")]
        ),
        "transaction_id": "inv-77-1",
        "status": "sent",
    }
    return EnvelopeDefinition(**{**facts, **changed})


def text_of(content):
    with pypdf.PdfReader(io.BytesIO(content)) as reader:
        return "\n".join(page.extract_text() for page in reader.pages)


def refusal(call, *args, **kwargs):
    from docusign_esign.client.api_exception import ApiException

    with pytest.raises(ApiException) as refused:
        call(*args, _request_timeout=10, **kwargs)
    body = json.loads(refused.value.body)
    assert refused.value.headers["X-DocuSign-TraceToken"]
    return refused.value.status, body["errorCode"]


def test_a_token_lasts_an_hour_and_shows_the_account(docusign, http, account):
    answer = token_for(docusign, http)
    got = json.loads(answer.data)
    assert (got["token_type"], got["expires_in"]) == ("Bearer", 3600)
    base = docusign.settings()["PAYCLERK_DOCUSIGN_OAUTH_BASE"]
    info = http.request(
        "GET", f"{base}/oauth/userinfo", headers={"Authorization": f"Bearer {got['access_token']}"}
    ).json()
    assert [(one["account_id"], one["base_uri"]) for one in info["accounts"]] == [(account, base)]
    assert http.request("GET", f"{base}/oauth/userinfo").status == 401


@pytest.mark.parametrize(
    "wrong",
    [{"iss": "x"}, {"sub": "x"}, {"aud": "account.docusign.com"}, {"exp": 1}, {"scope": "signature"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_wrong_assertion_gets_no_token(docusign, http, wrong):
    answer = token_for(docusign, http, **wrong)
    assert answer.status == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_scope")


def test_consent_comes_first(docusign, http):
    docusign.faults.consent_required = True
    assert token_for(docusign, http).json() == {"error": "consent_required"}


def test_from_sent_to_signed(docusign, api, account, mail):
    made = api.create_envelope(account, envelope_definition=definition())
    assert made.status == "sent"
    [invitation] = mail.inbox(SAM)
    assert invitation.subject == "Please sign: Invoice 7, Harbor Tower"
    assert docusign.link(made.envelope_id, SAM) in invitation.text
    assert f'href="{docusign.link(made.envelope_id, SAM)}"' in invitation.html
    docusign.sign(made.envelope_id, SAM)
    shown = api.get_envelope(account, made.envelope_id, include="recipients,custom_fields")
    assert (shown.status, shown.transaction_id) == ("completed", "inv-77-1")
    assert shown.completed_date_time > shown.sent_date_time
    assert shown.recipients.signers[0].status == "completed"
    assert shown.custom_fields.text_custom_fields[0].value == "77"
    assert mail.inbox(SAM)[-1].subject == "Completed: Invoice 7, Harbor Tower"


def test_the_signed_pdf_is_valid_and_says_who_and_when(docusign, api, account):
    envelope_id = api.create_envelope(account, envelope_definition=definition()).envelope_id
    assert "Signed by" not in text_of(api.get_document(account, "1", envelope_id))
    docusign.sign(envelope_id, SAM)
    content = api.get_document(account, "combined", envelope_id)
    with pikepdf.open(io.BytesIO(content)) as signed:
        assert signed.check_pdf_syntax() == []
        assert len(signed.pages) == 1
    text = text_of(content)
    assert "Amount due: 12.50" in text
    assert "Signed by Sam Okafor on " in text
    assert f"Envelope ID: {envelope_id}" in text


@pytest.mark.parametrize(
    "tabs", [{}, {"signHereTabs": [{"documentId": "1", "pageNumber": "9", "xPosition": "50", "yPosition": "9000"}]}]
)
def test_a_stamp_always_lands_on_a_page(docusign, api, account, tabs):
    body = api.api_client.sanitize_for_serialization(definition())
    body["recipients"]["signers"][0]["tabs"] = tabs
    envelope_id = api.create_envelope(account, envelope_definition=body).envelope_id
    docusign.sign(envelope_id, SAM)
    assert "Signed by Sam Okafor" in text_of(api.get_document(account, "1", envelope_id))


def test_certificate_archive_and_audit_trail(docusign, api, account):
    envelope_id = api.create_envelope(account, envelope_definition=definition()).envelope_id
    docusign.sign(envelope_id, SAM)
    certificate = text_of(api.get_document(account, "certificate", envelope_id))
    assert "Certificate Of Completion" in certificate
    assert SAM in certificate
    with zipfile.ZipFile(io.BytesIO(api.get_document(account, "archive", envelope_id))) as bundle:
        assert bundle.namelist() == ["Invoice 7.pdf", "Summary.pdf"]
    events = api.list_audit_events(account, envelope_id).audit_events
    actions = [field.value for event in events for field in event.event_fields if field.name == "Action"]
    assert actions == ["Registered", "Sent Invitations", "Viewed", "Signed", "Completed"]


def test_signers_are_asked_in_their_order_and_copies_go_along(docusign, api, account, mail):
    from docusign_esign import CarbonCopy, Recipients, Signer

    people = Recipients(
        signers=[
            Signer(email=SAM, name="Sam", recipient_id="1", routing_order="1"),
            Signer(email=DANA, name="Dana", recipient_id="2", routing_order="2"),
        ],
        carbon_copies=[CarbonCopy(email=DANA, name="Dana", recipient_id="3", routing_order="1")],
    )
    envelope_id = api.create_envelope(account, envelope_definition=definition(recipients=people)).envelope_id
    assert [one.subject.partition(":")[0] for one in mail.inbox(DANA)] == ["Copy"]
    assert refused_turn(docusign, envelope_id) == "RECIPIENT_NOT_IN_SEQUENCE"
    docusign.sign(envelope_id, SAM)
    assert docusign.envelope(envelope_id).status == "delivered"
    assert [one.subject.partition(":")[0] for one in mail.inbox(DANA)] == ["Copy", "Please sign"]


def refused_turn(docusign, envelope_id):
    from payclerk_playground.docusign.errors import DocusignError

    envelope = docusign.envelope(envelope_id)
    with pytest.raises(DocusignError) as refused:
        envelope.sign(envelope.signers[1], envelope.created)
    return refused.value.code


def test_declined_with_a_reason(docusign, api, account):
    envelope_id = api.create_envelope(account, envelope_definition=definition()).envelope_id
    docusign.decline(envelope_id, SAM, "The retainage is wrong")
    assert api.get_envelope(account, envelope_id).status == "declined"
    assert api.list_recipients(account, envelope_id).signers[0].declined_reason == "The retainage is wrong"
    assert refusal(api.update, account, envelope_id, envelope={"status": "voided", "voidedReason": "x"})[1] == (
        "ENVELOPE_CANNOT_VOID_INVALID_STATE"
    )


def test_voided_and_resent(docusign, api, account, mail):
    from docusign_esign import Envelope

    envelope_id = api.create_envelope(account, envelope_definition=definition()).envelope_id
    api.update(account, envelope_id, envelope=Envelope(), resend_envelope="true")
    assert mail.inbox(SAM)[-1].subject == "Reminder: Please sign: Invoice 7, Harbor Tower"
    api.update(account, envelope_id, envelope=Envelope(status="voided", voided_reason="Revised"))
    shown = api.get_envelope(account, envelope_id)
    assert (shown.status, shown.voided_reason) == ("voided", "Revised")


def test_a_draft_is_sent_later(docusign, api, account, mail):
    from docusign_esign import Envelope

    made = api.create_envelope(account, envelope_definition=definition(status="created"))
    assert (made.status, mail.inbox(SAM)) == ("created", [])
    api.update(account, made.envelope_id, envelope=Envelope(status="sent"))
    assert len(mail.inbox(SAM)) == 1


def test_found_by_transaction_by_field_and_by_date(docusign, api, account):
    first = api.create_envelope(account, envelope_definition=definition()).envelope_id
    second = api.create_envelope(
        account, envelope_definition=definition(transaction_id="inv-78-1", custom_fields=None)
    ).envelope_id
    docusign.sign(second, SAM)

    def found(**query):
        return [one.envelope_id for one in api.list_status_changes(account, **query).envelopes or []]

    assert found(transaction_ids="inv-77-1") == [first]
    assert found(envelope_ids=f"{first},{second}") == [first, second]
    assert found(from_date="2020-01-01", custom_field="pb_invoice_id=77") == [first]
    assert found(from_date="2020-01-01T00:00:00Z", status="completed") == [second]
    assert found(from_date="2020-01-01", count="1", start_position="1") == [second]
    assert found(from_date="2099-01-01") == []
    assert refusal(api.list_status_changes, account, status="sent") == (400, "INVALID_REQUEST_PARAMETER")


def test_one_transaction_posted_twice_makes_two_envelopes(api, account):
    for _ in range(2):
        api.create_envelope(account, envelope_definition=definition())
    assert api.list_status_changes(account, transaction_ids="inv-77-1").total_set_size == "2"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: body.update(emailSubjekt="x"), "INVALID_REQUEST_BODY"),
        (lambda body: body["recipients"]["signers"][0].update(routingOrder=1), "INVALID_REQUEST_BODY"),
        (lambda body: body.update(emailSubject="x" * 101), "INVALID_REQUEST_PARAMETER"),
        (lambda body: body["documents"].append(body["documents"][0]), "INVALID_REQUEST_BODY"),
        (lambda body: body["documents"][0].update(documentBase64="bm8gcGRm"), "UNABLE_TO_CONVERT_DOCUMENT"),
        (lambda body: body["recipients"]["signers"][0].update(email="nobody"), "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT"),
        (lambda body: body.update(recipients={}), "ENVELOPE_IS_INCOMPLETE"),
        (lambda body: body["customFields"]["textCustomFields"][0].update(value="x" * 101), "INVALID_REQUEST_PARAMETER"),
        (
            lambda body: body["recipients"]["signers"][0].update(tabs={"signHereTabs": [{"anchorString": "nowhere9"}]}),
            "ANCHOR_TAB_STRING_NOT_FOUND",
        ),
    ],
)
def test_a_bad_envelope_is_refused_and_nothing_is_made(docusign, api, account, change, code):
    body = api.api_client.sanitize_for_serialization(definition())
    change(body)
    assert refusal(api.create_envelope, account, envelope_definition=body) == (400, code)
    assert docusign.envelopes() == []


def test_an_anchor_is_where_the_stamp_goes(docusign, api, account):
    body = api.api_client.sanitize_for_serialization(definition())
    body["recipients"]["signers"][0]["tabs"] = {"signHereTabs": [{"anchorString": "pbsig1"}]}
    envelope_id = api.create_envelope(account, envelope_definition=body).envelope_id
    docusign.sign(envelope_id, SAM)
    assert "Signed by Sam Okafor" in text_of(api.get_document(account, "1", envelope_id))


def test_unknown_envelope_document_account_and_token(docusign, api, account, http):
    assert refusal(api.get_envelope, account, "none") == (404, "ENVELOPE_DOES_NOT_EXIST")
    envelope_id = api.create_envelope(account, envelope_definition=definition()).envelope_id
    assert refusal(api.get_document, account, "9", envelope_id) == (404, "DOCUMENT_DOES_NOT_EXIST")
    assert refusal(api.get_envelope, "other", envelope_id) == (401, "USER_LACKS_MEMBERSHIP")
    docusign.revoke_tokens()
    assert refusal(api.get_envelope, account, envelope_id) == (401, "AUTHORIZATION_INVALID_TOKEN")


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("server_errors", (503, "SERVICE_UNAVAILABLE")),
        ("limits", (400, "HOURLY_APIINVOCATION_LIMIT_EXCEEDED")),
        ("unauthorized", (401, "AUTHORIZATION_INVALID_TOKEN")),
    ],
)
def test_a_fault_shows_once_and_leaves_nothing(docusign, api, account, fault, answer):
    setattr(docusign.faults, fault, 1)
    assert refusal(api.create_envelope, account, envelope_definition=definition()) == answer
    assert docusign.envelopes() == []
    api.create_envelope(account, envelope_definition=definition())


def test_a_lost_reply_leaves_an_envelope_to_be_found_by_its_transaction(docusign, api, account):
    docusign.faults.lost_replies = 1
    with pytest.raises(urllib3.exceptions.ProtocolError):
        api.create_envelope(account, envelope_definition=definition(), _request_timeout=10)
    [found] = api.list_status_changes(account, transaction_ids="inv-77-1").envelopes
    assert found.envelope_id == docusign.envelopes()[0].id


def test_a_call_that_hangs_does_nothing(docusign, api, account):
    docusign.faults.hang = 1
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        api.create_envelope(account, envelope_definition=definition(), _request_timeout=(1, 1))
    assert docusign.envelopes() == []


def test_the_signing_page_shows_the_document_and_takes_an_answer(docusign, api, account, http):
    envelope_id = api.create_envelope(account, envelope_definition=definition()).envelope_id
    link = docusign.link(envelope_id, SAM)
    assert b'data-sign="sign"' in http.request("GET", link).data
    state = http.request("GET", f"{link}/state").json()
    assert (state["name"], state["status"]) == ("Sam Okafor", "delivered")
    assert api.get_envelope(account, envelope_id).status == "delivered"
    assert "Amount due" in text_of(http.request("GET", f"{link}/document").data)
    assert http.request("POST", f"{link}/decline", json={"reason": " "}).status == 400
    assert http.request("POST", f"{link}/sign").json()["envelopeStatus"] == "completed"
    assert http.request("POST", f"{link}/sign").json()["errorCode"] == "RECIPIENT_NOT_IN_SEQUENCE"


def test_somebody_elses_link_opens_nothing(docusign, api, account, http):
    envelope_id = api.create_envelope(account, envelope_definition=definition()).envelope_id
    link = docusign.link(envelope_id, SAM).rsplit("/", 1)[0]
    assert http.request("GET", f"{link}/guess/state").status == 404
