"""The settings of the tool, by project; and our company's own that is stronger than all of theirs (task T6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import select

from ..documents.words import DICTIONARIES
from ..documents.workbook import INVOICE_TYPES, OWNER_ANSWERS, TRUSTS
from ..errors import NotAllowedError, UserError
from ..rules.billing import StoredMaterials
from ..rules.tie_out import Overbilling
from ..tables import Company, Member, Person, Project
from .call import Call

MOST_DAYS_BETWEEN: Final = 3
_LONGEST: Final = {"invitation_note": 2000, "pdf_footer": 500, "slack_channel": 80, "jurisdiction": 20}
_MAY_BE_NONE: Final = frozenset({"jurisdiction", "slack_channel", "trust_invitation", "trust_billing", "trust_owner"})
Check = Callable[[Any], bool]


def _one_of(*choices: str) -> tuple[Check, str]:
    return (lambda value: value in choices), f"one of {', '.join(filter(None, choices))}"


def _number(low: int, high: int) -> tuple[Check, str]:
    return (lambda value: type(value) is int and low <= value <= high), f"a number from {low} to {high}"


def _text(name: str) -> tuple[Check, str]:
    most = _LONGEST[name]
    # Control characters would change what stands around them on paper; the database refuses some.
    printable = re.compile(rf"[^\x00-\x08\x0b\x0c\x0e-\x1f]{{0,{most}}}")
    expected = f"a text of at most {most} characters"
    return (lambda value: isinstance(value, str) and printable.fullmatch(value) is not None), expected


_YES_NO: Final[tuple[Check, str]] = (lambda value: isinstance(value, bool)), "yes or no"
# What each setting takes, and how to say it.
SETTINGS: Final[Mapping[str, tuple[Check, str]]] = {
    "invoice_type": _one_of(*INVOICE_TYPES),
    "invitation_note": _text("invitation_note"),
    "remind_every_days": _number(0, MOST_DAYS_BETWEEN),
    "weekly_digest": _YES_NO,
    "tell_approved": _YES_NO,
    "show_claimed": _YES_NO,
    "overbilling": _one_of(*Overbilling),
    "stored_materials": _one_of(*StoredMaterials),
    "owner_answers": _one_of(*OWNER_ANSWERS),
    "trust_invitation": _one_of(*TRUSTS, ""),
    "trust_billing": _one_of(*TRUSTS, ""),
    "trust_owner": _one_of(*TRUSTS, ""),
    "pdf_footer": _text("pdf_footer"),
    "jurisdiction": _text("jurisdiction"),
    "public_works": _YES_NO,
    "slack_channel": _text("slack_channel"),
    "dictionary": _one_of(*DICTIONARIES),
    "period_start_day": _number(1, 31),
    "period_end_day": _number(1, 31),
    "period_due_day": _number(1, 31),
}


def change_settings(call: Call, project_id: int, changes: Mapping[str, object]) -> Project:
    """Change settings of a project; all or none (task T6). What is made already stays as it was made."""
    call.authorise("T6", project_id)
    project = call.get(Project, project_id, "project")
    checked = {name: _checked(name, value) for name, value in changes.items()}
    after = {name: value for name, value in checked.items() if getattr(project, name) != value}
    before = {name: getattr(project, name) for name in after}
    for name, value in after.items():
        setattr(project, name, value)
    if after:
        call.record("settings_changed", project, project_id=project.id, before=before, after=after)
    return project


def _checked(name: str, value: object) -> object:
    """The value as it is kept: an empty channel or place is none."""
    if name not in SETTINGS:
        raise UserError(f"There is no setting '{name}'.", code="unknown_setting", field=name)
    check, expected = SETTINGS[name]
    if not check(value):
        raise UserError(f"'{name.replace('_', ' ')}' must be {expected}.", code="bad_setting", field=name)
    return None if value == "" and name in _MAY_BE_NONE else value


def prevent_overbilling(call: Call, company_id: int, *, on: bool) -> Company:
    """Our company's setting for all projects, stronger than theirs (domain 2.5). By an administrator of the company."""
    company = call.get(Company, company_id, "company")
    _require_own_administrator(call, company)
    if company.prevent_overbilling != on:
        company.prevent_overbilling = on
        call.record("overbilling_prevented", company, project_id=None, before={"on": not on}, after={"on": on})
    return company


def _require_own_administrator(call: Call, company: Company) -> None:
    if call.actor is None:
        return
    query = (
        select(Member.id)
        .join(Person, Person.id == Member.person_id)
        .where(Person.id == call.actor.id, Person.company_id == company.id, Member.commitments == "admin")
    )
    if call.session.scalar(query.limit(1)) is None:
        text = f"Only {company.name}'s own project administrators can set this for all its projects."
        raise NotAllowedError(text)
