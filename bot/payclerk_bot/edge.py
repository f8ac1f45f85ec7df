"""The edge: every listener goes through here. Acknowledge first, identify, run, and turn errors into words once."""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_bolt import Ack
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import OperationalError

from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError, UserError
from payclerk_core.settings import Settings

from .client import SLACK_TROUBLE
from .desk import Desk, Turn
from .identity import StrangerError, identify
from .projects import authorise
from .registry import Command, Handler, Registry
from .say import tell
from .views import blocks as b
from .views.help import unknown_command

log = structlog.get_logger()
BoltListener = Callable[..., None]


class Edge:
    """Makes Bolt listeners of the registry's handlers."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, registry: Registry) -> None:
        self._desk = Desk(settings, db, clock, registry)
        self._team: str | None = None

    def command(self, ack: Ack, body: Mapping[str, Any], client: WebClient) -> None:
        ack()
        word, _, words = _unescaped(str(body.get("text") or "")).strip().partition(" ")
        found = self._desk.registry.command(word or "help")
        self._guarded(ack, body, client, _command_handler(found, word), words.strip(), found.task if found else None)

    def click(self, handler: Handler, task: str | None) -> BoltListener:
        def listener(ack: Ack, body: Mapping[str, Any], client: WebClient) -> None:
            ack()
            self._guarded(ack, body, client, handler, "", task)

        return listener

    def _guarded(
        self, ack: Ack, body: Mapping[str, Any], client: WebClient, handler: Handler, words: str, task: str | None
    ) -> None:
        turn = None
        try:
            turn = self._turn(ack, body, client, words, task)
            authorise(turn)
            handler(turn)
        except Exception as error:  # noqa: BLE001  whatever it is, the person is told and the door stays open
            tell(client, body, explain(error), opened=turn.opened if turn else [])

    def submit(self, handler: Handler) -> BoltListener:
        """A form's answer travels in the acknowledgement, so its handler runs before it and must be short."""

        def listener(ack: Ack, body: Mapping[str, Any], client: WebClient) -> None:
            turn = None
            try:
                turn = self._turn(ack, body, client)
                answer = handler(turn)
            except Exception as error:  # noqa: BLE001
                if turn is not None and turn.opened:  # answered already, because the work was long
                    tell(client, body, explain(error), opened=turn.opened)
                    return
                answer = _refused(error, body)
            ack(answer) if answer else ack()

        return listener

    def suggest(self, handler: Handler) -> BoltListener:
        def listener(ack: Ack, body: Mapping[str, Any], client: WebClient) -> None:
            try:
                found = handler(self._turn(ack, body, client))
            except Exception as error:  # noqa: BLE001
                explain(error)
                found = []
            ack(options=found)

        return listener

    def home(self, handler: Handler, stranger: Callable[[str], b.View]) -> BoltListener:
        def listener(ack: Ack, body: Mapping[str, Any], client: WebClient) -> None:
            ack()
            try:
                handler(self._turn(ack, body, client))
            except StrangerError as error:
                client.views_publish(user_id=body["event"]["user"], view=stranger(error.message))
            except Exception as error:  # noqa: BLE001
                explain(error)

        return listener

    def file(self, handler: Handler) -> BoltListener:
        """A file somebody shared. In a channel only what is for us is answered; errors go to the person alone."""

        def listener(ack: Ack, body: Mapping[str, Any], client: WebClient) -> None:
            ack()
            try:
                handler(self._turn(ack, body, client))
            except StrangerError as error:
                if str(body["event"].get("channel_id", "")).startswith("D"):
                    tell(client, {"user_id": body["event"].get("user_id")}, error.message)
            except Exception as error:  # noqa: BLE001
                tell(client, {"user_id": body["event"].get("user_id")}, explain(error))

        return listener

    def _turn(
        self, ack: Ack, body: Mapping[str, Any], client: WebClient, words: str = "", task: str | None = None
    ) -> Turn:
        who = identify(self._desk.db, client, body, self._home_team(client))
        return Turn(self._desk, who, client, body, words, task, ack=ack)

    def _home_team(self, client: WebClient) -> str:
        if self._team is None:
            self._team = str(client.auth_test()["team_id"])
        return self._team


def _unescaped(text: str) -> str:
    """Slack escapes the text of a command as it does that of a message."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _command_handler(found: Command | None, word: str) -> Handler:
    if found is not None:
        return found.handler

    def unknown(turn: Turn) -> None:
        raise UserError(unknown_command(word, turn.desk.registry.near(word)), code="unknown_command")

    return unknown


def explain(error: Exception) -> str:
    """Any error as words for the person. The unexpected gets a reference that stands in the log too."""
    if isinstance(error, UserError):
        return b.esc(error.message)
    reference = uuid.uuid4().hex[:8]
    # The message of a foreign error may hold an address or an amount: only its kind and place are logged.
    where = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
    code = error.response.get("error") if isinstance(error, SlackApiError) else None
    log.error("slack_fault", reference=reference, error=type(error).__name__, slack=code, where=where)
    if isinstance(error, OperationalError):
        return f"The database is busy and nothing was changed; please try again in a moment. Reference {reference}."
    if isinstance(error, (OutsideError, *SLACK_TROUBLE)):
        return f"Slack did not do its part; please try again. Reference {reference}."
    return f"Something went wrong on our side and nothing was changed. Reference {reference}."


def _refused(error: Exception, body: Mapping[str, Any]) -> dict[str, Any]:
    """The error at the field it is about, so that nothing typed is lost; else at the form's last field."""
    text = explain(error)
    inputs = [str(x["block_id"]) for x in body["view"].get("blocks", ()) if x.get("type") == "input"]
    # The core names a line of a claim; the form asks for its reason.
    name = (getattr(error, "field", None) or "").replace("line:", "reason:", 1)
    matching = [i for i in inputs if name and (i == name or i.startswith(f"{name}:"))]
    if not inputs:
        return {"response_action": "push", "view": b.note("That did not work", text)}
    if isinstance(error, UserError):
        text = error.message  # field errors are plain text: nothing to escape
    return {"response_action": "errors", "errors": {(matching or inputs[-1:])[0]: b.cut(text, 2000)}}
