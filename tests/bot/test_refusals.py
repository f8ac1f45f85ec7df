"""Who may not, who is not known, what does not exist: each is told what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot_office import ADA, CHANNEL, OTTO, RITA, ZED
from payclerk_core.tables import Person, Project
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is refused at the Slack door is refused before a database matters."""
    return sqlite_url


def test_permission_and_tool_are_named(month: Callable[..., Any], office: Office) -> None:
    month(lambda m: m.period(), contracts=1)
    assert office.billing(RITA, "invite").acked
    said = office.message("You need 'Admin' permission on this project's Commitments tool", RITA)
    assert said.only == RITA
    assert office.world.view_of(RITA) is None


def test_a_stranger_is_told_whom_to_ask(month: Callable[..., Any], office: Office) -> None:
    month(lambda m: m.period(), contracts=1)
    office.billing(ZED, "invite")
    office.message("Ask Ada Admin or Otto Other to add you", ZED)
    office.world.open_home(ZED)
    office.world.wait_for(lambda: office.world.home_of(ZED))


def test_unknown_words_are_answered_with_what_was_meant(month: Callable[..., Any], office: Office) -> None:
    month(lambda m: m.period(), contracts=3)
    office.billing(ADA, "inivte")
    office.message("I don't know /billing inivte. Did you mean /billing invite?")
    office.billing(ADA, "<!channel>")
    assert "<!channel>" not in texts(office.message("See /billing help."))
    office.billing(ADA, "review SC-2")
    office.message("There is no contract SC-2")
    office.billing(ADA, "review SC-02")
    office.message("SC-02 has no claim yet.")
    office.billing(ADA, "review")
    office.message("Say which contract, for example /billing review SC-03.")


def test_an_unknown_button_is_acknowledged(month: Callable[..., Any], office: Office) -> None:
    month(lambda m: m.period(), contracts=1)
    button = {"type": "button", "action_id": "of.2019", "text": {"type": "plain_text", "text": "Old"}}
    blocks = [{"type": "actions", "elements": [button]}]
    office.door._posts._client.chat_postMessage(channel=CHANNEL, text="old", blocks=blocks)
    assert office.world.click(ADA, office.message("Old"), "of.2019").acked
    office.message("I don't know that")


def test_a_fault_of_ours_gets_a_reference_that_stands_in_the_log(
    month: Callable[..., Any], office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    month(lambda m: m.period(), contracts=1)

    def broken(*_args: object) -> None:
        raise RuntimeError("olga@owner.example owes $5")

    monkeypatch.setattr("payclerk_bot.handlers.basics.digest_of", broken)
    office.billing(ADA, "digest")
    said = texts(office.message("Something went wrong on our side")).splitlines()[0]
    log = capsys.readouterr().out
    assert said.rpartition(" ")[2].rstrip(".") in log
    assert "olga" not in log
    assert "$5" not in log


def test_several_projects_need_the_channel_or_a_word(month: Callable[..., Any], office: Office) -> None:
    def fill(m: Month) -> None:
        m.period()
        facts = {"timezone": "UTC", "currency": "USD", "dictionary": "us_gc"}
        m.project = m.keep(Project(number="25-001", name="Second", slack_channel="second", **facts))
        m.member(m.otto, "admin")

    month(fill, contracts=1)
    office.billing(OTTO, "invite")  # in the first project's channel
    office.modal(OTTO, "bench")
    office.world.command(OTTO, "/billing", "period", "general")
    assert "project:24-107" in texts(office.message("You are on several projects", OTTO, "general"))
    office.world.command(OTTO, "/billing", "period project:25-001", "general")
    assert "*Second*" in texts(office.modal(OTTO, "period"))


def test_a_person_is_linked_once_by_the_address_slack_verified(month: Callable[..., Any], office: Office) -> None:
    person_id = month(lambda m: (m.period(), m.ada.id)[1], contracts=1)
    office.billing(ADA, "help")
    office.message("What I can do")
    with office.database.transaction() as session:
        person = session.get_one(Person, person_id)
        assert (person.slack_team, person.slack_user) == ("T0PLAY", ADA)
        person.email = person.email_key = "ada@new.example"
    office.billing(ADA, "period")
    office.modal(ADA, "period")
