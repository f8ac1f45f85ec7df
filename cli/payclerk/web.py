"""The HTTP door: confirm pages, health and metrics. The latter show numbers of work, never amounts or addresses."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Mapping
from datetime import timedelta

import structlog
import uvicorn
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_core.fleet import Pace, living_kinds
from payclerk_core.jobs import waiting
from payclerk_core.mailboxes import mailboxes
from payclerk_core.queries.held_letters import held_letters
from payclerk_core.queries.mailboxes import Look, last_polls, looks_into
from payclerk_core.queries.restoring import open_restoration
from payclerk_core.settings import Settings
from payclerk_core.tables import FailedJob, InboxMail
from payclerk_scheduler.clock import late

from .confirm_pages import ConfirmPages
from .web_limits import Limits, protocol

log = structlog.get_logger()


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
        overdue, failed = late(session, clock()), _failed(session)
        processes = living_kinds(session, _pace(settings))
        restoring = open_restoration(session) is not None
    shown = [_shown(number, look) for number, look in enumerate(looks, 1)]
    return {
        "status": "degraded" if overdue or restoring or any(look.silent for look in looks) else "ok",
        "mailboxes": shown,
        "late": overdue,
        "jobs_failed": failed,
        "oldest_job_seconds": max((int(row.age.total_seconds()) for row in waiting(db)), default=0),
        "processes": processes,
        # A restore from a backup that is not settled: outgoing mail is held.
        "restoring": restoring,
    }


def _failed(session: Session) -> int:
    return session.scalar(select(func.count(FailedJob.id)).where(FailedJob.status == "failed")) or 0


def _pace(settings: Settings) -> Pace:
    return Pace(timedelta(seconds=settings.beat_seconds))


def _shown(number: int, look: Look) -> Mapping[str, object]:
    """A mailbox by its place in the settings: its name is an address."""
    age = None if look.age is None else int(look.age.total_seconds())
    return {"mailbox": number, "last_read_seconds_ago": age, "silent": look.silent}


def _measure(settings: Settings, db: Database, clock: Clock) -> CollectorRegistry:
    registry = CollectorRegistry()
    jobs = Gauge("payclerk_jobs_waiting", "Jobs that have not finished", ["job"], registry=registry)
    ages = Gauge("payclerk_job_age_seconds", "Since the oldest of them was promised", ["job"], registry=registry)
    for row in waiting(db):
        jobs.labels(row.job).set(row.count)
        ages.labels(row.job).set(row.age.total_seconds())
    living = Gauge("payclerk_processes", "Processes that live", ["kind"], registry=registry)
    with db.reading() as session:
        failed = _failed(session)
        for kind, count in living_kinds(session, _pace(settings)).items():
            living.labels(kind).set(count)
        held = session.scalar(select(func.count(InboxMail.id)).where(InboxMail.status.in_(["quarantine", "oversize"])))
        letters = len(held_letters(session))
        polls = last_polls(session, mailboxes(settings, to_sign_in=False) if settings.has_mail else [])
    Gauge("payclerk_jobs_failed", "Jobs that ended without success", registry=registry).set(failed)
    Gauge("payclerk_mails_held", "Mails that could not be read", registry=registry).set(held or 0)
    waits = "Letters that wait for a person after a restore from a backup"
    Gauge("payclerk_letters_held", waits, registry=registry).set(letters)
    said = "Since the last good look into the mailbox (1 is the main one)"
    age = Gauge("payclerk_mail_poll_age_seconds", said, ["mailbox"], registry=registry)
    for number, polled in enumerate(polls, 1):
        if polled is not None:
            age.labels(str(number)).set((clock() - polled).total_seconds())
    return registry


class WebDoor:
    """Serves the routes in a thread of its own."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, *, limits: Limits | None = None) -> None:
        self._host, self._port = settings.web_host, settings.web_port
        config = uvicorn.Config(
            build_web(settings, db, clock),
            http=protocol(limits or Limits()),  # type: ignore[arg-type]  # called as a class would be
            ws="none",
            # What strangers send is no news: each warning would be a line for each of their requests.
            log_level="error",
            lifespan="off",
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)
        self._stopping = False
        self.failed = False

    def start(self) -> None:
        """Take the port, or say that it cannot be had."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            self._socket = socket.create_server((self._host, self._port), family=family, backlog=2048)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
            text = f"The web pages cannot be served at {self._host}, port {self._port}: {reason}. "
            advice = "End what uses that port, or set PAYCLERK_WEB_HOST and PAYCLERK_WEB_PORT to another."
            raise UserError(text + advice, code="settings") from None
        self._thread.start()

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._socket] if self._socket else None)
        except Exception:
            log.exception("web_door_fault")
        if not self._stopping:  # a process that serves nothing must not seem to live: whoever runs it starts it again
            log.error("web_door_ended")
            self.failed = True
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        self._stopping = self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        if self._socket is not None:
            self._socket.close()
