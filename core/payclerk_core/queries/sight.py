"""Who may see a contract and what belongs to it; of a private one only its administrators and its Private list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..rules.permissions import Level, Tool
from ..tables import Contract, InvoiceContact, Member, Person, PrivateListEntry
from .directory import standing_of


@dataclass(frozen=True, slots=True)
class Sight:
    """What one person may look at on a project, looked up once for any number of contracts."""

    levels: Mapping[Tool, Level]
    listed: frozenset[int]  # contracts whose invoice contact they are, or on whose Private list they stand

    def sees(self, contract: Contract) -> bool:
        """May this person look at the contract, its title and its amounts? A list or a count is made of these alone."""
        return _may(self.levels, contract, listed=contract.id in self.listed)


def sight_of(session: Session, person_id: int, project_id: int) -> Sight:
    """What the person may look at on the project."""
    listed = [
        select(row.contract_id).join(Contract, row.contract_id == Contract.id).where(row.person_id == person_id)
        for row in (InvoiceContact, PrivateListEntry)
    ]
    found = {key for query in listed for key in session.scalars(query.where(Contract.project_id == project_id))}
    return Sight(standing_of(session, person_id, project_id, None).levels, frozenset(found))


def sees(session: Session, person_id: int, contract: Contract) -> bool:
    """May this person look at the contract, its title and its amounts?"""
    standing = standing_of(session, person_id, contract.project_id, contract)
    return _may(standing.levels, contract, listed=standing.on_private_list)


def _may(levels: Mapping[Tool, Level], contract: Contract, *, listed: bool) -> bool:
    level = levels.get(Tool.CLIENT_CONTRACTS if contract.is_prime else Tool.COMMITMENTS, Level.NONE)
    return listed or (level is Level.ADMIN if contract.private else level is not Level.NONE)


def sees_all(session: Session, person_id: int, contracts: Collection[Contract]) -> bool:
    """May this person look at every one of these contracts?"""
    return all(sees(session, person_id, contract) for contract in contracts)


def slack_users_who_see(session: Session, contract: Contract) -> list[str]:
    """The Slack users of our own people who may look at the contract, by the order of the directory."""
    tool = Member.client_contracts if contract.is_prime else Member.commitments
    query = select(Person).join(Member, Member.person_id == Person.id).where(Member.project_id == contract.project_id)
    people = session.scalars(query.where(Person.slack_user.is_not(None)).order_by(tool != Level.ADMIN.value, Member.id))
    return [person.slack_user for person in people if person.slack_user and sees(session, person.id, contract)]
