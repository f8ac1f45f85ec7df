"""Companies, the people who work for them, projects, and who may do what on each."""

from __future__ import annotations

import secrets

from sqlalchemy import ForeignKey, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Key, Keyed


def new_import_key() -> str:
    """With a letter in front, so that no spreadsheet takes it for a number."""
    return f"p{secrets.token_hex(12)}"


class Company(Keyed, Base):
    """A company of the directory: ours, a subcontractor's, the owner's."""

    __tablename__ = "company"

    name: Mapped[str] = mapped_column(String(200), unique=True)
    # Stronger than the setting of each of its projects ("Prevent Overbilling on All Projects", domain 2.5).
    prevent_overbilling: Mapped[bool] = mapped_column(default=False, server_default=false())


class Person(Keyed, Base):
    """Somebody in the directory. E-mail is kept as given and compared without regard to case."""

    __tablename__ = "person"

    company_id: Mapped[int] = mapped_column(Key, ForeignKey("company.id"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    language: Mapped[str] = mapped_column(String(5), default="en")
    # What the import finds them by, whatever is corrected. Random: a number comes again after a restore from a backup.
    import_key: Mapped[str] = mapped_column(String(26), unique=True, default=new_import_key)
    # Set once from Slack's verified e-mail; None until the person first uses Slack.
    slack_team: Mapped[str | None] = mapped_column(String(40))
    slack_user: Mapped[str | None] = mapped_column(String(40))

    company: Mapped[Company] = relationship()

    __table_args__ = (UniqueConstraint("slack_team", "slack_user"),)


class Project(Keyed, Base):
    __tablename__ = "project"

    number: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    dictionary: Mapped[str] = mapped_column(String(40))
    slack_channel: Mapped[str | None] = mapped_column(String(80))
    # Default days of a billing period (1st, 31st = the last, 25th): the modal's prefill.
    period_start_day: Mapped[int] = mapped_column(default=1)
    period_end_day: Mapped[int] = mapped_column(default=31)
    period_due_day: Mapped[int] = mapped_column(default=25)
    # The settings of the tool (task T6). Defaults are what payclerk does when nobody has chosen.
    invoice_type: Mapped[str] = mapped_column(
        String(40), default="work_and_materials", server_default="work_and_materials"
    )
    invitation_note: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    remind_every_days: Mapped[int] = mapped_column(default=1, server_default="1")  # 0: no reminders
    weekly_digest: Mapped[bool] = mapped_column(default=True, server_default=true())
    tell_approved: Mapped[bool] = mapped_column(default=True, server_default=true())
    show_claimed: Mapped[bool] = mapped_column(default=True, server_default=true())
    overbilling: Mapped[str] = mapped_column(String(10), default="warn", server_default="warn")  # allow, warn, prevent
    stored_materials: Mapped[str] = mapped_column(String(10), default="manual", server_default="manual")
    # The owner's clear answers by mail: a person confirms them (propose), or they count by themselves (act).
    owner_answers: Mapped[str] = mapped_column(String(10), default="propose", server_default="propose")
    # What each kind of decision by mail needs here: verified or confirm; None: as the settings say.
    trust_invitation: Mapped[str | None] = mapped_column(String(10))
    trust_billing: Mapped[str | None] = mapped_column(String(10))
    trust_owner: Mapped[str | None] = mapped_column(String(10))
    pdf_footer: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # Which law counts: caps of retainage, the answer date of a payment schedule (rules/jurisdictions.toml).
    jurisdiction: Mapped[str | None] = mapped_column(String(20))
    public_works: Mapped[bool] = mapped_column(default=False, server_default=false())


class Member(Keyed, Base):
    """A person on a project: the role shown, and the level on each of the two tools permissions derive from."""

    __tablename__ = "member"

    project_id: Mapped[int] = mapped_column(Key, ForeignKey("project.id"))
    person_id: Mapped[int] = mapped_column(Key, ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(String(80))
    commitments: Mapped[str] = mapped_column(String(20))
    client_contracts: Mapped[str] = mapped_column(String(20))

    project: Mapped[Project] = relationship()
    person: Mapped[Person] = relationship()

    __table_args__ = (UniqueConstraint("project_id", "person_id"),)
