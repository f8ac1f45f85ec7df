"""Who may see a contract and what belongs to it; of a private one only its administrators and its Private list."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..rules.permissions import Level, Tool
from ..tables import Contract, Member, Person
from .directory import standing_of


def sees(session: Session, person_id: int, contract: Contract) -> bool:
    """May this person look at the contract, its title and its amounts?"""
    tool = Tool.CLIENT_CONTRACTS if contract.is_prime else Tool.COMMITMENTS
    standing = standing_of(session, person_id, contract.project_id, contract)
    level = standing.levels.get(tool, Level.NONE)
    if contract.private:
        return level is Level.ADMIN or standing.on_private_list
    return level is not Level.NONE or standing.on_private_list


def sees_all(session: Session, person_id: int, contracts: Collection[Contract]) -> bool:
    """May this person look at every one of these contracts?"""
    return all(sees(session, person_id, contract) for contract in contracts)


def slack_users_who_see(session: Session, contract: Contract) -> list[str]:
    """The Slack users of our own people who may look at the contract, by the order of the directory."""
    tool = Member.client_contracts if contract.is_prime else Member.commitments
    query = select(Person).join(Member, Member.person_id == Person.id).where(Member.project_id == contract.project_id)
    people = session.scalars(query.where(Person.slack_user.is_not(None)).order_by(tool != Level.ADMIN.value, Member.id))
    return [person.slack_user for person in people if person.slack_user and sees(session, person.id, contract)]
