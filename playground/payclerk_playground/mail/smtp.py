"""The SMTP server: takes mail from payclerk and from people's mail programs alike."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from .accounts import HOST_NAME
from .stamps import Submission

# aiosmtpd warns of its own use of an old attribute at every sign-in.
logging.getLogger("mail.log").setLevel(logging.ERROR)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .accounts import Accounts
    from .faults import MailFaults


class SmtpServer:
    """Listens on loopback; `down` breaks every connection, `up` takes the same port again."""

    def __init__(
        self, accounts: Accounts, faults: MailFaults, deliver: Callable[[Submission], Awaitable[None]], port: int
    ) -> None:
        self.port = port
        self._accounts = accounts
        self._faults = faults
        self._handler = _Handler(faults, deliver)
        self._server: asyncio.Server | None = None
        self._sessions: set[_Session] = set()

    async def up(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for session in list(self._sessions):
            session.hang_up()
        await self._server.wait_closed()
        self._server = None

    def _protocol(self) -> asyncio.BaseProtocol:
        if self._faults.takes("busy"):
            return _Busy()
        return _Session(self._handler, self._sign_in, self._sessions)

    def _sign_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        if not isinstance(given, LoginPassword):
            return AuthResult(success=False, handled=False)
        account = self._accounts.signs_in(given.login.decode(), given.password.decode())
        return AuthResult(success=account is not None, handled=False, auth_data=account and account.address)


class _Session(SMTP):
    def __init__(self, handler: _Handler, authenticator: Any, sessions: set[_Session]) -> None:
        super().__init__(
            handler,
            hostname=HOST_NAME,
            ident="ESMTP playground",
            enable_SMTPUTF8=True,
            auth_require_tls=False,  # loopback only
            authenticator=authenticator,
            loop=asyncio.get_running_loop(),
        )
        self._sessions = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sessions.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()


class _Busy(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # narrows the type for the next line
        transport.write(f"421 4.3.2 {HOST_NAME} is too busy, try again later\r\n".encode())
        transport.close()


class _Handler:
    def __init__(self, faults: MailFaults, deliver: Callable[[Submission], Awaitable[None]]) -> None:
        self._faults = faults
        self._deliver = deliver

    async def handle_RCPT(  # noqa: N802  # the name is aiosmtpd's
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if self._faults.takes("temporary"):
            return "451 4.3.0 Temporary trouble, try again later"
        if self._faults.refuses(address):
            return f"550 5.1.1 <{address}>: no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: _Session, session: Any, envelope: Any) -> str:  # noqa: N802
        queue_id = secrets.token_hex(5).upper()
        sender = envelope.mail_from or ""
        identity = session.auth_data or sender
        mail = Submission(identity, sender, tuple(envelope.rcpt_tos), envelope.content, session.host_name, queue_id)
        await self._deliver(mail)
        if self._faults.takes("lost_replies"):
            server.hang_up()
        return f"250 2.0.0 OK: queued as {queue_id}"
