"""A mail that could not be read, as its notice and /billing status show it."""

from __future__ import annotations

from payclerk_core.actions.held_mail import HELD
from payclerk_core.tables import InboxMail

from .views.notices import HeldMail


def held_mail(mail: InboxMail) -> HeldMail:
    """Nothing of what the mail says: nobody knows yet whose it is."""
    return HeldMail(
        id=mail.id,
        reason=mail.reason or "No reason was noted.",
        attempts=mail.attempts,
        oversize=mail.status == "oversize",
        size=mail.size,
        arrived=mail.arrived_at,
        waiting=mail.status in HELD,
        kept=mail.size > 0,  # what the server did not hand over has none
    )
