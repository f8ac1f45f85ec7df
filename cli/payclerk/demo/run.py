"""`payclerk demo`: sets the stage, plays the story with a line for each step, and stays up."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from payclerk_core.db import Database
from payclerk_core.migrate import upgrade

from .clockwork import Clockwork
from .local import EXAMPLES, as_read, settings_for, start_world
from .office import OfficeProcess
from .stage import Stage
from .story import STORY

HOME = Path(".demo")
OUTPUT = Path("demo-output")
PORT = 8642


def run_demo(*, leave: bool, fresh: bool, console: Console) -> int:
    """0 when every step's result was right. Without `leave` the demo stays up until Ctrl-C."""
    if fresh or leave or not (HOME / "done").exists():
        shutil.rmtree(HOME, ignore_errors=True)
        shutil.rmtree(OUTPUT, ignore_errors=True)
    HOME.mkdir(exist_ok=True)
    OUTPUT.mkdir(exist_ok=True)
    stage = set_stage(HOME.resolve(), OUTPUT.resolve(), console, port=0 if leave else _port())
    try:
        return _play_or_resume(stage, console, leave=leave)
    finally:
        stage.office.stop()
        stage.db.close()
        stage.world.stop()


def _port() -> int:
    """The usual port, so that the page's address stays the same; a free one when somebody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT


def set_stage(
    home: Path,
    output: Path,
    console: Console,
    *,
    port: int,
    database_url: str | None = None,
    commands: Sequence[str] = ("up",),
) -> Stage:
    """The world up, payclerk's settings made, the database migrated; payclerk itself is started by the story."""
    clock = Clockwork(home / "clock")
    world = start_world(home, clock, port=port)
    url = database_url or f"sqlite:///{home / 'payclerk.sqlite3'}"
    settings = settings_for(world, home, clock, url)
    office = OfficeProcess(home, settings, _environment(), commands)
    upgrade(url)
    return Stage(world, office, Database(url), clock, output, EXAMPLES, console.print, as_read(settings))


def _environment() -> dict[str, str]:
    """The surroundings of the demo's processes, without anybody's own settings of payclerk."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PAYCLERK_")}


def _play_or_resume(stage: Stage, console: Console, *, leave: bool) -> int:
    if (HOME / "done").exists():
        stage.world.slack.state.add_channel("maple-street")
        stage.office.start()
        console.print("Going on where the last demo ended (--fresh starts over).")
        status = 0
    else:
        status = play(stage, console)
        if status == 0:
            (HOME / "done").touch()
    console.print(f"Produced files: {OUTPUT}/", markup=False, soft_wrap=True)
    if not leave:
        _stay(stage, console)
    return status


def play(stage: Stage, console: Console) -> int:
    """Every step in order; the first that is not as it should be ends the story."""
    began = time.monotonic()
    for number, step in enumerate(STORY, 1):
        start = time.monotonic()
        try:
            happened = step.play(stage)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is the demo's result
            console.print(
                f"{number:>3}. FAILED {step.title}: {type(error).__name__}: {error}", style="red", markup=False
            )
            return 1
        console.print(
            f"{number:>3}. {step.title}\n     {happened} ({time.monotonic() - start:.1f} s)",
            markup=False,
            soft_wrap=True,
        )
    console.print(
        f"The books are closed: {len(STORY)} steps in {time.monotonic() - began:.0f} s.", markup=False, soft_wrap=True
    )
    faults = stage.world.slack.faults_seen
    if faults:
        console.print(
            f"Slack would have refused {len(faults)} payloads: {faults[:3]}", style="red", markup=False, soft_wrap=True
        )
    return 1 if faults else 0


def _stay(stage: Stage, console: Console) -> None:
    console.print(f"\nThe playground is open at {stage.world.url}  (Ctrl-C ends it)", markup=False, soft_wrap=True)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    done.wait()
