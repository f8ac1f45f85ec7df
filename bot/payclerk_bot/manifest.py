"""The Slack app manifest, made of the registry: paste it at api.slack.com/apps."""

from __future__ import annotations

from typing import Any, Final

from .registry import Registry
from .routes import REGISTRY

COMMAND: Final = "/billing"
SCOPES: Final = (
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "users:read",
    "users:read.email",
)


def manifest(registry: Registry = REGISTRY) -> dict[str, Any]:
    return {
        "display_information": {
            "name": "payclerk",
            "description": "Construction progress billing from Slack and e-mail",
            "background_color": "#1d3b53",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "payclerk", "always_online": True},
            "slash_commands": [_slash_command(registry)],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_home_opened", "file_shared"]},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def _slash_command(registry: Registry) -> dict[str, Any]:
    words = " | ".join(command.word for command in registry.commands)
    return {
        "command": COMMAND,
        "description": "Progress billing: invite, review, approve, sign, e-mail, pay",
        "usage_hint": f"[{words}]",
        "should_escape": False,
    }
