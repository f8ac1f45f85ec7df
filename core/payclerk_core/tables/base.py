"""What all tables share: the base class, and column types that are the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column  # noqa: F401
from sqlalchemy.types import TypeDecorator

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite only auto-numbers a column that is declared INTEGER, PostgreSQL wants 64 bits.
Key = BigInteger().with_variant(Integer, "sqlite")
Json = JSON


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite drops time zones: this refuses naive values going in and gives UTC coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Rate(TypeDecorator[Decimal]):
    """A rate in percent, exact. SQLite keeps Numeric as a binary fraction, so it is text on both."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {datetime: Moment, Decimal: Rate}  # noqa: RUF012


class Keyed:
    """A surrogate key."""

    id: Mapped[int] = mapped_column(Key, primary_key=True, sort_order=-1)


class Stated:
    """A record with a state: which, since when, and by whom (None: payclerk itself). The events hold the history."""

    status: Mapped[str] = mapped_column(String(40))
    status_at: Mapped[datetime]
    status_by_id: Mapped[int | None] = mapped_column(Key)
