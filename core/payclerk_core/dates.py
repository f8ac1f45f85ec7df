"""Dates and moments: moments are UTC, billing dates are plain dates in the project's own time zone."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def require_utc(moment: datetime) -> datetime:
    """The same moment in UTC; a moment without a zone is a programming error."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC)


def project_date(moment: datetime, timezone: str) -> date:
    """The date on the wall of the project at that moment."""
    return require_utc(moment).astimezone(ZoneInfo(timezone)).date()


def end_of_day(day: date, timezone: str) -> datetime:
    """The last moment of a project date, in UTC: a due date lasts until its midnight there."""
    following = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(timezone))
    return following.astimezone(UTC)


def day_of_month(year: int, month: int, day: int) -> date:
    """That day, or the month's last day when the month is shorter (31 in November is the 30th).

    >>> day_of_month(2026, 11, 31)
    datetime.date(2026, 11, 30)
    """
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
