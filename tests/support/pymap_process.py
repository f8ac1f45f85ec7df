"""pymap in a process of its own, its folders in memory. Words on standard input: `user NAME`, `down`, `up`."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from secrets import token_bytes
from typing import Any

from proxyprotocol.noop import ProxyProtocolNoop
from proxyprotocol.result import ProxyResultLocal
from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config, Identity, Login
from pymap.imap import IMAPServer
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import BuiltinHash


class Pymap:
    def __init__(self, host: str, port: int, password: str) -> None:
        self._address = host, port
        self._password = password
        self._config = Config(
            Namespace(),
            host=host,
            port=port,
            tls_enabled=False,
            invalid_user_sleep=0.0,
            proxy_protocol=ProxyProtocolNoop(),
            hash_context=BuiltinHash(),
            demo_data=False,
            demo_user="",
            demo_password="",
        )
        self._login = Login(self._config)
        self._config.apply_context()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[Any]] = set()

    async def user(self, name: str) -> None:
        password = await Passwords(self._config).hash_password(self._password)
        await Identity(name, self._login, None, frozenset()).set(UserMetadata(self._config, name, password=password))

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._serve, *self._address)

    async def down(self) -> None:
        """Listen no more and break every connection, as a server does that is restarted; the mail is kept."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            peer = SocketInfo.get(writer, ProxyResultLocal(), unique_id=token_bytes(16))
            await IMAPServer(self._login, self._config)(reader, writer, peer)
        finally:
            self._connections.discard(task)
            writer.transport.abort()


async def main(host: str, port: str, password: str) -> None:
    pymap = Pymap(host, int(port), password)
    words = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    print("ready", flush=True)
    while line := (await words.readline()).decode().split():
        await getattr(pymap, line[0])(*line[1:])
        print(f"done: {line[0]}", flush=True)
    await pymap.down()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
