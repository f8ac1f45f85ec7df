"""What a decision by mail needs, where a project has a word of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mail_inbox import Inbox
from mail_month import call_of
from payclerk_core.actions.project_settings import change_settings
from payclerk_core.errors import UserError

if TYPE_CHECKING:
    from payclerk_core.db import Database


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One column of the project decides."""
    return sqlite_url


def settle(inbox: Inbox, **trust: str) -> None:
    with inbox.db.transaction() as session:
        change_settings(call_of(session, inbox.settings, inbox.month.pat), inbox.month.project.id, trust)


def answers(inbox: Inbox, *, forged: bool = False) -> str:
    headers = {"Authentication-Results": "mx.reply.maple.example; none"}
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", **(headers if forged else {})))
    return inbox.status(inbox.month.plumbing)


def test_a_project_may_ask_for_the_confirm_page_for_one_kind_of_decision(database: Database):
    inbox = Inbox(database)
    settle(inbox, trust_invitation="confirm")
    assert answers(inbox) == "invited"
    assert "to be confirmed on the page" in (inbox.log()[0].decision_why or "")
    settle(inbox, trust_invitation="", trust_owner="confirm")
    assert answers(inbox) == "accepted"


def test_a_project_may_be_stricter_than_a_house_that_takes_the_address_alone(database: Database):
    inbox = Inbox(database, mail_trust_invitation="address")
    settle(inbox, trust_invitation="verified")
    assert answers(inbox, forged=True) == "invited"
    settle(inbox, trust_invitation="")
    assert answers(inbox, forged=True) == "accepted"


def test_no_project_asks_for_less_than_the_house(database: Database):
    inbox = Inbox(database, mail_trust_invitation="confirm")
    settle(inbox, trust_invitation="verified")
    assert answers(inbox) == "invited"
    assert "to be confirmed on the page" in (inbox.log()[0].decision_why or "")


def test_no_project_may_say_that_an_address_is_enough(database: Database):
    inbox = Inbox(database)
    with pytest.raises(UserError, match="'trust invitation' must be one of verified, confirm"):
        settle(inbox, trust_invitation="address")
