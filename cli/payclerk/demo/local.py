"""The local world of the demo and of `payclerk playground`."""

from __future__ import annotations

import secrets
import signal
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from payclerk_bot.routes import REGISTRY
from payclerk_core.settings import Settings, load_settings
from payclerk_playground.world import World

from .cast import MOVED, personas, read_project
from .clockwork import Clockwork

EXAMPLES = Path(__file__).parents[3] / "examples"


def start_world(folder: Path, clock: Clockwork, *, port: int = 0, examples: Path = EXAMPLES) -> World:
    """The people of the example project, with Slack, mailboxes and DocuSign."""
    commands = [
        {"command": "/billing", "text": command.word, "does": command.does, "example": command.example}
        for command in REGISTRY.commands
    ]
    world = World.start(folder, personas(read_project(examples)), http_port=port, commands=commands, now=clock.now)
    for wrong in MOVED:
        world.mail.faults.bounce(wrong)
    return world


def settings_for(world: World, folder: Path, clock: Clockwork, database_url: str) -> Mapping[str, str]:
    """What payclerk is started with: addresses and tokens of the local world."""
    return {
        **world.settings(),
        "PAYCLERK_DATABASE_URL": database_url,
        "PAYCLERK_TOKEN_SECRET": _kept_secret(folder / "token-secret"),
        "PAYCLERK_CLOCK_FILE": str(clock.file),
        "PAYCLERK_POLL_SECONDS": "2",
        "PAYCLERK_CLOCK_SECONDS": "1",
        "PAYCLERK_BEAT_SECONDS": "1",
        "PAYCLERK_WEB_PORT": "0",
        "PAYCLERK_MAIL_NAME": "Harborline billing",
    }


def as_read(settings: Mapping[str, str]) -> Settings:
    """What payclerk makes of them, for what the story does in payclerk's place."""
    return load_settings(_env_file=None, **{k.removeprefix("PAYCLERK_").lower(): v for k, v in settings.items()})


def _kept_secret(file: Path) -> str:
    if not file.exists():
        file.write_text(secrets.token_urlsafe(48), "ascii")
        file.chmod(0o600)
    return file.read_text("ascii")


def run_playground(port: int, console: Console) -> None:
    """The world alone, until Ctrl-C; prints the settings that point payclerk at it."""
    folder = Path(tempfile.mkdtemp(prefix="payclerk-playground-"))
    world = start_world(folder, Clockwork(folder / "clock"), port=port)
    console.print(f"The playground is at {world.url}; put these lines into .env:", markup=False)
    for name, value in world.settings().items():
        console.print(f"{name}={value}", markup=False, soft_wrap=True)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    done.wait()
    world.stop()
