"""A backup, a month, a kill, a restore: nothing is lost, nothing goes out twice, and people see what nobody can know."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from inbox_forms import form_of_dana
from mail_month import promised
from payclerk_core.actions.invitations import remind_silent
from payclerk_core.actions.mailing import About, Recipient, start_thread, write_letter
from payclerk_core.tables import Claim, HeldLetter, InboxMail, MessageRecipient, Project, Restoration
from payclerk_scheduler.clock import tick
from restored_office import RestoredOffice

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from pathlib import Path

    from imap_servers import Dovecot
    from payclerk_core.actions.call import Call

DANA, ELI, SAM = "dana@harbor.example", "eli@harbor.example", "sam@northside.example"
BACKUP, MONTH, IN_TIME, LATE = (
    datetime(2026, 11, day, 10) if day else datetime(2026, 12, 12, 10) for day in (20, 21, 24, 0)
)


@pytest.fixture
def processed(request: pytest.FixtureRequest) -> str | None:
    return getattr(request, "param", "Done")


@pytest.fixture
def office(
    processed: str | None, database_url: str, dovecot_server: Dovecot, tmp_path: Path
) -> Iterator[RestoredOffice]:
    office = RestoredOffice(database_url, dovecot_server, tmp_path, processed)
    yield office
    office.close()


def remind(call: Call) -> None:
    project = call.session.scalars(select(Project)).one()
    project.remind_every_days = 2
    call.session.flush()
    assert remind_silent(call, project.id)


def token_sent_to(office: RestoredOffice, person: str) -> str:
    """Of the last letter that reached this person."""
    letters = [mail for recipient, mail in office.sink.letters if recipient == person]
    return str(letters[-1]["Message-ID"]).split(".")[1]


def until_the_backup(office: RestoredOffice) -> Path:
    """Three invitations go out; three reminders are promised, and not sent yet."""
    office.begin()
    office.kill()
    office.at(BACKUP)
    office.act(remind)
    backup = office.back_up()
    assert len(office.sink.letters) == 3
    return backup


def a_month(office: RestoredOffice) -> None:
    """The reminders go out. 21 mails come in: an acceptance, the form that answers a letter of that month, a decline,
    and questions about that letter."""
    office.at(MONTH)
    office.begin()
    inbox, month = office.inbox, office.inbox.month
    office.work(inbox.answer(month.dana, "ACCEPT"))
    lost = token_sent_to(office, DANA)
    form = ("form.xlsx", form_of_dana(inbox))
    office.work(inbox.answer(month.dana, "Here it is", token=lost, files=[form]))
    office.work(inbox.answer(month.sam, "DECLINE"))
    office.work(*(inbox.answer(month.eli, f"Question {n}: when is it due?", token=lost) for n in range(18)))
    with office.db.reading() as session:
        assert session.scalars(select(Claim.number)).all() == [1]
    office.kill()
    assert set(office.sink.ids.values()) == {1}


def restored_after_a_month(office: RestoredOffice, moment: datetime) -> Counter[str]:
    """The backup from before the month is back. Returns what had been sent by then: how often each Message-ID."""
    backup = until_the_backup(office)
    a_month(office)
    sent = office.sink.ids
    office.at(moment)
    office.restore(backup)
    return sent


def held(office: RestoredOffice, status: str = "held") -> list[str]:
    """To whom the letters are that are held, or were."""
    query = select(MessageRecipient.email).join(HeldLetter, HeldLetter.recipient_id == MessageRecipient.id)
    with office.db.reading() as session:
        return list(session.scalars(query.where(HeldLetter.status == status).order_by(HeldLetter.id)))


def unmatched(office: RestoredOffice) -> int:
    return len([one for one in promised(office.db, "slack.notice") if one.startswith("slack.notice:unmatched")])


@pytest.mark.parametrize("processed", ["Done", None], indirect=True, ids=["processed", "inbox"])
def test_backup_month_kill_restore(office: RestoredOffice) -> None:
    sent = restored_after_a_month(office, LATE)

    said = office.payclerk()
    folder = office.processed or "INBOX"
    assert f"{folder}: 21 mails that the database did not have." in said
    assert list(office.mails().values()) == [1] * 21
    assert unmatched(office) == 19  # what answers a letter that the database does not know
    assert f'"Re: invited to bill", answered, or quoted, by {DANA}' in said
    assert held(office)[:3] == [DANA, ELI, SAM]  # the reminders, and perhaps answers to what was read again

    again = office.payclerk()
    assert f"{folder}: 0 mails" in again
    assert list(office.mails().values()) == [1] * 21

    office.begin()  # nothing goes out, and no mail is taken in twice
    assert office.sink.ids == sent
    assert list(office.mails().values()) == [1] * 21
    assert (office.there("INBOX"), office.there("Done")) == ((0, 21) if office.processed else (21, 0))
    office.kill()


def test_a_mail_that_can_be_taken_in_is_and_its_answer_is_held(office: RestoredOffice) -> None:
    restored_after_a_month(office, IN_TIME)
    sent = office.sink.pairs
    office.payclerk()
    assert office.inbox.status(office.inbox.month.plumbing) == "accepted"
    assert office.inbox.status(office.inbox.month.steel) == "declined"
    assert sorted(held(office)) == sorted([DANA, ELI, SAM, DANA, SAM])  # reminders, the form, the word on the decline
    office.begin()
    assert office.sink.pairs == sent
    office.kill()


def test_a_person_settles_it_and_mail_goes_out_as_usual(office: RestoredOffice) -> None:
    restored_after_a_month(office, IN_TIME)
    office.payclerk()
    office.begin()
    sent = len(office.sink.letters)

    assert "5 letters are held" in office.payclerk("--settle", status=1)
    *others, first = numbers(office)  # the newest was written since: a person knows that it did not go out
    assert "1 letter will be sent" in office.payclerk("--release", str(first))
    assert f"No letter {first} is held" in office.payclerk("--release", str(first), status=1)
    office.work()
    assert len(office.sink.letters) == sent + 1
    assert "4 letters will never be sent" in office.payclerk(*(word for n in others for word in ("--discard", str(n))))
    assert "The clock has not run since the restore" in office.payclerk("--settle", status=1)
    tick(office.db, office.clock())
    assert "some may have gone out before" in office.payclerk("--settle", status=1)
    office.at(datetime(2026, 11, 25, 12))
    tick(office.db, office.clock())
    assert "Outgoing mail goes out as usual" in office.payclerk("--settle")
    assert "Nothing to do" in office.payclerk()

    office.act(remind)
    office.work()
    office.kill()
    assert len(office.sink.letters) > sent + 1
    assert set(office.sink.ids.values()) == {1}


def test_a_letter_that_is_released_before_payclerk_starts_goes_out_once(office: RestoredOffice) -> None:
    """Its first job still waits in the backup, and the release promises another."""
    restored_after_a_month(office, LATE)
    office.payclerk()
    before = office.sink.ids
    assert held(office)
    assert "letters will be sent" in office.payclerk("--release", "all")
    office.begin()
    office.kill()
    assert set((office.sink.ids - before).values()) == {1}


def test_another_restore_before_the_first_is_settled_is_one_of_its_own(office: RestoredOffice) -> None:
    """A person had written a letter, and it went out, after the second backup was made."""
    restored_after_a_month(office, IN_TIME)
    office.payclerk()
    tick(office.db, office.clock())
    office.at(datetime(2026, 11, 25, 12))
    tick(office.db, office.clock())
    office.act(lambda call: compose(office, call))
    backup = office.back_up()
    office.begin()
    office.kill()
    sent = office.sink.ids
    assert [one for one in office.sink.pairs if one[1] == "About the claim"] == [(DANA, "About the claim")]

    office.at(datetime(2026, 12, 5, 12))
    office.restore(backup)
    said = office.payclerk()
    assert "Another backup was restored since that of 20 Nov 2026 16:00 UTC" in said
    assert "knows of nothing after 25 Nov 2026 18:00 UTC" in said
    assert "composed to" in said
    assert "Another backup" not in office.payclerk()
    office.begin()
    office.kill()
    assert office.sink.ids == sent

    assert "will never be sent" in office.payclerk("--discard", "all")
    assert "The clock has not run since the restore" in office.payclerk("--settle", status=1)


def test_who_forgets_the_command_after_another_restore_sends_nothing_either(office: RestoredOffice) -> None:
    restored_after_a_month(office, IN_TIME)
    office.payclerk()
    office.at(datetime(2026, 11, 25, 12))
    office.act(lambda call: compose(office, call))
    backup = office.back_up()
    office.begin()
    office.work(office.inbox.answer(office.inbox.month.eli, "When is it due?"))
    office.kill()
    sent = office.sink.ids

    office.at(datetime(2026, 12, 5, 12))
    office.restore(backup)
    office.begin()
    office.kill()
    assert office.sink.ids == sent
    with office.db.reading() as session:
        assert session.scalars(select(Restoration.status).order_by(Restoration.id)).all() == ["superseded", "settling"]


def compose(office: RestoredOffice, call: Call) -> None:
    month, subject = office.inbox.month, "About the claim"
    facts = {"subject": subject, "message": "Here it is.", "sender_name": "Pat", "project_name": "MS-01"}
    thread = start_thread(call, project_id=month.project.id, contract_id=month.plumbing.id, subject=subject)
    to = [Recipient(call.session.merge(month.dana, load=False))]
    write_letter(call, thread, "composed", to, {**facts, "contract_number": "SC-001"}, About("log"))


def test_the_moment_can_be_corrected_after_the_first_look(office: RestoredOffice) -> None:
    restored_after_a_month(office, LATE)
    office.act(lambda call: call.record("started", call.session.scalars(select(Project)).one(), project_id=None))
    assert "knows of nothing after 12 Dec 2026" in office.payclerk()
    said = office.payclerk("--since", "2026-11-20T16:00")
    assert "knows of nothing after 20 Nov 2026 16:00 UTC" in said
    assert "knows of nothing after 20 Nov 2026 16:00 UTC" in office.payclerk()
    assert list(office.mails().values()) == [1] * 21
    assert "is read again already" in office.payclerk("--since", "2026-11-21T16:00", status=1)


def numbers(office: RestoredOffice) -> list[int]:
    with office.db.reading() as session:
        return list(session.scalars(select(HeldLetter.id).where(HeldLetter.status == "held").order_by(HeldLetter.id)))


def test_the_folder_of_sent_mail_says_what_went_out(office: RestoredOffice) -> None:
    backup = until_the_backup(office)
    a_month(office)
    office.keep_in_sent_folder()
    office.at(LATE)
    office.restore(backup)
    said = office.payclerk()
    assert "Folder of sent mail: " in said
    assert held(office, "sent") == [DANA, ELI, SAM]  # the reminders
    assert DANA not in held(office)
    assert [line for line in said.splitlines() if f"sent to {SAM}" in line]
    twins = [line for line in said.splitlines() if "one on this subject went to them before" in line]
    assert {line.split(" to ")[1].split(",")[0] for line in twins} <= {SAM}


@pytest.mark.parametrize("processed", ["Done", None], indirect=True, ids=["processed", "inbox"])
def test_who_forgets_the_command_sends_nothing_and_is_told(office: RestoredOffice) -> None:
    sent = restored_after_a_month(office, LATE)
    office.begin()
    office.kill()
    assert office.sink.ids == sent
    assert [one for one in promised(office.db, "slack.notice") if one.startswith("slack.notice:restored:")]
    assert "21 mails that" in office.payclerk() or not office.processed
    assert list(office.mails().values()) == [1] * 21


def test_who_forgets_it_and_got_no_mail_since_sends_nothing_where_sent_mail_is_kept(office: RestoredOffice) -> None:
    backup = until_the_backup(office)
    office.at(MONTH)
    office.begin()
    office.kill()
    office.keep_in_sent_folder()
    sent = office.sink.ids
    office.at(LATE)
    office.restore(backup)
    office.begin()
    office.kill()
    assert office.sink.ids == sent
    assert [one for one in promised(office.db, "slack.notice") if one.startswith("slack.notice:restored:")]


def test_who_only_was_away_sends_what_was_promised(office: RestoredOffice) -> None:
    until_the_backup(office)
    office.at(MONTH)
    office.keep_in_sent_folder()  # the invitations, which are known to have gone out
    office.begin()
    office.kill()
    assert len(office.sink.letters) == 6


def test_the_moment_of_the_backup_can_be_said(office: RestoredOffice) -> None:
    assert "knows of nothing after 01 Nov 2026 08:00 UTC" in office.payclerk("--since", "2026-11-01T09:00+01:00")


def test_a_database_at_work_is_not_taken_for_a_restored_one(office: RestoredOffice) -> None:
    office.at(BACKUP)
    office.begin()
    assert "payclerk is running (mail). Stop it" in office.payclerk(status=1)
    office.act(remind)
    office.work()
    office.kill()
    assert len(office.sink.letters) == 6  # nothing is held


def test_a_moment_that_is_none_is_refused(office: RestoredOffice) -> None:
    for wrong in ("yesterday", "2199-01-01T00:00"):
        assert "--since" in office.payclerk("--since", wrong, status=1)
    with office.db.reading() as session:
        assert session.scalars(select(InboxMail)).all() == []
