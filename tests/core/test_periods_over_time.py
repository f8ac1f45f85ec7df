"""What people do to billing periods between two looks of the clock, and several at once."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from books import Books
from mail_month import make_settings, promised
from payclerk_core.actions.call import Call
from payclerk_core.actions.period_schedules import open_due_period, set_schedule
from payclerk_core.actions.periods import (
    close_period,
    create_period,
    default_dates,
    delete_period,
    edit_period,
    reopen_period,
)
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.rules.periods import Frequency, PeriodDates, Schedule
from payclerk_core.tables import BillingPeriod, Event, Project

if TYPE_CHECKING:
    from collections.abc import Callable

    from payclerk_core.db import Database

CALENDAR = Schedule(Frequency.MONTHLY_BY_DATE, {"start": 1, "end": 31, "due": 25, "end_months": 0, "due_months": 0})
NOVEMBER = PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 25))
OCTOBER = PeriodDates(date(2026, 10, 1), date(2026, 10, 31), date(2026, 10, 25))


class Years(Books):
    """The books of a project whose periods open by themselves, over time."""

    def clock(self, moment: str) -> BillingPeriod | None:
        with self.database.transaction() as session:
            now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
            call = Call(session, now, make_settings(), actor=None, door="clock")
            return open_due_period(call, self.month.project.id)

    def do(self, what: Callable[[Call], Any]) -> Any:
        with self.call() as call:
            return what(call)

    def schedule(self, schedule: Schedule = CALENDAR) -> None:
        self.do(lambda call: set_schedule(call, self.month.project.id, schedule))

    def create(self, dates: PeriodDates) -> int:
        return self.do(lambda call: create_period(call, self.month.project.id, dates)).id

    def periods(self) -> list[str]:
        with self.database.reading() as session:
            rows = session.scalars(select(BillingPeriod).order_by(BillingPeriod.starts_on))
            return [f"{row.starts_on} {row.ends_on} {row.due_on} {row.status}" for row in rows]

    def all_events(self, *verbs: str) -> list[Event]:
        with self.database.reading() as session:
            return list(session.scalars(select(Event).where(Event.verb.in_(verbs)).order_by(Event.id)))

    def notices(self) -> int:
        return len(promised(self.database, "slack.notice"))


@pytest.fixture
def years(database: Database) -> Years:
    return Years(database)


@pytest.fixture
def december(years: Years) -> int:
    """The period the clock has opened on the first of December; its id."""
    years.schedule()
    period = years.clock("2026-12-01T06:00")
    assert period is not None
    return period.id


def shorten(years: Years, period: int) -> None:
    dates = PeriodDates(date(2026, 11, 28), date(2026, 12, 28), date(2026, 12, 20))
    years.do(lambda call: edit_period(call, period, dates))


def close_and_shorten(years: Years, period: int) -> None:
    years.do(lambda call: close_period(call, period))
    dates = PeriodDates(date(2026, 12, 1), date(2026, 12, 28), date(2026, 12, 20))
    years.do(lambda call: edit_period(call, period, dates))


def go_back_to_november(years: Years, period: int) -> None:
    close_and_shorten(years, period)
    years.do(lambda call: reopen_period(call, years.period_id))


def delete(years: Years, period: int) -> None:
    years.do(lambda call: delete_period(call, period))


@pytest.mark.parametrize("act", [shorten, close_and_shorten, go_back_to_november, delete])
def test_what_a_person_does_to_the_opened_period_is_not_undone_by_the_clock(
    years: Years, december: int, act: Callable[[Years, int], None]
) -> None:
    act(years, december)
    left = years.periods()

    assert years.clock("2026-12-01T07:00") is None
    assert years.clock("2026-12-20T12:00") is None
    assert years.periods() == left
    assert years.clock("2027-01-01T06:00") is not None  # the next one comes all the same


def test_the_clock_leaves_its_own_event(years: Years, december: int) -> None:
    [event] = years.all_events("period_opened")
    assert (event.record, event.door, event.actor_id) == ("period_schedule", "clock", None)
    assert event.after == {"period": december, "from": "2026-12-01", "to": "2026-12-31", "due": "2026-12-25"}


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("America/Chicago", "2026-11-01T04:59", "2026-11-01T05:00"),  # the clocks go back two hours later
        ("America/Chicago", "2027-03-14T05:59", "2027-03-14T06:00"),  # and forward
        ("Africa/Cairo", "2027-04-29T21:59", "2027-04-29T22:00"),  # the day begins at one o'clock
        ("Asia/Kathmandu", "2026-11-30T18:14", "2026-11-30T18:15"),
        ("Pacific/Kiritimati", "2026-11-30T09:59", "2026-11-30T10:00"),
    ],
)
def test_midnight_is_the_projects_own_also_when_its_clocks_change(
    years: Years, zone: str, before: str, after: str
) -> None:
    def abroad(call: Call) -> None:
        call.get(Project, years.month.project.id, "project").timezone = zone

    day = {"2027-03-14T06:00": 14, "2027-04-29T22:00": 30}.get(after, 1)
    years.do(abroad)
    with years.call(at=datetime(2026, 10, 20, 12, tzinfo=UTC)) as call:
        delete_period(call, years.period_id)
        rule = {"start": day, "end": 31, "due": 31, "end_months": 0, "due_months": 0}
        set_schedule(call, years.month.project.id, Schedule(Frequency.MONTHLY_BY_DATE, rule))
    years.clock(before)  # that of an earlier month
    known = len(years.periods())

    assert years.clock(before) is None
    assert years.clock(after) is not None
    assert len(years.periods()) == known + 1


def test_clocks_at_once_open_one_period(years: Years) -> None:
    years.schedule()
    opened: list[int] = []

    def tick() -> None:
        if period := years.clock("2026-12-01T06:00"):
            opened.append(period.id)

    at_once([tick] * 4)
    assert len(opened) == 1
    assert years.periods() == ["2026-11-01 2026-11-30 2026-11-25 closed", "2026-12-01 2026-12-31 2026-12-25 open"]


def at_once(acts: list[Callable[[], object]]) -> None:
    gate = threading.Barrier(len(acts))
    faults: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 - told below, where pytest sees it
            faults.append(error)

    people = [threading.Thread(target=run, args=(act,)) for act in acts]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert faults == []


def test_the_clock_and_people_who_open_periods_at_once_take_turns(years: Years) -> None:
    years.schedule()
    october = years.create(OCTOBER)
    manual = PeriodDates(date(2026, 11, 15), date(2026, 12, 14), date(2026, 12, 10))
    at_once(
        [
            lambda: years.clock("2026-12-01T06:00"),
            lambda: years.create(manual),
            lambda: years.do(lambda call: edit_period(call, october, OCTOBER)),
            lambda: years.do(lambda call: reopen_period(call, years.period_id)),
        ]
    )

    assert sorted(line.split()[-1] for line in years.periods()) == ["closed", "closed", "closed", "open"]


def test_saving_a_period_as_it_was_leaves_no_event(years: Years) -> None:
    years.do(lambda call: edit_period(call, years.period_id, NOVEMBER))

    assert years.all_events("period_edited") == []
    assert years.notices() == 0


def test_the_periods_message_in_slack_follows_every_change(years: Years) -> None:
    changes: list[Callable[[Call], object]] = [
        lambda call: edit_period(
            call, years.period_id, PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 28))
        ),
        lambda call: close_period(call, years.period_id),
        lambda call: reopen_period(call, years.period_id),
        lambda call: delete_period(call, years.period_id),
    ]
    for count, change in enumerate(changes, 1):
        years.do(change)
        assert years.notices() == count


@pytest.mark.parametrize(
    ("dates", "field"),
    [
        (OCTOBER, "starts_on"),
        (PeriodDates(date(2026, 11, 30), date(2026, 11, 1), date(2026, 11, 30)), "ends_on"),
        (PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 10, 31)), "due_on"),
    ],
)
def test_an_edit_is_refused_at_its_field(years: Years, dates: PeriodDates, field: str) -> None:
    years.create(OCTOBER)
    with pytest.raises(UserError) as refused:
        years.do(lambda call: edit_period(call, years.period_id, dates))

    assert refused.value.field == field
    assert "2026-11-01 2026-11-30 2026-11-25 closed" in years.periods()


def test_ranges_may_overlap_as_long_as_they_differ(years: Years) -> None:
    years.create(PeriodDates(date(2026, 11, 1), date(2026, 11, 15), date(2026, 11, 12)))
    assert sorted(line.split()[-1] for line in years.periods()) == ["closed", "open"]


def test_what_a_deleted_period_was_stays_in_its_event(years: Years) -> None:
    delete(years, years.period_id)

    [event] = years.all_events("period_deleted")
    assert (event.record, event.record_id) == ("billing_period", years.period_id)
    assert event.before == {"from": "2026-11-01", "to": "2026-11-30", "due": "2026-11-25", "status": "open"}
    assert years.periods() == []


@pytest.mark.parametrize(
    ("usual", "expected"),
    [
        ((1, 31, 25), NOVEMBER),
        ((26, 25, 20), PeriodDates(date(2026, 11, 26), date(2026, 12, 25), date(2026, 12, 20))),
        ((16, 15, 16), PeriodDates(date(2026, 11, 16), date(2026, 12, 15), date(2026, 11, 16))),
    ],
)
def test_the_usual_days_make_a_period_also_across_two_months(
    years: Years, usual: tuple[int, int, int], expected: PeriodDates
) -> None:
    def prefill(call: Call) -> PeriodDates:
        project = call.get(Project, years.month.project.id, "project")
        project.period_start_day, project.period_end_day, project.period_due_day = usual
        return default_dates(project, call.at)

    assert years.do(prefill) == expected


def test_a_person_asks_the_clock_only_as_an_administrator(years: Years) -> None:
    with pytest.raises(NotAllowedError), years.call(years.month.dana) as call:
        open_due_period(call, years.month.project.id)
