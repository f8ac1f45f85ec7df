"""From a Slack user to a person of the directory, by verified e-mail. Strangers and bots are told whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_sdk import WebClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_core.queries.directory import administrators, person_by_email, person_by_slack
from payclerk_core.tables import Person, Project

from .desk import Who


class StrangerError(UserError):
    """Somebody Slack knows and the directory does not."""


def identify(db: Database, client: WebClient, body: Mapping[str, Any], home_team: str) -> Who:
    """The person behind a payload. Errors: StrangerError, with whom to ask."""
    user, team = _user_and_team(body)
    if not user or team != home_team:
        raise StrangerError("payclerk only works for members of its own Slack workspace.", code="stranger")
    with db.reading() as session:
        known = person_by_slack(session, team, user)
    return _who(known, user, team) if known else _link(db, client, user, team)


def _user_and_team(body: Mapping[str, Any]) -> tuple[str, str]:
    """Commands name user and team flat, interactions nested, events inside `event`."""
    user = body.get("user") or {}
    if isinstance(user, Mapping) and user:
        team = user.get("team_id") or (body.get("team") or {}).get("id")
        return str(user.get("id") or ""), str(team or "")
    event = body.get("event") or {}
    return str(body.get("user_id") or event.get("user") or event.get("user_id") or ""), str(body.get("team_id") or "")


def _who(person: Person, user: str, team: str) -> Who:
    return Who(person.id, person.name, user, team)


def _link(db: Database, client: WebClient, user: str, team: str) -> Who:
    """The first time: Slack's verified address is looked up in the directory, and the link is kept."""
    profile = client.users_info(user=user)["user"]
    email = (profile.get("profile") or {}).get("email")
    outsider = profile.get("is_bot") or profile.get("deleted") or (profile.get("team_id") or team) != team
    if outsider or not email or profile.get("is_email_confirmed") is False:
        raise _stranger(db)
    with db.transaction() as session:
        person = person_by_email(session, email)
        if person is not None and person.slack_user in {None, user}:
            person.slack_team, person.slack_user = team, user
            return _who(person, user, team)
    raise _stranger(db)


def _stranger(db: Database) -> StrangerError:
    with db.reading() as session:
        names = _whom_to_ask(session)
    ask = f"Ask {names} to add you" if names else "Ask an administrator of the project to add you"
    text = f"I don't find your Slack e-mail address in the project's directory. {ask} to it, with that address."
    return StrangerError(text, code="stranger")


def _whom_to_ask(session: Session) -> str:
    projects = session.scalars(select(Project.id)).all()
    people = {person.name: None for project in projects for person in administrators(session, project)}
    return " or ".join(list(people)[:3])
