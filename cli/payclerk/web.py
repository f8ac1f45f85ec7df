"""The HTTP door: confirm pages, health and metrics. The latter show numbers of work, never amounts or addresses."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import uvicorn
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.jobs import waiting
from payclerk_core.mailboxes import mailboxes
from payclerk_core.queries.mailboxes import Look, last_polls, looks_into
from payclerk_core.settings import Settings
from payclerk_core.tables import FailedJob, InboxMail

from .confirm_pages import ConfirmPages


def build_web(settings: Settings, db: Database, clock: Clock) -> Starlette:
    """The routes, over one database."""

    def health(_request: Request) -> Response:
        return JSONResponse(_health(settings, db, clock))

    def metrics(_request: Request) -> Response:
        return PlainTextResponse(generate_latest(_measure(settings, db, clock)), media_type="text/plain; version=0.0.4")

    pages = ConfirmPages(settings, db, clock).routes()
    return Starlette(routes=[Route("/health", health), Route("/metrics", metrics), *pages])


def _health(settings: Settings, db: Database, clock: Clock) -> Mapping[str, object]:
    """Degraded is no fault of this process, so the answer is 200: who restarts on faults would restart the wrong one."""
    with db.reading() as session:
        session.execute(text("SELECT 1"))
        boxes = mailboxes(settings, to_sign_in=False) if settings.has_mail else []
        looks = looks_into(session, boxes, clock())
    shown = [_shown(number, look) for number, look in enumerate(looks, 1)]
    return {"status": "degraded" if any(look.silent for look in looks) else "ok", "mailboxes": shown}


def _shown(number: int, look: Look) -> Mapping[str, object]:
    """A mailbox by its place in the settings: its name is an address."""
    age = None if look.age is None else int(look.age.total_seconds())
    return {"mailbox": number, "last_read_seconds_ago": age, "silent": look.silent}


def _measure(settings: Settings, db: Database, clock: Clock) -> CollectorRegistry:
    registry = CollectorRegistry()
    jobs = Gauge("payclerk_jobs_waiting", "Jobs that have not finished", ["job"], registry=registry)
    for row in waiting(db):
        jobs.labels(row.job).set(row.count)
    with db.reading() as session:
        failed = session.scalar(select(func.count(FailedJob.id)).where(FailedJob.status == "failed"))
        held = session.scalar(select(func.count(InboxMail.id)).where(InboxMail.status.in_(["quarantine", "oversize"])))
        polls = last_polls(session, mailboxes(settings, to_sign_in=False) if settings.has_mail else [])
    Gauge("payclerk_jobs_failed", "Jobs that ended without success", registry=registry).set(failed or 0)
    Gauge("payclerk_mails_held", "Mails that could not be read", registry=registry).set(held or 0)
    said = "Since the last good look into the mailbox (1 is the main one)"
    age = Gauge("payclerk_mail_poll_age_seconds", said, ["mailbox"], registry=registry)
    for number, polled in enumerate(polls, 1):
        if polled is not None:
            age.labels(str(number)).set((clock() - polled).total_seconds())
    return registry


class WebDoor:
    """Serves the routes in a thread of its own."""

    def __init__(self, settings: Settings, db: Database, clock: Clock) -> None:
        config = uvicorn.Config(
            build_web(settings, db, clock),
            host=settings.web_host,
            port=settings.web_port,
            log_level="warning",
            lifespan="off",
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
