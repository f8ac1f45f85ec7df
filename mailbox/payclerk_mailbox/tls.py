"""Whom we trust at the other end of TLS, for IMAP and SMTP alike."""

from __future__ import annotations

import ssl

from payclerk_core.errors import OutsideError
from payclerk_core.settings import Settings

NOT_A_CA_FILE = "PAYCLERK_MAIL_CA_FILE is missing or holds no certificate; name a file of PEM certificates"


def context_for(settings: Settings) -> ssl.SSLContext:
    """The system's authorities, or only those of the file in the settings. Names are always checked."""
    try:
        return ssl.create_default_context(cafile=settings.mail_ca_file)
    except OSError:  # ssl.SSLError is one
        raise OutsideError(NOT_A_CA_FILE, permanent=False) from None


def not_trusted(protocol: str) -> str:
    """What to do about a certificate of somebody else."""
    return (
        f"the mail server ({protocol}) shows a certificate that is not trusted for its name; check "
        f"PAYCLERK_{protocol}_HOST, or name its authority's certificate in PAYCLERK_MAIL_CA_FILE"
    )
