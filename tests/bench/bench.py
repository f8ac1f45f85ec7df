"""`./run bench`: how long things take, each beside a peer measured in the same run; the ratio is what counts.

`--only NAME` (repeatable) takes some of them, `--json` prints the figures as JSON. Log lines go into bench.log.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pikepdf
import typst
from bench_engine import Report, bench_engine
from bench_import import bench_import
from bench_mail import bench_arrival, bench_capture, bench_sending, with_server
from bench_report import LOG, Table, quiet_terminal
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk import WebClient

from payclerk.demo.clockwork import Clockwork
from payclerk.demo.local import EXAMPLES, settings_for, start_world
from payclerk.demo.office import OfficeProcess
from payclerk_core.documents.claim_pdf import ClaimPage, render_claim
from payclerk_core.documents.package import PackageCover, PackagePart, compile_package
from payclerk_core.migrate import upgrade
from payclerk_core.money import Money
from payclerk_core.rules.billing import Line, summarize
from payclerk_playground.world import World

ANNA = "U001"
ROUNDS = 7


def median(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of the middle run."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def page(count: int) -> ClaimPage:
    lines = [Line(f"{n:03d}", f"Work {n}", 90000 + n, 0, 12345, 0, work_withheld=1235) for n in range(count)]
    day = date(2026, 11, 30)
    summary = summarize(lines, previous_certificates=Money(0))
    facts = ("payable", "Maple Street", "2611", "Harborline", "Subcontractor", "SC-01", "Sitework", 1, "SC-01-1")
    return ClaimPage(*facts, day, day, day, "", lines, summary, 1)


def bare_table(count: int) -> bytes:
    """The same cells as a plain table: what the typesetter alone takes."""
    cells = ", ".join(f"[{n:03d}], [Work {n}]" + ", [1,234.50]" * 8 for n in range(count))
    source = f"#set page(flipped: true)\n#set text(size: 8pt)\n#table(columns: 10, {cells})"
    return typst.compile(source.encode(), ignore_system_fonts=True)


def bench_pdf(report: Report) -> None:
    for count in (20, 500):
        claim = page(count)
        ours = median(lambda c=claim: render_claim(c), 5)
        report(
            f"PDF of a claim, {count} lines",
            ours,
            "plain table, not read back",
            median(lambda n=count: bare_table(n), 5),
        )


def bench_package(report: Report) -> None:
    pdf = render_claim(page(20))
    parts = [PackagePart(f"Company {n}", f"SC-{n}", 1, pdf, signed=False) for n in range(100)]
    cover = PackageCover("Maple Street", "2611", datetime(2026, 11, 30, tzinfo=UTC))

    def merge() -> None:
        with pikepdf.Pdf.new() as out:
            for _ in range(100):
                with pikepdf.open(io.BytesIO(pdf)) as source:
                    out.pages.extend(source.pages)
            out.save(io.BytesIO())

    report("Package of 100 claims", median(lambda: compile_package(cover, parts), 3), "bare merge", median(merge, 3))


def bench_doors(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="payclerk-bench-") as folder:
        _bench_doors(report, Path(folder))


def _bench_doors(report: Report, folder: Path) -> None:
    clock = Clockwork(folder / "clock")
    clock.set(datetime(2026, 11, 10, 9))
    world = start_world(folder, clock)
    try:
        peer = bare_ack(world)
        url = f"sqlite:///{folder / 'bench.sqlite3'}"
        upgrade(url)
        office = OfficeProcess(folder, settings_for(world, folder, clock, url), {})
        office.run("import", str(EXAMPLES / "maple-street.xlsx"))
        office.start()
        try:
            report("Ack of a slash command", acks(world, "help"), "bare app", peer)
        finally:
            office.stop()
    finally:
        world.stop()


def acks(world: World, text: str) -> float:
    """The time until Slack has its acknowledgement, as Slack sees it."""
    slack = world.slack
    slack.wait_for(lambda: slack.link.connected, timeout=30)
    slack.command(ANNA, "/billing", text)
    return statistics.median(slack.command(ANNA, "/billing", text).seconds for _ in range(20))


def bare_ack(world: World) -> float:
    settings = world.settings()
    client = WebClient(token=settings["PAYCLERK_SLACK_BOT_TOKEN"], base_url=settings["PAYCLERK_SLACK_API_URL"])
    app = App(client=client)
    app.command("/billing")(lambda ack: ack())
    handler = SocketModeHandler(app, settings["PAYCLERK_SLACK_APP_TOKEN"])
    handler.connect()
    try:
        return acks(world, "help")
    finally:
        handler.close()


BENCHES: dict[str, Callable[[Report], None]] = {
    "engine": bench_engine,
    "import": bench_import,
    "pdf": bench_pdf,
    "package": bench_package,
    "sending": bench_sending,
    "capture": with_server(bench_capture),
    "arrival": with_server(bench_arrival),
    "slack": bench_doors,
}


def wishes() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description="How fast payclerk is, beside a peer.")
    names = ", ".join(BENCHES)
    parser.add_argument("--only", action="append", metavar="NAME", choices=list(BENCHES), help=f"one of {names}")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, in seconds")
    return parser.parse_args()


def main() -> None:
    wish = wishes()
    try:
        with quiet_terminal() as terminal:
            table = Table(terminal, as_json=wish.json)
            table.begin()
            for name in wish.only or BENCHES:
                table.bench = name
                BENCHES[name](table)
            table.end()
    except BaseException:
        sys.stderr.write(f"The bench did not end well; what was logged is in {LOG.name}.\n")
        raise


if __name__ == "__main__":
    main()
