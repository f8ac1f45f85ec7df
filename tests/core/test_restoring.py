"""What is decided about a database that was restored from a backup, and the rows that keep it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from mail_month import NOON, Month, call_of, make_settings, promised
from payclerk_core.actions.held_letters import discard_letters, hold_letters, release_letters
from payclerk_core.actions.inbox import note_delivered
from payclerk_core.actions.letters_out import Evidence, note_evidence
from payclerk_core.actions.mailing import About, Recipient, start_thread, write_letter
from payclerk_core.actions.restoring import begin_restoration, note_handled, note_read, settle_restoration
from payclerk_core.errors import UserError
from payclerk_core.queries.held_letters import may_go_out
from payclerk_core.queries.restoring import last_known, standing_of_restore
from payclerk_core.rules.restoring import (
    Standing,
    backup_moment,
    is_held,
    obstacle,
    outcome_of,
    reread_from,
    same_matter,
)
from payclerk_core.tables import HeldLetter, LostLetter, MailFolder, Message, MessageRecipient, ReplyToken, Restoration

if TYPE_CHECKING:
    from payclerk_core.actions.call import Call
    from payclerk_core.db import Database

DAY = timedelta(days=1)
FACTS = {
    "subject": "Claim",
    "message": "Here it is.",
    "sender_name": "Pat",
    "project_name": "MS-01",
    "contract_number": "SC-001",
}


def test_the_moment_of_the_backup_is_the_last_that_is_known_and_never_one_to_come() -> None:
    assert backup_moment([None, NOON - DAY, NOON - 2 * DAY, NOON + DAY], NOON) == NOON - DAY
    assert backup_moment([None, NOON + DAY], NOON) is None


def test_a_mailbox_that_was_silent_before_the_backup_is_read_from_its_last_look() -> None:
    assert reread_from(NOON, None) == reread_from(NOON, NOON + DAY) == NOON - DAY
    assert reread_from(NOON, NOON - 9 * DAY) == NOON - 10 * DAY


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("invitation", NOON + DAY, True),  # a routine's may be a second copy
        ("composed", NOON + DAY, False),  # a person wrote it since
        ("composed", NOON - DAY, True),
    ],
)
def test_only_what_a_person_wrote_since_the_restore_is_not_held(kind: str, written: datetime, expected: bool) -> None:
    assert is_held(kind, written, NOON) is expected


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(2, 3, None), "3 mails are not dealt with"),
        (Standing(2, 0, NOON), "2 letters are held"),
        (Standing(0, 0, None), "clock has not run"),
        (Standing(0, 0, NOON - DAY / 2), r"End the hold after 11 Nov 00:00 UTC"),
    ],
)
def test_the_hold_does_not_end_before_all_is_settled(standing: Standing, words: str) -> None:
    text = obstacle(standing, NOON)
    assert text is not None
    assert words in text
    assert obstacle(Standing(0, 0, NOON - DAY), NOON) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Maple: invited", "RE: AW: maple:  invited", True),
        ("Maple: invited", "Maple: claim 1", False),
        ("", "Re: ", False),
    ],
)
def test_a_subject_and_that_of_an_answer_are_of_one_matter(one: str, other: str, same: bool) -> None:
    assert same_matter(one, other) is same


class Lost(Exception):  # noqa: N818
    """What was written is gone, as by a restore."""


class Desk:
    """A month with letters in it."""

    def __init__(self, database: Database) -> None:
        self.db, self.settings = database, make_settings()
        with database.transaction() as session:
            self.month = Month(session)

    def act(self, step, at: datetime = NOON):
        with self.db.transaction() as session:
            return step(call_of(session, self.settings, at=at))

    def write(self, kind: str = "composed", at: datetime = NOON) -> int:
        """A letter to Dana; the id of her copy."""
        return self.act(lambda call: self._write(call, kind), at).id

    def _write(self, call: Call, kind: str) -> MessageRecipient:
        month = self.month
        about = {"project_id": month.project.id, "contract_id": month.plumbing.id, "subject": "About the claim"}
        to, token = [Recipient(month.dana)], About("log")
        letter = write_letter(call, start_thread(call, **about), "composed", to, FACTS, token)
        letter.kind = kind
        call.session.flush()
        query = select(MessageRecipient).where(MessageRecipient.message_id == letter.id)
        return call.session.scalars(query).one()

    def write_two(self, call: Call) -> list[int]:
        """A letter to Dana and Eli; the ids of their copies."""
        month = self.month
        about = {"project_id": month.project.id, "contract_id": month.plumbing.id, "subject": "About the claim"}
        to = [Recipient(month.dana), Recipient(month.eli)]
        write_letter(call, start_thread(call, **about), "composed", to, FACTS, About("log"))
        return list(call.session.scalars(select(MessageRecipient.id).order_by(MessageRecipient.id)))

    def lose(self, call: Call, tokens: set[str]) -> None:
        """Write a letter, note its token, and lose it again."""
        copy = self._write(call, "composed")
        tokens.add(call.session.get_one(ReplyToken, copy.token_id).token)
        raise Lost

    def going_out(self) -> list[int]:
        with self.db.reading() as session:
            return list(session.scalars(select(MessageRecipient.id).where(may_go_out()).order_by(MessageRecipient.id)))

    def status(self) -> list[str]:
        with self.db.reading() as session:
            return list(session.scalars(select(HeldLetter.status).order_by(HeldLetter.id)))

    def token(self, recipient_id: int) -> str:
        query = select(ReplyToken.token).join(MessageRecipient, MessageRecipient.token_id == ReplyToken.id)
        with self.db.reading() as session:
            return session.scalars(query.where(MessageRecipient.id == recipient_id)).one()


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_what_may_have_gone_out_waits_for_a_person(desk: Desk) -> None:
    before = desk.write(at=NOON - DAY)
    desk.act(lambda call: begin_restoration(call, NOON - DAY))
    by_routine, by_person = desk.write("reminder", NOON + DAY), desk.write("composed", NOON + DAY)
    assert desk.act(hold_letters) == 1
    assert desk.act(hold_letters) == 0
    assert desk.going_out() == [by_person]

    with desk.db.reading() as session:
        first, second = session.scalars(select(HeldLetter.id).order_by(HeldLetter.id))
    assert desk.act(lambda call: release_letters(call, [first])) == 1
    assert desk.act(lambda call: release_letters(call, [first])) == 0
    assert desk.act(lambda call: discard_letters(call, [first, second])) == 1
    assert desk.act(hold_letters) == 0
    assert desk.going_out() == [before, by_person]
    assert by_routine not in desk.going_out()
    assert f"mail.send:released:{first}" in promised(desk.db)


def test_what_the_mailbox_shows_is_noted_once(desk: Desk) -> None:
    known = desk.write(at=NOON - DAY)
    desk.act(lambda call: begin_restoration(call, NOON - DAY))
    seen = [Evidence(token, "dana@harbor.example", "Re: x", NOON, "answer") for token in (desk.token(known), "b" * 26)]
    for _ in range(2):
        desk.act(lambda call: note_evidence(call, seen))
    assert desk.status() == ["sent"]
    with desk.db.reading() as session:
        assert session.get_one(MessageRecipient, known).delivered_at == NOON
        assert session.scalars(select(LostLetter.token)).all() == ["b" * 26]


@pytest.mark.parametrize("first", ["released", "discarded"])
def test_a_letter_of_which_one_copy_is_never_sent_went_out_with_the_other(desk: Desk, first: str) -> None:
    keys = desk.act(desk.write_two, NOON - DAY)
    desk.act(lambda call: begin_restoration(call, NOON - DAY))
    with desk.db.reading() as session:
        one, other = session.scalars(select(HeldLetter.id).order_by(HeldLetter.id))

    def send() -> None:
        desk.act(lambda call: release_letters(call, [one]))
        desk.act(lambda call: note_delivered(call, keys[0]))

    steps = [send, lambda: desk.act(lambda call: discard_letters(call, [other]))]
    seen = []
    for step in steps if first == "released" else reversed(steps):
        step()
        with desk.db.reading() as session:
            seen.append(session.scalars(select(Message.status)).one())
    assert seen == ["queued", "sent"]


def test_what_a_letter_has_come_to() -> None:
    assert outcome_of(["delivered", "bounced", "discarded"]) == "sent"
    assert outcome_of(["bounced", "discarded"]) is None  # it stays bounced, which a person was told
    assert outcome_of([]) is outcome_of(["delivered", "waiting"]) is None


def test_without_a_restore_nothing_is_held_or_noted(desk: Desk) -> None:
    key = desk.write()
    assert desk.act(hold_letters) == 0
    desk.act(lambda call: note_evidence(call, [Evidence("b" * 26, "x", "x", NOON, "answer")]))
    assert desk.going_out() == [key]
    with desk.db.reading() as session:
        assert session.scalars(select(LostLetter)).all() == []
    with pytest.raises(UserError, match="No restore is being settled"):
        desk.act(settle_restoration)


def test_one_restore_is_settled_at_a_time_and_its_moment_moves_back_alone(desk: Desk) -> None:
    first = desk.act(lambda call: begin_restoration(call, NOON - DAY)).id
    desk.act(note_read)
    for since, expected in ((NOON - 3 * DAY, NOON - 3 * DAY), (None, NOON - 3 * DAY)):
        again = desk.act(lambda call, since=since: begin_restoration(call, since))
        assert (again.id, again.since, again.read_at) == (first, expected, None)
    with pytest.raises(UserError, match="All mail after 07 Nov 2026 12:00 UTC is read again already"):
        desk.act(lambda call: begin_restoration(call, NOON - 2 * DAY))
    with desk.db.reading() as session:
        assert session.scalars(select(Restoration.since)).all() == [NOON - 3 * DAY]


def test_what_came_with_another_backup_is_held_anew(desk: Desk) -> None:
    """The first restore was being settled when that was made: nothing it had let go is known to have gone out."""
    released, discarded, open_ = (desk.write(at=NOON - DAY) for _ in range(3))
    first = desk.act(lambda call: begin_restoration(call, NOON - DAY)).id
    with desk.db.reading() as session:
        held = session.scalars(select(HeldLetter.id).order_by(HeldLetter.id)).all()
    desk.act(lambda call: release_letters(call, held[:1]))
    desk.act(lambda call: discard_letters(call, held[1:2]))
    desk.act(note_read)
    written, delivered = (desk.write(at=NOON + DAY) for _ in range(2))
    desk.act(lambda call: note_delivered(call, delivered), NOON + DAY)
    assert desk.going_out() == [released, written]

    later = NOON + 2 * DAY
    second = desk.act(lambda call: begin_restoration(call, None, stopped=True), later).id
    assert second != first
    assert desk.going_out() == []
    with desk.db.reading() as session:
        rows = session.execute(select(Restoration.status, Restoration.since).order_by(Restoration.id)).all()
        query = select(HeldLetter.recipient_id).where(HeldLetter.status == "held", HeldLetter.restoration_id == second)
        assert set(session.scalars(query)) == {released, open_, written}
        standing = standing_of_restore(session, session.get_one(Restoration, second))
    assert [tuple(row) for row in rows] == [("superseded", NOON - DAY), ("settling", NOON + DAY)]
    assert standing.first_tick is None
    assert discarded not in desk.going_out()
    assert desk.act(lambda call: begin_restoration(call, None, stopped=True), later).id == second


def test_what_was_not_read_to_the_end_before_another_backup_came_is_read_then(desk: Desk) -> None:
    desk.write(at=NOON - DAY)
    desk.act(lambda call: begin_restoration(call, NOON - DAY))
    desk.write(at=NOON + DAY)
    second = desk.act(lambda call: begin_restoration(call, None, stopped=True), NOON + 2 * DAY)
    assert second.since == NOON - DAY


@pytest.mark.parametrize(("stopped", "noted"), [(False, False), (True, True)])
def test_the_same_restore_goes_on_while_payclerk_works_and_after_the_work_of_the_command(
    desk: Desk, stopped: bool, noted: bool
) -> None:
    first = desk.act(lambda call: begin_restoration(call, NOON - DAY)).id
    desk.write(at=NOON + DAY)
    if noted:
        desk.act(note_handled, NOON + DAY)
    assert desk.act(lambda call: begin_restoration(call, None, stopped=stopped), NOON + 2 * DAY).id == first


def test_a_letter_that_was_lost_is_known_once_however_often_a_backup_is_restored(desk: Desk) -> None:
    desk.act(lambda call: begin_restoration(call, NOON - DAY))
    seen = [Evidence("b" * 26, "dana@harbor.example", "x", NOON, "sent_folder")]
    desk.act(lambda call: note_evidence(call, seen))
    desk.write(at=NOON + DAY)
    second = desk.act(lambda call: begin_restoration(call, None, stopped=True), NOON + 2 * DAY).id
    desk.act(lambda call: note_evidence(call, seen))
    with desk.db.reading() as session:
        assert session.scalars(select(LostLetter.restoration_id)).all() == [second]


def test_the_moment_of_the_backup_is_read_from_whatever_was_written_last(desk: Desk) -> None:
    looked = datetime(2026, 11, 9, tzinfo=UTC)
    with desk.db.transaction() as session:
        session.add(MailFolder(account="a", folder="INBOX", uidvalidity=1, last_uid=1, polled_at=looked))
    with desk.db.reading() as session:
        assert last_known(session, NOON) == looked
    desk.write(at=NOON - timedelta(hours=1))
    with desk.db.reading() as session:
        assert last_known(session, NOON) == NOON - timedelta(hours=1)


def test_an_empty_database_is_none_that_was_restored(desk: Desk) -> None:
    with pytest.raises(UserError, match="knows of no moment"):
        desk.act(lambda call: begin_restoration(call, None))


def test_a_letter_never_gets_the_token_of_one_that_was_lost(desk: Desk) -> None:
    """A restored database gives out the same numbers again; an answer to the lost letter must not fit the new one."""
    tokens: set[str] = set()
    for _ in range(2):
        with pytest.raises(Lost):
            desk.act(lambda call: desk.lose(call, tokens))
    assert len(tokens) == 2
