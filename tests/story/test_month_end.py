"""The demo's months, step by step, with payclerk killed between steps: nothing lost, nothing doubled."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from sqlalchemy import func, select

from payclerk.demo.cast import give_parts, read_project
from payclerk.demo.local import EXAMPLES
from payclerk.demo.run import set_stage
from payclerk.demo.story import STORY
from payclerk_core.tables import (
    BillingPeriod,
    Certificate,
    ChangeOrder,
    Claim,
    Envelope,
    FailedJob,
    InboxMail,
    Invitation,
    Message,
    Package,
    Payment,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payclerk.demo.stage import Stage


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / "out").mkdir()
    stage = set_stage(tmp_path, tmp_path / "out", Console(quiet=True), port=0, database_url=database_url)
    # Longer than the three seconds of Slack: the machine may be busy with other tests.
    stage.world.slack.link.ack_seconds = stage.world.slack.state.trigger_seconds = 30
    yield stage
    stage.office.stop()
    stage.db.close()
    stage.world.stop()


# The first month touches every door and every kind of job. Each death costs the start of a process, so that payclerk lives
# for a few steps; PAYCLERK_STORY=all kills it between any two of them.
FIRST_MONTH = 18
STEPS_ALIVE = 4
LEFT_BEHIND = {"invitations": 12, "periods": 2, "change orders": 0, "certificates": 0, "payments": 1}
LEFT_IN_ALL = {"invitations": 12 + 4 + 1, "periods": 5, "change orders": 1, "certificates": 1, "payments": 4}
CLAIMS_AFTER_NOVEMBER = (3 + 1) + 1 + 1  # December with the owner's, January, and the release in February


@pytest.mark.timeout(900)
def test_the_books_close_right_though_payclerk_is_killed_between_steps(stage: Stage) -> None:
    whole = stage.db.engine.dialect.name == "sqlite"
    often = os.environ.get("PAYCLERK_STORY") == "all"
    for number, step in enumerate(STORY if whole else STORY[:FIRST_MONTH]):
        dies = often or number % STEPS_ALIVE == 0
        if stage.office.alive and dies:
            stage.office.kill()
            stage.eventually(lambda: not stage.world.slack.link.connected, "Slack to notice")
            stage.office.start()
        step.play(stage)

    assert stage.world.slack.faults_seen == []
    _nothing_is_doubled(stage, whole=whole)


@pytest.mark.timeout(240)
def test_the_processes_of_the_procfile_work_together_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    """Each door in a process of its own: the first seven steps touch all of them."""
    (tmp_path / "out").mkdir()
    commands, console = ("bot", "mail", "clock", "web"), Console(quiet=True)
    stage = set_stage(tmp_path, tmp_path / "out", console, port=0, database_url=postgresql_url, commands=commands)
    try:
        for step in STORY[:7]:
            step.play(stage)
        assert stage.office.alive
    finally:
        stage.office.stop()
        stage.db.close()
        stage.world.stop()


def _nothing_is_doubled(stage: Stage, *, whole: bool) -> None:
    cast = give_parts(read_project(EXAMPLES))
    people = [p.email for p in stage.world.personas if p.has_mailbox]
    ids = Counter((email, m.message_id) for email in people for m in stage.mails(email))
    assert [key for key, count in ids.items() if count > 1] == []
    with stage.look() as session:
        counts = {
            "invitations": session.scalar(select(func.count(Invitation.id))),
            "claims": session.scalar(select(func.count(Claim.id))),
            "periods": session.scalar(select(func.count(BillingPeriod.id))),
            "change orders": session.scalar(select(func.count(ChangeOrder.id))),
            "certificates": session.scalar(select(func.count(Certificate.id))),
            "payments": session.scalar(select(func.count(Payment.id))),
            "envelopes": session.scalar(select(func.count(Envelope.id))),
            "packages": session.scalar(select(func.count(Package.id))),
            "failed jobs": session.scalar(select(func.count(FailedJob.id))),
            "unread mails": session.scalar(select(func.count(InboxMail.id)).where(InboxMail.status != "done")),
            "unsent mails": session.scalar(select(func.count(Message.id)).where(Message.status == "queued")),
        }
    signed = len(cast.accepting) - 1
    assert counts == {
        **(LEFT_IN_ALL if whole else LEFT_BEHIND),
        "claims": len(cast.accepting) + len([cast.late]) + 1 + (CLAIMS_AFTER_NOVEMBER if whole else 0),
        "envelopes": signed,
        "packages": 1,
        "failed jobs": 0,
        "unread mails": 0,
        "unsent mails": 0,
    }
    assert len(stage.world.docusign.envelopes()) == signed
    assert len(stage.world.slack.files) == 1
