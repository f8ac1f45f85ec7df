"""Handing one mail to the SMTP server, and saying in our own words how it went."""

from __future__ import annotations

import base64
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from payclerk_core.errors import OutsideError
from payclerk_core.settings import Settings

from .oauth import REFUSED_ANSWER, first_answer, refused
from .refusals import explain
from .tls import context_for, not_trusted
from .tokens import grant_of, tokens_for

TIMEOUT_SECONDS: Final = 30
UNREACHABLE: Final = "the mail server (SMTP) cannot be reached"
REFUSED: Final = "the mail server (SMTP) refused the sign-in; check PAYCLERK_SMTP_USER and PAYCLERK_SMTP_PASSWORD"
NO_STARTTLS: Final = (
    "the mail server (SMTP) offers no STARTTLS; set PAYCLERK_SMTP_SECURITY=tls and its port, mostly 465"
)
NOT_OURS: Final = "the mail server (SMTP) does not let us send from our address; check PAYCLERK_MAIL_ADDRESS"


class UndeliverableError(Exception):
    """The server will never take this mail for this recipient."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PostponedError(OutsideError):
    """The server does not take this mail for this recipient now; it may take the others."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the mail server (SMTP) answered {code}: not now", permanent=False)


class Line:
    """A connection for one mail after the other. A server that has had enough of it is called again."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._client, self._mails = settings, _open(settings), 0

    def hand_over(self, sender: str, recipient: str, raw: bytes) -> None:
        """Give a mail to the server.

        Raises UndeliverableError when it says never, PostponedError when it says not now, and OutsideError when the
        trouble is not this mail's.
        """
        try:
            self._say(sender, recipient, raw)
        except _ClosingError:
            self.close()
            self._client, self._mails = _open(self._settings), 0
            self._say(sender, recipient, raw)
        self._mails += 1

    def _say(self, sender: str, recipient: str, raw: bytes) -> None:
        with _translated(self._settings, again=self._mails > 0):
            _check(self._client.mail(sender), NOT_OURS)
            try:
                _take(self._client.rcpt(recipient))
                _take(self._client.data(raw))
            except (UndeliverableError, PostponedError):
                with suppress(smtplib.SMTPException, OSError):
                    self._client.rset()
                raise

    def close(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self._client.quit()  # the mails are over there already, whatever the goodbye
        self._client.close()


class _ClosingError(Exception):
    """The connection is over, after it has done some of its work."""


@contextmanager
def open_line(settings: Settings) -> Iterator[Line]:
    """A line to the server, signed in. Raises OutsideError with what to check when there is none to be had."""
    line = Line(settings)
    try:
        yield line
    finally:
        line.close()


def sign_in_only(settings: Settings) -> None:
    """Connect and sign in, for a test of the settings. Raises OutsideError with what to check."""
    with open_line(settings):
        pass


@contextmanager
def _translated(settings: Settings, *, again: bool = False) -> Iterator[None]:
    """Errors of the server and of smtplib as our own; their texts may hold addresses and are not kept.

    `again`: a connection that ends has done some of its work, and a new one is worth a try.
    """
    try:
        yield
    except smtplib.SMTPServerDisconnected as error:
        if again:
            raise _ClosingError from None
        raise OutsideError(f"{UNREACHABLE} ({type(error).__name__})", permanent=False) from None
    except smtplib.SMTPAuthenticationError:
        raise OutsideError(_refused(settings), permanent=False) from None
    except ssl.SSLCertVerificationError:
        raise OutsideError(not_trusted("SMTP"), permanent=False) from None
    except smtplib.SMTPResponseException as error:
        raise OutsideError(f"the mail server (SMTP) answered {error.smtp_code}", permanent=False) from None
    except (smtplib.SMTPException, OSError) as error:
        raise OutsideError(f"{UNREACHABLE} ({type(error).__name__})", permanent=False) from None


def _open(settings: Settings) -> smtplib.SMTP:
    with _translated(settings):
        client = _connect(settings)
        try:
            _sign_in(client, settings)
        except BaseException:
            client.close()
            raise
        return client


def _connect(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host or "", settings.smtp_port
    context = context_for(settings) if settings.smtp_security != "none" else None
    name = (settings.mail_address or "").rpartition("@")[2] or "localhost"
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=TIMEOUT_SECONDS, context=context)
    client = smtplib.SMTP(host, port, local_hostname=name, timeout=TIMEOUT_SECONDS)
    if settings.smtp_security == "starttls":
        try:
            client.starttls(context=context)
        except BaseException as error:
            client.close()
            if isinstance(error, smtplib.SMTPNotSupportedError):
                raise OutsideError(NO_STARTTLS, permanent=False) from None
            raise
    return client


def _sign_in(client: smtplib.SMTP, settings: Settings) -> None:
    client.ehlo_or_helo_if_needed()
    if settings.smtp_sign_in != "password":
        _sign_in_by_token(client, settings)
        return
    if not settings.smtp_user:
        return
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    if settings.smtp_user.isascii() and password.isascii():
        client.login(settings.smtp_user, password)
    else:
        _sign_in_plain(client, settings.smtp_user, password)


def _sign_in_by_token(client: smtplib.SMTP, settings: Settings) -> None:
    sign_in, tokens = settings.smtp_sign_in, tokens_for(grant_of(settings))
    token = tokens.current()
    words = first_answer(sign_in, settings.smtp_user or settings.mail_address or "", token)
    code, text = client.docmd("AUTH", f"{sign_in.upper()} {base64.b64encode(words.encode()).decode()}")
    if code == 334:
        code, text = client.docmd(base64.b64encode(REFUSED_ANSWER[sign_in].encode()).decode())
    if code != 235:
        tokens.forget(token)
        raise smtplib.SMTPAuthenticationError(code, text)


def _refused(settings: Settings) -> str:
    return REFUSED if settings.smtp_sign_in == "password" else refused("SMTP")


def _sign_in_plain(client: smtplib.SMTP, user: str, password: str) -> None:
    """smtplib knows ASCII passwords only; RFC 4616 says UTF-8."""
    words = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, text = client.docmd("AUTH", f"PLAIN {words}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, text)


def _check(answer: tuple[int, bytes], what: str) -> None:
    """An answer that is about us and not about the recipient: it waits until somebody has put it right."""
    _stay(answer)
    if answer[0] >= 500:
        raise OutsideError(REFUSED if answer[0] == 530 else what, permanent=False)
    if not 200 <= answer[0] < 300:
        raise OutsideError(f"the mail server (SMTP) answered {answer[0]}: not now", permanent=False)


def _take(answer: tuple[int, bytes]) -> None:
    _stay(answer)
    code, text = answer
    if code in {530, 550} and re.search(rb"5\.7\.(0|57)|authentica", text, re.IGNORECASE):
        raise OutsideError(REFUSED, permanent=False)
    if code >= 500:
        raise UndeliverableError(explain(f"{code} {text.decode('ascii', 'replace')}"))
    if not 200 <= code < 300:
        raise PostponedError(code)


def _stay(answer: tuple[int, bytes]) -> None:
    if answer[0] == 421:  # RFC 5321 3.8: the server is closing the connection
        raise smtplib.SMTPServerDisconnected
