"""For doctor: can mail be sent and fetched with these settings?"""

from __future__ import annotations

import smtplib

from payclerk_core.errors import UserError
from payclerk_core.settings import Settings

from .imap import open_folder
from .smtp import sign_in_only


def check_imap(settings: Settings) -> str:
    """Sign in and open the folder. Raises OutsideError with what to check."""
    with open_folder(settings) as folder:
        folder.select()
    return f"signed in, folder {settings.imap_folder} opens"


def check_smtp(settings: Settings) -> str:
    """Sign in, and send nothing. Raises UserError with what to check."""
    try:
        sign_in_only(settings)
    except smtplib.SMTPAuthenticationError:
        raise UserError("refused the sign-in; check PAYCLERK_SMTP_USER and PAYCLERK_SMTP_PASSWORD") from None
    except (smtplib.SMTPException, OSError) as error:
        name = type(error).__name__
        raise UserError(f"cannot be reached ({name}); check PAYCLERK_SMTP_HOST, _PORT and _SECURITY") from None
    return "signed in"
