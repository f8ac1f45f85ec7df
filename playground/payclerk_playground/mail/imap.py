"""The IMAP server: pymap, serving our folders."""

from __future__ import annotations

import asyncio
import secrets
from argparse import Namespace
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from proxyprotocol.noop import ProxyProtocolNoop
from proxyprotocol.result import ProxyResultLocal
from proxyprotocol.sock import SocketInfo
from pymap.backend.session import BaseSession
from pymap.concurrent import Subsystem
from pymap.config import BackendCapability, IMAPConfig
from pymap.exceptions import InvalidAuth, NotAllowedError
from pymap.imap import IMAPServer
from pymap.interfaces.login import IdentityInterface, LoginInterface
from pysasl.hashing import BuiltinHash
from pysasl.identity import ClearIdentity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from .accounts import Accounts
    from .folders import Folders


class ImapServer:
    """Listens on loopback; `down` breaks every connection, `up` takes the same port again."""

    def __init__(self, accounts: Accounts, folders: Mapping[str, Folders], port: int) -> None:
        self.port = port
        self._login = _Login(accounts, folders)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def up(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a server's callback always runs in a task
        self._connections.add(task)
        config = self._login.config
        config.apply_context()
        try:
            peer = SocketInfo.get(writer, ProxyResultLocal(), unique_id=secrets.token_bytes(16))
            await IMAPServer(self._login, config)(reader, writer, peer)
        finally:
            self._connections.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class _Config(IMAPConfig):
    def __init__(self) -> None:
        super().__init__(
            Namespace(),
            host="127.0.0.1",
            port=0,
            tls_enabled=False,  # loopback only; without it pymap would refuse a sign-in before STARTTLS
            invalid_user_sleep=0.0,
            proxy_protocol=ProxyProtocolNoop(),
            hash_context=BuiltinHash(),
            cpu_subsystem=Subsystem.for_asyncio(),
        )

    @property
    def backend_capability(self) -> BackendCapability:
        return BackendCapability(idle=True, object_id=False, multi_append=True)

    @property
    def greeting(self) -> bytes:
        return b"playground ready"


class _Session(BaseSession[Any]):
    def __init__(self, owner: str, config: _Config, folders: Folders) -> None:
        super().__init__(owner)
        self._config = config
        self._folders = folders

    @property
    def config(self) -> _Config:
        return self._config

    @property
    def mailbox_set(self) -> Folders:
        return self._folders


class _Identity(IdentityInterface):
    def __init__(self, name: str, login: _Login) -> None:
        self._name = name
        self._login = login

    @property
    def name(self) -> str:
        return self._name

    @property
    def roles(self) -> frozenset[str]:
        return frozenset()

    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[_Session]:
        yield _Session(self._name, self._login.config, self._login.folders[self._name])

    async def new_token(self, *, expiration: Any = None) -> str | None:  # noqa: ARG002  # pymap's own signature
        return None

    async def get(self) -> Any:
        raise NotAllowedError("Accounts are made by the playground.")

    async def set(self, metadata: Any) -> int | None:  # noqa: ARG002  # pymap's own signature
        raise NotAllowedError("Accounts are made by the playground.")

    async def delete(self) -> None:
        raise NotAllowedError("Accounts are made by the playground.")


class _Login(LoginInterface):
    def __init__(self, accounts: Accounts, folders: Mapping[str, Folders]) -> None:
        self.accounts = accounts
        self.folders = folders
        self.config = _Config()

    @property
    def tokens(self) -> Any:
        raise NotAllowedError("There are no sign-in tokens here.")

    async def authenticate(self, credentials: Any) -> _Identity:
        account = self.accounts.find(credentials.authcid) or self.accounts.by_local_part(credentials.authcid)
        if account is None or not credentials.verify(ClearIdentity(credentials.authcid, account.password)):
            raise InvalidAuth
        return _Identity(account.address, self)

    async def authorize(self, authenticated: IdentityInterface, authzid: str) -> _Identity:
        account = self.accounts.find(authzid) or self.accounts.by_local_part(authzid)
        if account is None or account.address != authenticated.name:
            raise InvalidAuth
        return _Identity(account.address, self)
