"""All settings, read once from the environment or `.env`, checked together, then passed as an argument.

This is the only module that reads the environment. Secrets never appear in an error text.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from .errors import UserError
from .redaction import keep_out, keep_password_out

Security = Literal["none", "starttls", "tls"]
SignIn = Literal["password", "xoauth2", "oauthbearer"]
# What a decision by mail needs. verified: the sender is vouched for; confirm: besides, the code on the confirm page;
# address: the invited address, whoever wrote it (for mail that never leaves the house).
Trust = Literal["verified", "confirm", "address"]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class DatabaseUrl(str):
    """A database's address, which may hold a password: used as it is, shown without what follows the scheme."""

    __slots__ = ()

    def __repr__(self) -> str:
        scheme, colon, _ = self.partition("://")
        return f"'{scheme}{colon}***'"


class Settings(BaseSettings):
    """Every setting has its line in `.env.example`, with what it is for."""

    model_config = SettingsConfigDict(env_prefix="PAYCLERK_", env_file=".env", extra="ignore", frozen=True)

    database_url: Annotated[str, AfterValidator(DatabaseUrl)] = DatabaseUrl("sqlite:///payclerk.sqlite3")
    token_secret: SecretStr = Field(min_length=32)
    clock_file: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"

    mail_address: str | None = None
    mail_name: str = "payclerk"
    mail_logo_file: Path | None = None
    mail_authserv_id: str | None = None
    mail_microsoft365: bool = False
    mail_receivers: str = ""
    mail_id_domains: str = ""
    mail_dkim_check: bool = True
    mail_trust_invitation: Trust = "verified"
    mail_trust_billing: Trust = "verified"
    mail_trust_owner: Trust = "verified"
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_security: Security = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_sign_in: SignIn = "password"
    imap_host: str | None = None
    imap_port: int = 993
    imap_security: Security = "tls"
    imap_user: str | None = None
    imap_password: SecretStr | None = None
    imap_sign_in: SignIn = "password"
    imap_folder: str = Field(default="INBOX", min_length=1, max_length=200)
    imap_processed_folder: str | None = None
    # The mailbox in our tables, where it is not the one of these settings: mailboxes.py sets it.
    imap_name: str | None = None
    mailboxes_file: Path | None = None
    mail_ca_file: Path | None = None
    poll_seconds: int = Field(default=30, ge=1, le=3600)

    oauth_provider: Literal["google", "microsoft"] | None = None
    oauth_client_id: str | None = None
    oauth_client_secret: SecretStr | None = None
    oauth_tenant: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.-]+$")
    oauth_refresh_token: SecretStr | None = None
    oauth_refresh_token_file: Path | None = None
    oauth_url: str | None = None

    docusign_oauth_base: str = "https://account-d.docusign.com"
    docusign_integration_key: str | None = None
    docusign_user_id: str | None = None
    docusign_account_id: str | None = None
    docusign_private_key_file: Path | None = None

    # The usual names, without our prefix: what a company's machines have set for every program.
    https_proxy: SecretStr | None = Field(default=None, validation_alias="https_proxy")
    http_proxy: SecretStr | None = Field(default=None, validation_alias="http_proxy")
    no_proxy: str = Field(default="", validation_alias="no_proxy")

    web_url: str | None = None
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    beat_seconds: int = Field(default=10, ge=1, le=60)
    clock_seconds: int = Field(default=20, ge=1, le=60)

    @field_validator("mail_address")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        if value is not None and (value.count("@") != 1 or "+" in value or value != value.strip()):
            raise ValueError("write one plain address such as billing@reply.example.com, without a + part")
        return value

    @field_validator("mail_authserv_id", "web_url")
    @classmethod
    def _empty_is_unset(cls, value: str | None) -> str | None:
        return value.strip() or None if value is not None else None

    @field_validator("slack_api_url", "docusign_oauth_base", "oauth_url", "web_url")
    @classmethod
    def _https_or_loopback(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("must begin with https:// (plain http only for this machine)")
        return value

    @model_validator(mode="after")
    def _one_kind_of_receiver(self) -> Settings:
        if self.mail_microsoft365 and self.mail_authserv_id is not None:
            raise ValueError("PAYCLERK_MAIL_MICROSOFT365 stands for a server without a name; leave AUTHSERV_ID out")
        return self

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Settings:
        for host, security, name in (
            (self.smtp_host, self.smtp_security, "SMTP"),
            (self.imap_host, self.imap_security, "IMAP"),
        ):
            if host and security == "none" and host not in LOOPBACK:
                raise ValueError(
                    f"PAYCLERK_{name}_SECURITY=none would send the password in the clear; use tls or starttls"
                )
        return self

    @model_validator(mode="after")
    def _sign_in_by_token_is_set_up(self) -> Settings:
        by_token = {self.imap_sign_in, self.smtp_sign_in} != {"password"}
        if by_token and (self.oauth_provider is None or self.oauth_client_id is None):
            raise ValueError("signing in by OAuth needs PAYCLERK_OAUTH_PROVIDER and PAYCLERK_OAUTH_CLIENT_ID")
        if by_token and self.oauth_provider == "microsoft" and self.oauth_tenant is None:
            raise ValueError("signing in at Microsoft needs PAYCLERK_OAUTH_TENANT, the directory (tenant) ID")
        if by_token and self.oauth_provider == "google" and not self.has_refresh_token:
            raise ValueError(
                "signing in at Google needs PAYCLERK_OAUTH_REFRESH_TOKEN or PAYCLERK_OAUTH_REFRESH_TOKEN_FILE"
            )
        if self.imap_processed_folder == self.imap_folder:
            raise ValueError("PAYCLERK_IMAP_PROCESSED_FOLDER must be another folder than PAYCLERK_IMAP_FOLDER")
        return self

    @property
    def has_refresh_token(self) -> bool:
        return self.oauth_refresh_token is not None or self.oauth_refresh_token_file is not None

    @property
    def imap_login(self) -> str:
        """Who signs in to the mailbox."""
        return self.imap_user or self.mail_address or ""

    @property
    def account(self) -> str:
        """The mailbox in our tables. Not its host: a server that is renamed still holds the same mail."""
        return (self.imap_name or self.imap_login).casefold()

    @property
    def secret(self) -> bytes:
        return self.token_secret.get_secret_value().encode()

    @property
    def has_slack(self) -> bool:
        return self.slack_bot_token is not None and self.slack_app_token is not None

    @property
    def has_mail(self) -> bool:
        return None not in (self.mail_address, self.smtp_host, self.imap_host)

    @property
    def receiving_hosts(self) -> tuple[str, ...]:
        """Domains of our receiving server's machines, where they are not those of its authserv-id."""
        return tuple(name.strip() for name in self.mail_receivers.split(",") if name.strip())

    def proxy_for(self, url: str) -> SecretStr | None:
        """The proxy of the environment (HTTPS_PROXY, HTTP_PROXY) for this address; none for this machine or NO_PROXY."""
        parts = urlsplit(url)
        proxy = self.https_proxy if parts.scheme == "https" else self.http_proxy
        if proxy is None or not proxy.get_secret_value().strip() or parts.hostname in LOOPBACK:
            return None
        return None if _without_proxy(parts.hostname or "", self.no_proxy) else proxy

    @property
    def rewritten_id_domains(self) -> tuple[str, ...]:
        """Domains of the Message-IDs that our provider puts on what we send, in place of ours."""
        return tuple(name.strip().casefold() for name in self.mail_id_domains.split(",") if name.strip())

    @property
    def has_docusign(self) -> bool:
        keys = (self.docusign_integration_key, self.docusign_user_id, self.docusign_private_key_file)
        return None not in keys


def load_settings(**overrides: Any) -> Settings:
    """The settings, or one UserError that lists every fault at once. Their secrets are printed by nobody from now on."""
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise UserError(_explain(error), code="settings") from None
    hide_secrets(settings)
    return settings


def hide_secrets(settings: Settings) -> None:
    """Keep every secret of the settings out of logs and output, whoever writes them."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            keep_out(name, value.get_secret_value())
            keep_password_out(f"{name}'s password", value.get_secret_value())
    keep_password_out("database_url", settings.database_url)


def secret_named(name: str) -> SecretStr | None:
    """A secret that another file of settings names: from the environment, else from `.env`."""
    value = os.environ.get(name) or dotenv_values(".env", interpolate=False).get(name)
    keep_out(name, value)
    return SecretStr(value) if value else None


def _without_proxy(host: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host or a domain above it: 'maple.example' and '.maple.example' both do, '*' all."""
    names = [name.strip().lower().lstrip(".").partition(":")[0] for name in no_proxy.split(",")]
    return any(name in {"*", host} or host.endswith(f".{name}") for name in names if name)


def _explain(error: ValidationError) -> str:
    lines = ["The settings are not complete (see .env.example):"]
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        name = "PAYCLERK_" + "_".join(str(part) for part in fault["loc"]).upper() if fault["loc"] else "settings"
        lines.append(f"- {name}: {fault['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
