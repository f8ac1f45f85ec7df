"""The mailboxes payclerk reads: the one of the settings, and those of the file PAYCLERK_MAILBOXES_FILE.

A further mailbox is the settings with other values for where the mail is and who signs in. The file holds no secret: it
names the environment variables that do.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import UserError
from .settings import Security, Settings, SignIn, secret_named

MAX_MAILBOXES: Final = 20
MAX_BYTES: Final = 100_000
Words = Annotated[str, Field(min_length=1, max_length=200)]


class Further(BaseModel):
    """One `[[mailbox]]` of the file. What is left out is as in the settings; who signs in and how must be said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Words
    host: Words | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Security | None = None
    user: Words
    sign_in: SignIn = "password"
    password_env: Words | None = None
    folder: Words = "INBOX"
    processed_folder: Words | None = None
    oauth_provider: str | None = None
    oauth_client_id: str | None = None
    oauth_client_secret_env: Words | None = None
    oauth_tenant: str | None = None
    oauth_refresh_token_env: Words | None = None
    oauth_refresh_token_file: Path | None = None
    oauth_url: str | None = None


def mailboxes(settings: Settings, *, to_sign_in: bool = True) -> list[Settings]:
    """The settings of each mailbox, the main one first. Raises UserError that names the file's entry and its fault.

    Who only looks at what the tables say of them (`to_sign_in=False`) need not have their secrets.
    """
    if settings.mailboxes_file is None:
        return [settings]
    entries = _entries(settings.mailboxes_file)
    found = [settings, *(_further(settings, number, entry, to_sign_in) for number, entry in enumerate(entries, 1))]
    twice = [name for name, count in Counter(one.account for one in found).items() if count > 1]
    if twice:
        raise _fault("two mailboxes have the same name; give each its own, and none the user name of the main one")
    return found


def _entries(path: Path) -> list[Mapping[str, Any]]:
    try:
        raw = path.read_bytes()[: MAX_BYTES + 1]
        content = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise _fault(f"the file cannot be read ({type(error).__name__})") from None
    except ValueError as error:
        # A TOML error says where, and shows a character at most.
        raise _fault(f"the file is not TOML: {error}") from None
    entries = content.pop("mailbox", None)
    if len(raw) > MAX_BYTES or content or not isinstance(entries, list) or not 1 <= len(entries) <= MAX_MAILBOXES:
        raise _fault(f"the file has to hold one to {MAX_MAILBOXES} tables [[mailbox]] and nothing else")
    return entries


def _further(settings: Settings, number: int, entry: Mapping[str, Any], to_sign_in: bool) -> Settings:
    try:
        one = Further.model_validate(entry)
        return Settings.model_validate({**settings.model_dump(), **_values(one, partial(_secret, number, to_sign_in))})
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        words = "; ".join(
            f"{'.'.join(map(str, one['loc']))} {one['msg'].removeprefix('Value error, ')}".strip() for one in faults
        )
        raise _fault(f"mailbox {number}: {words}") from None


def _values(one: Further, secret: Callable[[str | None], Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "imap_name": one.name,
        "imap_user": one.user,
        "imap_sign_in": one.sign_in,
        "imap_password": secret(one.password_env),
        "imap_folder": one.folder,
        "imap_processed_folder": one.processed_folder,
    }
    if one.oauth_refresh_token_env or one.oauth_refresh_token_file:
        values["oauth_refresh_token"] = secret(one.oauth_refresh_token_env)
        values["oauth_refresh_token_file"] = one.oauth_refresh_token_file
    values["oauth_client_secret"] = secret(one.oauth_client_secret_env)
    for name in ("oauth_client_secret", "oauth_provider", "oauth_client_id", "oauth_tenant", "oauth_url"):
        values[name] = values.get(name) or getattr(one, name, None)
    values |= {"imap_host": one.host, "imap_port": one.port, "imap_security": one.security}
    required = {"imap_password", "imap_processed_folder", "oauth_refresh_token", "oauth_refresh_token_file"}
    return {name: value for name, value in values.items() if value is not None or name in required}


def _secret(number: int, to_sign_in: bool, name: str | None) -> Any:
    if name is None or not to_sign_in:
        return name and "not needed"
    secret = secret_named(name)
    if secret is None:
        raise _fault(f"mailbox {number}: the environment variable {name} is not set")
    return secret


def _fault(words: str) -> UserError:
    return UserError(f"PAYCLERK_MAILBOXES_FILE: {words}.", code="settings")
