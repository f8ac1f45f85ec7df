"""The demo's clock: payclerk reads a file with seconds to add; the demo writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from payclerk_core.clock import Clock, shifted_clock, system_clock

ZONE = ZoneInfo("America/Chicago")


class Clockwork:
    """Sets the time payclerk, the local mail server and the local DocuSign go by."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.now: Clock = shifted_clock(file)

    def set(self, local: datetime) -> None:
        """From now on it is this moment in Chicago (and time goes on from there)."""
        shift: timedelta = local.replace(tzinfo=ZONE).astimezone(UTC) - system_clock()
        temporary = self.file.with_suffix(".new")
        temporary.write_text(str(int(shift.total_seconds())), "ascii")
        temporary.replace(self.file)  # a reader never sees half a number
