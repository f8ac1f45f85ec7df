"""For doctor: do the two Slack tokens work, and may they do what payclerk needs?"""

from __future__ import annotations

from typing import Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from payclerk_core.errors import UserError
from payclerk_core.settings import Settings

_HELP: Final = {
    "invalid_auth": "the token is wrong or was revoked; copy it again from the Slack app's pages",
    "missing_scope": "the app lacks a scope; paste the output of 'payclerk manifest' again and reinstall the app",
    "not_allowed_token_type": "the wrong kind of token; the bot token begins with xoxb-, the app token with xapp-",
}


def check_slack(settings: Settings) -> str:
    """Sign in with the bot token, and ask for a socket with the app token. Raises UserError with what to do."""
    if settings.slack_bot_token is None or settings.slack_app_token is None:
        raise UserError("fill in PAYCLERK_SLACK_BOT_TOKEN and PAYCLERK_SLACK_APP_TOKEN (see .env.example)")
    client = WebClient(token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, timeout=10)
    try:
        who = client.auth_test()
        client.apps_connections_open(app_token=settings.slack_app_token.get_secret_value())
    except SlackApiError as error:
        code = str(error.response.get("error", ""))
        raise UserError(f"Slack answered {code}: {_HELP.get(code, 'see the Slack app settings')}") from None
    except ValueError:  # of a header that holds a line end or another such character
        text = "a Slack token holds characters that no token has; copy both again from the Slack app's pages"
        raise UserError(text) from None
    except (SlackClientError, OSError) as error:
        raise UserError(f"Slack cannot be reached ({type(error).__name__}); check the network") from None
    return f"signed in to {who.get('team', 'the workspace')}"
