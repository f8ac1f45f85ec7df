"""Who plays whom: the people of the example workbook, and what each subcontractor does this month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from payclerk_core.documents.workbook import ProjectFile, read_workbook
from payclerk_playground.personas import Persona

ADMINISTRATOR = "Anna Reyes"
MANAGER = "Marcus Webb"
READER = "Priya Nair"
OWNER = "Daniel Cole"
COLLEAGUE = "Tess Ward"  # works with the one who declines
MOVED: Mapping[str, str] = {
    "lee@gone.example": "lee@brightelectric.example"
}  # as the workbook has it, and where they are


@dataclass(frozen=True, slots=True)
class Part:
    """One invited subcontractor: contract, contact and language."""

    contract: str
    name: str
    email: str
    language: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The parts, given out by what the workbook says of each."""

    bounced: Part
    silent: Part
    declined: Part
    unclear: Part
    french: tuple[Part, Part]
    spanish: tuple[Part, Part]
    plain: Part  # answers ACCEPT
    thanks: Part
    outlook: Part
    apple: Part

    @property
    def late(self) -> Part:
        """The bounced one at the right address: asked again, so their bill comes after the owner's claim is made."""
        return replace(self.bounced, email=MOVED[self.bounced.email])

    @property
    def accepting(self) -> tuple[Part, ...]:
        """Who bills this month; the unclear one is accepted for them by the administrator."""
        return (*self.french, *self.spanish, self.plain, self.thanks, self.outlook, self.apple, self.unclear)

    @property
    def invited(self) -> tuple[Part, ...]:
        return (self.bounced, self.silent, self.declined, *self.accepting)


def read_project(examples: Path) -> ProjectFile:
    return read_workbook((examples / "maple-street.xlsx").read_bytes())


def give_parts(file: ProjectFile) -> Cast:
    """Languages and the wrong address decide some parts; the others go by contract number."""
    people = {row.email: row for row in file.people}
    parts = [
        Part(row.number, people[row.contacts[0]].name, row.contacts[0], people[row.contacts[0]].language)
        for row in sorted(file.contracts, key=lambda row: (row.kind != "subcontract", row.number))
        if row.kind != "prime" and row.contacts and row.status.value == "approved"
    ]
    dead = [part for part in parts if part.email in MOVED]
    french, spanish = ([p for p in parts if p.language == code and p not in dead] for code in ("fr", "es"))
    others = [part for part in parts if part not in [*dead, *french[:2], *spanish[:2]]]
    plain, thanks, outlook, apple, unclear, declined, silent = others[:7]
    return Cast(
        bounced=dead[0],
        silent=silent,
        declined=declined,
        unclear=unclear,
        french=(french[0], french[1]),
        spanish=(spanish[0], spanish[1]),
        plain=plain,
        thanks=thanks,
        outlook=outlook,
        apple=apple,
    )


def colleague_of(file: ProjectFile, part: Part) -> Persona:
    """Somebody in the same office who is not in the project's directory, but has a mailbox."""
    domain = part.email.rpartition("@")[2]
    number = len(file.people) + 1
    return Persona(COLLEAGUE, f"tess@{domain}", "Estimator", f"U{number:03d}", has_slack=False, has_mailbox=True)


def personas(file: ProjectFile) -> Sequence[Persona]:
    """The workbook's people in the local world, each where they really are: our own have Slack, everybody a mailbox."""
    ours = file.people[0].company
    people = [
        Persona(
            name=row.name,
            email=MOVED.get(row.email, row.email),
            title=f"{row.role}, {row.company}",
            user_id=f"U{place:03d}",
            has_slack=row.company == ours,
            has_mailbox=True,
            tz=file.project.timezone,
            locale={"fr": "fr-FR", "es": "es-ES"}.get(row.language, "en-US"),
        )
        for place, row in enumerate(file.people, 1)
    ]
    return [*people, colleague_of(file, give_parts(file).declined)]
