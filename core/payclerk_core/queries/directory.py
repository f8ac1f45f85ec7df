"""People: by e-mail, by Slack user, by typing; and what a person is on a project and a contract."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from ..rules.permissions import Level, Standing, Tool
from ..tables import Contract, InvoiceContact, Member, Person, PrivateListEntry, Project


def email_key(address: str) -> str:
    """How addresses are compared: without regard to case or surrounding space."""
    return address.strip().casefold()


def person_by_email(session: Session, address: str) -> Person | None:
    return session.scalar(select(Person).where(Person.email_key == email_key(address)))


def person_by_slack(session: Session, team: str, user: str) -> Person | None:
    return session.scalar(select(Person).where(Person.slack_team == team, Person.slack_user == user))


def find_people(session: Session, project_id: int, typed: str, *, limit: int = 100) -> Sequence[Member]:
    """Members of the project whose name, e-mail or company holds what was typed, best match first."""
    needle = f"%{typed.strip().casefold()}%"
    query = (
        select(Member)
        .join(Member.person)
        .options(joinedload(Member.person).joinedload(Person.company))
        .where(Member.project_id == project_id)
        .where(or_(func.lower(Person.name).like(needle), Person.email_key.like(needle)))
        .order_by(Person.name)
        .limit(limit)
    )
    return session.scalars(query).all()


def projects_of(session: Session, person_id: int) -> Sequence[Project]:
    query = select(Project).join(Member, Member.project_id == Project.id).where(Member.person_id == person_id)
    return session.scalars(query.order_by(Project.number)).all()


def standing_of(session: Session, person_id: int, project_id: int, contract: Contract | None) -> Standing:
    """The person's levels on the project, and what they are on the contract."""
    member = session.scalar(select(Member).where(Member.project_id == project_id, Member.person_id == person_id))
    levels = {
        Tool.COMMITMENTS: Level(member.commitments) if member else Level.NONE,
        Tool.CLIENT_CONTRACTS: Level(member.client_contracts) if member else Level.NONE,
    }
    if contract is None:
        return Standing(levels)
    contact = is_contact(session, contract.id, person_id)
    listed = select(PrivateListEntry.id).where(
        PrivateListEntry.contract_id == contract.id, PrivateListEntry.person_id == person_id
    )
    # An invoice contact is on the Private list by being one (domain 1.1).
    return Standing(levels, invoice_contact=contact, on_private_list=contact or session.scalar(listed) is not None)


def is_contact(session: Session, contract_id: int, person_id: int) -> bool:
    query = select(InvoiceContact.id).where(
        InvoiceContact.contract_id == contract_id, InvoiceContact.person_id == person_id
    )
    return session.scalar(query) is not None


def administrators(session: Session, project_id: int) -> Sequence[Person]:
    """The invoice administrators of a project: Admin on Commitments."""
    query = select(Person).join(Member, Member.person_id == Person.id)
    query = query.where(Member.project_id == project_id, Member.commitments == Level.ADMIN.value)
    return session.scalars(query.order_by(Person.id)).all()
