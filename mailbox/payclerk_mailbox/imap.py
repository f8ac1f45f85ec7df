"""One connection to one IMAP folder. It belongs to one thread: IMAPClient mixes up the commands of several (3.1 #31)."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, LoginError
from imapclient.imapclient import SENT

from payclerk_core.errors import OutsideError
from payclerk_core.settings import Settings

from .bell import Bell
from .imap_answers import NOT_NOW, meaning_of
from .oauth import REFUSED_ANSWER, first_answer, refused
from .tls import context_for, not_trusted
from .tokens import grant_of, tokens_for

# Without a timeout a silent network would hang the poller for ever (3.1 #29).
TIMEOUT: Final = SocketTimeout(10, 60)
# What one FETCH asks for; the answer stays far below imaplib's limit of a million bytes a line (3.1 #25).
FACTS_A_CALL: Final = 200
HEAD_BYTES: Final = 65_536
# What payclerk has dealt with: a database that was restored from a backup learns of it that it is the older one.
DONE_MARK: Final = b"PayclerkDone"
UNREACHABLE: Final = "the mail server (IMAP) cannot be reached"
NO_STARTTLS: Final = (
    "the mail server (IMAP) offers no STARTTLS; set PAYCLERK_IMAP_SECURITY=tls and its port, mostly 993"
)
REFUSED: Final = "the mail server (IMAP) refused the sign-in; check PAYCLERK_IMAP_USER and PAYCLERK_IMAP_PASSWORD"
# imaplib raises bare errors of its own on answers it cannot read.
TROUBLE: Final = (IMAPClient.Error, OSError, ValueError, IndexError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Selected:
    """What the server says of the folder at this moment."""

    uidvalidity: int
    uidnext: int


@dataclass(frozen=True, slots=True)
class Facts:
    """A mail as the server lists it."""

    uid: int
    size: int
    arrived_at: datetime


class UnreadableMailError(Exception):
    """The server did not hand over this one mail; the others can be had."""


class ImapFolder:
    """The folder payclerk reads. Every trouble leaves as OutsideError, and the connection is of no use after it."""

    def __init__(self, client: IMAPClient, folder: str) -> None:
        self._client, self._folder = client, folder
        self._can_idle = client.has_capability("IDLE")
        self._selected: Selected | None = None
        self._looked: Selected | None = None
        self.keeps_marks = False  # whether the server keeps marks of our own; known once the folder is selected

    def select(self) -> Selected:
        """Open the folder (again): the numbers tell whether it is still the same one."""
        with _translated():
            answer = self._client.select_folder(self._folder)
            uidnext = int(answer.get(b"UIDNEXT") or self._highest() + 1)
        self.keeps_marks = b"\\*" in answer.get(b"PERMANENTFLAGS", ())
        self._selected = Selected(int(answer[b"UIDVALIDITY"]), uidnext)
        self._looked = self._looked or self._selected
        return self._selected

    def _highest(self) -> int:
        return max(self._client.search(["UID", "*"]), default=0)

    def uids_from(self, first: int) -> Sequence[int]:
        """The UIDs from `first` on, ascending. Never by UNSEEN: a person reading the mailbox would hide mail."""
        self._looked = self._selected
        with _translated():
            found = self._client.search(["UID", f"{first}:*"])
        # "UID 11:*" in a folder whose highest is 10 answers 10 (3.1 #30).
        return sorted(uid for uid in found if uid >= first)

    def uids_since(self, moment: datetime) -> Sequence[int]:
        """The UIDs of what arrived since then, and of some of the day before: servers compare days, each in its own zone."""
        with _translated():
            return sorted(self._client.search(["SINCE", (moment - timedelta(days=1)).date()]))

    def there(self) -> bool:
        """Whether the server has the folder."""
        with _translated():
            return bool(self._client.folder_exists(self._folder))

    def sent_folder(self) -> str | None:
        """Where the provider keeps what was sent, by its mark (RFC 6154) or its usual name."""
        with _translated():
            found = self._client.find_special_folder(SENT)
        return None if found is None else str(found)

    def headers(self, uids: Sequence[int], names: Sequence[str]) -> Iterator[bytes]:
        """These header lines of each mail, unmarked; one that the server does not hand over is passed over."""
        for some in _portions(uids):
            with suppress(UnreadableMailError):
                answer = self._fetch(some, [f"BODY.PEEK[HEADER.FIELDS ({' '.join(names)})]"])
                for row in answer.values():
                    yield from (value for key, value in row.items() if key.startswith(b"BODY[HEADER"))

    def facts(self, uids: Sequence[int]) -> dict[int, Facts]:
        """Size and arrival of these mails; one that is gone or answered badly is missing."""
        found: dict[int, Facts] = {}
        for start in range(0, len(uids), FACTS_A_CALL):
            some = uids[start : start + FACTS_A_CALL]
            try:
                found |= self._facts(some)
            except UnreadableMailError:
                for uid in some:  # one of them spoils the answer (3.1 #17)
                    with suppress(UnreadableMailError):
                        found |= self._facts([uid])
        return found

    def _facts(self, uids: Sequence[int]) -> dict[int, Facts]:
        answer = self._fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        found: dict[int, Facts] = {}
        for uid, row in answer.items():
            with suppress(KeyError, TypeError, ValueError, AttributeError):
                found[uid] = Facts(uid, int(row[b"RFC822.SIZE"]), row[b"INTERNALDATE"].astimezone(UTC))
        return found

    def raw(self, uid: int) -> bytes:
        """The mail, unmarked: a plain fetch would set \\Seen before we have it (3.1 #13, #19)."""
        return self._body(uid, "BODY.PEEK[]", b"BODY[]")

    def head(self, uid: int) -> bytes:
        """The first 64 KB of a mail that is too large."""
        return self._body(uid, f"BODY.PEEK[]<0.{HEAD_BYTES}>", b"BODY[]<0>")

    def _body(self, uid: int, what: str, key: bytes) -> bytes:
        content = self._fetch([uid], [what]).get(uid, {}).get(key)
        if not isinstance(content, bytes):
            raise UnreadableMailError
        return content

    def _fetch(self, uids: Sequence[int], what: Sequence[str]) -> dict[int, dict[bytes, Any]]:
        with _translated():
            try:
                return dict(self._client.fetch(uids, what))
            except IMAPClient.AbortError:
                raise
            except IMAPClient.Error as error:
                if meaning_of(error) is not None:
                    raise
                # Is it this mail, or a server that says no to everything for a while (3.1 #24)? Then this raises too.
                self._client.noop()
                raise UnreadableMailError from None

    def mark_seen(self, uids: Collection[int]) -> None:
        """Decoration for people who look into the mailbox, and our own mark; doing it twice changes nothing."""
        flags = [b"\\Seen", DONE_MARK] if self.keeps_marks else [b"\\Seen"]
        with _translated():
            for some in _portions(uids):
                self._client.add_flags(some, flags, silent=True)

    def done_by_us(self, since: datetime | None = None) -> Sequence[int]:
        """The mails with our mark, ascending, of those that `uids_since` names; none where the server keeps no marks."""
        if not self.keeps_marks:
            return []
        days = [] if since is None else ["SINCE", (since - timedelta(days=1)).date()]
        with _translated():
            try:
                return sorted(self._client.search(["KEYWORD", DONE_MARK, *days]))
            except IMAPClient.AbortError:
                raise
            except IMAPClient.Error:  # it offers marks and does not look for them
                return []

    def move(self, uids: Collection[int], target: str) -> bool:
        """Put mails away; those that are gone already are passed over. False: this server cannot do it safely."""
        with _translated():
            moves = self._client.has_capability("MOVE")
            if not moves and not self._client.has_capability("UIDPLUS"):
                return False  # EXPUNGE alone would also take what people have deleted
            if not self._client.folder_exists(target):
                self._client.create_folder(target)
            for some in _portions(uids):
                self._client.move(some, target) if moves else self._copy_and_expunge(some, target)
        return True

    def _copy_and_expunge(self, uids: Sequence[int], target: str) -> None:
        """What is marked deleted already was copied before a death: it is only taken away."""
        flags = self._client.get_flags(uids)
        fresh = [uid for uid, marks in flags.items() if b"\\Deleted" not in marks]
        if fresh:
            self._client.copy(fresh, target)
            self._client.delete_messages(fresh, silent=True)
        if flags:
            self._client.uid_expunge(list(flags))

    @property
    def can_idle(self) -> bool:
        """Whether the server tells us of new mail by itself."""
        return bool(self._can_idle)

    def wait(self, seconds: float, bell: Bell) -> bool:
        """Wait until the server has something new, the bell rings, or the time is over. True: worth a look now.

        A server without IDLE is waited out: the interval is what counts, IDLE only shortens it.
        """
        if not self._can_idle:
            return bell.wait(seconds)
        # What came since the last look was told with the answer to some command in between, and IDLE is silent on it.
        if self.select() != self._looked:
            return True
        with _translated():
            return self._idle(seconds, bell)

    def _idle(self, seconds: float, bell: Bell) -> bool:
        self._client.idle()
        rang = bell.wait(0 if self._is_answered() else seconds, self._client.socket())
        # idle_done reads up to the server's closing answer, so no half line stays behind (imapclient #351) and a
        # connection the server has closed is noticed here; idle_check would answer [] for ever (3.1 #28).
        _, answers = self._client.idle_done()
        if not rang and not answers:
            self._client.noop()
        return rang or any(b"EXISTS" in answer or b"RECENT" in answer for answer in answers)

    def _is_answered(self) -> bool:
        """Whether an answer was read together with the go-ahead for IDLE: waiting for the socket would miss it."""
        connection, timeout = self._client.socket(), self._client.socket().gettimeout()
        connection.settimeout(0)
        try:
            return bool(self._client._imap.file.peek(1))  # noqa: SLF001  imaplib keeps its buffer to itself
        except ssl.SSLWantReadError:
            return False
        finally:
            connection.settimeout(timeout)


@contextmanager
def open_folder(settings: Settings) -> Iterator[ImapFolder]:
    """Sign in to the mailbox of the settings; always signed out and closed at the end (3.1 #23)."""
    with _translated():
        client = _connect(settings)
    try:
        with _translated():
            _sign_in(client, settings)
        yield ImapFolder(client, settings.imap_folder)
    finally:
        _leave(client)


def _portions(uids: Collection[int]) -> Iterator[list[int]]:
    """Some at a time: a command line with thousands of numbers is too long for some servers."""
    listed = sorted(uids)
    for start in range(0, len(listed), FACTS_A_CALL):
        yield listed[start : start + FACTS_A_CALL]


def _connect(settings: Settings) -> IMAPClient:
    secure = settings.imap_security == "tls"
    context = context_for(settings) if settings.imap_security != "none" else None
    client = IMAPClient(
        settings.imap_host,
        port=settings.imap_port,
        ssl=secure,
        ssl_context=context if secure else None,
        timeout=TIMEOUT,
    )
    client.normalise_times = False  # else arrival times are local and without a zone
    if settings.imap_security == "starttls":
        try:
            client.starttls(context)
        except BaseException as error:
            _leave(client)
            if isinstance(error, CapabilityError):
                raise OutsideError(NO_STARTTLS, permanent=False) from None
            raise
    return client


def _sign_in(client: IMAPClient, settings: Settings) -> None:
    if settings.imap_sign_in == "password":
        _sign_in_by_password(client, settings)
    else:
        _sign_in_by_token(client, settings)


def _sign_in_by_password(client: IMAPClient, settings: Settings) -> None:
    user = settings.imap_login
    password = settings.imap_password.get_secret_value() if settings.imap_password else ""
    try:
        if user.isascii() and password.isascii():
            client.login(user, password)
        else:
            client.plain_login(user, password)  # LOGIN knows no other letters (3.1 #33)
    except LoginError as error:
        raise meaning_of(error) or OutsideError(REFUSED, permanent=False) from None


def _sign_in_by_token(client: IMAPClient, settings: Settings) -> None:
    """The token is asked for at every connect: it lives for an hour, a poller for months (3.1 #32)."""
    tokens = tokens_for(grant_of(settings))
    token = tokens.current()
    answers = iter([first_answer(settings.imap_sign_in, settings.imap_login, token)])
    try:
        client.sasl_login(settings.imap_sign_in.upper(), lambda _: next(answers, REFUSED_ANSWER[settings.imap_sign_in]))
    except LoginError as error:
        meaning = meaning_of(error)
        # Dovecot says no more than that it cannot do it now when a token was revoked before its time.
        if meaning is not None and meaning.message != NOT_NOW:
            raise meaning from None
        tokens.forget(token)
        raise OutsideError(refused("IMAP"), permanent=False) from None


def _leave(client: IMAPClient) -> None:
    try:
        client.logout()
    except TROUBLE:
        with suppress(*TROUBLE):
            client.shutdown()


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the server and of imaplib as our one kind; their texts may hold addresses and are not kept."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise OutsideError(not_trusted("IMAP"), permanent=False) from None
    except TROUBLE as error:
        reached = isinstance(error, IMAPClient.Error)  # else its words are those of the network or of imaplib
        meaning = meaning_of(error) if reached else None
        raise meaning or OutsideError(f"{UNREACHABLE} ({type(error).__name__})", permanent=False) from None
