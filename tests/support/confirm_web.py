"""The confirm pages as a browser without scripts sees them: a real server on loopback, and the letters that lead there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sqlalchemy import select

from mail_inbox import Inbox
from mail_month import NOON
from payclerk.web import WebDoor
from payclerk_core.queries.confirmations import as_it_goes_out, page_tokens
from payclerk_core.tables import Confirmation, Message, MessageRecipient
from processes import free_port
from waiting import eventually

if TYPE_CHECKING:
    from datetime import datetime

    from payclerk_core.db import Database
    from payclerk_core.tables import Person

PUBLIC = "https://billing.maple.example/pay"


@dataclass
class Way:
    """What a letter gives its reader."""

    path: str
    code: str
    text: str


@dataclass
class Page:
    status: int
    headers: dict[str, str]
    html: str

    @property
    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html.partition("<body>")[2])).split())


class ConfirmWeb(Inbox):
    """An inbox whose letters offer confirm pages, and the web door that serves them."""

    def __init__(self, database: Database, **settings: Any) -> None:
        super().__init__(database, web_url=PUBLIC, web_port=free_port(), **settings)
        self.now: datetime = NOON
        self._door = WebDoor(self.settings, database, lambda: self.now)
        self._door.start()
        eventually(lambda: self.get("/health").status == 200)

    def close(self) -> None:
        self._door.stop()

    def letter_to(self, person: Person, kind: str = "confirm_answer") -> Way:
        """The newest letter to somebody, as it goes over the wire."""
        with self.db.reading() as session:
            query = select(Message).join(MessageRecipient, MessageRecipient.message_id == Message.id)
            query = query.where(Message.kind == kind, MessageRecipient.person_id == person.id)
            message = session.scalars(query.order_by(Message.id.desc())).first()
            assert message is not None, f"no {kind} to {person.name}"
            letter = as_it_goes_out(self.settings, message, page_tokens(session, [message.id]).get(message.id))
        link = re.search(rf"{re.escape(PUBLIC)}(/confirm/\w+)", letter.text)
        code = re.search(r"\d{4} \d{4}", letter.text)
        assert link
        assert code
        assert link.group() in letter.html
        return Way(link.group(1), code.group(), letter.text)

    def get(self, path: str, method: str = "GET", **headers: str) -> Page:
        return self._ask(method, path, None, headers)

    def post(self, path: str, **fields: str) -> Page:
        return self.send(path, urlencode(fields).encode())

    def send(self, path: str, body: bytes, **headers: str) -> Page:
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", **headers})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Page:
        connection = HTTPConnection("127.0.0.1", self.settings.web_port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            page = answer.read().decode()
            return Page(answer.status, {name.lower(): value for name, value in answer.getheaders()}, page)
        except ConnectionRefusedError:
            return Page(0, {}, "")
        finally:
            connection.close()

    def pages(self) -> list[Confirmation]:
        with self.db.reading() as session:
            return list(session.scalars(select(Confirmation).order_by(Confirmation.id)))
