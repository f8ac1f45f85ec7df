"""`payclerk doctor`: tests each connection and setting, and says what to do about what fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from payclerk_bot.checks import check_slack
from payclerk_core.actions.logos import logo_of
from payclerk_core.clock import clock_for
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError, UserError
from payclerk_core.mailboxes import mailboxes
from payclerk_core.queries.held_letters import held_letters
from payclerk_core.queries.mailboxes import Look, looks_into
from payclerk_core.queries.restoring import open_restoration
from payclerk_core.settings import Settings, load_settings
from payclerk_mailbox.checks import check_imap, check_smtp
from payclerk_mailbox.round_trip import check_round_trip
from payclerk_scheduler.docusign import DocuSign

MAIL: Final = "PAYCLERK_MAIL_ADDRESS, SMTP, IMAP"


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    ok: bool
    text: str


def examine() -> Iterator[Finding]:
    """One finding after the other, so that a slow server does not hold back what is known."""
    try:
        settings = load_settings()
    except UserError as error:
        yield Finding("settings", ok=False, text=error.message)
        return
    yield Finding("settings", ok=True, text="complete and well formed")
    yield _try("database", lambda: _database(settings))
    yield _try("slack", lambda: _slack(settings))
    yield _try("smtp", lambda: check_smtp(settings), set_up=settings.has_mail, what=MAIL)
    if settings.mail_logo_file is not None:
        yield _try("logo", lambda: _logo(settings))
    yield from _mailboxes(settings)
    if settings.has_mail:
        yield _try("last read", lambda: _last_read(settings))
    yield _try("restore", lambda: _restore(settings))
    yield _docusign(settings)
    if settings.clock_file is not None:
        yield Finding(
            "clock", ok=True, text=f"shifted: payclerk takes it to be {clock_for(settings.clock_file)():%c} UTC"
        )


def _try(name: str, check: Callable[[], str], *, set_up: bool = True, what: str = "") -> Finding:
    if not set_up:
        return Finding(name, ok=False, text=f"not set up: fill in {what} (see .env.example)")
    try:
        return Finding(name, ok=True, text=check())
    except (UserError, OutsideError) as error:
        return Finding(name, ok=False, text=error.message)


def _mailboxes(settings: Settings) -> Iterator[Finding]:
    """Each mailbox by itself; then whether a mail to ourselves comes back, once sending and fetching work."""
    try:
        boxes = mailboxes(settings)
    except UserError as error:
        yield Finding("mailboxes", ok=False, text=error.message)
        return
    for number, box in enumerate(boxes, 1):
        name = "imap" if number == 1 else f"imap {number} ({box.imap_name})"
        finding = _try(name, partial(check_imap, box), set_up=settings.has_mail, what=MAIL)
        yield finding
        if number == 1 and finding.ok:
            yield _try("mail to ourselves", lambda: check_round_trip(settings))


def _logo(settings: Settings) -> str:
    logo = logo_of(settings)
    return f"shown {logo.width} by {logo.height} dots, {len(logo.content)} bytes in each mail" if logo else "none"


def _last_read(settings: Settings) -> str:
    """Whether somebody reads the mailboxes: that they can be read says nothing of it."""
    db = Database(settings.database_url)
    try:
        with db.reading() as session:
            looks = looks_into(session, mailboxes(settings, to_sign_in=False), clock_for(settings.clock_file)())
    except SQLAlchemyError as error:
        raise UserError(f"not known, for the database cannot be read ({type(error).__name__})") from None
    finally:
        db.close()
    said = ", ".join(_age(number, look) for number, look in enumerate(looks, 1))
    if any(look.silent for look in looks):
        raise UserError(f"{said}: start 'payclerk up' or 'payclerk mail', or see what it logs")
    return said


def _restore(settings: Settings) -> str:
    """Whether outgoing mail is held, because the database was restored from a backup."""
    db = Database(settings.database_url)
    try:
        with db.reading() as session:
            open_, held = open_restoration(session), len(held_letters(session))
    except SQLAlchemyError as error:
        raise UserError(f"not known, for the database cannot be read ({type(error).__name__})") from None
    finally:
        db.close()
    if open_ is not None:
        text = f"being settled since {open_.began_at:%d %b %H:%M} UTC: outgoing mail is held, {held} letters wait"
        raise UserError(f"{text}; run 'payclerk restore' to see them and what to do")
    return "nothing is held"


def _age(number: int, look: Look) -> str:
    if look.age is None:
        return f"mailbox {number} not yet"
    seconds = int(look.age.total_seconds())
    return f"mailbox {number} {seconds // 60} minutes ago" if seconds >= 120 else f"mailbox {number} {seconds} s ago"


def _database(settings: Settings) -> str:
    db = Database(settings.database_url)
    try:
        with db.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        # The driver's text may hold the password; its kind says enough.
        raise UserError(f"cannot be opened ({type(error).__name__}); check PAYCLERK_DATABASE_URL") from None
    finally:
        db.close()
    newest = _newest_revision()
    if current != newest:
        raise UserError(f"at version {current or 'none'}, needs {newest}: run 'payclerk migrate'")
    return f"{db.engine.dialect.name}, version {current}"


def _newest_revision() -> str | None:
    import payclerk_core

    return ScriptDirectory(f"{payclerk_core.__path__[0]}/migrations").get_current_head()


def _slack(settings: Settings) -> str:
    if not settings.has_slack:
        raise UserError("not set up: fill in PAYCLERK_SLACK_BOT_TOKEN and PAYCLERK_SLACK_APP_TOKEN (see .env.example)")
    return check_slack(settings)


def _docusign(settings: Settings) -> Finding:
    if not settings.has_docusign:
        return Finding("docusign", ok=True, text="not set up; claims cannot be sent for signature until it is")
    docusign = DocuSign(settings, clock_for(settings.clock_file))
    try:
        finding = _try("docusign", lambda: f"signed in, account {docusign.check()}")
    finally:
        docusign.close()
    if "consent" in finding.text:
        return Finding("docusign", ok=False, text=f"needs consent once; open {docusign.consent_url()}")
    return finding
