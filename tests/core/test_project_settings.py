"""Settings of a project, and what follows them: notes, reminders, digest; inviting again who was not reached."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from books import Books
from mail_month import NOON, make_settings, promised
from payclerk_core.actions.batches import Order
from payclerk_core.actions.call import Call
from payclerk_core.actions.claims import set_status
from payclerk_core.actions.invitations import invite, remind_silent
from payclerk_core.actions.project_settings import change_settings, prevent_overbilling
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.jobs import Job
from payclerk_core.queries.contracts import contract_rows
from payclerk_core.rules.invitations import Reached, reached_by
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Batch, Company, Event, Invitation, Message, MessageRecipient, Person, Project
from payclerk_scheduler.routines import Routines

if TYPE_CHECKING:
    from payclerk_core.db import Database


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def change(books: Books, **changes: object) -> None:
    with books.call() as call:
        change_settings(call, books.month.project.id, changes)


def letters(books: Books, kind: str) -> list[Message]:
    with books.database.transaction() as session:
        return list(session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)))


def send_invitations(books: Books, key: str = "first") -> Batch:
    with books.call() as call:
        return invite(call, Order(key, books.month.project.id, None), [books.month.plumbing.id, books.month.steel.id])


def test_settings_change_with_an_event_of_what_changed(books: Books) -> None:
    change(books, overbilling="prevent", remind_every_days=2, tell_approved=True)

    with books.database.transaction() as session:
        project = session.get(Project, books.month.project.id)
        assert (project.overbilling, project.remind_every_days) == ("prevent", 2)
    assert books.events("project", books.month.project.id) == ["settings_changed"]


def test_what_is_as_it_was_leaves_no_event_and_empty_is_none(books: Books) -> None:
    change(books, overbilling="warn", jurisdiction="", slack_channel="")
    assert books.events("project", books.month.project.id) == []
    change(books, jurisdiction="US-TX", invitation_note="Two lines:\n\tstored steel needs photos.")
    change(books, jurisdiction="")

    with books.database.transaction() as session:
        assert session.get(Project, books.month.project.id).jurisdiction is None
        changed = session.scalars(select(Event).where(Event.verb == "settings_changed").order_by(Event.id)).all()
    assert [(event.before["jurisdiction"], event.after["jurisdiction"]) for event in changed] == [
        (None, "US-TX"),
        ("US-TX", None),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("overbilling", "maybe"), ("remind_every_days", 4), ("remind_every_days", True), ("weekly_digest", "yes"),
        ("pdf_footer", "x" * 501), ("number", "9"), ("period_due_day", 0), ("invoice_type", ""),
        ("pdf_footer", "bell \x07"), ("pdf_footer", "end\x00"), ("slack_channel", None),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_changes_nothing(books: Books, name: str, value: object) -> None:
    with pytest.raises(UserError) as refused:
        change(books, invitation_note="Hello", **{name: value})

    assert refused.value.field == name
    with books.database.transaction() as session:
        assert session.get(Project, books.month.project.id).invitation_note == ""


def test_only_administrators_change_settings(books: Books) -> None:
    with pytest.raises(NotAllowedError), books.call(books.month.dana) as call:
        change_settings(call, books.month.project.id, {"overbilling": "allow"})


def test_our_companys_own_setting_is_its_own_administrators(books: Books) -> None:
    ours = books.month.pat.company_id
    with pytest.raises(NotAllowedError), books.call(books.month.dana) as call:
        prevent_overbilling(call, ours, on=True)
    with pytest.raises(NotAllowedError), books.call() as call:
        prevent_overbilling(call, books.month.dana.company_id, on=True)
    with books.call() as call:
        prevent_overbilling(call, ours, on=True)
    with books.database.transaction() as session:
        assert session.get(Company, ours).prevent_overbilling
    assert books.events("company", ours) == ["overbilling_prevented"]


def test_the_note_goes_with_invitations_and_reminders(books: Books) -> None:
    change(books, invitation_note="Please bill early: the office closes on the 24th.")
    send_invitations(books)
    remind(books, 23)

    for kind in ("invitation", "reminder"):
        assert all("the office closes on the 24th" in letter.text for letter in letters(books, kind))
    assert len(letters(books, "reminder")) == 3


def remind(books: Books, day: int) -> int:
    with books.database.transaction() as session:
        at = datetime(2026, 11, day, 15, tzinfo=UTC)
        return remind_silent(Call(session, at, make_settings(), actor=None, door="clock"), books.month.project.id)


@pytest.mark.parametrize(
    ("every", "days"),
    [(0, {}), (1, {22: 2, 23: 2, 24: 2, 25: 2}), (2, {19: 2, 21: 2, 23: 2, 25: 2}), (3, {16: 2, 19: 2, 22: 2, 25: 2})],
)
def test_reminders_come_as_often_as_the_project_wants(books: Books, every: int, days: dict[int, int]) -> None:
    change(books, remind_every_days=every)
    send_invitations(books)

    sent = {day: count for day in range(11, 29) if (count := remind(books, day))}

    assert sent == days


def test_no_digest_for_a_project_that_wants_none(books: Books) -> None:
    monday = datetime(2026, 11, 16, 15, tzinfo=UTC)
    change(books, weekly_digest=False)
    Routines(make_settings(), books.database, lambda: monday).digest(Job("clock.digest", "now", {}, 1))
    assert promised(books.database, "slack.digest") == []
    change(books, weekly_digest=True)
    Routines(make_settings(), books.database, lambda: monday).digest(Job("clock.digest", "now", {}, 1))
    assert len(promised(books.database, "slack.digest")) == 1


def test_contacts_are_told_of_an_approval_where_the_project_wants_it(books: Books) -> None:
    change(books, tell_approved=False)
    claim_id = books.approved(1000)
    assert letters(books, "claim_approved") == []
    with books.call() as call:
        set_status(call, claim_id, ClaimStatus.UNDER_REVIEW)
    change(books, tell_approved=True)
    with books.call() as call:
        set_status(call, claim_id, ClaimStatus.APPROVED)
    assert len(letters(books, "claim_approved")) == 2


# --- inviting again


@pytest.mark.parametrize(
    ("contacts", "sent", "reached"),
    [
        (["a"], {"a": False}, Reached.SOMEBODY),
        (["a", "b"], {"a": True, "b": False}, Reached.SOMEBODY),
        (["a"], {"a": True}, Reached.CAME_BACK),
        (["b"], {"a": True}, Reached.NOBODY),
        (["a", "b"], {"a": True}, Reached.NOBODY),
        (["b"], {"a": False}, Reached.NOBODY),
    ],
)
def test_whom_an_invitation_reached(contacts: list[str], sent: dict[str, bool], reached: Reached) -> None:
    assert reached_by(contacts, sent) is reached


def test_an_invitation_that_came_back_is_sent_again_to_the_corrected_address(books: Books) -> None:
    send_invitations(books)
    with books.database.transaction() as session:
        for recipient in session.scalars(select(MessageRecipient).where(MessageRecipient.email.like("sam%"))):
            recipient.bounced_at = NOON
    assert reasons(send_invitations(books, "too early")) == {
        "SC-001 Harbor Plumbing": "Already invited for this period.",
        "SC-002 Northside Steel": "Our mail came back; correct the contact's address, then invite again.",
    }
    with books.database.transaction() as session:
        sam = session.get(Person, books.month.sam.id)
        sam.email = sam.email_key = "sam@steel.example"

    again = send_invitations(books, "corrected")

    assert reasons(again) == {
        "SC-001 Harbor Plumbing": "Already invited for this period.",
        "SC-002 Northside Steel": None,
    }
    with books.database.transaction() as session:
        (invitation,) = session.scalars(select(Invitation).where(Invitation.contract_id == books.month.steel.id)).all()
        query = select(MessageRecipient.email).join(Message).where(Message.thread_id == invitation.thread_id)
        assert list(session.scalars(query.order_by(MessageRecipient.id))) == [
            "sam@northside.example",
            "sam@steel.example",
        ]
    assert books.events("invitation", invitation.id) == ["invited", "invited_again"]
    assert reasons(send_invitations(books, "once more"))["SC-002 Northside Steel"] == "Already invited for this period."


def reasons(batch: Batch) -> dict[str, str | None]:
    return {item.label: item.reason for item in batch.items}


def test_the_list_says_what_to_do(books: Books) -> None:
    send_invitations(books)
    with books.call() as call:
        rows = contract_rows(call.session, books.month.project.id, books.period_id)
    assert {row.readiness.standing.label for row in rows} == {"Invited"}
