"""A notice belongs to the action: the same act tells the same people through whatever door it is done."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from contract_desk import Desk
from mail_month import NOON, promised
from payclerk_core.actions.inbox import read_again
from payclerk_core.actions.owner import Prefill, make_owner_claim
from payclerk_core.actions.periods import create_period
from payclerk_core.jobs import retry_failed
from payclerk_core.rules.periods import PeriodDates
from payclerk_core.tables import FailedJob, InboxMail

if TYPE_CHECKING:
    from payclerk_core.actions.call import Call
    from payclerk_core.db import Database

NOVEMBER = PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 25))


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_a_new_period_and_a_claim_to_the_owner_are_announced(desk: Desk) -> None:
    period = desk.do(create_period, desk.project_id, NOVEMBER).id
    assert f"slack.notice:period:{period}" in desk.notices()
    claim = desk.do(make_owner_claim, desk.project_id, Prefill(costs=False)).id
    assert f"slack.notice:made:{claim}:{NOON.isoformat()}" in desk.notices()


def test_what_is_tried_again_is_shown_so(desk: Desk) -> None:
    with desk.db.transaction() as session:
        mail = InboxMail(
            account="a", folder="INBOX", uidvalidity=1, uid=1, raw=b"x", size=1, status="quarantine", status_at=NOON
        )
        mail.captured_at = mail.arrived_at = NOON
        mail.sha256 = "0" * 64
        failed = FailedJob(
            job="mail.send", key="mail.send:1", payload={}, attempts=3, reason="x", status="failed", status_at=NOON
        )
        session.add_all([mail, failed])
        session.flush()
        mail_id, failed_id = mail.id, failed.id
    desk.do(read_again, mail_id)

    def retry(call: Call) -> None:
        retry_failed(call.session, call.session.get_one(FailedJob, failed_id), at=call.at, by_id=None)

    desk.do(retry)
    assert any(key.startswith(f"slack.notice:again:{mail_id}:") for key in desk.notices())
    assert promised(desk.db, "slack.trouble") == [f"slack.trouble:{failed_id}:3:retried"]
