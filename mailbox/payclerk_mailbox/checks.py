"""For doctor: can mail be sent and fetched with these settings?"""

from __future__ import annotations

from payclerk_core.settings import Settings

from .imap import open_folder
from .smtp import sign_in_only


def check_imap(settings: Settings) -> str:
    """Sign in and open the folder. Raises OutsideError with what to check."""
    with open_folder(settings) as folder:
        folder.select()
        waking = (
            "new mail wakes payclerk (IDLE)"
            if folder.can_idle
            else f"no IDLE: looked at every {settings.poll_seconds} s"
        )
    return f"signed in, folder {settings.imap_folder} opens; {waking}"


def check_smtp(settings: Settings) -> str:
    """Sign in, and send nothing. Raises OutsideError with what to check."""
    sign_in_only(settings)
    return "signed in"
