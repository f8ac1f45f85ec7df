"""Envelopes (DocuSign) and packages (compiled backups)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Json, Key, Keyed, Stated
from .billing import Claim


class Envelope(Keyed, Stated, Base):
    """One revision of a claim sent out for signature. promised, sent, delivered, completed, declined, voided, failed.

    `transaction_id` is made at random before the first call: with it a lost answer is found again instead of sent
    twice, and no other installation's envelope can be taken for ours. `pdf_id` and `signer_ids` (of people) are what
    was promised, whatever becomes of the claim's paper or contacts; empty in rows older than these columns.
    """

    __tablename__ = "envelope"

    claim_id: Mapped[int] = mapped_column(Key, ForeignKey("claim.id"))
    revision: Mapped[int]
    transaction_id: Mapped[str] = mapped_column(String(80), unique=True)
    envelope_id: Mapped[str | None] = mapped_column(String(80), index=True)
    pdf_id: Mapped[int | None] = mapped_column(Key, ForeignKey("stored_file.id"))
    signer_ids: Mapped[list[int] | None] = mapped_column(Json)
    signed_pdf_id: Mapped[int | None] = mapped_column(Key, ForeignKey("stored_file.id"))
    batch_item_id: Mapped[int | None] = mapped_column(Key, ForeignKey("batch_item.id"))
    reason: Mapped[str | None] = mapped_column(String(500))

    claim: Mapped[Claim] = relationship()

    __table_args__ = (UniqueConstraint("claim_id", "revision"),)


class SigningOutage(Keyed, Base):
    """A time in which DocuSign did not take what payclerk asked of it, whatever was asked.

    `open` is true or empty, so that there is one open row at most whoever notes it first.
    """

    __tablename__ = "signing_outage"

    since: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500))
    noticed_at: Mapped[datetime | None]  # when people were told
    over_at: Mapped[datetime | None]
    open: Mapped[bool | None] = mapped_column(unique=True)


class Package(Keyed, Stated, Base):
    """A compiled backup. promised, compiled, posted, failed."""

    __tablename__ = "package"

    key: Mapped[str] = mapped_column(String(80), unique=True)  # the selection's: a second Confirm finds it
    project_id: Mapped[int] = mapped_column(Key, ForeignKey("project.id"))
    requested_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))
    requested_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(300))
    channel: Mapped[str | None] = mapped_column(String(80))
    file_id: Mapped[int | None] = mapped_column(Key, ForeignKey("stored_file.id"))
    index: Mapped[list[object] | None] = mapped_column(Json)

    claims: Mapped[list[PackageClaim]] = relationship(order_by="PackageClaim.position")


class PackageClaim(Keyed, Base):
    __tablename__ = "package_claim"

    package_id: Mapped[int] = mapped_column(Key, ForeignKey("package.id"))
    claim_id: Mapped[int] = mapped_column(Key, ForeignKey("claim.id"))
    position: Mapped[int]

    claim: Mapped[Claim] = relationship()

    __table_args__ = (UniqueConstraint("package_id", "claim_id"),)
