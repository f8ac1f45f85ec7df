"""For doctor: a mail to ourselves, with a token in its address, that has to come back through IMAP.

Answers find their thread by the part after the + of the address they go to, so a provider that drops such mail would
make every answer a question for a person.
"""

from __future__ import annotations

import secrets
import time
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Final

from payclerk_core.errors import UserError
from payclerk_core.settings import Settings

from .bell import Bell
from .imap import ImapFolder, open_folder
from .smtp import UndeliverableError, open_line

PATIENCE: Final = 60.0
TO_DO: Final = (
    "Exchange Online: an administrator runs Set-OrganizationConfig -DisablePlusAddressInRecipients $false; Postfix: "
    "recipient_delimiter = +; elsewhere ask for sub-addressing (plus addressing), or for a catch-all on a sub-domain "
    "of its own that delivers into this mailbox"
)
REFUSED: Final = "the mail server refuses mail to PAYCLERK_MAIL_ADDRESS; check the address"
REFUSED_TAG: Final = "the mail server refuses an address with a + part, and answers could not come back"
NEITHER: Final = (
    "a mail to our own address was sent and did not come back within {seconds:.0f} s; check that PAYCLERK_MAIL_ADDRESS "
    "is delivered into the mailbox of PAYCLERK_IMAP_USER, folder {folder} (a filter may put it elsewhere, for example "
    "into Junk)"
)


def check_round_trip(settings: Settings, *, patience: float = PATIENCE) -> str:
    """Send a plain and a tagged mail to ourselves and see them come back. Raises UserError with what to do."""
    local, _, domain = (settings.mail_address or "").rpartition("@")
    token = secrets.token_hex(8)
    with open_folder(settings) as folder:
        first = folder.select().uidnext
        plain = _send(settings, f"{local}@{domain}", domain, REFUSED)
        tagged = _send(settings, f"{local}+doctor{token}@{domain}", domain, f"{REFUSED_TAG}. {TO_DO}")
        came = _await(folder, first, {plain, tagged}, patience)
    if tagged in came:
        return "a mail to ourselves came back, with the token in its address"
    if plain in came:
        raise UserError(f"mail to an address with a + part does not arrive, and answers would not be matched. {TO_DO}")
    raise UserError(NEITHER.format(seconds=patience, folder=settings.imap_folder))


def _send(settings: Settings, recipient: str, domain: str, refused: str) -> str:
    """The Message-ID of the mail that was sent. It is our own mail: the poller recognises it and does nothing."""
    mail = EmailMessage()
    sender = settings.mail_address or ""
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, "payclerk doctor: does mail come back?"
    mail["Message-ID"] = make_msgid("doctor", domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("payclerk sent this to itself to see whether its address works. Nothing has to be done.\n")
    try:
        with open_line(settings) as line:
            line.hand_over(sender, recipient, mail.as_bytes())
    except UndeliverableError:
        raise UserError(refused) from None
    return str(mail["Message-ID"])


def _await(folder: ImapFolder, first: int, wanted: set[str], patience: float) -> set[str]:
    """Those of the wanted mails that came in time."""
    came: set[str] = set()
    read: set[int] = set()
    end, bell = time.monotonic() + patience, Bell()
    try:
        while wanted - came and (left := end - time.monotonic()) > 0:
            fresh = [uid for uid in folder.uids_from(first) if uid not in read]
            read.update(fresh)
            came |= {name for uid in fresh for name in wanted if name.encode() in folder.head(uid)}
            if wanted - came:
                folder.wait(min(left, 5), bell)
    finally:
        bell.close()
    return came & wanted
