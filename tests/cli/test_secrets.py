"""Whatever fails, no secret is printed: every command of the command line is made to fail, and its output is searched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from payclerk.main import app
from payclerk_core.mailboxes import mailboxes
from payclerk_core.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# One for each setting that holds one; what is in the address of the database and of the proxy is one, too.
SECRETS = {
    "PAYCLERK_TOKEN_SECRET": "hush-token-" + "t" * 32,
    "PAYCLERK_SLACK_BOT_TOKEN": "xoxb-hush-bot",
    "PAYCLERK_SLACK_APP_TOKEN": "xapp-hush-app",
    "PAYCLERK_SMTP_PASSWORD": "hush-smtp",
    "PAYCLERK_IMAP_PASSWORD": "hush-imap",
    "PAYCLERK_OAUTH_CLIENT_SECRET": "hush-client",
    "PAYCLERK_OAUTH_REFRESH_TOKEN": "hush-refresh",
    "SECOND_MAILBOX_PASSWORD": "hush-second",
}
ADDRESSES = {
    "PAYCLERK_DATABASE_URL": "postgresql+psycopg://payclerk:hush-database@127.0.0.1:9/payclerk",
    "HTTPS_PROXY": "http://payclerk:hush-proxy@proxy.invalid:3128",
}
# The machine is at fault: nothing can be reached and no database opened, and the frame it fails in holds a secret.
BROKEN_MACHINE = """
import os, socket, sqlite3

def broken(*_args, **_more):
    secret = os.environ["PAYCLERK_TOKEN_SECRET"]
    raise RuntimeError("the machine is broken")

socket.socket.connect = socket.socket.bind = socket.create_server = socket.getaddrinfo = broken
sqlite3.connect = sqlite3.dbapi2.connect = broken
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Settings that hold a secret wherever one can be, on a machine where everything fails."""
    (tmp_path / "sitecustomize.py").write_text(BROKEN_MACHINE)
    boxes = (
        '[[mailbox]]\nname = "second"\nuser = "second"\nhost = "127.0.0.1"\npassword_env = "SECOND_MAILBOX_PASSWORD"\n'
    )
    (tmp_path / "boxes.toml").write_text(boxes)
    (tmp_path / "broken").write_bytes(b"\xff\x00 no file of any kind")
    mail = {
        "PAYCLERK_MAIL_ADDRESS": "billing@reply.example",
        "PAYCLERK_SMTP_HOST": "127.0.0.1",
        "PAYCLERK_IMAP_HOST": "127.0.0.1",
        "PAYCLERK_MAILBOXES_FILE": str(tmp_path / "boxes.toml"),
        "PAYCLERK_LOG_LEVEL": "debug",
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {**kept, **SECRETS, **ADDRESSES, **mail, "PYTHONPATH": str(tmp_path)}


def commands() -> Iterator[tuple[str, ...]]:
    """Every command there is, each with a value for what it must be given."""

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, one in getattr(command, "commands", {}).items():
            yield from walk(one, (*words, name))
        if not hasattr(command, "commands") or getattr(command, "invoke_without_command", False):
            given = [_value(one) for one in command.params if one.param_type_name == "argument"]
            yield (*words, *given)

    return walk(typer.main.get_command(app), ())


def _value(argument: Any) -> str:
    return {"inbox_id": "1", "kind": "project"}.get(str(argument.name), "broken")


FAILING = sorted(commands())


def test_all_commands_are_walked() -> None:
    assert {words[0] for words in FAILING} >= {"up", "bot", "mail", "clock", "web", "doctor", "show", "demo", "import"}
    assert ("mail", "replay", "1") in FAILING
    assert len(FAILING) >= 15


# What reaches us from libraries: a secret in an error's own words, logged, raised, and lost in a thread.
TALKATIVE = """
import logging, os, socket, sys, threading

def talk(*_args, **_more):
    token = os.environ["PAYCLERK_SLACK_BOT_TOKEN"]
    secrets = [value for name, value in os.environ.items() if "hush" in value and not name.startswith("SECOND")]
    log = logging.getLogger("a.library")
    log.error("refused: %s", secrets)
    log.error(f"{len(secrets)} of %s and %s", token)
    own = logging.getLogger("a.library.of.its.own")
    own.addHandler(logging.StreamHandler(sys.stdout))
    error = OSError(f"cannot connect with {token!r} and {token.encode()!r} or {secrets!r}")
    try:
        raise error
    except OSError:
        own.exception("failed with %r", token)
    def lost():
        raise error
    thread = threading.Thread(target=lost)
    thread.start()
    thread.join()
    import structlog
    structlog.get_logger().error("failed", why=str(error), token=token)
    raise error

socket.socket.connect = socket.create_connection = socket.getaddrinfo = talk
"""


@pytest.mark.parametrize("words", [("doctor",), ("mail", "replay", "1"), ("migrate",)], ids=" ".join)
def test_a_library_that_tells_a_secret_in_its_own_words_is_not_heard(
    environment: dict[str, str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(TALKATIVE)
    strange = {"PAYCLERK_SLACK_BOT_TOKEN": "xoxb-hush\n'bot", "PAYCLERK_IMAP_PASSWORD": "hush imäp/pass"}
    code, said = run({**environment, **strange}, words, tmp_path / "out")
    assert code != 0
    if words == ("doctor",):
        assert said.count("a.library") >= 2
        assert "refused" in said
        assert "failed" in said
        assert "***" in said
    assert "hush" not in said, said


def test_a_token_with_a_line_end_is_told_by_doctor_and_not_shown(environment: dict[str, str], tmp_path: Path) -> None:
    """slack_sdk logs the header that it could not write, and in it the token."""
    (tmp_path / "sitecustomize.py").write_text("")
    token = {"PAYCLERK_SLACK_BOT_TOKEN": "xoxb-hush-\nbot", "PAYCLERK_SLACK_API_URL": "http://127.0.0.1:9/api/"}
    _, said = run({**environment, **token}, ("doctor",), tmp_path / "out")
    assert "Invalid header value b'Bearer ***'" in said
    assert "a Slack token holds characters that no token has" in said
    assert "hush" not in said, said


@pytest.mark.parametrize("words", FAILING, ids=" ".join)
def test_a_command_that_fails_prints_no_secret(
    environment: dict[str, str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    code, said = run(environment, words, tmp_path / "out")
    if code == 0:  # it needs nothing of the machine, so it writes to a device that takes nothing
        code, said = run(environment, words, Path("/dev/full"))
    assert code != 0
    assert said
    leaked = [secret for secret in (*SECRETS.values(), "hush-database", "hush-proxy") if secret in said]
    assert leaked == [], said


def run(environment: dict[str, str], words: tuple[str, ...], output: Path) -> tuple[int, str]:
    """How the command ended and all it said. A door that goes on trying is ended; what it has said counts."""
    command = [sys.executable, "-m", "payclerk", *words]
    with output.open("wb") as out:
        process = subprocess.Popen(command, env=environment, cwd=output.parent, stdout=out, stderr=subprocess.PIPE)
        try:
            _, errors = process.communicate(timeout=45)
        except subprocess.TimeoutExpired:
            process.kill()
            _, errors = process.communicate()
    said = output.read_text() if output.is_file() else ""
    return process.returncode, errors.decode() + said


def test_settings_show_no_secret(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    boxes = mailboxes(settings)
    shown = [repr(boxes), str(settings), str(settings.model_dump()), settings.model_dump_json()]
    for secret in (*SECRETS.values(), "hush-proxy"):
        assert [text for text in shown if secret in text] == []
    assert "hush-database" not in "".join(shown[:3])
    assert boxes[1].imap_password is not None
    assert boxes[1].imap_password.get_secret_value() == "hush-second"
    assert settings.database_url == ADDRESSES["PAYCLERK_DATABASE_URL"]


def test_every_setting_that_can_hold_a_secret_is_one_of_the_type_that_hides_it() -> None:
    secret = ("secret", "password", "token", "proxy")
    open_ones = {"oauth_refresh_token_file", "no_proxy"}
    named = {name for name in Settings.model_fields if any(word in name for word in secret)} - open_ones
    plain = [name for name in named if "SecretStr" not in str(Settings.model_fields[name].annotation)]
    assert plain == []
