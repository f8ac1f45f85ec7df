"""Loading a file: in one go, again without effect, never over what was billed, and shown before it is done."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import event, func, select

from import_files import Draft
from mail_month import NOON, call_of, make_settings
from payclerk_core.actions.call import Call
from payclerk_core.actions.importing import import_project, known_project, people_sheet, plan_of, preview_lines
from payclerk_core.documents.workbook import WorkbookFaults, read_workbook
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.tables import (
    BillingPeriod,
    ChangeOrder,
    ChangeOrderLine,
    Claim,
    Company,
    Contract,
    Event,
    InvoiceContact,
    Member,
    Person,
    PrivateListEntry,
    Project,
    RetainageRule,
    SovLine,
    Thread,
)

SETTINGS = make_settings()
TABLES = (Project, Company, Person, Member, Contract, InvoiceContact, PrivateListEntry, RetainageRule, ChangeOrder,
          ChangeOrderLine, SovLine, Event)  # fmt: skip


def load(database, draft, known=None):
    with database.transaction() as session:
        return import_project(
            Call(session, NOON, SETTINGS, actor=None, door="cli"), read_workbook(draft.xlsx(), "", known)
        )


def refused(database, draft):
    with pytest.raises(WorkbookFaults) as error:
        load(database, draft)
    return {(fault.sheet, fault.cell): fault.what for fault in error.value.faults}


def contents(database):
    """Every row of the tables an import writes, as values."""
    with database.reading() as session:
        return {
            table.__tablename__: [tuple(row) for row in session.execute(select(table.__table__).order_by(table.id))]
            for table in TABLES
        }


def contract_of(session, number):
    return session.scalars(select(Contract).where(Contract.number == number)).one()


def bill(database, number="SC-01"):
    """A claim on the contract, whatever it says."""
    with database.transaction() as session:
        contract = contract_of(session, number)
        days = {"starts_on": date(2026, 11, 1), "ends_on": date(2026, 11, 30), "due_on": date(2026, 11, 25)}
        period = BillingPeriod(project_id=contract.project_id, status="open", status_at=NOON, **days)
        thread = Thread(project_id=contract.project_id, contract_id=contract.id, subject="x", started_at=NOON)
        session.add_all([period, thread])
        session.flush()
        rates = {"work_retainage": Decimal(10), "stored_retainage": Decimal(5), "previous_certificates_cents": 0}
        state = {"status": "draft", "status_at": NOON, "thread_id": thread.id, "billed_on": date(2026, 11, 10)}
        session.add(Claim(contract=contract, period=period, number=1, invoice_number="1", **rates, **state))


def test_everything_of_the_file_is_stored(database):
    report = load(database, Draft())
    assert report.new == {
        "project": 1, "company": 4, "person": 3, "member": 3, "contract": 3, "invoice contact": 2,
        "private list entry": 1, "retainage rule": 2, "change order": 2, "change order line": 2, "sov line": 9,
    }  # fmt: skip
    with database.reading() as session:
        project = session.scalars(select(Project)).one()
        assert (project.overbilling, project.remind_every_days, project.public_works) == ("warn", 2, False)
        first, second = contract_of(session, "SC-01"), contract_of(session, "SC-02")
        assert (first.signed_on, first.ssov_enabled, first.ssov_status) == (date(2026, 3, 2), True, "approved")
        assert (first.status_at, first.ssov_status_at) == (NOON, NOON)
        assert [(r.position, r.percent, r.of, r.until) for r in first.retainage_rules] == [
            (1, Decimal(10), "revised", Decimal(5)),
            (2, Decimal(5), "revised", Decimal("7.5")),
        ]
        assert (second.accounting, second.step_at, second.step_work_retainage) == ("unit", Decimal(50), Decimal(5))
        assert [(x.quantity, x.unit, x.unit_price, x.scheduled_cents) for x in second.lines] == [
            (Decimal(1200), "m3", Decimal("12.5"), 1_500_000),
            (Decimal(1), "LS", Decimal(5000), 500_000),
        ]
        assert [x.item for x in first.billed_lines] == ["001.1", "001.2", "002", "900"]
        assert [x.opening_work_cents for x in first.billed_lines] == [1_000_000, 0, 0, 0]
        assert sum(x.scheduled_cents for x in first.top_lines) == 10_185_050
        change = first.lines[-2].change_order or first.lines[2].change_order
        assert (change.number, change.status, change.lines[0].amount_cents) == ("CO-1", "approved", 185_050)
        assert session.scalar(select(func.count(ChangeOrderLine.id))) == 2  # the pending one is kept, and not billed


def test_importing_again_changes_nothing_at_all(database):
    load(database, Draft())
    before = contents(database)
    report = load(database, Draft())
    assert (report.new, report.changed, report.dropped) == ({}, {}, 0)
    assert contents(database) == before


def test_a_preview_says_what_the_import_does_and_does_nothing(database):
    load(database, Draft())
    before = contents(database)
    draft = Draft().put("SOV", 5, "Scheduled value", 61000).put("Contracts", 3, "Title", "Digging")
    draft.add("SOV", Contract="PR-01", Item="003", Cost_code="9", Cost_type="L", Description="x", Scheduled_value=5)
    with database.reading() as session:
        plan = plan_of(Call(session, NOON, SETTINGS, actor=None, door="cli"), read_workbook(draft.xlsx()))
    assert contents(database) == before
    assert preview_lines(plan) == [
        "1 changed contract",
        "  SC-02: title Earthworks -> Digging",
        "1 new sov line",
        "  PR-01 line 003",
        "1 changed sov line",
        "  SC-01 line 002: scheduled $60,000.00 -> $61,000.00",
        f"{plan.same} already as in the file",
    ]
    report = load(database, draft)
    assert (report.new, report.changed, report.same) == ({"sov line": 1}, {"contract": 1, "sov line": 1}, plan.same)


def test_the_event_says_what_changed(database):
    load(database, Draft())
    load(database, Draft().put("SOV", 5, "Scheduled value", 61000))
    with database.reading() as session:
        last = session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert (last.verb, last.after["changed"]) == ("imported", {"sov line": 1})
    change = {"record": "sov line", "key": ["SC-01", "002"], "before": {"scheduled_cents": "$60,000.00"}}
    assert last.after["changes"] == [{**change, "after": {"scheduled_cents": "$61,000.00"}}]


def test_what_was_billed_on_is_not_changed_by_a_file(database):
    load(database, Draft())
    bill(database)
    before = contents(database)
    draft = Draft().put("SOV", 5, "Scheduled value", 61000).put("SOV", 3, "Opening work", 10001)
    draft.put("Contracts", 2, "Company", "Prairie Earthworks").put("Contracts", 2, "Invoice contacts", "")
    draft.add("SOV", Contract="SC-01", Item="003", Cost_code="9", Cost_type="L", Description="x", Scheduled_value=5)
    found = refused(database, draft)
    assert set(found) == {("SOV", "F5"), ("SOV", "J3"), ("SOV", "B10"), ("Contracts", "D2")}
    assert "the scheduled value cannot change, claims were made on it" in found["SOV", "F5"]
    assert contents(database) == before


def test_words_change_and_change_orders_come_after_billing(database):
    load(database, Draft())
    bill(database)
    draft = Draft().put("SOV", 5, "Description", "Lamps").put("Change orders", 3, "Status", "approved")
    draft.put("Change orders", 3, "Approved on", date(2026, 11, 2))
    report = load(database, draft)
    assert (report.new, report.changed) == ({"sov line": 1}, {"change order": 1, "sov line": 1})
    with database.reading() as session:
        added = session.scalars(select(SovLine).where(SovLine.item == "901")).one()
        assert (added.scheduled_cents, added.change_order.number, added.position) == (-64_000, "CO-2", 6)


def test_an_approved_change_order_is_not_taken_back(database):
    load(database, Draft())
    found = refused(database, Draft().put("Change orders", 2, "Status", "void"))
    assert "approved and in the schedule of values" in found["Change orders", "J2"]


def test_a_package_is_one_line_under_its_number(database):
    draft = Draft()
    first = draft.sheets["Change orders"][0]
    first["Package"] = "yes"
    draft.sheets["Change orders"].append({**first, "Item": "902", "Amount": 149.5})
    load(database, draft)
    with database.reading() as session:
        line = session.scalars(select(SovLine).where(SovLine.item == "CO-1")).one()
        assert (line.scheduled_cents, line.description, line.cost_code) == (200_000, "More outlets", "26-1000")
        assert session.scalar(select(func.count(SovLine.id)).where(SovLine.change_order_id.is_not(None))) == 1


def test_a_shorter_scale_is_the_whole_scale(database):
    load(database, Draft())
    draft = Draft()
    draft.sheets["Retainage rules"].pop()
    assert load(database, draft).dropped == 1
    with database.reading() as session:
        assert [rule.position for rule in session.scalars(select(RetainageRule))] == [1]


def test_a_missing_column_leaves_what_is_there(database):
    load(database, Draft())
    draft = Draft().without("Contracts", "Signed on", "SSOV status").without("Project", "Overbilling")
    with database.transaction() as session:
        contract_of(session, "SC-01").signed_on = date(2020, 1, 1)
    report = load(database, draft)
    assert (report.new, report.changed) == ({}, {})
    with database.reading() as session:
        assert contract_of(session, "SC-01").signed_on == date(2020, 1, 1)


def test_a_file_says_whether_the_owners_answers_act(database):
    load(database, Draft().put("Project", 0, "Owner answers", "act"))
    load(database, Draft().without("Project", "Owner answers"))
    with database.reading() as session:
        assert session.scalars(select(Project)).one().owner_answers == "act"
    with pytest.raises(WorkbookFaults, match="Use one of: propose, act"):
        load(database, Draft().put("Project", 0, "Owner answers", "always"))


def test_one_sheet_for_a_project_that_is_there(database):
    load(database, Draft())
    with database.reading() as session:
        known = known_project(session, "EX-1")
    draft = Draft().only("SOV").put("SOV", 9, "Scheduled value", 23000)
    report = load(database, draft, known)
    assert (report.new, report.changed) == ({}, {"sov line": 1})
    with database.reading() as session, pytest.raises(UserError, match="no project EX-9"):
        known_project(session, "EX-9")


def test_details_have_to_add_up_with_those_that_are_there(database):
    load(database, Draft())
    with database.reading() as session:
        known = known_project(session, "EX-1")
    more = Draft().only("SOV")
    more.sheets["SOV"] = [{**more.sheets["SOV"][2], "Item": "001.3", "Scheduled value": 100}]
    with pytest.raises(WorkbookFaults, match=r"details of SC-01 line 001 differ by -100\.00"):
        load(database, more, known)


def test_lines_are_never_renumbered(database):
    load(database, Draft())
    draft = Draft()
    draft.sheets["SOV"].insert(0, {**draft.sheets["SOV"][6], "Item": "000"})
    load(database, draft)
    with database.reading() as session:
        assert [line.item for line in contract_of(session, "PR-01").lines] == ["001", "002", "000"]


def test_who_sends_a_file_is_administrator_of_both_tools(database):
    load(database, Draft())
    file = read_workbook(Draft().put("Contracts", 3, "Title", "Digging").xlsx())
    with database.transaction() as session:
        anna, lee = (
            session.scalars(select(Person).where(Person.name == n)).one() for n in ("Anna Reyes", "Lee Morgan")
        )
        with pytest.raises(NotAllowedError):
            plan_of(call_of(session, SETTINGS, lee), file)
        assert import_project(call_of(session, SETTINGS, anna), file).changed == {"contract": 1}
        member = session.scalars(select(Member).where(Member.person_id == anna.id)).one()
        member.client_contracts = "standard"
        with pytest.raises(NotAllowedError, match="Client Contracts"):
            import_project(call_of(session, SETTINGS, anna), file)
        elsewhere = read_workbook(Draft().put("Project", 0, "Number", "EX-2").xlsx())
        with pytest.raises(UserError, match="on the command line"):
            import_project(call_of(session, SETTINGS, anna), elsewhere)


def long_draft(lines):
    draft = Draft()
    first = draft.sheets["SOV"][6]
    draft.sheets["SOV"] = [{**first, "Item": f"{n:05}", "Scheduled value": n} for n in range(1, lines + 1)]
    return draft.without("Change orders")


def statements(database, work):
    seen = []
    listen = (database.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    event.listen(*listen)
    try:
        work()
    finally:
        event.remove(*listen)
    return len(seen)


def test_the_number_of_statements_does_not_grow_with_the_lines(database):
    few, many = long_draft(50), long_draft(4000)
    first = statements(database, lambda: load(database, few.put("Project", 0, "Number", "A-1")))
    second = statements(database, lambda: load(database, many.put("Project", 0, "Number", "A-2")))
    again = statements(database, lambda: load(database, many))
    assert second <= first
    assert again < first


def test_a_persons_new_address_is_found_by_the_former_one(database):
    draft = Draft()
    load(database, draft)
    with database.reading() as session:
        people = {person.id: person.email for person in session.scalars(select(Person))}
    row = draft.sheets["People"][0]
    former = str(row["E-mail"])
    row["E-mail"], row["Former e-mail"] = "new@address.example", former.upper()
    for sheet in ("Contracts", "Private list"):
        for one in draft.sheets.get(sheet, []):
            for name, value in one.items():
                if isinstance(value, str):
                    one[name] = value.replace(former, "new@address.example")
    load(database, draft)
    before = contents(database)
    load(database, draft)

    assert contents(database) == before  # again without effect
    with database.reading() as session:
        now = {person.id: person.email for person in session.scalars(select(Person))}
        changed = session.get_one(Person, next(key for key, email in people.items() if email == former))
    assert now == {key: "new@address.example" if email == former else email for key, email in people.items()}
    assert changed.email_key == "new@address.example"


def people_of(database, number="EX-1"):
    """The exported sheet of people, as an administrator opens it."""
    with database.reading() as session:
        content = people_sheet(Call(session, NOON, SETTINGS, actor=None, door="cli"), number)
    return openpyxl.load_workbook(io.BytesIO(content))


def load_people(database, book, number="EX-1", settings=SETTINGS):
    out = io.BytesIO()
    book.save(out)
    with database.transaction() as session:
        file = read_workbook(out.getvalue(), "", known_project(session, number))
        return import_project(Call(session, NOON, settings, actor=None, door="cli"), file)


def put_in(book, name, **values):
    """Set cells of the row of this person."""
    sheet = book["People"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    [row] = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, columns["Name"]).value == name]
    for column, value in values.items():
        sheet.cell(row, columns[column.replace("_", "-")]).value = value
    return book


def everybody(database):
    with database.reading() as session:
        return {person.id: (person.name, person.email) for person in session.scalars(select(Person))}


def contact_ids(database):
    with database.reading() as session:
        return sorted(session.scalars(select(InvoiceContact.person_id)))


def faults_of_people(database, book, **more):
    with pytest.raises(WorkbookFaults) as error:
        load_people(database, book, **more)
    return {(fault.sheet, fault.cell): fault.what for fault in error.value.faults}


def test_the_exported_people_imported_as_they_are_change_nothing(database):
    load(database, Draft())
    before = contents(database)
    report = load_people(database, people_of(database))
    assert (report.new, report.changed) == ({}, {})
    assert contents(database) == before


def test_a_corrected_address_is_the_same_persons_by_the_key_with_an_event(database):
    load(database, Draft())
    people, contacts = everybody(database), contact_ids(database)
    [(key, (name, former))] = [one for one in people.items() if one[1][1] == "lee@electric.example"]
    report = load_people(database, put_in(people_of(database), name, E_mail="Lee@New.example", Name="Lee Morgan-Ruiz"))

    assert (report.new, report.changed) == ({}, {"person": 1})
    assert everybody(database) == {**people, key: ("Lee Morgan-Ruiz", "Lee@New.example")}
    assert contact_ids(database) == contacts
    with database.reading() as session:
        assert session.get_one(Person, key).email_key == "lee@new.example"
        moved = session.scalars(select(Event).where(Event.verb == "address_changed")).one()
        assert (moved.record_id, moved.before, moved.after) == (
            key,
            {"email": former},
            {"email": "Lee@New.example"},
        )


def test_the_other_sheets_of_the_same_file_may_still_use_the_former_address(database):
    load(database, Draft())
    people, contacts = everybody(database), contact_ids(database)
    book = put_in(people_of(database), "Lee Morgan", E_mail="lee@new.example")
    sheet = book.create_sheet("Contracts")
    for row in Draft().table("Contracts"):
        sheet.append(row)
    assert load_people(database, book).new == {}
    assert contact_ids(database) == contacts
    assert everybody(database).keys() == people.keys()


def test_without_a_key_the_address_finds_the_person_and_an_unknown_one_is_new(database):
    load(database, Draft())
    people = everybody(database)
    load_people(database, put_in(people_of(database), "Lee Morgan", Key=None, Name="Lee M."))
    assert len(everybody(database)) == len(people)
    load_people(database, put_in(people_of(database), "Lee M.", Key=None, E_mail="other@electric.example"))
    assert len(everybody(database)) == len(people) + 1


def test_a_key_of_another_installation_a_copied_one_and_a_taken_address_are_named_by_cell(database):
    load(database, Draft())
    book = people_of(database)
    heads = {cell.value: cell.column_letter for cell in book["People"][1]}
    with database.transaction() as session:  # as after a restore from a backup that does not know these people
        for number, person in enumerate(session.scalars(select(Person))):
            person.import_key = f"p{number:024}"
    changed = faults_of_people(database, book)
    assert [cell for _, cell in changed] == [f"{heads['Key']}{row}" for row in (2, 3, 4)]
    assert all("is not a key of this payclerk" in what for what in changed.values())
    before, book = contents(database), people_of(database)
    book["People"][f"{heads['Key']}3"] = book["People"][f"{heads['Key']}2"].value
    assert "stands in row 2 already" in faults_of_people(database, book)["People", f"{heads['Key']}3"]
    names = [book["People"][f"{heads['Name']}{row}"].value for row in (2, 3)]
    taken = put_in(people_of(database), names[0], E_mail="other@electric.example")
    again = put_in(taken, names[1], Key=None, E_mail=book["People"][f"{heads['E-mail']}2"].value)
    assert "whom this file gives another one" in " ".join(faults_of_people(database, again).values())
    assert contents(database) == before


def test_an_address_that_somebody_has_already_is_not_taken_from_them(database):
    load(database, Draft())
    with database.transaction() as session:
        company = session.scalars(select(Company)).first()
        session.add(Person(company_id=company.id, name="Zoe", email="zoe@x.example", email_key="zoe@x.example"))
    book = put_in(people_of(database), "Lee Morgan", E_mail="ZOE@x.example")
    assert "belongs to Zoe" in " ".join(faults_of_people(database, book).values())
