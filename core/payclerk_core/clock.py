"""Where the time comes from. Doors hold a Clock and pass moments on; nothing else in core knows what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


def shifted_clock(file: Path) -> Clock:
    """The system's time plus the seconds written in `file`: lets one try payclerk's month in an afternoon."""

    def now() -> datetime:
        text = file.read_text("ascii").strip() if file.exists() else ""
        return system_clock() + timedelta(seconds=int(text or "0"))

    return now


def clock_for(file: Path | None) -> Clock:
    return system_clock if file is None else shifted_clock(file)
