"""Billing periods, invitations, claims with their lines, and payments."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Json, Key, Keyed, Stated
from .contracts import Contract, SovLine
from .people import Person, Project


class BillingPeriod(Keyed, Stated, Base):
    __tablename__ = "billing_period"

    project_id: Mapped[int] = mapped_column(Key, ForeignKey("project.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    due_on: Mapped[date]

    project: Mapped[Project] = relationship()

    __table_args__ = (
        UniqueConstraint("project_id", "starts_on", "ends_on"),
        # One open period a project, held by the database and not by good intentions.
        Index(
            "uq_billing_period_open",
            "project_id",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )


class PeriodSchedule(Keyed, Base):
    """When billing periods open by themselves (task T7). One a project; `never` cancels it.

    Days are of the month (31: its last) or ISO weekdays (1: Monday), by what `by` says; `*_weeks` and `*_months` say
    how far after the start the end and the due date lie.
    """

    __tablename__ = "period_schedule"

    project_id: Mapped[int] = mapped_column(Key, ForeignKey("project.id"), unique=True)
    frequency: Mapped[str] = mapped_column(String(20))  # monthly_by_date, monthly_by_weekday, weekly, never
    rule: Mapped[dict[str, int]] = mapped_column(Json)  # the numbers of rules/periods.py for that frequency
    set_at: Mapped[datetime]
    set_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))

    project: Mapped[Project] = relationship()


class Invitation(Keyed, Stated, Base):
    """An 'Invite to Bill' for one contract and period; its status holds the answer, with who and when."""

    __tablename__ = "invitation"

    contract_id: Mapped[int] = mapped_column(Key, ForeignKey("contract.id"))
    period_id: Mapped[int] = mapped_column(Key, ForeignKey("billing_period.id"))
    thread_id: Mapped[int] = mapped_column(Key, ForeignKey("thread.id"))
    invited_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))
    invited_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(String(2000))  # why it was declined, in the sender's words

    contract: Mapped[Contract] = relationship()
    period: Mapped[BillingPeriod] = relationship()
    invited_by: Mapped[Person | None] = relationship()

    __table_args__ = (UniqueConstraint("contract_id", "period_id"),)


class Claim(Keyed, Stated, Base):
    """A request for payment: payable (from a subcontractor) or receivable (to the owner)."""

    __tablename__ = "claim"

    contract_id: Mapped[int] = mapped_column(Key, ForeignKey("contract.id"))
    period_id: Mapped[int] = mapped_column(Key, ForeignKey("billing_period.id"))
    number: Mapped[int]  # sequence on the contract
    invoice_number: Mapped[str] = mapped_column(String(60))
    billed_on: Mapped[date]
    revision: Mapped[int] = mapped_column(default=1)  # goes up with each submission
    submitted_at: Mapped[datetime | None]
    kind: Mapped[str] = mapped_column(String(20), default="progress", server_default="progress")  # or release
    work_retainage: Mapped[Decimal]  # the rates in force from this claim on
    stored_retainage: Mapped[Decimal]
    rates_set: Mapped[bool] = mapped_column(default=False, server_default=false())  # by hand, for this claim on
    # The contract's step or scale, which a rate set by hand ended, counts again from this claim on.
    by_contract: Mapped[bool] = mapped_column(default=False, server_default=false())
    stored_materials: Mapped[str] = mapped_column(String(10), default="manual", server_default="manual")
    payment_due_on: Mapped[date | None]
    comment: Mapped[str | None] = mapped_column(String(2000))
    # An owner's claim whose mail takes along the payable claims it was made of (domain 2.5 c).
    with_backup: Mapped[bool] = mapped_column(default=False, server_default=false())
    # How the configurable PDF of an owner's claim is grouped (task T13); None: as the lines are.
    pdf_layout: Mapped[dict[str, object] | None] = mapped_column(Json)
    previous_certificates_cents: Mapped[int] = mapped_column(BigInteger)  # line 7
    thread_id: Mapped[int] = mapped_column(Key, ForeignKey("thread.id"))
    pdf_id: Mapped[int | None] = mapped_column(Key, ForeignKey("stored_file.id"))
    created_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))

    contract: Mapped[Contract] = relationship()
    period: Mapped[BillingPeriod] = relationship()
    lines: Mapped[list[ClaimLine]] = relationship(order_by="ClaimLine.position", back_populates="claim")
    payments: Mapped[list[Payment]] = relationship(order_by="Payment.id", back_populates="claim")
    certificate: Mapped[Certificate | None] = relationship(back_populates="claim")

    __table_args__ = (UniqueConstraint("contract_id", "number"),)


class ClaimLine(Keyed, Base):
    """One line of a claim. What the subcontractor claimed is kept apart from what the reviewer lets stand."""

    __tablename__ = "claim_line"

    claim_id: Mapped[int] = mapped_column(Key, ForeignKey("claim.id"))
    sov_line_id: Mapped[int] = mapped_column(Key, ForeignKey("sov_line.id"))
    position: Mapped[int]
    scheduled_cents: Mapped[int] = mapped_column(BigInteger)  # C, as it stood when the claim was made
    previous_work_cents: Mapped[int] = mapped_column(BigInteger)  # D
    work_cents: Mapped[int] = mapped_column(BigInteger)  # E
    stored_cents: Mapped[int] = mapped_column(BigInteger)  # F
    claimed_work_cents: Mapped[int] = mapped_column(BigInteger)
    claimed_stored_cents: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[Decimal | None]  # unit lines: this period's
    # Stored material that the automatic mode moved into D when the claim was made; D holds it already.
    moved_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    # Retainage as a movement: held before + withheld - released = held now; of work, and of stored material.
    previous_work_held_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    work_withheld_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    work_released_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    previous_stored_held_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    stored_withheld_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    stored_released_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    # Set by an administrator for this line and period (task T24): percent, or an amount, instead of the rate.
    work_percent: Mapped[Decimal | None]
    work_withheld_set_cents: Mapped[int | None] = mapped_column(BigInteger)
    stored_percent: Mapped[Decimal | None]
    stored_withheld_set_cents: Mapped[int | None] = mapped_column(BigInteger)
    # What the next claim has to know beside the amounts held (rules.retainage.Standing): work withheld at figures of the
    # line's own and what is held of it, and by how much less than the rate is held (None: as the amounts say).
    own_work_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    own_held_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    let_go_cents: Mapped[int | None] = mapped_column(BigInteger)
    store_own: Mapped[bool] = mapped_column(default=False, server_default=false())
    store_let_go_cents: Mapped[int | None] = mapped_column(BigInteger)
    ever_released: Mapped[bool] = mapped_column(default=False, server_default=false())
    review: Mapped[str] = mapped_column(String(20), default="no_action")  # approved, rejected, no_action
    review_reason: Mapped[str | None] = mapped_column(String(2000))
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))

    claim: Mapped[Claim] = relationship(back_populates="lines")
    sov_line: Mapped[SovLine] = relationship()

    __table_args__ = (UniqueConstraint("claim_id", "sov_line_id"),)


class Certificate(Keyed, Base):
    """What was certified of a claim when it is not what was asked for; the next line 7 follows it (form G702)."""

    __tablename__ = "certificate"

    claim_id: Mapped[int] = mapped_column(Key, ForeignKey("claim.id"), unique=True)
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    certified_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(2000))
    recorded_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    claim: Mapped[Claim] = relationship(back_populates="certificate")


class PaymentSchedule(Keyed, Base):
    """The statutory answer to a claim (AU/NZ, task T10): issued once, never edited; a new one answers a new revision."""

    __tablename__ = "payment_schedule"

    claim_id: Mapped[int] = mapped_column(Key, ForeignKey("claim.id"))
    revision: Mapped[int]  # of the claim it answers
    claimed_cents: Mapped[int] = mapped_column(BigInteger)
    scheduled_cents: Mapped[int] = mapped_column(BigInteger)
    received_on: Mapped[date]
    answer_due_on: Mapped[date | None]  # counted in business days of the jurisdiction
    issued_on: Mapped[date]
    pdf_id: Mapped[int] = mapped_column(Key, ForeignKey("stored_file.id"))
    issued_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))
    issued_at: Mapped[datetime]

    claim: Mapped[Claim] = relationship()

    __table_args__ = (UniqueConstraint("claim_id", "revision"),)


class Payment(Keyed, Base):
    """Money that moved: issued against a payable claim, or received against a receivable one."""

    __tablename__ = "payment"

    claim_id: Mapped[int] = mapped_column(Key, ForeignKey("claim.id"))
    number: Mapped[str] = mapped_column(String(40))
    method: Mapped[str] = mapped_column(String(20))  # check, credit_card, electronic
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    paid_on: Mapped[date]
    reference: Mapped[str | None] = mapped_column(String(80))
    notes: Mapped[str | None] = mapped_column(String(2000))
    recorded_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    claim: Mapped[Claim] = relationship(back_populates="payments")

    __table_args__ = (UniqueConstraint("claim_id", "number"),)
