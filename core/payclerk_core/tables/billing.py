"""Billing periods, invitations, claims with their lines, and payments."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Key, Keyed, Stated
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
    work_retainage: Mapped[Decimal]
    stored_retainage: Mapped[Decimal]
    previous_certificates_cents: Mapped[int] = mapped_column(BigInteger)  # line 7
    thread_id: Mapped[int] = mapped_column(Key, ForeignKey("thread.id"))
    pdf_id: Mapped[int | None] = mapped_column(Key, ForeignKey("stored_file.id"))
    created_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))

    contract: Mapped[Contract] = relationship()
    period: Mapped[BillingPeriod] = relationship()
    lines: Mapped[list[ClaimLine]] = relationship(order_by="ClaimLine.position", back_populates="claim")
    payments: Mapped[list[Payment]] = relationship(order_by="Payment.id", back_populates="claim")

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
    review: Mapped[str] = mapped_column(String(20), default="no_action")  # approved, rejected, no_action
    review_reason: Mapped[str | None] = mapped_column(String(2000))
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))

    claim: Mapped[Claim] = relationship(back_populates="lines")
    sov_line: Mapped[SovLine] = relationship()

    __table_args__ = (UniqueConstraint("claim_id", "sov_line_id"),)


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
