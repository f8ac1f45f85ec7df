"""The Slack Web API client, and what its errors mean for a job: try again, or not."""

from __future__ import annotations

from typing import Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from payclerk_core.errors import OutsideError
from payclerk_core.settings import Settings

TIMEOUT_S: Final = 10
# Waiting heals these; a wrong token too, once somebody has put the right one into the settings.
PASSING: Final = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "accesslimited",
        "not_authed",
        "invalid_auth",
        "token_expired",
        "token_revoked",
        "account_inactive",
    }
)
ADVICE: Final = {
    "channel_not_found": "Slack does not know the channel, or payclerk is not in it; invite @payclerk to it",
    "not_in_channel": "payclerk is not in the channel; invite @payclerk to it",
    "is_archived": "the Slack channel is archived; choose another for the project",
}
NO_CHANNEL: Final = frozenset({"channel_not_found", "not_in_channel", "is_archived", "restricted_action"})


def make_client(settings: Settings) -> WebClient:
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    client = WebClient(token=token, base_url=settings.slack_api_url, timeout=TIMEOUT_S)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    return client


def error_code(error: SlackApiError) -> str:
    data = error.response.data if error.response is not None else None
    return str(data.get("error", "unknown")) if isinstance(data, dict) else "unknown"


def outside(error: Exception) -> OutsideError:
    """The world's error for a job, without addresses or amounts."""
    if not isinstance(error, SlackApiError):
        return OutsideError(f"Slack cannot be reached ({type(error).__name__})", permanent=False)
    code, status = error_code(error), int(error.response.status_code)
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        after = float((error.response.headers or {}).get("Retry-After", "30"))
        return OutsideError("Slack asks to go slower", permanent=False, retry_after=after)
    passing = status >= 500 or code in PASSING
    return OutsideError(f"Slack: {ADVICE.get(code, code)}", permanent=not passing)


# What the SDK raises when Slack is not there or does not answer well.
SLACK_TROUBLE: Final = (SlackApiError, OSError)
