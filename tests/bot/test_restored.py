"""A database restored from a backup, as Slack shows it and people settle it there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot_office import ADA, NOON, OTTO, RITA
from mail_month import promised
from payclerk_core.actions.letters_out import Evidence, note_evidence
from payclerk_core.actions.restoring import begin_restoration
from payclerk_core.tables import ClockTick, Event, HeldLetter, Message, MessageRecipient, Restoration
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office

BACKUP = NOON - timedelta(days=3)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The rows are tried on both databases by tests/cli/test_restore.py."""
    return sqlite_url


def letter(m: Month, number: int, **thread: Any) -> int:
    """One that was promised before the backup, to the contact of this contract."""
    contract = m.contracts[number]
    message = Message(
        thread_id=m.thread(contract, **thread).id,
        direction="out",
        kind="invitation",
        message_id=f"<m.{number}@x>",
        sender="billing@reply.maple.example",
        subject=f"Invited {number}",
        text="Hello",
        status="queued",
        status_at=BACKUP,
        written_at=BACKUP,
    )
    person = contract.contacts[0].person
    message.recipients = [MessageRecipient(field="to", name=person.name, email=person.email, person_id=person.id)]
    return m.keep(message).recipients[0].id


def restored(m: Month) -> None:
    """Two letters are held, one of them of a private thread of Ada's; one went out that nobody knows of."""
    letter(m, 0)
    letter(m, 1, private=True)
    begin_restoration(m.call(), BACKUP)
    lost = Evidence("a" * 26, "Contact001@trade.example", "RE: Invited 0", NOON, "sent_folder")
    note_evidence(m.call(), [lost])


def test_the_message_of_a_restore_that_another_followed_points_to_the_newer(
    month: Callable[..., Any], busy_office: Office
) -> None:
    def twice(m: Month) -> None:
        restored(m)
        later = replace(m.call(), at=NOON + timedelta(days=1))
        later.record("started", m.project, project_id=None)
        begin_restoration(later, None, stopped=True)

    month(twice, contracts=3)
    older = busy_office.message("payclerk was restored from a backup once more")
    assert "is in the newer message" in texts(older)
    assert "2 letters held" in texts(busy_office.message("payclerk was restored from a backup of"))


def test_what_is_held_is_settled_letter_by_letter(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(restored, contracts=3)
    notice = office.message("payclerk was restored from a backup of 07 Nov 18:00 UTC")
    assert "2 letters held" in texts(notice)
    assert "Contact" not in texts(notice)

    office.world.click(RITA, notice, "restored.open")
    office.modal_says(RITA, "'Admin' permission")
    office.world.click(OTTO, notice, "restored.open")
    assert "*Held letters*: 1" in texts(office.modal_says(OTTO, "Held letters"))  # not the private one

    office.world.click(ADA, notice, "restored.open")
    page = office.modal_says(ADA, "*Held letters*: 2")
    assert "RE: Invited 0, sent to Contact001@trade.example 10 Nov 18:00 UTC" in texts(page)
    first, second = held(office)
    office.world.click(ADA, page, "restored.discard", block_id=f"held:{first}")
    page = office.modal_says(ADA, "*Held letters*: 1")
    office.world.click(ADA, page, "restored.send", block_id=f"held:{second}")
    page = office.modal_says(ADA, "*Held letters*: 0")
    assert promised(office.database, "mail.send") == [f"mail.send:released:{second}"]

    office.world.click(ADA, page, "restored.settle")
    office.modal_says(ADA, "The clock has not run since the restore.")
    with office.database.transaction() as session:
        session.add(ClockTick(name="reminders", planned_at=NOON))
    office.now[0] = NOON + timedelta(days=1)
    office.world.click(ADA, page, "restored.settle")
    office.message("The restore from a backup is settled")
    with office.database.reading() as session:
        assert session.scalars(select(Restoration)).one().status == "settled"
        verbs = session.scalars(select(Event.verb).where(Event.actor_id.is_not(None))).all()
        assert {"letter_discarded", "letter_released", "restore_settled"} <= set(verbs)
        assert sorted(session.scalars(select(Message.status))) == ["discarded", "queued"]


def held(office: Office) -> list[int]:
    with office.database.reading() as session:
        return list(session.scalars(select(HeldLetter.id).order_by(HeldLetter.id)))


def test_status_says_that_mail_is_held_and_why(month: Callable[..., Any], office: Office) -> None:
    month(restored, contracts=3)
    office.billing(ADA, "status")
    assert "*Restored from a backup*" in texts(office.modal_says(ADA, "2 letters held"))
