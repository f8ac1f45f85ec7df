"""One message for each subject: posted once, then updated in place, however often we are killed in between."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import func, select

from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError
from payclerk_core.tables import SlackPost

from .client import NO_CHANNEL, SLACK_TROUBLE, error_code, outside
from .places import USER_ID, Places
from .turns import Turns
from .views.blocks import Block
from .views.notices import elsewhere

EVENT_TYPE: Final = "payclerk_post"
# Our clock and Slack's may differ; a message of ours that is older than this was never the one we look for.
SKEW: Final = timedelta(hours=1)
HISTORY_PAGES: Final = 3
UNEDITABLE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


@dataclass(frozen=True, slots=True)
class Post:
    text: str
    blocks: Sequence[Block]

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps([self.text, self.blocks], sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the subject's message stands.."""

    channel: str
    ts: str | None
    shown: str | None
    started_at: datetime


class Posts:
    """The posts of payclerk. `wall` is the real time: Slack's own timestamps know nothing of a shifted clock."""

    def __init__(self, client: WebClient, db: Database, wall: Clock, turns: Turns | None = None) -> None:
        self._client, self._db, self._wall = client, db, wall
        self._turns = turns or Turns()
        self.places = Places(client)

    def end(self) -> None:
        self._turns.end()

    def show(self, subject: str, channels: Sequence[str | None], render: Callable[[], Post | None]) -> None:
        """Bring the subject's message up to date. `channels`: the first that exists and lets us in takes a new one."""
        with self._turns.turn(subject) as ours:
            if not ours:
                return
            with translated(), self._held(subject):
                post = render()
                if post is not None:
                    self._bring_up_to_date(subject, [c for c in channels if c], post)

    def _bring_up_to_date(self, subject: str, channels: Sequence[str], post: Post) -> None:
        place = self.known(subject)
        if place is not None and place.ts is None:
            place = self._find_again(subject, place)
        if place is None or place.ts is None:
            self._post(subject, channels, post)
        elif self.places.shared(place.channel):
            self._move_out(subject, place, channels, post)
        elif place.shown != post.digest:
            self._update(subject, place, channels, post)

    def _move_out(self, subject: str, place: Place, channels: Sequence[str], post: Post) -> None:
        """The channel was shared with another company since: nothing of it stays there."""
        with suppress(SlackApiError):
            self._client.chat_update(channel=place.channel, ts=place.ts or "", **_body(Post(*elsewhere()), subject))
        self._post(subject, channels, post)

    def _update(self, subject: str, place: Place, channels: Sequence[str], post: Post) -> None:
        try:
            self._client.chat_update(channel=place.channel, ts=place.ts or "", **_body(post, subject))
        except SlackApiError as error:
            if error_code(error) not in UNEDITABLE:
                raise
            # Somebody deleted it: say it once anew.
            self._post(subject, [place.channel, *channels], post)
            return
        self.note(subject, place.channel, place.ts, post.digest)

    def _post(self, subject: str, channels: Sequence[str], post: Post) -> None:
        channel = self.start(subject, channels)
        body = {**_body(post, subject), "unfurl_links": False, "unfurl_media": False}
        try:
            answer = self._client.chat_postMessage(channel=channel, **body)
        except SlackApiError as error:
            # A person takes the place of a channel that is shared, not of one that is to be set right.
            others = [c for c in channels if not USER_ID.fullmatch(c) and self.places.channel(c) != channel]
            if error_code(error) not in NO_CHANNEL or not others:
                raise
            self._post(subject, others, post)
            return
        self.note(subject, str(answer["channel"]), str(answer["ts"]), post.digest)

    def start(self, subject: str, channels: Sequence[str]) -> str:
        """Remember, in a transaction of its own, that we begin to post: what is needed to find it after a kill."""
        if not channels:
            raise OutsideError("the project has no Slack channel; set one", permanent=True)
        channel = self._first_of_ours(channels)
        with self._db.transaction() as session:
            row = session.scalar(select(SlackPost).where(SlackPost.subject == subject))
            if row is None:
                row = SlackPost(subject=subject)
                session.add(row)
            row.channel, row.ts, row.shown, row.started_at = channel, None, None, self._wall()
        return channel

    def _first_of_ours(self, channels: Sequence[str]) -> str:
        """One that is shared with another company is passed over: our amounts are not for them."""
        ours = next((channel for channel in channels if not self.places.shared(channel)), None)
        if ours is None:
            text = "the Slack channel is shared with another company and no administrator is known in Slack"
            raise OutsideError(text, permanent=True)
        return self.places.channel(ours)

    def note(self, subject: str, channel: str, ts: str | None, shown: str | None) -> None:
        with self._db.transaction() as session:
            row = session.scalars(select(SlackPost).where(SlackPost.subject == subject)).one()
            row.channel, row.ts, row.shown = channel, ts, shown

    def known(self, subject: str) -> Place | None:
        with self._db.reading() as session:
            row = session.scalar(select(SlackPost).where(SlackPost.subject == subject))
            return Place(row.channel, row.ts, row.shown, row.started_at) if row else None

    def _find_again(self, subject: str, place: Place) -> Place:
        """We began to post and never learnt how it ended: look whether it is there."""

        def ours(message: dict[str, Any]) -> bool:
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            return metadata.get("event_type") == EVENT_TYPE and payload.get("subject") == subject

        ts = self.look_back(place, ours)
        if ts is not None:
            self.note(subject, place.channel, ts, None)
        return Place(place.channel, ts, None, place.started_at)

    def look_back(self, place: Place, ours: Callable[[dict[str, Any]], bool]) -> str | None:
        """The ts of the message since we began that is ours."""
        since = str((place.started_at - SKEW).timestamp())
        cursor = None
        for _ in range(HISTORY_PAGES):
            page = self._client.conversations_history(
                channel=place.channel, oldest=since, include_all_metadata=True, limit=200, cursor=cursor
            )
            for message in page.get("messages") or ():
                if ours(message):
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return None

    @contextmanager
    def _held(self, subject: str) -> Iterator[None]:
        """Between processes PostgreSQL holds the subject, and lets go of it when we are killed."""
        if self._db.engine.dialect.name != "postgresql":
            yield
            return
        key = int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8], signed=True)
        with self._db.reading() as session:
            session.execute(select(func.pg_advisory_xact_lock(key)))
            yield


@contextmanager
def translated() -> Iterator[None]:
    """Slack's errors as the world's: to be tried again, or not."""
    try:
        yield
    except SLACK_TROUBLE as error:
        raise outside(error) from error


def _body(post: Post, subject: str) -> dict[str, Any]:
    # Metadata can be read by every app of the workspace: the subject and nothing else.
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"subject": subject}}
    return {"text": post.text, "blocks": list(post.blocks), "metadata": metadata}
