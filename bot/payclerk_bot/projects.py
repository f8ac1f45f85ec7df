"""Which project, contract or claim a person means: theirs, the channel's, or the one they name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select

from payclerk_core.actions.call import Call
from payclerk_core.errors import UserError
from payclerk_core.queries.claims import latest_claim
from payclerk_core.queries.directory import projects_of, standing_of
from payclerk_core.rules.permissions import may
from payclerk_core.tables import Claim, Contract, Project

from .desk import Turn

CLAIM_NUMBER: Final = re.compile(r"#?\s*([0-9]{1,6})")
CARRIED: Final = re.compile(r"project=(\d+)")
NAMED: Final = re.compile(r"\bproject:(\S+)\s*", re.IGNORECASE)


def pick_project(turn: Turn, call: Call) -> Project:
    """The project that the button or the view carries, the one named with project:NUMBER, the only one, the channel's."""
    mine = projects_of(call.session, turn.who.person_id)
    if not mine:
        raise UserError("You are on no project yet; ask an administrator to add you to one.", code="no_project")
    if carried := CARRIED.fullmatch(turn.value) or CARRIED.fullmatch(turn.metadata):
        return _carried(mine, int(carried.group(1)))
    if named := NAMED.search(turn.words):
        return _named(mine, named.group(1))
    if len(mine) == 1:
        return mine[0]
    here = {turn.channel_id, turn.channel_name, f"#{turn.channel_name}"}
    for project in mine:
        if project.slack_channel is not None and project.slack_channel in here:
            return project
    numbers = ", ".join(f"project:{project.number} ({project.name})" for project in mine[:10])
    raise UserError(f"You are on several projects; add which one to the command: {numbers}.", code="which_project")


def _carried(mine: Sequence[Project], project_id: int) -> Project:
    for project in mine:
        if project.id == project_id:
            return project
    raise UserError("You are not on this project any more; ask an administrator to add you.", code="no_project")


def pick_allowed(turn: Turn, call: Call, task: str) -> Project:
    """For what belongs to no single project: the first of the person's where they may do the task."""
    mine = projects_of(call.session, turn.who.person_id)
    for project in mine:
        if may(task, standing_of(call.session, turn.who.person_id, project.id, None)):
            return project
    project = pick_project(turn, call) if len(mine) < 2 else mine[0]
    call.authorise(task, project.id)
    return project


def _named(mine: Sequence[Project], number: str) -> Project:
    for project in mine:
        if project.number.casefold() == number.casefold():
            return project
    numbers = ", ".join(project.number for project in mine[:10])
    raise UserError(f"You are on no project {number}; yours: {numbers}.", code="which_project")


def rest_of(turn: Turn) -> str:
    """The words without the naming of a project."""
    return NAMED.sub("", turn.words).strip()


def authorise(turn: Turn) -> None:
    """The permission the registry names, before anything opens. The action asks again."""
    if turn.task is None:
        return
    with turn.looking() as call:
        call.authorise(turn.task, pick_project(turn, call).id)


def find_contract(turn: Turn, call: Call, project: Project, usage: str) -> Contract:
    """The contract whose number was typed."""
    number = rest_of(turn).partition(" ")[0]
    if not number:
        raise UserError(f"Say which contract, for example {usage}.", code="which_contract")
    query = select(Contract).where(Contract.project_id == project.id)
    found = call.session.scalar(query.where(func.lower(Contract.number) == number.lower()))
    if found is not None:
        return found
    known = list(call.session.scalars(select(Contract.number).where(Contract.project_id == project.id)))
    near = difflib.get_close_matches(number.upper(), known, n=3, cutoff=0.4)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UserError(f"There is no contract {number} on {project.name}.{meant}", code="no_contract")


def find_claim(turn: Turn, call: Call, usage: str) -> Claim:
    """The claim that was named, as in SC-03 #2; the latest of the contract where no number was typed."""
    contract = find_contract(turn, call, pick_project(turn, call), usage)
    latest = latest_claim(call.session, contract.id)
    if latest is None:
        raise UserError(f"{contract.number} has no claim yet.", code="no_claim")
    words = rest_of(turn).partition(" ")[2].strip()
    return _numbered(call, contract, latest, words, usage) if words else latest


def _numbered(call: Call, contract: Contract, latest: Claim, words: str, usage: str) -> Claim:
    number = CLAIM_NUMBER.fullmatch(words)
    if number is None:
        text = f"I don't know what '{words[:80]}' means there. Name the claim by its number: {usage} #{latest.number}."
        raise UserError(text, code="which_claim")
    query = select(Claim).where(Claim.contract_id == contract.id, Claim.number == int(number.group(1)))
    found = call.session.scalar(query)
    if found is None:
        text = f"{contract.number} has no claim #{number.group(1)}; its latest is #{latest.number}."
        raise UserError(text, code="no_claim")
    return found


def shown_claim(value: str) -> tuple[int, str]:
    """The claim a button is about, and the digest of what its message shows (rules/seen.py)."""
    claim_id, _, seen = value.partition(" ")
    return int(claim_id), seen
