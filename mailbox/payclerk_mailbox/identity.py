"""How mail of ours is known when it comes back."""

from __future__ import annotations

from payclerk_core.actions.mailing import mail_domain
from payclerk_core.settings import Settings

from .mime import LOOP_HEADER
from .reading.kind import OwnIdentity


def own_identity(settings: Settings) -> OwnIdentity:
    """How mail of ours is known."""
    address = settings.mail_address or ""
    return OwnIdentity(
        address, mail_domain(address), LOOP_HEADER, settings.rewritten_id_domains, name=settings.mail_name
    )
