"""The Home tab."""

from __future__ import annotations

from collections import Counter

from payclerk_core.actions.call import Call
from payclerk_core.queries.claims import ClaimFilter, claim_rows
from payclerk_core.queries.contracts import contract_rows, open_period
from payclerk_core.queries.directory import projects_of
from payclerk_core.tables import Project

from ..desk import Turn
from ..polled import looks, polled
from ..views.home import HomeMail, HomeProject, home_view
from ..views.period import span


def show_home(turn: Turn) -> None:
    with turn.looking() as call:
        projects = [_project(call, project) for project in projects_of(call.session, turn.who.person_id)]
        mail = _mail(call)
    turn.client.views_publish(user_id=turn.who.slack_user, view=home_view(turn.who.name, projects, mail))


def _mail(call: Call) -> HomeMail | None:
    if not call.settings.has_mail:
        return None
    return HomeMail(polled(call), any(look.silent for look in looks(call)))


def _project(call: Call, project: Project) -> HomeProject:
    period = open_period(call.session, project.id)
    if period is None:
        return HomeProject(project.id, project.name)
    contracts = contract_rows(call.session, project.id, period.id)
    claims = claim_rows(call.session, project.id, ClaimFilter(period_id=period.id))
    return HomeProject(
        project.id,
        project.name,
        span(period.starts_on, period.ends_on),
        f"{period.due_on:%b} {period.due_on.day}",
        Counter(row.readiness.standing.label for row in contracts),
        Counter(row.status.label for row in claims),
    )
