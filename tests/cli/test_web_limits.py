"""The HTTP door under strangers: a taken port ends the process, connections that say nothing keep nobody out."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
import structlog

from mail_month import make_settings, noon
from payclerk.web import WebDoor
from payclerk.web_limits import Limits
from processes import free_port
from waiting import until_readable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payclerk_core.db import Database


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is tried here asks no database."""
    return sqlite_url


@pytest.fixture
def port(database: Database) -> Iterator[int]:
    """A door with lowered limits: five connections, of a second each."""
    settings = make_settings(web_port=free_port())
    web = WebDoor(settings, database, noon, limits=Limits(connections=5, seconds=1))
    web.start()
    yield settings.web_port
    web.stop()


def health(port: int) -> object:
    with urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
        return json.loads(answer.read())["status"]


def connect(stack: ExitStack, port: int) -> socket.socket:
    return stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))


def test_connections_that_never_finish_a_request_keep_nobody_out(port: int) -> None:
    with structlog.testing.capture_logs() as logs, ExitStack() as stack:
        for number in range(40):
            half = connect(stack, port)
            if number % 2:
                half.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert health(port) == "ok"
        assert health(port) == "ok"
    assert [line["event"] for line in logs] == ["web_connections_full"]  # once, however many there were


@pytest.mark.parametrize(
    "said", [b"", b"GET /health HTTP/1.1\r\n", b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"]
)
def test_a_connection_has_its_time_and_no_more(port: int, said: bytes) -> None:
    with ExitStack() as stack:
        half = connect(stack, port)
        half.sendall(said)
        until_readable(half)
        with suppress(ConnectionResetError):  # closed in order is as good
            while half.recv(65536):
                pass
    assert health(port) == "ok"


def test_what_is_no_http_is_no_news(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(20):
        with ExitStack() as stack:
            stranger = connect(stack, port)
            stranger.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
            until_readable(stranger)
    assert health(port) == "ok"
    assert "Invalid" not in capfd.readouterr().err


def test_a_taken_port_ends_the_process_with_a_clear_line(sqlite_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        environment = {
            **os.environ,
            "PAYCLERK_DATABASE_URL": sqlite_url,
            "PAYCLERK_TOKEN_SECRET": "t" * 32,
            "PAYCLERK_WEB_PORT": str(number),
        }
        command = [sys.executable, "-m", "payclerk", "web"]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stdout.strip() == (
        f"The web pages cannot be served at 127.0.0.1, port {number}: Address already in use. "
        "End what uses that port, or set PAYCLERK_WEB_HOST and PAYCLERK_WEB_PORT to another."
    )
    assert "Traceback" not in done.stderr
