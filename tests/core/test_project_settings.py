"""The settings of a project: what each takes, what it leaves behind, and that they count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from mail_month import Month, call_of, make_settings
from payclerk_core.actions.periods import default_dates
from payclerk_core.actions.project_settings import change_settings, prevent_overbilling
from payclerk_core.documents.words import DICTIONARIES
from payclerk_core.documents.workbook import DICTIONARIES as IN_WORKBOOKS
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.rules.settings import SETTINGS, check_setting
from payclerk_core.tables import Company, Event, Project

if TYPE_CHECKING:
    from payclerk_core.db import Database
    from payclerk_core.tables import Person


class Office:
    def __init__(self, database: Database) -> None:
        self.db = database
        with database.transaction() as session:
            self.month = Month(session)

    def change(self, actor: Person | None = None, **changes: object) -> None:
        with self.db.transaction() as session:
            call = call_of(session, make_settings(), actor or self.month.pat)
            change_settings(call, self.month.project.id, changes)

    def prevent(self, company_id: int, on: bool, actor: Person | None = None) -> None:
        with self.db.transaction() as session:
            prevent_overbilling(call_of(session, make_settings(), actor or self.month.pat), company_id, on)

    def project(self) -> Project:
        with self.db.reading() as session:
            return session.get_one(Project, self.month.project.id)

    def events(self) -> list[Event]:
        with self.db.reading() as session:
            return list(session.scalars(select(Event).order_by(Event.id)))


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_changes_are_kept_with_what_was_before(office: Office) -> None:
    office.change(remind_every_days=3, invitation_note="  Bill stored steel apart.\n", weekly_digest=True)

    assert office.project().invitation_note == "Bill stored steel apart."
    [event] = office.events()
    assert (event.verb, event.record, event.record_id) == ("settings_changed", "project", office.month.project.id)
    assert (event.actor_id, event.door) == (office.month.pat.id, "slack")
    assert event.before == {"remind_every_days": 1, "invitation_note": ""}
    assert event.after == {"remind_every_days": 3, "invitation_note": "Bill stored steel apart."}


def test_saving_what_it_was_leaves_no_event(office: Office) -> None:
    office.change(weekly_digest=True, overbilling="warn", jurisdiction="")
    assert office.events() == []


GOOD: dict[str, Any] = {
    "invoice_type": "by_invitation", "period_start_day": 26, "period_end_day": 25, "period_due_day": 31,
    "invitation_note": "Dos líneas\nde texto", "remind_every_days": 0, "weekly_digest": False, "tell_approved": False,
    "show_claimed": False, "overbilling": "prevent", "stored_materials": "automatic", "pdf_footer": "ABN 12 345",
    "dictionary": "au_nz", "jurisdiction": "AU-NSW", "public_works": True, "slack_channel": "maple-billing",
}  # fmt: skip


def test_every_setting_can_be_changed_at_once(office: Office) -> None:
    office.change(**GOOD)

    project = office.project()
    assert {name: getattr(project, name) for name in SETTINGS} == GOOD


BAD = [
    ("invoice_type", "fixed", "one of work_and_materials"),
    ("period_start_day", 0, "from 1 to 31"),
    ("period_due_day", 32, "from 1 to 31"),
    ("remind_every_days", 4, "from 0 to 3"),
    ("remind_every_days", True, "from 0 to 3"),
    ("remind_every_days", "2", "from 0 to 3"),
    ("weekly_digest", "yes", "on or off"),
    ("overbilling", "sometimes", "allow, warn, prevent"),
    ("stored_materials", None, "manual, automatic"),
    ("invitation_note", "x" * 2001, "2000 characters at most; it has 2001"),
    ("pdf_footer", "x" * 501, "500 characters at most"),
    ("pdf_footer", "bell \x07", "cannot be printed"),
    ("dictionary", "us_gc", "one of us_general_contractor"),
    ("jurisdiction", "Texas", "such as US-TX"),
    ("slack_channel", "maple billing", "a channel's name"),
    ("slack_channel", "<!channel>", "a channel's name"),
    ("timezone", "UTC", "There is no setting 'timezone'"),
    ("number", "1", "There is no setting 'number'"),
]


@pytest.mark.parametrize(("name", "value", "words"), BAD)
def test_what_a_setting_cannot_be_is_refused_with_its_name(name: str, value: object, words: str) -> None:
    with pytest.raises(UserError) as refused:
        check_setting(name, value)

    assert refused.value.field == name
    assert words in refused.value.message


def test_one_bad_setting_keeps_all_from_being_changed(office: Office) -> None:
    with pytest.raises(UserError):
        office.change(weekly_digest=False, remind_every_days=9)

    assert office.project().weekly_digest is True
    assert office.events() == []


def test_every_setting_is_a_column_of_a_project_and_its_default_is_one_of_its_values(office: Office) -> None:
    project = office.project()
    assert set(SETTINGS) <= set(Project.__table__.columns.keys())
    defaults = {name: getattr(project, name) for name in SETTINGS if name != "dictionary"}
    assert {name: check_setting(name, value) for name, value in defaults.items()} == defaults


@pytest.mark.parametrize("dictionaries", [list(DICTIONARIES), list(IN_WORKBOOKS)])
def test_the_dictionaries_are_those_that_documents_print(dictionaries: list[str]) -> None:
    assert [check_setting("dictionary", name) for name in dictionaries] == dictionaries


@given(st.text(max_size=90))
def test_a_channel_is_never_more_than_a_name(text: str) -> None:
    try:
        kept = check_setting("slack_channel", text)
    except UserError:
        return
    assert kept is None or (kept == str(kept).strip() and not set("<>@ \n") & set(str(kept)))


def test_the_usual_days_prefill_the_next_period(office: Office) -> None:
    office.change(period_start_day=26, period_end_day=25, period_due_day=20)
    with office.db.reading() as session:
        call = call_of(session, make_settings())
        dates = default_dates(office.project(), call.at)

    assert [str(day) for day in (dates.starts_on, dates.ends_on, dates.due_on)] == [
        "2026-11-26", "2026-12-25", "2026-12-20",
    ]  # fmt: skip


def test_only_an_administrator_changes_settings(office: Office) -> None:
    with pytest.raises(NotAllowedError, match="'Admin' permission"):
        office.change(office.month.dana, weekly_digest=False)


def test_the_companys_administrator_prevents_overbilling_everywhere(office: Office) -> None:
    ours = office.month.pat.company_id
    office.prevent(ours, on=True)
    office.prevent(ours, on=True)

    with office.db.reading() as session:
        assert session.get_one(Company, ours).prevent_overbilling is True
    [event] = office.events()
    assert (event.verb, event.record, event.record_id, event.project_id) == (
        "company_settings_changed", "company", ours, None,
    )  # fmt: skip
    assert (event.before, event.after) == ({"prevent_overbilling": False}, {"prevent_overbilling": True})


def test_nobody_decides_for_another_company_nor_without_being_its_administrator(office: Office) -> None:
    month = office.month
    with pytest.raises(NotAllowedError, match="Only somebody of Harbor Plumbing"):
        office.prevent(month.dana.company_id, on=True)
    with pytest.raises(NotAllowedError, match="Only somebody of Harbor Plumbing"):
        office.prevent(month.dana.company_id, on=True, actor=month.dana)
    assert office.events() == []
