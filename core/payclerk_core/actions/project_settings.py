"""The settings of a project, and the company's word that is stronger than they are (task T6)."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import NotAllowedError
from ..queries.directory import projects_of, standing_of
from ..rules.permissions import may
from ..rules.settings import check_setting
from ..tables import Company, Project
from .call import Call


def change_settings(call: Call, project_id: int, changes: Mapping[str, object]) -> Project:
    """Change some settings of a project, all of them or none; what is as it was leaves no event (task T6).

    Errors: UserError with the setting as its field.
    """
    call.authorise("T6", project_id)
    project = call.get(Project, project_id, "project")
    checked = {name: check_setting(name, value) for name, value in changes.items()}
    different = {name: value for name, value in checked.items() if getattr(project, name) != value}
    if different:
        before = {name: getattr(project, name) for name in different}
        for name, value in different.items():
            setattr(project, name, value)
        call.record("settings_changed", project, project_id=project.id, before=before, after=different)
    return project


def prevent_overbilling(call: Call, company_id: int, on: bool) -> Company:
    """Prevent overbilling on all projects of the company, whatever each of them says, or leave it to them again.

    For an administrator who works there: somebody of the company with Admin on one of the projects.
    """
    company = call.get(Company, company_id, "company")
    _authorise_for_company(call, company)
    if company.prevent_overbilling != on:
        company.prevent_overbilling = on
        kept, changed = {"prevent_overbilling": not on}, {"prevent_overbilling": on}
        call.record("company_settings_changed", company, project_id=None, before=kept, after=changed)
    return company


def _authorise_for_company(call: Call, company: Company) -> None:
    person = call.actor
    if person is None:
        return
    projects = projects_of(call.session, person.id) if person.company_id == company.id else []
    if not any(may("T6", standing_of(call.session, person.id, project.id, None)) for project in projects):
        raise NotAllowedError(
            f"Only somebody of {company.name} with 'Admin' permission on a project's Commitments tool may set this."
        )
