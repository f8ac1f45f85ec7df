"""Signatures in Slack: the owner's claim goes out, an envelope is taken back with a reason, and what ends one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot_office import ADA, NOON, RITA, Month, Office
from payclerk_core.actions.batches import Order
from payclerk_core.actions.call import Call
from payclerk_core.actions.signing import Said, note_envelope_sent, note_envelope_status, send_to_docusign
from payclerk_core.actions.signing_outage import note_outage, note_works
from payclerk_core.errors import OutsideError
from payclerk_core.tables import Envelope
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable


def owner_claim(m: Month) -> int:
    return m.claim(m.prime, m.period(), "approved").id


def sent_to_owner(office: Office) -> int:
    """The owner's claim out for signature, through Slack; the envelope's row."""
    office.billing(ADA, "sign PR-01")
    form = office.modal(ADA, "sign")
    assert "Olga Own" in texts(form)
    assert "$900.00" in texts(form)
    office.world.submit(ADA, form)
    office.modal_says(ADA, "is being sent for signature")
    office.world.close(ADA)
    with office.database.transaction() as session:
        row = session.scalars(select(Envelope.id).order_by(Envelope.id.desc())).first()
        note_envelope_sent(_call(office, session), row or 0, f"docusign-{row}")
        return row or 0


def _call(office: Office, session: Any) -> Call:
    return Call(session, NOON, office.settings, actor=None, door="clock")


def becomes(office: Office, row: int, status: str, **said: str) -> None:
    """What the poll found at DocuSign."""
    with office.database.transaction() as session:
        note_envelope_status(_call(office, session), row, status, said=Said(**said))


def state(office: Office, row: int) -> tuple[str, str | None]:
    with office.database.reading() as session:
        envelope = session.get_one(Envelope, row)
        return envelope.status, envelope.reason


def test_an_envelope_is_voided_with_a_reason(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(owner_claim, contracts=1)
    row = sent_to_owner(office)

    office.billing(RITA, "void PR-01")
    office.message("Admin", user=RITA)  # what she lacks

    office.billing(ADA, "void PR-01")
    form = office.modal(ADA, "void")
    assert "Sent, not opened yet, since 10 Nov 18:00 UTC" in texts(form)
    assert "Olga Own" in texts(form)
    office.world.type_in(form, "reason", "Line 3 is wrong")
    office.world.submit(ADA, form)
    office.modal_says(ADA, "DocuSign is asked to void the envelope")
    assert state(office, row) == ("sent", "Line 3 is wrong")

    becomes(office, row, "voided")
    office.world.close(ADA)
    office.billing(ADA, "void PR-01")
    office.message("Its envelope is voided; only one that waits for a signature can be voided.")


def test_what_has_not_gone_out_cannot_be_voided(month: Callable[..., Any], busy_office: Office) -> None:
    month(owner_claim, contracts=1)
    busy_office.billing(ADA, "void PR-01")
    busy_office.message("It has not been sent for signature.")


def test_a_claim_that_changed_since_the_look_is_not_sent(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(owner_claim, contracts=1)
    office.billing(ADA, "sign PR-01")
    form = office.modal(ADA, "sign")
    form.body["private_metadata"] += ".7"
    office.world.submit(ADA, form)
    office.modal_says(ADA, "changed since you looked")
    with office.database.reading() as session:
        assert session.scalars(select(Envelope)).all() == []


@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        ("completed", {"certified": "900.00"}, ["#1 was signed", "Amount certified in the form: *900.00*"]),
        ("completed", {"certified": "850.00"}, ["was signed", "*850.00*", "*$900.00*", "The two differ"]),
        ("declined", {"by": "Olga Own", "reason": "Not <done>"}, ["declined", "> Not &lt;done&gt;", "by Olga Own"]),
        ("voided", {"reason": "Wrong month"}, ["was voided at DocuSign", "> Wrong month", "/billing sign"]),
    ],
)
def test_what_ends_the_owners_envelope_is_told_once(
    month: Callable[..., Any], busy_office: Office, status: str, said: dict[str, str], told: list[str]
) -> None:
    office = busy_office
    month(owner_claim, contracts=1)
    row = sent_to_owner(office)

    for _ in range(2):
        becomes(office, row, status, **said)

    shown = texts(office.message("PR-01 Owner LLC #1 was"))
    assert [words for words in told if words not in shown] == []
    office.settle()
    assert len([m for m in office.in_channel() if "PR-01 Owner LLC #1 was" in texts(m)]) == 1


def test_a_subcontractors_decline_is_told_with_its_reason(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month) -> int:
        claim = m.claim(m.contracts[0], m.period(), "approved")
        send_to_docusign(m.call(), Order("sign", m.project.id, None), [claim.id])
        return m.session.scalars(select(Envelope.id)).one()

    row = month(fill, contracts=1)
    becomes(office, row, "declined", by="Contact001 Person", reason="Too little")
    shown = office.message("SC-01 Trade 001 &amp; Sons #1 was declined")
    assert "> Too little" in texts(shown)
    assert "/billing claims" in texts(shown)
    office.message("SC-01 Trade 001 &amp; Sons #1: declined: Too little")  # the batch's own message


def test_an_outage_is_one_message_that_ends(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(owner_claim, contracts=1)
    why = "DocuSign refused the sign-in (invalid_grant: user_not_found): check PAYCLERK_DOCUSIGN_USER_ID"
    for _ in range(3):
        with office.database.transaction() as session:
            note_outage(_call(office, session), OutsideError(why, permanent=True, installation=True))
    assert "user_not_found" in texts(office.message("DocuSign does not work since 10 Nov 18:00 UTC"))

    with office.database.transaction() as session:
        note_works(_call(office, session))
    office.message("DocuSign works again")
    assert len([m for m in office.in_channel() if "DocuSign" in texts(m)]) == 1
