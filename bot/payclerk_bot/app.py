"""The Slack door: the Bolt app, its connection, and the jobs that say things in Slack."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from slack_bolt import Ack, App
from slack_sdk import WebClient

from payclerk_core.clock import Clock, system_clock
from payclerk_core.db import Database
from payclerk_core.jobs import JobRunner
from payclerk_core.settings import Settings

from .client import make_client
from .edge import Edge
from .handlers.home import show_home
from .handlers.importing import take_file
from .manifest import COMMAND
from .outgoing.batch import BatchPosts
from .outgoing.bulk import BulkWork
from .outgoing.files import FilePosts
from .outgoing.importing import ImportWork
from .outgoing.notices import NoticePosts
from .outgoing.package import PackagePosts
from .outgoing.routine import RoutinePosts
from .posts import Posts
from .routes import REGISTRY
from .say import tell
from .socket import Connection
from .views.home import stranger_home

# Bolt's own pool of five let a sixth command time out behind five slow ones (measured).
LISTENER_THREADS: Final = 30
ANY: Final = re.compile(".*")


def build_app(settings: Settings, db: Database, clock: Clock) -> App:
    """The Bolt app with a listener for everything in the registry."""
    app = App(
        client=make_client(settings),
        logger=_bolt_logger(),
        token_verification_enabled=False,  # starting must not need Slack
        request_verification_enabled=False,  # Socket Mode: nothing comes from outside
        listener_executor=ThreadPoolExecutor(LISTENER_THREADS, thread_name_prefix="slack"),
    )
    edge = Edge(settings, db, clock, REGISTRY)
    app.command(COMMAND)(edge.command)
    app.event("app_home_opened")(edge.home(show_home, stranger_home))
    app.event("file_shared")(edge.file(take_file))
    for listener in REGISTRY.listeners:
        if listener.kind == "click":
            app.action(listener.id)(edge.click(listener.handler, listener.task))
        elif listener.kind == "submit":
            app.view(listener.id)(edge.submit(listener.handler))
        else:
            app.options(listener.id)(edge.suggest(listener.handler))
    _catch_all(app)
    return app


def _catch_all(app: App) -> None:
    """Bolt does not even acknowledge what nobody listens to; the person would see a timeout."""
    for register in (app.command, app.action, app.view, app.shortcut):
        register(ANY)(_unknown)
    app.options(ANY)(_no_options)
    app.event(ANY)(_nothing)


def _unknown(ack: Ack, body: Mapping[str, Any], client: WebClient) -> None:
    ack()
    if body.get("type") != "view_closed":
        tell(client, body, "I don't know that; it may be of an older payclerk. See /billing help.")


def _no_options(ack: Ack) -> None:
    ack(options=[])


def _nothing(ack: Ack) -> None:
    ack()


def _bolt_logger() -> logging.Logger:
    # Bolt logs whole payloads at debug level, with what people typed.
    logger = logging.getLogger("payclerk.bolt")
    logger.setLevel(logging.CRITICAL)
    return logger


class BotDoor:
    """Everything this package does, started and stopped together. `wall` is the real time, Slack's own."""

    def __init__(
        self, settings: Settings, db: Database, clock: Clock, runner: JobRunner, *, wall: Clock = system_clock
    ) -> None:
        if settings.slack_app_token is None:
            raise ValueError("the Slack door needs PAYCLERK_SLACK_APP_TOKEN")
        client = make_client(settings)
        self._posts = Posts(client, db, wall)
        self._app = build_app(settings, db, clock)
        self._connection = Connection(self._app, settings.slack_app_token.get_secret_value())
        batches, imports = BatchPosts(db, self._posts), ImportWork(settings, db, clock, client)
        routine = RoutinePosts(db, self._posts, {"bulk.run": batches.ended, "import.run": imports.ended})
        runner.handle("slack.batch", batches)
        runner.handle("bulk.run", BulkWork(settings, db, clock))
        runner.handle("import.run", imports)
        runner.handle("slack.notice", NoticePosts(db, self._posts))
        runner.handle("slack.package", PackagePosts(settings, db, clock, client, self._posts))
        runner.handle("slack.file", FilePosts(db, client, self._posts))
        runner.handle("slack.digest", routine.digest)
        runner.handle("slack.trouble", routine.trouble)

    @property
    def is_up(self) -> bool:
        return self._connection.is_up

    def start(self) -> None:
        self._connection.start()

    def stop(self) -> None:
        self._posts.end()
        self._connection.stop()
        self._app.listener_runner.listener_executor.shutdown(wait=True)
