"""The logo of the settings, taken into the database the first time a letter shows it; and which files were logos of ours.

What was once sent as our logo stays known, however often the logo changes: answers bring it back for months.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..documents.logo import MOST_BYTES, PNG, Logo, read_logo
from ..errors import UserError
from ..settings import Settings
from ..tables import Event, StoredFile
from .call import Call

TAKEN: Final = "logo_taken"


def logo_of(settings: Settings) -> Logo | None:
    """The logo that these settings name, read once. Raises UserError that says what is wrong with the file."""
    return _read(settings.mail_logo_file, settings.mail_name) if settings.mail_logo_file else None


@lru_cache(maxsize=8)
def _read(path: Path, words: str) -> Logo:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(
            f"PAYCLERK_MAIL_LOGO_FILE: the file cannot be read ({type(error).__name__}).", code="settings"
        ) from None
    return read_logo(content, words)


def logo_for(call: Call) -> Logo | None:
    """The logo for a letter that is being written; kept, so that its return is known. Without a sound file: none.

    payclerk does not start with a bad file; one that is broken later must not hold up a mail.
    """
    try:
        logo = logo_of(call.settings)
    except UserError:
        return None
    if logo is not None and logo.sha256 not in our_logos(call.session, [logo.sha256]):
        _take(call, logo)
    return logo


def _take(call: Call, logo: Logo) -> None:
    insert = sqlite.insert if call.session.connection().dialect.name == "sqlite" else postgresql.insert
    row = {"sha256": logo.sha256, "content_type": PNG, "size": len(logo.content), "content": logo.content}
    call.session.execute(insert(StoredFile).values(created_at=call.at, **row).on_conflict_do_nothing())
    file = call.session.scalars(select(StoredFile).where(StoredFile.sha256 == logo.sha256)).one()
    call.record(TAKEN, file, project_id=None, after={"bytes": len(logo.content)})


def our_logos(session: Session, hashes: Collection[str]) -> Mapping[str, int]:
    """Those of these files that went out as a logo of ours, with their keys."""
    if not hashes:
        return {}
    query = (
        select(StoredFile.sha256, StoredFile.id)
        .join(Event, Event.record_id == StoredFile.id)
        .where(StoredFile.sha256.in_(hashes), Event.record == StoredFile.__tablename__, Event.verb == TAKEN)
    )
    return dict(iter(session.execute(query.distinct())))
