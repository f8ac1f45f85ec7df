"""Contracts, their schedules of values, change orders, invoice contacts and Private lists."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Key, Keyed, Stated
from .people import Company, Person, Project


class Contract(Keyed, Stated, Base):
    """A subcontract or purchase order (we pay), or the prime contract (we are paid)."""

    __tablename__ = "contract"

    project_id: Mapped[int] = mapped_column(Key, ForeignKey("project.id"))
    number: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))  # subcontract, purchase_order, prime
    company_id: Mapped[int] = mapped_column(Key, ForeignKey("company.id"))
    private: Mapped[bool] = mapped_column(default=False)
    accounting: Mapped[str] = mapped_column(String(10), default="amount", server_default="amount")  # amount, unit
    signed_on: Mapped[date | None]  # decides which cap of retainage applies
    work_retainage: Mapped[Decimal]
    stored_retainage: Mapped[Decimal]
    # "10 % until 50 % complete, then 5 % on the whole balance": from this percent complete, this rate of work.
    step_at: Mapped[Decimal | None]
    step_work_retainage: Mapped[Decimal | None]
    step_counts_stored: Mapped[bool] = mapped_column(default=False, server_default=false())  # in "50 % complete"
    # A project that joined midway: the number of the first claim that payclerk makes.
    first_number: Mapped[int] = mapped_column(default=1, server_default="1")
    # The Payments Issued tab (tasks T15, C11): off until an administrator turns it on, but on for what came before it.
    payments_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    # The subcontractor's schedule of values (task C10). Its status matters only while it is on.
    ssov_enabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    ssov_status: Mapped[str] = mapped_column(String(40), default="draft", server_default="draft")
    ssov_status_at: Mapped[datetime | None]
    ssov_status_by_id: Mapped[int | None] = mapped_column(Key)
    ssov_reason: Mapped[str | None] = mapped_column(String(2000))  # why it was sent back

    project: Mapped[Project] = relationship()
    company: Mapped[Company] = relationship()
    lines: Mapped[list[SovLine]] = relationship(order_by="SovLine.position", back_populates="contract")
    contacts: Mapped[list[InvoiceContact]] = relationship(order_by="InvoiceContact.id")
    retainage_rules: Mapped[list[RetainageRule]] = relationship(order_by="RetainageRule.position")

    __table_args__ = (UniqueConstraint("project_id", "number"),)

    @property
    def is_prime(self) -> bool:
        return self.kind == "prime"

    @property
    def top_lines(self) -> list[SovLine]:
        """The contract's own lines, which add up to its sum."""
        return [line for line in self.lines if line.parent_id is None]

    @property
    def billed_lines(self) -> list[SovLine]:
        """What a claim bills: the subcontractor's detail lines where the contract's line is broken down, else the line."""
        details: dict[int, list[SovLine]] = {}
        for line in self.lines:
            if line.parent_id is not None:
                details.setdefault(line.parent_id, []).append(line)
        return [billed for line in self.top_lines for billed in details.get(line.id, [line])]


class RetainageRule(Keyed, Base):
    """One rule of a sliding scale: `percent` is held until `until` of what `of` says is held; at most five, in order."""

    __tablename__ = "retainage_rule"

    contract_id: Mapped[int] = mapped_column(Key, ForeignKey("contract.id"))
    position: Mapped[int]
    percent: Mapped[Decimal]
    of: Mapped[str] = mapped_column(String(10))  # original, revised, amount
    until: Mapped[Decimal]  # percent of the contract's sum, or whole units of the currency

    __table_args__ = (UniqueConstraint("contract_id", "position"),)


class ChangeOrder(Keyed, Stated, Base):
    """A change to a contract's sum: draft, pending, approved, void. Only an approved one counts.

    On approval its lines join the schedule of values: each one, or as a package (one line for the whole).
    """

    __tablename__ = "change_order"

    contract_id: Mapped[int] = mapped_column(Key, ForeignKey("contract.id"))
    number: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    approved_on: Mapped[date | None]
    package: Mapped[bool] = mapped_column(default=False, server_default=false())

    lines: Mapped[list[ChangeOrderLine]] = relationship(order_by="ChangeOrderLine.position")

    __table_args__ = (UniqueConstraint("contract_id", "number"),)


class ChangeOrderLine(Keyed, Base):
    """One line of a change order as it was asked for; additions are positive, deductions negative."""

    __tablename__ = "change_order_line"

    change_order_id: Mapped[int] = mapped_column(Key, ForeignKey("change_order.id"), index=True)
    position: Mapped[int]
    item: Mapped[str] = mapped_column(String(40))
    cost_code: Mapped[str] = mapped_column(String(40))
    cost_type: Mapped[str] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(String(300))
    amount_cents: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("change_order_id", "position"),)


class SovLine(Keyed, Base):
    """One line of a schedule of values. Never renumbered, never deleted once billed (column A).

    A line with a parent is the subcontractor's detail of it (SSOV); its parent is then not billed itself.
    """

    __tablename__ = "sov_line"

    contract_id: Mapped[int] = mapped_column(Key, ForeignKey("contract.id"))
    position: Mapped[int]
    item: Mapped[str] = mapped_column(String(40))
    cost_code: Mapped[str] = mapped_column(String(40))
    cost_type: Mapped[str] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(String(300))
    scheduled_cents: Mapped[int] = mapped_column(BigInteger)
    change_order_id: Mapped[int | None] = mapped_column(Key, ForeignKey("change_order.id"))
    parent_id: Mapped[int | None] = mapped_column(Key, ForeignKey("sov_line.id"), index=True)
    # Unit lines: quantity times unit price, prices to four decimals (domain 3.5).
    quantity: Mapped[Decimal | None]
    unit: Mapped[str | None] = mapped_column(String(20))
    unit_price: Mapped[Decimal | None]
    # What was billed before payclerk: the first claim starts from these.
    opening_work_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    opening_stored_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    opening_retainage_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    contract: Mapped[Contract] = relationship(back_populates="lines")
    change_order: Mapped[ChangeOrder | None] = relationship()

    __table_args__ = (UniqueConstraint("contract_id", "item"), UniqueConstraint("contract_id", "position"))


class InvoiceContact(Keyed, Base):
    """A person of the contract's company who answers for its billing; on the Private list by that."""

    __tablename__ = "invoice_contact"

    contract_id: Mapped[int] = mapped_column(Key, ForeignKey("contract.id"))
    person_id: Mapped[int] = mapped_column(Key, ForeignKey("person.id"))

    person: Mapped[Person] = relationship()

    __table_args__ = (UniqueConstraint("contract_id", "person_id"),)


class PrivateListEntry(Keyed, Base):
    __tablename__ = "private_list_entry"

    contract_id: Mapped[int] = mapped_column(Key, ForeignKey("contract.id"))
    person_id: Mapped[int] = mapped_column(Key, ForeignKey("person.id"))

    __table_args__ = (UniqueConstraint("contract_id", "person_id"),)
