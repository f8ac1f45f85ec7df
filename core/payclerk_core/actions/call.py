"""What every action is called with, and the three things nearly all of them do: authorise, record, refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from ..errors import UserError
from ..queries.directory import standing_of
from ..rules.permissions import Tool, require, require_administrator, require_reader, require_sight, tasks
from ..settings import Settings
from ..tables import Base, Contract, Event, Person

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an action: the open transaction, when, who asks (None: payclerk itself), through which door."""

    session: Session
    at: datetime
    settings: Settings
    actor: Person | None
    door: str  # slack, mail, web, clock, cli
    # The copies of letters written so far, when one job is to send them all; None: each has its own.
    copies: list[int] | None = None
    tried_out: bool = False  # what is done is shown and taken back: no PDF is printed for it

    @property
    def actor_id(self) -> int | None:
        return self.actor.id if self.actor else None

    def authorise(self, task: str, project_id: int, contract: Contract | None = None) -> None:
        """Raise NotAllowedError unless the actor may do the task, and sees the contract. payclerk itself (clock, cli) may."""
        if self.actor is None:
            return
        if contract is not None and contract.is_prime and tasks()[task].tool is Tool.COMMITMENTS:
            # The tables speak of commitments there; the owner's contract is a matter of Client Contracts alone.
            self.authorise_administrator(project_id, prime=True)
        else:
            require(task, standing_of(self.session, self.actor.id, project_id, contract))
        if contract is not None:
            self.authorise_sight(contract)

    def authorise_reading(self, contract: Contract) -> None:
        """Raise NotAllowedError unless the actor may look at the contract and what belongs to it."""
        if self.actor is None:
            return
        tool = Tool.CLIENT_CONTRACTS if contract.is_prime else Tool.COMMITMENTS
        require_reader(tool, standing_of(self.session, self.actor.id, contract.project_id, contract))
        self.authorise_sight(contract)

    def authorise_sight(self, contract: Contract) -> None:
        """Raise NotAllowedError for a private contract, unless the actor administers it or is on its Private list.

        Whatever the actor may do on other contracts of the project (domain 1.1).
        """
        if self.actor is None or not contract.private:
            return
        tool = Tool.CLIENT_CONTRACTS if contract.is_prime else Tool.COMMITMENTS
        require_sight(tool, contract.number, standing_of(self.session, self.actor.id, contract.project_id, contract))

    def authorise_administrator(self, project_id: int, *, prime: bool) -> None:
        """Raise NotAllowedError unless the actor has Admin on the tool the contract belongs to.

        For what no row of the tables of tasks names.
        """
        if self.actor is None:
            return
        tool = Tool.CLIENT_CONTRACTS if prime else Tool.COMMITMENTS
        require_administrator(tool, standing_of(self.session, self.actor.id, project_id, None))

    def get(self, table: type[Row], key: int, what: str) -> Row:
        """The record, or a UserError that says it is gone."""
        row = self.session.get(table, key)
        if row is None:
            raise UserError(f"There is no such {what} any more; open the list again.", code="not_found")
        return row

    def record(
        self,
        verb: str,
        row: Any,
        *,
        project_id: int | None,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        """Leave the event of a change, in the same transaction."""
        self.session.flush()
        self.session.add(
            Event(
                at=self.at,
                actor_id=self.actor_id,
                door=self.door,
                verb=verb,
                record=row.__tablename__,
                record_id=row.id,
                project_id=project_id,
                before=dict(before) if before is not None else None,
                after=dict(after) if after is not None else None,
            )
        )

    def stamp(self, status: str) -> dict[str, Any]:
        """The three columns of a state: which, when, by whom."""
        return {"status": status, "status_at": self.at, "status_by_id": self.actor_id}

    def move(self, row: Any, status: str) -> None:
        """Give a record a new state, with who and when."""
        row.status, row.status_at, row.status_by_id = status, self.at, self.actor_id
