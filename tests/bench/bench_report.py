"""What a bench says: a table, or JSON. Everything else that is printed meanwhile goes into a file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

LOG = Path(__file__).parents[2] / "bench.log"


@dataclass(frozen=True)
class Figure:
    """Seconds of ours and of the peer in the same run. The ratio is what counts."""

    bench: str
    what: str
    seconds: float
    peer: str
    peer_seconds: float

    @property
    def ratio(self) -> float:
        return self.seconds / self.peer_seconds

    def line(self) -> str:
        ours, peer = self.seconds * 1000, self.peer_seconds * 1000
        return f"{self.what:<38} {ours:11.1f} ms {self.ratio:8.2f} x  {self.peer} ({peer:.1f} ms)"


@dataclass
class Table:
    """Takes figures as they are measured and says them on the terminal."""

    out: TextIO
    as_json: bool
    bench: str = ""
    figures: list[Figure] = field(default_factory=list)

    def __call__(self, what: str, ours: float, peer_name: str, peer: float) -> None:
        figure = Figure(self.bench, what.strip(), ours, peer_name, peer)
        self.figures.append(figure)
        if not self.as_json:
            self._say(figure.line() if what == figure.what else f"  {figure.line()}")

    def begin(self) -> None:
        if not self.as_json:
            self._say(f"{'what':<38} {'median':>14} {'ratio':>10}  to its peer in this run")

    def end(self) -> None:
        if self.as_json:
            rows = [{**asdict(figure), "ratio": round(figure.ratio, 3)} for figure in self.figures]
            self._say(json.dumps(rows, indent=2))

    def _say(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()


@contextmanager
def quiet_terminal(log: Path = LOG) -> Iterator[TextIO]:
    """Lends the terminal; what anybody else prints, child processes too, goes into the log."""
    terminal, errors = os.dup(1), os.dup(2)
    with log.open("wb") as file, os.fdopen(os.dup(terminal), "w") as out:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield out
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(terminal, 1)
            os.dup2(errors, 2)
            os.close(terminal)
            os.close(errors)
