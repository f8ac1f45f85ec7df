"""Telling the person who acted something, on the surface they are looking at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from .client import SLACK_TROUBLE, error_code
from .desk import Turn
from .views import blocks as b

log = structlog.get_logger()
# The person closed the modal, or another click was faster: nobody is looking at this view any more.
GONE: Final = frozenset({"not_found", "view_not_found", "expired_trigger_id", "exchanged_trigger_id", "hash_conflict"})


def reply(turn: Turn, text: str, blocks: Sequence[b.Block] | None = None) -> None:
    """An answer only this person sees."""
    _ephemeral(turn.client, turn.body, text, blocks)


def tell(client: WebClient, body: Mapping[str, Any], text: str, *, opened: Sequence[str] = ()) -> None:
    """Why something was not done: in the modal this turn opened, on top of the open one, or as an ephemeral line."""
    try:
        if opened:
            client.views_update(view_id=opened[-1], view=b.note("That did not work", text))
        elif (body.get("view") or {}).get("type") == "modal":
            client.views_push(trigger_id=body["trigger_id"], view=b.note("That did not work", text))
        elif (body.get("view") or {}).get("type") == "home":
            client.views_open(trigger_id=body["trigger_id"], view=b.note("That did not work", text))
        else:
            _ephemeral(client, body, text)
    except SLACK_TROUBLE as error:
        log.warning("could_not_tell", error=type(error).__name__)


def _ephemeral(client: WebClient, body: Mapping[str, Any], text: str, blocks: Sequence[b.Block] | None = None) -> None:
    if url := body.get("response_url"):
        WebhookClient(url, timeout=10).send(
            text=text, blocks=list(blocks) if blocks else None, response_type="ephemeral", replace_original=False
        )
        return
    user = str(body.get("user_id") or (body.get("user") or {}).get("id"))
    channel = body.get("channel_id") or (body.get("channel") or {}).get("id")
    if channel:
        client.chat_postEphemeral(channel=channel, user=user, text=text, blocks=blocks)
    else:
        client.chat_postMessage(channel=user, text=text, blocks=blocks, unfurl_links=False, unfurl_media=False)


def show_modal(turn: Turn, title: str, build: Callable[[], b.View]) -> None:
    """Open at once, because a trigger lives three seconds, then fill."""
    show = turn.client.views_push if turn.in_modal else turn.client.views_open
    opened = show(trigger_id=turn.trigger_id, view=b.loading(title))
    view_id = str(opened["view"]["id"])
    turn.opened.append(view_id)
    update_modal(turn.client, view_id, build())


def update_modal(client: WebClient, view_id: str, view: b.View, *, hash_: str | None = None) -> bool:
    """Put a view in place; False when somebody changed or closed it first."""
    try:
        client.views_update(view_id=view_id, view=view, **({"hash": hash_} if hash_ else {}))
    except SlackApiError as error:
        if error_code(error) not in GONE:
            raise
        return False
    return True
