"""`./run bench`: how long things take, each beside a peer measured in the same run; the ratio is what counts."""

from __future__ import annotations

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
from bench_engine import bench_engine
from bench_import import bench_import
from bench_mail import bench_mail
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


def report(what: str, ours: float, peer_name: str, peer: float) -> None:
    sys.stdout.write(f"{what:<34} {ours * 1000:9.1f} ms   {ours / peer:6.1f} x  {peer_name} ({peer * 1000:.1f} ms)\n")
    sys.stdout.flush()


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


def bench_pdf() -> None:
    for count in (20, 500):
        claim = page(count)
        ours = median(lambda c=claim: render_claim(c), 5)
        report(
            f"PDF of a claim, {count} lines",
            ours,
            "plain table, not read back",
            median(lambda n=count: bare_table(n), 5),
        )


def bench_package() -> None:
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


def bench_doors(folder: Path) -> None:
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


def main() -> None:
    sys.stdout.write(f"{'what':<34} {'median':>12}   {'ratio':>8}  to its peer in this run\n")
    bench_engine(report)
    bench_import(report)
    bench_pdf()
    bench_package()
    bench_mail(report)
    with tempfile.TemporaryDirectory(prefix="payclerk-bench-") as folder:
        bench_doors(Path(folder))


if __name__ == "__main__":
    main()
