"""Contracts, their schedules of values, change orders, invoice contacts and Private lists."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
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
    work_retainage: Mapped[Decimal]
    stored_retainage: Mapped[Decimal]

    project: Mapped[Project] = relationship()
    company: Mapped[Company] = relationship()
    lines: Mapped[list[SovLine]] = relationship(order_by="SovLine.position", back_populates="contract")
    contacts: Mapped[list[InvoiceContact]] = relationship(order_by="InvoiceContact.id")

    __table_args__ = (UniqueConstraint("project_id", "number"),)

    @property
    def is_prime(self) -> bool:
        return self.kind == "prime"


class ChangeOrder(Keyed, Stated, Base):
    """A change to a contract's sum; only an approved one counts. Its lines are in the schedule of values."""

    __tablename__ = "change_order"

    contract_id: Mapped[int] = mapped_column(Key, ForeignKey("contract.id"))
    number: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    approved_on: Mapped[date | None]

    __table_args__ = (UniqueConstraint("contract_id", "number"),)


class SovLine(Keyed, Base):
    """One line of a schedule of values. Never renumbered, never deleted once billed (column A)."""

    __tablename__ = "sov_line"

    contract_id: Mapped[int] = mapped_column(Key, ForeignKey("contract.id"))
    position: Mapped[int]
    item: Mapped[str] = mapped_column(String(40))
    cost_code: Mapped[str] = mapped_column(String(40))
    cost_type: Mapped[str] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(String(300))
    scheduled_cents: Mapped[int] = mapped_column(BigInteger)
    change_order_id: Mapped[int | None] = mapped_column(Key, ForeignKey("change_order.id"))

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
