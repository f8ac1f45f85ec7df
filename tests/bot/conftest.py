"""A local Slack, a month-end in a database, and the Slack door between them, joined by a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot_office import NOON, LocalSlack, Month, Office, make_settings
from payclerk_bot.app import BotDoor
from payclerk_core.jobs import JobRunner
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from payclerk_core.db import Database
    from payclerk_core.settings import Settings


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    local = LocalSlack()
    yield local
    local.down()
    # Whatever a test was about: nothing we sent would have been refused by Slack.
    assert local.state.faults_seen == []


@pytest.fixture
def settings(slack: LocalSlack) -> Settings:
    return make_settings(slack.url)


@pytest.fixture
def month(database: Database, settings: Settings) -> Callable[[Callable[[Month], Any]], Any]:
    """Runs a builder over a fresh month in one transaction and returns what it returns."""

    def build(fill: Callable[[Month], Any], contracts: int = 14) -> Any:
        with database.transaction() as session:
            return fill(Month(session, settings, contracts))

    return build


@pytest.fixture
def office(database: Database, settings: Settings, slack: LocalSlack) -> Iterator[Office]:
    """The door is open; the jobs it promises are kept and not done."""
    now = [NOON]
    runner = JobRunner(database, lambda: now[0], executor_id="test")
    door = BotDoor(settings, database, lambda: now[0], runner)
    door.start()
    eventually(lambda: door.is_up)
    yield Office(database, settings, slack, runner, door, now)
    door.stop()


@pytest.fixture
def busy_office(office: Office) -> Iterator[Office]:
    """The same with its jobs being done."""
    office.runner.start()
    yield office
    office.runner.stop()
