"""What the claims to the owner took over of the payable ones, kept as it was billed."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Key, Keyed


class BilledClaim(Keyed, Base):
    """A payable claim that was billed to the owner, and on which of their claims; without a row it is not billed yet."""

    __tablename__ = "billed_claim"

    claim_id: Mapped[int] = mapped_column(Key, ForeignKey("claim.id"), unique=True)
    owner_claim_id: Mapped[int] = mapped_column(Key, ForeignKey("claim.id"), index=True)


class BilledCost(Keyed, Base):
    """What one claim to the owner holds of a contract under one cost code and type, in cents.

    `work` is what it added; `stored` is the whole balance of stored material, also of a contract that billed nothing new.
    """

    __tablename__ = "billed_cost"

    owner_claim_id: Mapped[int] = mapped_column(Key, ForeignKey("claim.id"))
    contract_id: Mapped[int] = mapped_column(Key, ForeignKey("contract.id"))
    cost_code: Mapped[str] = mapped_column(String(40))
    cost_type: Mapped[str] = mapped_column(String(40))
    work_cents: Mapped[int] = mapped_column(BigInteger)
    stored_cents: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("owner_claim_id", "contract_id", "cost_code", "cost_type"),)
