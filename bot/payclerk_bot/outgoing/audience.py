"""Who may read a post: a project's channel, or for a private contract each of the people who may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.queries.directory import administrators
from payclerk_core.queries.owner_costs import sums_up_private
from payclerk_core.queries.sight import slack_users_who_see
from payclerk_core.tables import Claim, Contract, Project, Thread


@dataclass(frozen=True, slots=True)
class People:
    """Each of these Slack users gets the post as a direct message, and no channel does."""

    users: tuple[str, ...]


Targets = Sequence[str | None] | People


def of_project(session: Session, project: Project) -> list[str | None]:
    """The project's channel; an administrator where it is shared with another company and takes nothing of ours."""
    if project.slack_channel is None:
        return []
    return [project.slack_channel, *(person.slack_user for person in administrators(session, project.id))]


def of_contract(session: Session, contract: Contract) -> Targets:
    """Where a contract's title and amounts may be shown."""
    if contract.private:
        return People(tuple(slack_users_who_see(session, contract)))
    return of_project(session, contract.project)


def of_claim(session: Session, claim: Claim) -> Targets:
    """Where a claim's amounts may be shown: one that sums up private contracts' is for no channel either."""
    if claim.id in sums_up_private(session, claim.contract.project_id):
        return People(tuple(slack_users_who_see(session, claim.contract)))
    return of_contract(session, claim.contract)


def of_thread(session: Session, thread: Thread) -> Targets:
    """The same for a conversation, by the contract it belongs to."""
    contract = session.get(Contract, thread.contract_id) if thread.contract_id else None
    if contract is not None:
        return of_contract(session, contract)
    return of_project(session, session.get_one(Project, thread.project_id))


def private_contract_ids(session: Session, project_id: int) -> set[int]:
    query = select(Contract.id).where(Contract.project_id == project_id, Contract.private)
    return set(session.scalars(query))
