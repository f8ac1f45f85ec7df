"""The whole local world on one address: Slack, mail and DocuSign, and the page to use them by hand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .docusign import DocusignWorld
from .docusign.envelopes import Envelope
from .mail import MailWorld
from .personas import Persona
from .slack.api import Api
from .slack.control import SlackWorld
from .slack.link import Link
from .slack.pages import SlackPages
from .slack.state import SlackState

PAGE = Path(__file__).parent / "page"
BOT_TOKEN = "xoxb-playground"  # noqa: S105 - opens nothing but this local world
APP_TOKEN = "xapp-playground"  # noqa: S105


def _utc_now() -> datetime:
    return datetime.now(UTC)


class World:
    """Started on loopback, used by the demo, the tests and the page alike, and gone when stopped."""

    def __init__(
        self,
        folder: Path,
        personas: Sequence[Persona],
        *,
        http_port: int = 0,
        smtp_port: int = 0,
        imap_port: int = 0,
        commands: Sequence[dict[str, Any]] = (),
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._listener = socket.create_server(("127.0.0.1", http_port))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.personas, self.now = personas, now
        state, link = SlackState(personas), Link()
        api = Api(state, BOT_TOKEN, APP_TOKEN, lambda: self.url)
        self.slack = SlackWorld(state, api, link, lambda: self.url)
        self.mail = MailWorld(folder / "mail", personas, smtp_port, imap_port, now=now)
        self.docusign = DocusignWorld(self.mail, lambda: self.url, folder, now=now)
        self._pages = SlackPages(self.slack, commands, now)
        self._server = self._make_server(api, link)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="playground", daemon=True
        )

    def _make_server(self, api: Api, link: Link) -> uvicorn.Server:
        routes = [
            Route("/", lambda _request: FileResponse(PAGE / "index.html")),
            *api.routes(),
            *link.routes(),
            *self._pages.routes(),
            Route("/mock/envelopes", self._envelopes),
            *self.mail.routes(),
            *self.docusign.routes(),
            Mount("/page", StaticFiles(directory=PAGE)),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            log_config=None,
            lifespan="off",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        return uvicorn.Server(config)

    def _envelopes(self, _request: Request) -> Response:
        """What the page's signing half shows."""
        rows = [
            {"id": one.id, "subject": one.subject, "status": one.status, "signers": self._signers(one)}
            for one in self.docusign.envelopes()
        ]
        return JSONResponse({"envelopes": rows})

    def _signers(self, envelope: Envelope) -> list[dict[str, Any]]:
        return [
            {
                "name": one.name,
                "email": one.email,
                "status": one.status,
                "link": self.docusign.link(envelope.id, one.email) if one in envelope.waiting() else None,
            }
            for one in envelope.signers
        ]

    @classmethod
    def start(cls, folder: Path, personas: Sequence[Persona], **options: Any) -> World:
        """A world that answers."""
        folder.mkdir(parents=True, exist_ok=True)
        world = cls(folder, personas, **options)
        world.mail.start()
        world._thread.start()
        return world

    def stop(self) -> None:
        self._pages.stop()
        self.mail.stop()
        self.slack.link.drop()
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listener.close()

    def settings(self) -> dict[str, str]:
        """The settings that point payclerk here; nothing else differs from a real installation."""
        return {
            "PAYCLERK_SLACK_API_URL": f"{self.url}/slack/api/",
            "PAYCLERK_SLACK_BOT_TOKEN": BOT_TOKEN,
            "PAYCLERK_SLACK_APP_TOKEN": APP_TOKEN,
            **self.mail.settings(),
            **self.docusign.settings(),
        }

    def user(self, name: str) -> str:
        """The Slack id of a person by name."""
        return next(p.user_id for p in self.personas if p.name == name)
