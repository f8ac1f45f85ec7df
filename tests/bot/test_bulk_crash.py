"""A bulk order whose process is killed, again and again: it ends once, and its message tells the truth."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from bot_office import ADA
from bulk_work import work
from payclerk_bot.outgoing.bulk import BulkWork
from payclerk_core.actions.batches import Item, Order
from payclerk_core.actions.bulk import order_bulk
from payclerk_core.jobs import Job, waiting
from payclerk_core.queries.seen import claim_digest
from payclerk_core.tables import BatchItem, Claim, Event, FailedJob
from payclerk_playground.slack.control import texts
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office
    from payclerk_core.db import Database

CLAIMS = 60


def order(m: Month) -> None:
    period = m.period()
    claims = [m.claim(contract, period, pdf=False) for contract in m.contracts]
    m.session.flush()
    chosen = [Item(claim.id, "claim", outcome="queued", seen=claim_digest(claim)) for claim in claims]
    claims[7].lines[0].work_cents += 1  # somebody corrects one before it is its turn
    order_bulk(m.call(m.ada), Order("sel_crash", m.project.id, None), "status_pending_owner_approval", chosen)


def outcomes(database: Database) -> dict[str, int]:
    with database.reading() as session:
        query = select(BatchItem.outcome, func.count()).group_by(BatchItem.outcome)
        return {row[0]: row[1] for row in session.execute(query)}


def test_a_killed_bulk_order_is_done_once(month: Callable[..., Any], office: Office, database: Database) -> None:
    month(order, contracts=CLAIMS)
    assert outcomes(database) == {"queued": CLAIMS}

    for done in (24, 49):  # killed in the second slice of what is left, with one slice done
        assert work(database, 2).wait(timeout=120) == -signal.SIGKILL
        assert outcomes(database) == {"done": done, "queued": CLAIMS - done - 1, "skipped": 1}
    last = work(database, 0)
    try:
        eventually(lambda: not [w for w in waiting(database) if w.job == "bulk.run"], timeout=120)
    finally:
        last.kill()
        last.wait()

    assert outcomes(database) == {"done": CLAIMS - 1, "skipped": 1}
    with database.reading() as session:
        events = session.scalars(select(Event.record_id).where(Event.verb == "status_changed")).all()
        assert len(events) == len(set(events)) == CLAIMS - 1
        assert session.scalar(select(func.count()).where(Claim.status == "under_review")) == 1
    office.runner.start()
    try:
        office.message("Claims set to Pending Owner Approval: 59 done, 1 left out")
    finally:
        office.runner.stop()


def _failed(database: Database) -> bool:
    with database.reading() as session:
        return session.scalar(select(FailedJob.id)) is not None


def test_a_bulk_order_whose_job_fails_for_good_says_what_was_not_done_until_it_is_tried_again(
    month: Callable[..., Any], office: Office
) -> None:
    month(order, contracts=30)
    really = BulkWork(office.settings, office.database, lambda: office.now[0])

    def fails_after_a_slice(job: Job) -> None:
        if job.attempt == 1:
            really.work_slice(int(job.payload["batch_id"]))
        raise RuntimeError("a fault of ours")

    office.runner.handle("bulk.run", fails_after_a_slice)
    office.runner.start()
    try:
        eventually(lambda: _failed(office.database), timeout=60)
        stopped = office.message("Claims set to Pending Owner Approval: 24 done, 5 not done, 1 left out")
        told = office.message("This could not be done: Bulk actions confirmed in Slack. internal fault: RuntimeError")
        assert "⚠️" in texts(stopped)
        assert "The work stopped on our side. What is not done is as it was" in texts(stopped)
        assert "Not done: 5 of 30 rows. What is not done is as it was." in texts(told)

        office.runner.handle("bulk.run", really)
        office.world.click(ADA, told, "job.retry")

        eventually(lambda: outcomes(office.database) == {"done": 29, "skipped": 1}, timeout=60)
        ended = office.message("Claims set to Pending Owner Approval: 29 done, 1 left out")
        again = office.message("internal fault: RuntimeError It is being tried again.")
    finally:
        office.runner.stop()
    assert (ended.ts, again.ts) == (stopped.ts, told.ts)
    assert "stopped on our side" not in texts(ended)
