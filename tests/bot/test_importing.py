"""A file dropped to payclerk: shown, imported by a click, or refused with its cells; strangers and others get nothing."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from sqlalchemy import delete, func, select

from bot_office import ADA, CHANNEL, OTTO, RITA, ZED
from bulk_work import work
from import_files import Draft
from other_kinds import OTHER_KINDS
from payclerk_bot.downloads import download
from payclerk_core.errors import OutsideError, UserError
from payclerk_core.jobs import waiting
from payclerk_core.tables import Event, FailedJob, Member, Person, Project, SovLine, StoredFile
from payclerk_playground.slack.control import texts
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The import itself is tried on both databases in tests/core."""
    return sqlite_url


def lines(*rows: tuple[str, str, object]) -> Draft:
    draft = Draft().only("SOV").without("SOV", "Quantity", "Unit", "Unit price", "Parent")
    draft.without("SOV", "Opening work", "Opening stored", "Opening retainage")
    draft.sheets["SOV"] = [
        {"Contract": contract, "Item": item, "Cost code": "22-000", "Cost type": "S", "Description": "Line",
         "Scheduled value": amount}
        for contract, item, amount in rows
    ]  # fmt: skip
    return draft


GOOD = lines(("SC-01", "001", 90000), ("SC-01", "003", "1.500,25"))


def amounts(office: Office) -> dict[str, int]:
    with office.database.reading() as session:
        query = select(SovLine.item, SovLine.scheduled_cents).join(SovLine.contract).order_by(SovLine.item)
        rows = session.execute(query.where(SovLine.contract.has(number="SC-01")))
        return {row.item: row.scheduled_cents for row in rows}


def test_a_dropped_file_is_shown_and_imported_by_a_click(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(lambda m: None, contracts=1)
    before = amounts(office)
    assert office.world.share_file(ADA, ADA, "lines.xlsx", GOOD.xlsx()).acked
    shown = office.message("lines.xlsx for project 24-107", channel=ADA)
    assert "SC-01 line 003" in texts(shown)
    assert "scheduled $82,400.00 -&gt; $90,000.00" in texts(shown)
    assert amounts(office) == before

    office.world.click(ADA, shown, "import.do")

    done = office.message("was imported into project 24-107", channel=ADA)
    assert (done.ts, "1 new sov line" in texts(done), "import.do" in str(done.blocks)) == (shown.ts, True, False)
    assert amounts(office) == {**before, "001": 9_000_000, "003": 150_025}
    with office.database.reading() as session:
        event = session.scalars(select(Event).where(Event.verb == "imported")).one()
        ada = session.scalars(select(Person).where(Person.name == "Ada Admin")).one()
        assert (event.actor_id, event.door) == (ada.id, "slack")


def test_a_discarded_file_changes_nothing(month: Callable[..., Any], office: Office) -> None:
    month(lambda m: None, contracts=1)
    before = amounts(office)
    office.world.share_file(ADA, CHANNEL, "lines.csv", GOOD.csv("SOV", delimiter=";"))
    office.world.click(ADA, office.message("lines.csv for project", channel=ADA), "import.discard")
    office.message("Nothing of lines.csv was imported", channel=ADA)
    assert amounts(office) == before
    assert office.in_channel() == [m for m in office.in_channel() if m.user == ADA]


def test_what_changed_since_it_was_shown_is_shown_anew(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(lambda m: None, contracts=1)
    office.world.share_file(ADA, ADA, "lines.xlsx", GOOD.xlsx())
    shown = office.message("scheduled $82,400.00 -&gt; $90,000.00", channel=ADA)
    with office.database.transaction() as session:
        line = session.scalars(select(SovLine).where(SovLine.contract.has(number="SC-01"), SovLine.item == "001")).one()
        line.scheduled_cents = 7_000_000

    office.world.click(ADA, shown, "import.do")

    again = office.message("It has changed since you looked.", channel=ADA)
    assert "scheduled $70,000.00 -&gt; $90,000.00" in texts(again)
    assert "003" not in amounts(office)
    office.world.click(ADA, again, "import.do")
    done = office.message("was imported into project 24-107", channel=ADA)
    assert (done.ts, amounts(office)["001"]) == (shown.ts, 9_000_000)


@pytest.mark.parametrize("moment", ["before_commit", "after_commit"])
def test_a_killed_import_is_done_once_and_its_message_says_so(
    month: Callable[..., Any], office: Office, moment: str
) -> None:
    month(lambda m: None, contracts=1)
    office.world.share_file(ADA, ADA, "lines.xlsx", GOOD.xlsx())
    shown = office.message("lines.xlsx for project 24-107", channel=ADA)
    office.world.click(ADA, shown, "import.do")
    office.world.click(ADA, shown, "import.do")
    eventually(lambda: waiting(office.database))

    assert work(office.database, 1, moment, office.slack.url).wait(timeout=60) == -signal.SIGKILL
    last = work(office.database, 0, moment, office.slack.url)
    try:
        done = office.message("was imported into project 24-107", channel=ADA)
    finally:
        last.kill()
        last.wait()

    assert (done.ts, "1 new sov line" in texts(done)) == (shown.ts, True)
    with office.database.reading() as session:
        assert session.scalar(select(func.count(Event.id)).where(Event.verb == "imported")) == 1


def _failed(office: Office) -> bool:
    with office.database.reading() as session:
        return session.scalar(select(FailedJob.id)) is not None


def test_an_import_whose_job_fails_for_good_says_that_nothing_was_imported(
    month: Callable[..., Any], office: Office
) -> None:
    month(lambda m: None, contracts=1)
    before = amounts(office)
    office.world.share_file(ADA, ADA, "lines.xlsx", GOOD.xlsx())
    shown = office.message("lines.xlsx for project 24-107", channel=ADA)
    office.world.click(ADA, shown, "import.do")
    eventually(lambda: waiting(office.database))
    with office.database.transaction() as session:
        session.execute(delete(StoredFile))
    office.runner.start()
    try:
        eventually(lambda: _failed(office), timeout=60)
        told = office.message("This could not be done: Files to import. internal fault")
        said = office.message("Nothing of lines.xlsx was imported. The work stopped on our side", channel=ADA)
    finally:
        office.runner.stop()
    assert said.ts == shown.ts
    assert "is tried again" not in texts(said) + texts(told)
    assert amounts(office) == before


def test_faults_are_listed_by_cell_and_the_rest_is_a_file(month: Callable[..., Any], office: Office) -> None:
    month(lambda m: None, contracts=1)
    bad = lines(*[("SC-99", f"{n}", 1) for n in range(30)])
    office.world.share_file(ADA, ADA, "lines.csv", bad.csv("SOV"))
    shown = office.message("30 faults", channel=ADA)
    assert "SOV A2: The contract 'SC-99' is not in the sheet Contracts." in texts(shown)
    assert ("SOV A21:" in texts(shown), "SOV A22:" in texts(shown)) == (True, False)
    office.world.wait_for(lambda: any(b"SOV A31" in file.content for file in office.world.files if file.channel))


def test_a_click_is_asked_again_whether_it_may(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(lambda m: None, contracts=1)
    before = amounts(office)
    office.world.share_file(ADA, ADA, "lines.xlsx", GOOD.xlsx())
    shown = office.message("lines.xlsx for project", channel=ADA)
    with office.database.transaction() as session:
        ada = session.scalars(select(Person).where(Person.name == "Ada Admin")).one()
        session.scalars(select(Member).where(Member.person_id == ada.id)).one().client_contracts = "standard"
    office.world.click(ADA, shown, "import.do")
    office.message("You need 'Admin' permission", channel=ADA)
    assert amounts(office) == before


def test_who_may_not_is_told_in_private_and_not_in_a_channel(month: Callable[..., Any], office: Office) -> None:
    month(lambda m: None, contracts=1)
    office.world.share_file(RITA, CHANNEL, "lines.xlsx", GOOD.xlsx())
    office.world.share_file(ZED, CHANNEL, "lines.xlsx", GOOD.xlsx())
    office.world.share_file(ADA, CHANNEL, "lunch.xlsx", b"not a workbook")
    office.world.share_file(ADA, CHANNEL, "photo.png", b"...")
    office.world.share_file(RITA, RITA, "lines.xlsx", GOOD.xlsx())
    office.message("You need 'Admin' permission", RITA, RITA)
    office.world.share_file(ZED, ZED, "lines.xlsx", GOOD.xlsx())
    office.message("I don't find your Slack e-mail address", ZED, ZED)
    office.world.share_file(ADA, ADA, "photo.png", b"...")
    office.message("I import Excel workbooks and CSV files; photo.png is neither.", ADA, ADA)
    assert [len(office.world.messages(user)) for user in (RITA, ZED, ADA)] == [2, 2, 2]


@pytest.mark.parametrize("kind", ["xlsb", "fods", "strict", "web page of Excel", "Numbers", "xls"])
def test_a_kind_that_is_not_read_is_told_in_private_by_what_is_in_the_file(
    month: Callable[..., Any], office: Office, kind: str
) -> None:
    month(lambda m: None, contracts=1)
    save, told = OTHER_KINDS[kind]
    content = save(GOOD.xlsx())
    names = ("lines.xlsb", "lines.fods", "lines.ods", "lines.numbers", "lines.xls", "lines.xlsx")
    for name in names:
        office.world.share_file(ADA, CHANNEL, name, content)
        office.world.share_file(ADA, ADA, name, content)
    office.world.wait_for(lambda: len(office.world.messages(ADA)) == 2 * len(names))
    answers = [said for message in office.world.messages(ADA) if (said := texts(message)) and "Save it as" in said]
    assert len(answers) == len(names) or kind in {"strict", "xls"}
    assert sum(told[:20] in texts(message) for message in office.world.messages(ADA)) == len(names)


def test_the_project_is_the_files_or_the_channels(month: Callable[..., Any], office: Office) -> None:
    def second(m: Month) -> None:
        other = m.keep(Project(number="99", name="Other", timezone="UTC", currency="USD", dictionary="uk"))
        levels = {"role": "", "commitments": "admin", "client_contracts": "admin"}
        m.keep(Member(project_id=other.id, person_id=m.otto.id, **levels))

    month(second, contracts=1)
    office.world.share_file(OTTO, OTTO, "lines.xlsx", GOOD.xlsx())
    office.message("put the project's number into the file's name", OTTO, OTTO)
    office.world.share_file(OTTO, OTTO, "24-107 lines.xlsx", GOOD.xlsx())
    office.message("for project 24-107", OTTO, OTTO)
    office.world.share_file(OTTO, CHANNEL, "again.xlsx", GOOD.xlsx())
    office.message("again.xlsx for project 24-107", OTTO, OTTO)
    office.world.share_file(OTTO, OTTO, "new.xlsx", Draft().xlsx())
    office.message("You are on no project EX-1", OTTO, OTTO)
    with office.database.reading() as session:
        assert session.scalar(select(func.count(Project.id))) == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/a",
        "https://slack.com.evil.example/a",
        "https://drive.example/a",
        "file:///etc/passwd",
        "",
    ],
)
def test_the_token_goes_to_slack_alone(url: str) -> None:
    client = WebClient(token="xoxb-secret", base_url="https://slack.com/api/")
    with pytest.raises(UserError, match="kept outside Slack"):
        download(client, {"url_private": url, "size": 1}, 10)


def test_what_slack_does_not_hand_out(office: Office) -> None:
    client = WebClient(token="xoxb-test", base_url=office.settings.slack_api_url)
    base = office.slack.url
    with pytest.raises(OutsideError):
        download(client, {"url_private": f"{base}/slack/files/F0GONE"}, 10)
    with pytest.raises(UserError, match="larger than 0 MB"):
        download(client, {"url_private": f"{base}/slack/files/F0GONE", "size": 11}, 10)
    office.world.share_file(ZED, CHANNEL, "photo.png", b"x" * 11)
    file = office.world.files[-1]
    with pytest.raises(UserError, match="larger"):
        download(client, {"url_private": f"{base}/slack/files/{file.id}"}, 10)
