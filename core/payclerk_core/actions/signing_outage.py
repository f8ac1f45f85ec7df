"""Telling people that DocuSign does not take what payclerk asks, and that it does again: once each (issue 10, 5)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..errors import OutsideError
from ..jobs import promise
from ..tables import SigningOutage
from .call import Call

# What passes by itself is nobody's business for the first hour; a fault of the installation passes by no waiting.
PATIENCE: Final = timedelta(hours=1)


def note_outage(call: Call, error: OutsideError) -> None:
    """DocuSign was asked and did not do its part. People are told once for one outage, whatever had to wait for it."""
    outage = _open(call)
    changed, outage.reason = outage.reason != error.message[:500], error.message[:500]
    first = outage.noticed_at is None and (error.installation or call.at - outage.since >= PATIENCE)
    if first:
        outage.noticed_at = call.at
    if first or (changed and outage.noticed_at is not None):
        # The same message is brought up to date when the reason is another one.
        _tell(call, outage, hashlib.sha256(outage.reason.encode()).hexdigest()[:12])


def note_works(call: Call) -> None:
    """DocuSign did what it was asked: what was said of the outage is brought up to date, once."""
    outage = call.session.scalar(select(SigningOutage).where(SigningOutage.open.is_(True)))
    if outage is None:
        return
    outage.open, outage.over_at = None, call.at
    if outage.noticed_at is not None:
        _tell(call, outage, "over")


def outage_is_open(session: Session) -> bool:
    """Whether something is noted that has not ended; looking at it locks nothing."""
    return session.scalar(select(SigningOutage.id).where(SigningOutage.open.is_(True))) is not None


def _open(call: Call) -> SigningOutage:
    """The open outage; a new one when there is none. Two that note it at once find the same row."""
    insert = sqlite.insert if call.session.connection().dialect.name == "sqlite" else postgresql.insert
    row = {"since": call.at, "reason": "", "open": True}
    call.session.execute(insert(SigningOutage).values(row).on_conflict_do_nothing())
    return call.session.scalars(select(SigningOutage).where(SigningOutage.open.is_(True)).with_for_update()).one()


def _tell(call: Call, outage: SigningOutage, what: str) -> None:
    promise(call.session, "slack.notice", f"docusign:{outage.id}:{what}", {"notice": "docusign", "id": outage.id})
