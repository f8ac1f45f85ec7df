"""Whether the mailbox is read, as the Home tab says it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot_office import ADA, NOON, LocalSlack, make_settings
from payclerk_core.tables import MailFolder
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Office
    from payclerk_core.settings import Settings


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The age of a look is asked of both databases by the HTTP door."""
    return sqlite_url


@pytest.fixture
def settings(slack: LocalSlack) -> Settings:
    return make_settings(slack.url, smtp_host="127.0.0.1", imap_host="127.0.0.1", imap_user="box@maple.example")


def test_home_says_when_the_mailbox_was_last_read_and_warns_when_it_is_not(
    month: Callable[..., Any], office: Office
) -> None:
    polled = month(
        lambda m: m.keep(MailFolder(account="box@maple.example", folder="INBOX", uidvalidity=1, last_uid=0, polled_at=NOON)).id,
        contracts=1,
    )  # fmt: skip
    office.now[0] = NOON + timedelta(seconds=80)
    assert "The mailbox was last read 1 minute ago." in home(office)
    office.now[0] = NOON + timedelta(minutes=40)
    assert "*The mailbox is not being read.* It was last read 40 minutes ago." in home(office)
    with office.database.transaction() as session:
        session.get_one(MailFolder, polled).polled_at = office.now[0]
    assert "The mailbox was last read less than a minute ago." in home(office)


def home(office: Office) -> str:
    before = office.world.home_of(ADA)
    office.world.open_home(ADA)
    shown: Any = office.world.wait_for(
        lambda: now if (now := office.world.home_of(ADA)) is not None and now is not before else None
    )
    assert "box@maple.example" not in texts(shown)
    return texts(shown)
