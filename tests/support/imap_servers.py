"""Real IMAP servers: Dovecot, which many firms run, and pymap, an independent reading of the same RFCs.

Both have one small interface, so that a test can be run over either.
"""

from __future__ import annotations

import itertools
import os
import pwd
import socket
import sys
from abc import ABC, abstractmethod
from imaplib import IMAP4
from pathlib import Path
from textwrap import dedent

from certificates import Authority
from processes import Server, ServerFolder, free_port, need_program, unprivileged_user
from token_server import TokenServer

PASSWORD = "secret"


class ImapServer(ABC):
    """Listens on a loopback port of its own that it keeps over `stop` and `start`; no TLS."""

    name: str
    host = "127.0.0.1"
    password = PASSWORD

    def __init__(self) -> None:
        self.port = free_port()
        self._numbers = itertools.count(1)
        self._folder = ServerFolder(self.name)
        self._server = self._make_server()

    @abstractmethod
    def _make_server(self) -> Server: ...

    @abstractmethod
    def _admit(self, user: str) -> None: ...

    @abstractmethod
    def deliver(self, user: str, raw: bytes) -> None:
        """Put a message into the person's INBOX."""

    def new_user(self) -> str:
        """A person with an empty INBOX that no other test uses. The password is the same for all."""
        user = f"billing{next(self._numbers)}@sitework.test"
        self._admit(user)
        return user

    def start(self) -> None:
        """Listen again, on the same port, with the mail as it was."""
        if not self._server.running:
            self._server.start()

    def stop(self) -> None:
        """Listen no more, and break every connection."""
        self._server.stop()

    def close(self) -> None:
        self._server.stop()
        self._folder.remove()

    @property
    def log(self) -> str:
        return "".join(self._server.log)


class Dovecot(ImapServer):
    name = "dovecot"

    def deliver(self, user: str, raw: bytes) -> None:
        """As a delivery agent does: written under tmp/, then moved to new/."""
        inbox = self._inbox(user)
        name = f"{next(self._numbers)}.{os.getpid()}.{socket.gethostname()}"
        written = inbox / "tmp" / name
        written.write_bytes(raw)
        self._folder.give(written)
        written.rename(inbox / "new" / name)

    def renumber(self, user: str) -> None:
        """Lose the server's own books, as a restored backup does: UIDVALIDITY changes and UIDs start again."""
        self.stop()
        for book in self._inbox(user).glob("dovecot*"):
            book.unlink()
        self.start()

    def _inbox(self, user: str) -> Path:
        return self._folder.path / "mail" / user

    def _admit(self, user: str) -> None:
        for part in ("tmp", "new", "cur"):
            self._folder.make("mail", user, part)

    def _make_server(self) -> Server:
        program = need_program("dovecot", package="dovecot-imapd")
        settings = self._folder.path / "dovecot.conf"
        settings.write_text(self._settings())
        self._folder.give(settings)
        return Server([program, "-F", "-c", settings], ready="starting up for imap", cwd=self._folder.path)

    def _settings(self) -> str:
        # Dovecot's "rootless" set-up: everything runs as one unprivileged user, nothing changes its root.
        me = pwd.getpwnam(unprivileged_user() or pwd.getpwuid(os.getuid()).pw_name)
        base = self._folder.path
        services = ("anvil", "imap-login", "stats")
        unchrooted = "\n".join(f"service {service} {{\n  chroot =\n}}" for service in services)
        return (
            dedent(f"""\
            base_dir = {base}/run
            state_dir = {base}/run
            log_path = /dev/stderr
            protocols = imap
            listen = {self.host}
            ssl = no
            disable_plaintext_auth = no
            default_internal_user = {me.pw_name}
            default_internal_group =
            default_login_user = {me.pw_name}
            first_valid_uid = 1
            first_valid_gid = 1
            mail_location = maildir:{base}/mail/%u
            mail_max_userip_connections = 100
            namespace inbox {{
              inbox = yes
              separator = /
            }}
            auth_failure_delay = 0
            passdb {{
              driver = static
              mechanisms = plain login
              args = password={PASSWORD}
            }}
            userdb {{
              driver = static
              args = uid={me.pw_uid} gid={me.pw_gid} home={base}/home/%u
            }}
            service anvil {{
              unix_listener anvil-auth-penalty {{
                mode = 0
              }}
            }}
            service imap-login {{
              inet_listener imap {{
                port = {self.port}
              }}
              inet_listener imaps {{
                port = 0
              }}
            }}
            """)
            + unchrooted
            + "\n"
            + self._more_settings()
        )

    def _more_settings(self) -> str:
        return ""


class SecureDovecot(Dovecot):
    """Dovecot with TLS on a second port, STARTTLS on the first, and sign-in by token."""

    name = "dovecot-tls"

    def __init__(self) -> None:
        self.tls_port = free_port()
        self.oauth = TokenServer()
        super().__init__()

    def close(self) -> None:
        super().close()
        self.oauth.close()

    def _more_settings(self) -> str:
        base = self._folder.path
        self.authority = Authority(base)
        certificate, key = self.authority.issue()
        tokens = base / "oauth2.conf"
        tokens.write_text(
            f"introspection_mode = auth\nintrospection_url = {self.oauth.introspection_url}\n"
            "username_attribute = username\n"
        )
        for path in (certificate, key, tokens):
            self._folder.give(path)
        return dedent(f"""\
            ssl = yes
            ssl_cert = <{certificate}
            ssl_key = <{key}
            auth_mechanisms = plain login xoauth2 oauthbearer
            passdb {{
              driver = oauth2
              mechanisms = xoauth2 oauthbearer
              args = {tokens}
            }}
            service imap-login {{
              inet_listener imaps {{
                port = {self.tls_port}
                ssl = yes
              }}
            }}
            """)


class Pymap(ImapServer):
    name = "pymap"
    _listens = False

    def deliver(self, user: str, raw: bytes) -> None:
        with IMAP4(self.host, self.port, timeout=10) as client:
            client.login(user, self.password)
            client.append("INBOX", "", "", raw)

    def start(self) -> None:
        # The mail is in the memory of the process: it goes on, and only its socket is closed and opened.
        if not self._server.running:
            self._server.start()
        if not self._listens:
            self._server.tell("up", answer="done: up")
            self._listens = True

    def stop(self) -> None:
        if self._listens:
            self._server.tell("down", answer="done: down")
            self._listens = False

    def _admit(self, user: str) -> None:
        self._server.tell(f"user {user}", answer="done: user")

    def _make_server(self) -> Server:
        return Server(
            [sys.executable, Path(__file__).with_name("pymap_process.py"), self.host, str(self.port), PASSWORD],
            ready="ready",
            cwd=self._folder.path,
            as_ourselves=True,  # another user may not be able to read our virtual environment
        )
