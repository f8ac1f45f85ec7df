"""The notice of a restore from a backup: one message, brought up to date until it is settled."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.tables import Project, Restoration

from ..posts import Post
from ..restored import restored_facts
from ..views import restored as view
from .answers import Notice


def restored(session: Session, restoration_id: int) -> Notice:
    facts = restored_facts(session, session.get_one(Restoration, restoration_id))
    query = select(Project.slack_channel).where(Project.slack_channel.is_not(None)).order_by(Project.id)
    return session.scalars(query).all(), Post(*view.restored(facts))
