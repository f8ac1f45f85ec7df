"""Billing periods of a project: the schedule and the clock, editing, closing, reopening, deleting."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from mail_month import NOON, Month, call_of, make_settings, promised
from payclerk_core.actions.batches import Order
from payclerk_core.actions.invitations import accept_invitation, invite
from payclerk_core.actions.periods import (
    close_period,
    create_period,
    delete_period,
    edit_period,
    open_due_period,
    reopen_period,
    set_schedule,
)
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.rules.lifecycle import PeriodStatus
from payclerk_core.rules.periods import NEVER, Frequency, Mark, PeriodDates, Schedule
from payclerk_core.tables import BillingPeriod, Claim, Event, Invitation, PeriodSchedule, ReplyToken, Thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from payclerk_core.actions.call import Call
    from payclerk_core.db import Database
    from payclerk_core.tables import Person

MONTHLY = Schedule(Frequency.MONTHLY_BY_DATE, Mark(day=1), Mark(day=31), Mark(day=25))
NOVEMBER = PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 25))
OCTOBER = PeriodDates(date(2026, 10, 1), date(2026, 10, 31), date(2026, 10, 25))


class Office:
    """Maple Street (Chicago), without a period; what people and the clock do to its periods."""

    def __init__(self, database: Database) -> None:
        self.db = database
        with database.transaction() as session:
            self.month = Month(session)
        self.project = self.month.project

    def do(self, what: Callable[[Call], Any], actor: Person | None = None, at: datetime = NOON) -> Any:
        with self.db.transaction() as session:
            return what(call_of(session, make_settings(), actor or self.month.pat, at))

    def clock(self, at: datetime) -> BillingPeriod | None:
        with self.db.transaction() as session:
            call = call_of(session, make_settings(), None, at)
            return open_due_period(call, self.project.id)

    def schedule(self, schedule: Schedule = MONTHLY, at: datetime = NOON) -> PeriodSchedule:
        return self.do(lambda call: set_schedule(call, self.project.id, schedule), at=at)

    def create(self, dates: PeriodDates = NOVEMBER, at: datetime = NOON) -> int:
        return self.do(lambda call: create_period(call, self.project.id, dates), at=at).id

    def edit(self, period_id: int, dates: PeriodDates = NOVEMBER, status: PeriodStatus | None = None) -> BillingPeriod:
        return self.do(lambda call: edit_period(call, period_id, dates, status))

    def invite(self, *contracts: int) -> None:
        chosen = contracts or (self.month.plumbing.id,)
        self.do(lambda call: invite(call, Order("invite", self.project.id, None), chosen))

    def periods(self) -> list[str]:
        with self.db.reading() as session:
            rows = session.scalars(select(BillingPeriod).order_by(BillingPeriod.starts_on))
            return [f"{row.starts_on} {row.ends_on} {row.due_on} {row.status}" for row in rows]

    def events(self, *verbs: str) -> list[Event]:
        with self.db.reading() as session:
            query = select(Event).order_by(Event.id)
            return list(session.scalars(query.where(Event.verb.in_(verbs)) if verbs else query))

    def claim(self, period_id: int, **more: Any) -> None:
        """A claim of the plumber in this period."""
        with self.db.transaction() as session:
            facts = {"number": 1, "invoice_number": "1", "billed_on": NOON.date(), "status": "draft", "status_at": NOON}
            thread = Thread(project_id=self.project.id, subject="Claim", started_at=NOON)
            session.add(thread)
            session.flush()
            facts |= {"work_retainage": 10, "stored_retainage": 10, "previous_certificates_cents": 0}
            facts |= {"contract_id": self.month.plumbing.id, "period_id": period_id, "thread_id": thread.id}
            session.add(Claim(**{**facts, **more}))


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_clock_opens_the_period_on_its_date_where_the_project_is_and_closes_the_one_before(office: Office) -> None:
    office.schedule()
    office.create()

    assert office.clock(at("2026-12-01T05:45")) is None  # still November in Chicago
    assert office.clock(at("2026-12-01T06:00")) is not None
    assert office.periods() == [
        "2026-11-01 2026-11-30 2026-11-25 closed",
        "2026-12-01 2026-12-31 2026-12-25 open",
    ]
    created = office.events("period_created")[-1]
    assert (created.door, created.actor_id, created.after) == (
        "mail", None, {"from": "2026-12-01", "to": "2026-12-31", "due": "2026-12-25"},
    )  # fmt: skip
    assert [event.record_id for event in office.events("period_opened")] == [1]
    assert len(promised(office.db, "slack.notice")) == 2  # the one that opened, the one that closed


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("America/Chicago", "2026-11-01T04:59", "2026-11-01T05:00"),  # the clocks go back two hours later
        ("America/Chicago", "2026-03-08T05:59", "2026-03-08T06:00"),  # and forward
        ("Africa/Cairo", "2026-04-23T21:59", "2026-04-23T22:00"),  # the day begins at one o'clock
        ("Asia/Kathmandu", "2026-10-31T18:14", "2026-10-31T18:15"),
        ("Pacific/Kiritimati", "2026-10-31T09:59", "2026-10-31T10:00"),
    ],
)
def test_midnight_is_the_projects_also_when_its_clocks_change(
    office: Office, zone: str, before: str, after: str
) -> None:
    day = {"2026-11-01T05:00": 1, "2026-03-08T06:00": 8, "2026-04-23T22:00": 24}.get(after, 1)
    with office.db.transaction() as session:
        session.get_one(type(office.project), office.project.id).timezone = zone
    schedule = Schedule(Frequency.MONTHLY_BY_DATE, Mark(day=day), Mark(day=31), Mark(day=31))
    office.schedule(schedule, at("2026-01-25T12:00"))
    office.clock(at(before))  # an earlier month's
    known = len(office.periods())

    assert office.clock(at(before)) is None
    assert office.clock(at(after)) is not None
    assert len(office.periods()) == known + 1


def test_asked_again_the_clock_does_nothing_whatever_became_of_the_period(office: Office) -> None:
    office.schedule()
    period = office.clock(at("2026-12-01T06:00"))
    assert period is not None
    assert office.clock(at("2026-12-01T06:15")) is None
    office.edit(period.id, PeriodDates(date(2026, 11, 28), date(2026, 12, 28), date(2026, 12, 20)))
    assert office.clock(at("2026-12-01T06:30")) is None
    office.do(lambda call: close_period(call, period.id))
    assert office.clock(at("2026-12-01T06:45")) is None
    office.do(lambda call: delete_period(call, period.id))
    assert office.clock(at("2026-12-02T06:00")) is None
    assert office.periods() == []


def test_clocks_at_once_open_one_period(office: Office) -> None:
    office.schedule()
    gate = threading.Barrier(4)
    opened: list[int] = []

    def other_clock() -> None:
        gate.wait()
        if period := office.clock(at("2026-12-01T06:00")):
            opened.append(period.id)

    clocks = [threading.Thread(target=other_clock) for _ in range(4)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()

    assert len(opened) == 1
    assert office.periods() == ["2026-12-01 2026-12-31 2026-12-25 open"]


def test_after_a_standstill_only_the_newest_missed_period_is_opened(office: Office) -> None:
    office.schedule()
    office.clock(at("2027-03-20T12:00"))

    assert office.periods() == ["2027-03-01 2027-03-31 2027-03-25 open"]


def test_a_start_before_the_schedule_was_set_is_a_persons_to_make(office: Office) -> None:
    office.schedule(at=at("2026-11-10T12:00"))
    assert office.clock(at("2026-11-10T13:00")) is None
    # On the very day it is not late: in Chicago it is the first until six in the morning.
    office.schedule(at=at("2026-12-02T05:30"))
    assert office.clock(at("2026-12-02T05:45")) is not None


def test_a_period_a_person_made_in_time_stands(office: Office) -> None:
    office.schedule()
    early = PeriodDates(date(2026, 12, 1), date(2026, 12, 31), date(2026, 12, 18))
    office.create(early)

    assert office.clock(at("2026-12-01T06:00")) is None
    assert office.periods() == ["2026-12-01 2026-12-31 2026-12-18 open"]


def test_never_stops_the_clock_and_leaves_the_open_period(office: Office) -> None:
    office.schedule()
    office.create()
    office.schedule(NEVER)

    assert office.clock(at("2026-12-01T06:00")) is None
    assert office.periods() == ["2026-11-01 2026-11-30 2026-11-25 open"]
    first, second = office.events("schedule_set")
    assert first.before is None
    assert first.after == {
        "frequency": "monthly_by_date", "start_day": 1, "end_day": 31, "end_months": 0, "due_day": 25, "due_months": 0,
    }  # fmt: skip
    assert (second.before, second.after) == (first.after, {"frequency": "never"})
    assert (second.actor_id, second.at) == (office.month.pat.id, NOON)


def test_an_impossible_schedule_is_refused_and_nothing_is_kept(office: Office) -> None:
    impossible = Schedule(Frequency.MONTHLY_BY_DATE, Mark(day=16), Mark(day=15), Mark(day=20))
    with pytest.raises(UserError, match="end before it starts"):
        office.schedule(impossible)
    with office.db.reading() as session:
        assert session.scalars(select(PeriodSchedule)).all() == []


def test_a_project_without_a_schedule_opens_nothing(office: Office) -> None:
    assert office.clock(NOON) is None
    assert office.events() == []


def test_a_period_is_edited_before_anything_is_billed(office: Office) -> None:
    period = office.create()
    office.edit(period, PeriodDates(date(2026, 10, 26), date(2026, 11, 25), date(2026, 11, 20)))

    assert office.periods() == ["2026-10-26 2026-11-25 2026-11-20 open"]
    [event] = office.events("period_edited")
    assert event.before == {"from": "2026-11-01", "to": "2026-11-30", "due": "2026-11-25"}
    assert event.after == {"from": "2026-10-26", "to": "2026-11-25", "due": "2026-11-20"}


def test_saving_what_it_was_leaves_no_event(office: Office) -> None:
    period = office.create()
    office.edit(period, NOVEMBER, PeriodStatus.OPEN)

    assert [event.verb for event in office.events()] == ["period_created"]


@pytest.mark.parametrize(
    ("dates", "field"),
    [
        (OCTOBER, "starts_on"),
        (PeriodDates(date(2026, 11, 30), date(2026, 11, 1), date(2026, 11, 30)), "ends_on"),
        (PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 10, 31)), "due_on"),
    ],
)
def test_a_range_that_is_taken_or_none_is_refused(office: Office, dates: PeriodDates, field: str) -> None:
    office.create(OCTOBER)
    period = office.create()
    with pytest.raises(UserError) as refused:
        office.edit(period, dates)

    assert refused.value.field == field
    assert office.periods()[-1] == "2026-11-01 2026-11-30 2026-11-25 open"


def test_ranges_may_overlap_as_long_as_they_differ(office: Office) -> None:
    office.create()
    office.create(PeriodDates(date(2026, 11, 1), date(2026, 11, 15), date(2026, 11, 12)))

    assert [line.split()[-1] for line in office.periods()] == ["closed", "open"]


@pytest.mark.parametrize("issued", [{"submitted_at": NOON, "status": "under_review"}, {"submitted_at": NOON}])
def test_what_a_submitted_claim_says_of_its_period_stays_true(office: Office, issued: dict[str, Any]) -> None:
    period = office.create()
    office.claim(period, **issued)
    with pytest.raises(UserError) as refused:
        office.edit(period, PeriodDates(date(2026, 11, 1), date(2026, 11, 29), date(2026, 11, 25)))
    assert refused.value.code == "period_billed"
    assert "Claim 1 of SC-001" in refused.value.message

    office.edit(period, PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 28)))
    assert office.periods() == ["2026-11-01 2026-11-30 2026-11-28 open"]


def test_a_draft_that_nobody_has_seen_holds_nothing(office: Office) -> None:
    period = office.create()
    office.claim(period)
    office.edit(period, PeriodDates(date(2026, 11, 1), date(2026, 11, 29), date(2026, 11, 25)))

    assert office.periods() == ["2026-11-01 2026-11-29 2026-11-25 open"]


def deadlines(office: Office) -> list[str]:
    """Each token's contract and the moment until which its answer counts."""
    with office.db.reading() as session:
        query = select(Invitation.contract_id, ReplyToken.decision_expires_at).join(
            Invitation, Invitation.id == ReplyToken.invitation_id
        )
        return sorted(f"{contract} {moment:%m-%dT%H}" for contract, moment in session.execute(query) if moment)


def test_a_later_due_date_gives_the_open_invitations_more_time(office: Office) -> None:
    period = office.create()
    plumbing, steel = office.month.plumbing.id, office.month.steel.id
    office.invite(plumbing, steel)

    def accept(call: Call) -> None:
        invitation = call.session.scalars(select(Invitation).where(Invitation.contract_id == steel)).one()
        accept_invitation(call, invitation, office.month.sam)

    office.do(accept, office.month.sam)
    assert deadlines(office) == [f"{plumbing} 11-26T06"] * 2 + [f"{steel} 11-26T06"] * 2
    office.edit(period, PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 28)))
    assert deadlines(office) == [f"{plumbing} 11-29T06"] * 2 + [f"{steel} 11-26T06"] * 2


def test_closing_leaves_none_open_and_reopening_closes_the_open_one(office: Office) -> None:
    october = office.create(OCTOBER)
    november = office.create()
    office.do(lambda call: reopen_period(call, october))
    assert [line.split()[-1] for line in office.periods()] == ["open", "closed"]
    office.do(lambda call: close_period(call, october))
    assert [line.split()[-1] for line in office.periods()] == ["closed", "closed"]
    office.edit(november, NOVEMBER, PeriodStatus.OPEN)
    assert [line.split()[-1] for line in office.periods()] == ["closed", "open"]
    office.edit(november, NOVEMBER, PeriodStatus.CLOSED)

    verbs = [(event.verb, event.record_id) for event in office.events("period_closed", "period_reopened")]
    assert verbs == [
        ("period_closed", october), ("period_closed", november), ("period_reopened", october),
        ("period_closed", october), ("period_reopened", november), ("period_closed", november),
    ]  # fmt: skip


def test_what_is_open_cannot_be_opened_nor_what_is_closed_closed(office: Office) -> None:
    period = office.create()
    with pytest.raises(UserError, match="is open already"):
        office.do(lambda call: reopen_period(call, period))
    office.do(lambda call: close_period(call, period))
    with pytest.raises(UserError, match="is closed already"):
        office.do(lambda call: close_period(call, period))


def test_two_who_reopen_at_once_take_turns(office: Office) -> None:
    ids = [office.create(OCTOBER), office.create()]
    office.do(lambda call: close_period(call, ids[1]))
    gate = threading.Barrier(2)

    def reopen(period_id: int) -> None:
        gate.wait()
        office.do(lambda call: reopen_period(call, period_id))

    people = [threading.Thread(target=reopen, args=(one,)) for one in ids]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(line.split()[-1] for line in office.periods()) == ["closed", "open"]
    assert len(office.events("period_reopened")) == 2


def test_a_period_nobody_used_can_be_deleted(office: Office) -> None:
    period = office.create()
    office.do(lambda call: delete_period(call, period))

    assert office.periods() == []
    [event] = office.events("period_deleted")
    assert (event.record, event.record_id) == ("billing_period", period)
    assert event.before == {"from": "2026-11-01", "to": "2026-11-30", "due": "2026-11-25", "status": "open"}


def test_a_period_with_an_invitation_or_a_claim_is_never_deleted(office: Office) -> None:
    period = office.create()
    office.invite()
    with pytest.raises(UserError, match="has 1 invitation; it can be closed but not deleted"):
        office.do(lambda call: delete_period(call, period))
    office.claim(period)
    with pytest.raises(UserError, match="has 1 claim and 1 invitation"):
        office.do(lambda call: delete_period(call, period))

    assert len(office.periods()) == 1


def test_only_administrators_of_commitments_touch_periods(office: Office) -> None:
    period = office.create()
    dana = office.month.dana
    for forbidden in (
        lambda call: set_schedule(call, office.project.id, MONTHLY),
        lambda call: create_period(call, office.project.id, OCTOBER),
        lambda call: edit_period(call, period, OCTOBER),
        lambda call: close_period(call, period),
        lambda call: reopen_period(call, period),
        lambda call: delete_period(call, period),
    ):
        with pytest.raises(NotAllowedError, match="'Admin' permission"):
            office.do(forbidden, dana)
    assert [event.verb for event in office.events()] == ["period_created"]
