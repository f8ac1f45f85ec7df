"""A local DocuSign with the mailboxes of those who sign."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import uvicorn
from starlette.applications import Starlette

from payclerk_playground.docusign import DocusignWorld
from payclerk_playground.mail import MailWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNERS = ("sam@northside.example", "olga@owner.example", "dana@harbor.example", "eli@harbor.example")


def _person(email: str) -> SimpleNamespace:
    return SimpleNamespace(
        email=email, name=email, title="", user_id=None, has_slack=False, has_mailbox=True, tz="UTC", locale="en"
    )


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailWorld]:
    world = MailWorld(tmp_path / "mail", [_person(email) for email in SIGNERS])
    world.start()
    yield world
    world.stop()


@pytest.fixture
def now() -> list[datetime]:
    """The time the local DocuSign goes by; a test may move it."""
    return [datetime.now(UTC)]


@pytest.fixture
def world(mail: MailWorld, tmp_path: Path, now: list[datetime]) -> Iterator[DocusignWorld]:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    docusign = DocusignWorld(mail, lambda: url, tmp_path, lambda: now[0])
    app = Starlette(routes=docusign.routes())
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield docusign
    server.should_exit = True
    thread.join()
    listener.close()
