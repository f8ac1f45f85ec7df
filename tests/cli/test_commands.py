"""The command line as who installs payclerk uses it, against the local world."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typst
from typer.testing import CliRunner

from payclerk.demo.clockwork import Clockwork
from payclerk.demo.local import EXAMPLES, settings_for, start_world
from payclerk.main import app
from payclerk_core.clock import clock_for
from payclerk_core.db import Database
from payclerk_core.settings import load_settings
from payclerk_core.tables import MailFolder
from payclerk_scheduler.docusign import DocuSign, OutgoingEnvelope, Signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payclerk_playground.world import World

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No .env and no environment of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in _names():
        monkeypatch.delenv(name, raising=False)


def _names() -> list[str]:
    lines = (REPOSITORY / ".env.example").read_text("utf-8").splitlines()
    return [line.lstrip("# ").partition("=")[0] for line in lines if line.lstrip("# ").startswith("PAYCLERK_")]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    clock = Clockwork(tmp_path / "clock")
    world = start_world(tmp_path, clock)
    for name, value in settings_for(world, tmp_path, clock, f"sqlite:///{tmp_path / 'p.sqlite3'}").items():
        monkeypatch.setenv(name, value)
    yield world
    world.stop()


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_doctor_finds_all_well_once_the_database_is_migrated(world: World) -> None:
    code, text = run("doctor")
    assert (code, "run 'payclerk migrate'" in text) == (1, True)

    assert run("migrate")[0] == 0

    code, text = run("doctor")
    assert (code, text.count("ok  ")) == (0, 10), text
    assert "last read: mailbox 1 not yet" in text
    assert "xoxb-" not in text


def test_restore_lists_envelopes_that_the_database_does_not_know_and_doctor_says_that_mail_is_held(
    world: World,
) -> None:
    run("migrate")
    settings = load_settings()
    pdf = typst.compile(b"= Claim\n#text(size: 1pt)[/pc_sign_1/]", format="pdf")
    signers = [Signer("Sam Okafor", "sam@northside.example")]
    docusign = DocuSign(settings, clock_for(settings.clock_file))
    docusign.send(OutgoingEnvelope(f"payclerk-{1:032x}", "Please sign", "SC-01 claim 1", pdf, signers, 1))
    docusign.close()

    code, text = run("restore", "--since", clock_for(settings.clock_file)().isoformat())

    assert code == 0, text
    assert "Envelopes at DocuSign that the database does not know: 1" in text
    assert '"Please sign" (sent)' in text
    code, text = run("doctor")
    assert (code, "restore: being settled since" in text) == (1, True)


def test_doctor_says_that_nobody_reads_the_mailbox(world: World) -> None:
    run("migrate")
    settings = load_settings()
    db = Database(settings.database_url)
    with db.transaction() as session:
        polled_at = clock_for(settings.clock_file)() - timedelta(minutes=15)
        row = {"account": settings.account, "folder": "INBOX", "uidvalidity": 1, "last_uid": 0}
        session.add(MailFolder(**row, polled_at=polled_at))
    db.close()

    code, text = run("doctor")

    assert code == 1
    assert "last read: mailbox 1 15 minutes ago: start 'payclerk up'" in text
    assert settings.account not in text


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PAYCLERK_SLACK_BOT_TOKEN", "xoxb-wrong", "copy it again"),
        ("PAYCLERK_SMTP_PASSWORD", "wrong", "PAYCLERK_SMTP_PASSWORD"),
        ("PAYCLERK_IMAP_PASSWORD", "wrong", "PAYCLERK_IMAP_PASSWORD"),
        ("PAYCLERK_IMAP_PORT", "1", "cannot be reached"),
        ("PAYCLERK_DOCUSIGN_PRIVATE_KEY_FILE", "gone.pem", "key file is missing"),
        ("PAYCLERK_DOCUSIGN_USER_ID", "0", "invalid_grant: user_not_found): no user has this GUID; check PAYCLERK_DOC"),
        ("PAYCLERK_DOCUSIGN_INTEGRATION_KEY", "0", "invalid_grant: issuer_not_found): no integration has this key"),
        ("PAYCLERK_DOCUSIGN_ACCOUNT_ID", "0", "no such account; check PAYCLERK_DOCUSIGN_ACCOUNT_ID"),
    ],
)
def test_doctor_says_what_to_do(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    run("migrate")
    monkeypatch.setenv(name, value)

    code, text = run("doctor")

    assert code == 1
    assert words in text


def test_doctor_shows_the_link_for_consent(world: World) -> None:
    run("migrate")
    world.docusign.faults.consent_required = True

    code, text = run("doctor")

    assert code == 1
    assert "/oauth/auth?response_type=code" in text


def test_all_faulty_settings_are_told_at_once_and_without_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYCLERK_TOKEN_SECRET", "short-secret")
    monkeypatch.setenv("PAYCLERK_SLACK_API_URL", "http://elsewhere.example/api/")
    monkeypatch.setenv("PAYCLERK_MAIL_ADDRESS", "billing+x@reply.example")

    code, text = run("migrate")

    assert code == 1
    for name in ("TOKEN_SECRET", "SLACK_API_URL", "MAIL_ADDRESS"):
        assert f"PAYCLERK_{name}" in text
    assert "short-secret" not in text


def test_a_password_is_never_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYCLERK_TOKEN_SECRET", "x" * 40)
    monkeypatch.setenv("PAYCLERK_SMTP_HOST", "smtp.elsewhere.example")
    monkeypatch.setenv("PAYCLERK_SMTP_SECURITY", "none")

    assert "would send the password in the clear" in run("doctor")[1]


def test_every_setting_is_in_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    from payclerk_core.settings import Settings

    ours = {name for name, field in Settings.model_fields.items() if field.validation_alias is None}
    assert set(_names()) == {f"PAYCLERK_{name.upper()}" for name in ours}  # a proxy's name is everybody's


def test_import_show_and_import_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAYCLERK_TOKEN_SECRET", "x" * 40)
    monkeypatch.setenv("PAYCLERK_DATABASE_URL", f"sqlite:///{tmp_path / 'p.sqlite3'}")

    assert "290 new" in run("import", str(EXAMPLES / "maple-street.xlsx"))[1]
    assert "Nothing to change" in run("import", str(EXAMPLES / "maple-street.xlsx"))[1]
    assert "270,650.00" in run("show", "contract", "SC-01")[1]
    assert run("show", "contract", "SC-99") == (1, "There is no contract SC-99.\n")
    assert "choose one of" in run("show", "invoice")[1]
    assert run("import", "nowhere.xlsx")[0] == 1


def test_the_manifest_asks_for_what_the_bot_needs() -> None:
    code, text = run("manifest")

    manifest = json.loads(text)
    assert code == 0
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["features"]["slash_commands"][0]["command"] == "/billing"
    assert {"chat:write", "commands", "users:read.email", "files:write"} <= set(
        manifest["oauth_config"]["scopes"]["bot"]
    )
