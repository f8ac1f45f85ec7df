"""The Home tab."""

from __future__ import annotations

from collections import Counter

from payclerk_core.actions.call import Call
from payclerk_core.queries.claims import ClaimFilter, claim_rows
from payclerk_core.queries.contracts import contract_rows, open_period
from payclerk_core.queries.directory import projects_of
from payclerk_core.queries.sight import sight_of
from payclerk_core.tables import Project

from ..desk import Turn
from ..polled import looks, polled
from ..views.home import HomeMail, HomeProject, home_view
from ..views.period import span


def show_home(turn: Turn) -> None:
    with turn.looking() as call:
        person = turn.who.person_id
        projects = [_project(call, project, person) for project in projects_of(call.session, person)]
        mail = _mail(call)
    turn.client.views_publish(user_id=turn.who.slack_user, view=home_view(turn.who.name, projects, mail))


def _mail(call: Call) -> HomeMail | None:
    if not call.settings.has_mail:
        return None
    return HomeMail(polled(call), any(look.silent for look in looks(call)))


def _project(call: Call, project: Project, person_id: int) -> HomeProject:
    """How many contracts and claims stand where, of those that the person may see: the rest is not even counted."""
    period = open_period(call.session, project.id)
    if period is None:
        return HomeProject(project.id, project.name)
    sight = sight_of(call.session, person_id, project.id)
    contracts = [row for row in contract_rows(call.session, project.id, period.id) if sight.sees(row.contract)]
    found = claim_rows(call.session, project.id, ClaimFilter(period_id=period.id))
    claims = [row for row in found if sight.sees(row.claim.contract)]
    return HomeProject(
        project.id,
        project.name,
        span(period.starts_on, period.ends_on),
        f"{period.due_on:%b} {period.due_on.day}",
        Counter(row.readiness.standing.label for row in contracts),
        Counter(row.status.label for row in claims),
    )
