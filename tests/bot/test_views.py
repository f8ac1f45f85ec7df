"""Every view at the sizes and with the texts that break views, held against Slack's limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from payclerk_bot.routes import COMMANDS, REGISTRY
from payclerk_bot.selections import Row
from payclerk_bot.views import blocks as b
from payclerk_bot.views import importing, notices
from payclerk_bot.views.address import address_modal
from payclerk_bot.views.batch import BatchRow, batch_message
from payclerk_bot.views.bench import Bench, Controls, Outlook, bench_view, review_view
from payclerk_bot.views.help import help_blocks
from payclerk_bot.views.home import HomeProject, home_view, stranger_home
from payclerk_bot.views.mail_log import (
    MESSAGES,
    FullMessage,
    Log,
    LogEntry,
    NamedAttachment,
    Place,
    log_modal,
    message_modal,
)
from payclerk_bot.views.mails import Compose, File, Someone, compose_modal, created_modal
from payclerk_bot.views.owner import OwnerExists, OwnerPage, exists_modal, owner_modal
from payclerk_bot.views.package import package_comment
from payclerk_bot.views.payment import Recorded, correction_modal, payment_modal
from payclerk_bot.views.period import Dates, period_modal, period_opened, period_over
from payclerk_bot.views.periods import PeriodRow, Periods, edit_modal, periods_modal
from payclerk_bot.views.restored import Letter, Lost, Restored, restored, restored_modal
from payclerk_bot.views.retainage import Retainage, retainage_modal
from payclerk_bot.views.review import ReviewLine, ReviewPage, review_modal
from payclerk_bot.views.schedule import USUAL, ScheduleForm, schedule_modal, schedule_saved
from payclerk_bot.views.settings import TRUST, ProjectForm, settings_modal
from payclerk_bot.views.signing import Ended, Signing, ended, outage, sign_modal, void_modal
from payclerk_bot.views.status import JOBS, Failed, Health, status_modal, trouble_message
from payclerk_core.actions.importing import Shown
from payclerk_core.documents.sheets import Fault
from payclerk_core.jobs import QUEUES, Waiting
from payclerk_core.money import Money
from payclerk_core.rules.billing import Line, summarize
from payclerk_core.rules.periods import Frequency, Schedule, check_schedule, numbers_of
from payclerk_playground.slack.lint import elements_of, lint_blocks

SIZES = [0, 1, 14, 60, 500]
HOSTILE = ["Acme", "<!channel> & <https://evil.example|click>", "&" * 4000, "x" * 5000, " ", "*_`~> 漢字 🏗️ \n\n" * 400]
DAY = date(2026, 11, 30)
PAYMENT = Recorded(1, "0123456789abcdef", "1001", "check", Money(180_000, "USD"), DAY, "ref", "notes")
AT = datetime(2026, 11, 10, 12, tzinfo=UTC)
RESTORED = Restored(AT, 21, 2, 1)
HELD = Letter(1, "invitation", "x", "SC-01", AT)
CLAIMS = Controls("Claims", "claim", "Select all {n} matching", "Review", {"draft": "Draft"}, {"approved": "Approve"})
INVITE = Controls("Invite to bill", "contract", "Select all {n} that can be invited", "Review")


def modal_faults(view: b.View) -> list[Any]:
    return lint_blocks("home" if view["type"] == "home" else "modal", view)


def message_faults(said: tuple[str, list[b.Block]]) -> list[Any]:
    text, blocks = said
    assert text
    assert not [words for words in [text, *mrkdwn(blocks)] if "<!" in words or "<http" in words]
    return lint_blocks("message", {"text": text, "blocks": blocks})


def mrkdwn(value: Any) -> list[str]:
    """The texts in which Slack would take a mention or a link for one."""
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        return own + [text for inner in value.values() for text in mrkdwn(inner)]
    return [text for inner in value for text in mrkdwn(inner)] if isinstance(value, list) else []


def rows(count: int, name: str, blocked: bool = False) -> list[Row]:
    why = name if blocked else None
    return [Row(n, f"SC-{n:03} {name}", name, Money(8_240_000 + n), why if n % 2 else None) for n in range(count)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("controls", [CLAIMS, INVITE])
def test_workbench(size: int, name: str, controls: Controls) -> None:
    for page in (0, 1, 99):
        some = rows(size, name, blocked=True)
        bench = Bench("sel_x:7", some, {1, 2, 3}, page, "USD", hidden=2, filters={"search": name[:90].strip()})
        assert modal_faults(bench_view(controls, bench)) == []


def test_workbench_pages_hold_twenty_in_groups_of_ten_with_new_ids_each_revision() -> None:
    some = rows(45, "Acme")
    first = bench_view(CLAIMS, Bench("sel_x:7", some, {0, 1}, 0, "USD"))
    groups = [block for block in first["blocks"] if block.get("block_id", "").startswith("rows:")]
    assert [len(group["element"]["options"]) for group in groups] == [10, 10]
    assert [group["block_id"] for group in groups] == ["rows:7:0:0", "rows:7:0:1"]
    assert [o["value"] for o in groups[0]["element"]["initial_options"]] == ["0", "1"]
    assert groups[0]["element"]["options"][0]["text"]["text"] == "SC-000 Acme · $82,400.00"
    last = bench_view(CLAIMS, Bench("sel_x:8", some, set(), 2, "USD"))
    ids = [block.get("block_id") for block in last["blocks"]]
    assert "rows:8:2:0" in ids
    assert "rows:8:2:1" not in ids


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", HOSTILE)
def test_last_look(size: int, name: str) -> None:
    skipped = [(row, name) for row in rows(size, name)]
    outlook = Outlook(rows(size, name), skipped, "will be approved", f"Approve {size}", "Mails go out.")
    assert modal_faults(review_view("sel_x:7", "Last look", outlook, "USD")) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("action", ["invite", "docusign", "status_approved"])
def test_batch_message(size: int, name: str, action: str) -> None:
    outcomes = ["waiting", "done", "failed", "skipped"]
    items = [BatchRow(name[:200], outcomes[n % 4], name[:500]) for n in range(size)]
    assert message_faults(batch_message(action, items, name)) == []


def test_batch_message_counts_by_what_became_of_the_rows() -> None:
    sent = [BatchRow("SC-01 Acme", "done", "sent")] * 11
    text, _ = batch_message("invite", [*sent, BatchRow("SC-12 Bay", "failed", "bounced: no such user")], "Ada")
    assert text == "Invitations: 11 sent, 1 bounced"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", HOSTILE)
def test_review(size: int, name: str) -> None:
    amount = Money(1_200_000)
    lines = [ReviewLine(n, f"{n:03}", name, amount, amount, "45.50", "rejected", name) for n in range(size)]
    rule = Line("001", "x", amount.cents, 0, amount.cents, 0, work_withheld=amount.percent(Decimal(10)).cents)
    summary = summarize([rule], previous_certificates=Money(0))
    for page in range(max(1, -(-size // 15))):
        form = ReviewPage("sel_x:7", name, "Under Review", summary, lines, page, "approved", [name] * 9)
        assert modal_faults(review_modal(form)) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_notices(name: str) -> None:
    answer = notices.Answer(7, name, name, name, name, [name] * 9)
    answered = notices.Answered(name, name, name, name)
    amount = Money(123)
    claim = notices.ClaimNotice(
        1, 2, name, name, False, 2, "Under Review", "unpaid", amount, amount, amount, amount, True, True
    )
    for said in (
        notices.unclear(answer, open_=True),
        notices.owner_reply(answer),
        notices.late(answer),
        notices.invoice_total(notices.InvoiceNotice(name, name, [(name, amount)] * 10, [name] * 10, amount, amount)),
        notices.private_reply(name),
        notices.accepted(answered),
        notices.declined(answered),
        notices.submitted(claim),
        notices.bounced("invitation", name, name, name, name),
        notices.quarantine(notices.HeldMail(3, name, 3, oversize=True, size=10**9)),
        notices.unmatched(3, name, name, name),
        notices.mailbox(name, datetime(2026, 11, 10, 12, tzinfo=UTC), None),
        notices.mailbox(name, datetime(2026, 11, 10, 12, tzinfo=UTC), datetime(2026, 11, 10, 13, tzinfo=UTC)),
        period_opened(1, name, Dates(DAY, DAY, DAY), name),
        period_over(name, Dates(DAY, DAY, DAY), name, "closed"),
        ended(Ended(name, True, "declined", name, name)),
        ended(Ended(name, True, "completed", due=Money(1), certified=name, differs=True)),
        outage(name, AT, None),
        outage(name, AT, AT),
        trouble_message(3, "mail.send", name, 4, "failed"),
        trouble_message(3, "mail.send", name, 4, "retried"),
    ):
        assert message_faults(said) == []
    comment = package_comment(3, name, 2, [{"name": name, "problem": name}] * 30)
    assert "<!" not in comment
    assert len(comment) < 12_000


def test_every_job_has_a_name_for_people() -> None:
    assert set(JOBS) == set(QUEUES)


def test_what_waits_names_how_long_the_oldest_has_and_which_processes_run() -> None:
    rows = [
        Waiting("mail.send", 40, 2, timedelta(hours=3)),
        Waiting("bulk.run", 1, 0, timedelta(seconds=59)),
        Waiting("package.compile", 1, 0, timedelta(minutes=1)),
    ]
    shown = mrkdwn(status_modal(Health(rows, [], [], "never", {"bot": 1, "mail": 4}))["blocks"])
    assert shown[1].splitlines() == [
        "• E-mails to send: 40 (2 met trouble and will be tried again), the oldest for 3 hours",
        "• Bulk actions confirmed in Slack: 1",
        "• Backups to compile: 1, the oldest for 1 minute",
    ]
    assert shown[-1] == "Processes running: bot 1, mail 4."
    nothing = mrkdwn(status_modal(Health([], [], [], "never"))["blocks"])
    assert (nothing[1], nothing[-1]) == ("Nothing: all is done.", "Processes running: none.")


def test_an_order_of_which_nothing_was_done_has_no_tick() -> None:
    def mark(*outcomes: str, stopped: bool = False) -> str:
        rows = [BatchRow("SC-01", outcome) for outcome in outcomes]
        return str(batch_message("status_approved", rows, "Ada", stopped=stopped)[1][0]["text"]["text"])[0]

    assert [mark("done"), mark("done", "skipped"), mark("skipped"), mark("queued"), mark("failed")] == [*"✅✅⚠⏳⚠"]
    assert (mark("queued", "done", stopped=True), mark("done", stopped=True)) == ("⚠", "✅")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", HOSTILE)
def test_modals_and_home(size: int, name: str) -> None:
    someone = Someone(1, name, name)
    files = [File(f"a:{n}", name) for n in range(size)]
    attached = [NamedAttachment(n, name, 10**n) for n in range(9)] * (1 + size // 100)
    entry = LogEntry(1, True, True, "Nov 3, 10:00", name, [name] * 9, name, name, attached, [name] * 3)
    whole = FullMessage(entry, quoted=name * 3, may_write=True, may_fetch_raw=True)
    many = Health(
        [Waiting("mail.send", size, size)],
        [Failed(n, "mail.send", name, 3) for n in range(size)],
        [notices.HeldMail(n, name) for n in range(size)],
        "never",
    )
    money = Money(1)
    views = [
        compose_modal(Compose("claim:1", name, name[:200], name[:2000], someone, files, has_pdf=True)),
        compose_modal(Compose("reply:1", name, "x", "", someone, [], to=[someone], private=True, ask_private=False)),
        compose_modal(Compose("forward:1", name, "x", "x", someone, files, private=True)),
        *[log_modal(Log(name, Place(1, 1, page, name), [entry] * size, size)) for page in (0, 1, 99)],
        log_modal(Log(name, Place(1), [], 0, name)),
        message_modal(whole),
        created_modal(name, [name] * size, True),
        status_modal(many),
        restored_modal(replace(RESTORED, letters=[replace(HELD, id=n, person=name) for n in range(size)])),
        restored_modal(replace(RESTORED, unknown=[Lost(name, name, AT)] * size)),
        owner_modal(OwnerPage("s:1", name, name[:40], money, money, *([[b.esc(name, 150)] * size] * 6))),
        owner_modal(OwnerPage("s:1", name, name[:40], Money(0), Money(0))),
        exists_modal(OwnerExists(1, name, "Draft", money, True, "0" * 64, [b.esc(name, 300)] * size)),
        address_modal(name, "a@b.example", "1:2"),
        payment_modal(
            1, name, money, money, DAY, received=False, recorded=[replace(PAYMENT, id=n) for n in range(size)]
        ),
        sign_modal(1, Signing(name, money, [name] * size), "1.2"),
        void_modal(1, Signing(name, money, [name] * size), "sent", AT),
        period_modal(name, "1", Dates(DAY, DAY, DAY), name[:100]),
        periods_modal(Periods(1, name, [PeriodRow(n, Dates(DAY, DAY, DAY), "closed") for n in range(size)], None)),
        periods_modal(Periods(1, name, [], Dates(DAY, DAY, DAY))),
        home_view(name, [HomeProject(n, name, "Nov", "Nov 25", {"Invited": 3}, {"Draft": 1}) for n in range(size)]),
        stranger_home(name),
        b.note("Title", b.esc(name)),
    ]
    for view in views:
        assert modal_faults(view) == []


@pytest.mark.parametrize("size", [1, 20, 500])
@pytest.mark.parametrize("name", HOSTILE)
def test_messages_about_a_file_to_import(size: int, name: str) -> None:
    dropped = importing.Dropped(1, name, name[:40])
    groups = [Shown(f"{size} new {name}", (name,) * 5, size)] * 20
    for said in (
        importing.preview(dropped, groups, size),
        importing.preview(dropped, [], 0),
        importing.faulty(name, [Fault("SOV", "F3", name, name)] * size),
        importing.working(dropped),
        importing.done(dropped, [name] * 20, name),
        importing.left(dropped, name),
    ):
        assert message_faults(said) == []
    assert importing.Dropped.of(dropped.value()).project == name[:40]


@pytest.mark.parametrize("frequency", list(Frequency))
def test_the_form_of_each_frequency_begins_with_what_can_be_saved(frequency: Frequency) -> None:
    view = schedule_modal(ScheduleForm(1, frequency, USUAL[frequency]))
    assert modal_faults(view) == []
    check_schedule(Schedule(frequency, USUAL[frequency]), DAY)
    offered = {block["block_id"].partition(":")[0]: block for block in view["blocks"] if block["type"] == "input"}
    assert set(offered) == set(numbers_of(frequency))
    for name, (low, high) in numbers_of(frequency).items():
        values = [int(option["value"]) for option in offered[name]["element"]["options"]]
        assert values == list(range(low, high + 1))


@pytest.mark.parametrize("billed", [False, True])
@pytest.mark.parametrize("used", [False, True])
def test_only_a_period_nobody_used_offers_to_be_deleted(billed: bool, used: bool) -> None:
    view = edit_modal(PeriodRow(1, Dates(DAY, DAY, DAY), "closed"), billed=billed, used=used)
    assert modal_faults(view) == []
    assert ("period.delete" in str(view)) == (not used)
    assert ("only the due date can change" in str(view)) == billed


def test_what_was_saved_is_said() -> None:
    assert modal_faults(schedule_saved(None)) == []
    assert "Nov 30, 2026 to Nov 30, 2026, due Nov 30, 2026" in str(schedule_saved(Dates(DAY, DAY, DAY)))


def test_help_names_every_command() -> None:
    shown = help_blocks(COMMANDS)
    assert lint_blocks("message", {"text": "x", "blocks": shown}) == []
    assert all(command.example in str(shown) for command in COMMANDS)


def collected() -> list[b.View]:
    """One of every view that has something to click."""
    amount = Money(1)
    answer = notices.Answer(7, "a", "b", "c", "d")
    claim = notices.ClaimNotice(
        1, 2, "a", "b", True, 2, "x", "unpaid", amount, amount, amount, amount, True, True, True
    )
    lines = [ReviewLine(n, "1", "x", amount, amount, "1") for n in range(40)]
    rule = Line("001", "x", amount.cents, 0, amount.cents, 0, work_withheld=amount.percent(Decimal(10)).cents)
    page = ReviewPage("s:1", "x", "x", summarize([rule], previous_certificates=Money(0)), lines, 1)
    entry = LogEntry(1, False, True, "x", "x", [], "x", "x", [NamedAttachment(1, "x", 1)])
    log = Log("x", Place(1, 1, 1), [entry] * MESSAGES, 40)
    messages = [
        notices.unclear(answer, open_=True),
        notices.owner_reply(answer),
        notices.submitted(claim),
        notices.quarantine(notices.HeldMail(3, "x")),
        notices.bounced("invitation", "x", "x", "a@b.example", "x", "1:2"),
        period_opened(1, "x", Dates(DAY, DAY, DAY), "x"),
        trouble_message(3, "mail.send", "x", 4, "failed"),
        restored(RESTORED),
        restored(replace(RESTORED, settled=AT)),
        restored(replace(RESTORED, settled=AT, again=True)),
        importing.preview(importing.Dropped(1, "x", "x"), [Shown("1 new person", ("x",), 0)], 2),
    ]
    views = [
        bench_view(CLAIMS, Bench("s:1", rows(60, "x"), set(), 1, "USD")),
        review_view("s:1", "x", Outlook(rows(3, "x"), [], "x", "x"), "USD"),
        review_modal(page),
        log_modal(log),
        log_modal(Log("x", Place(1), [], 0, "claim 1")),
        message_modal(FullMessage(entry, may_write=True, may_fetch_raw=True)),
        compose_modal(Compose("claim:1", "x", "x", "x", Someone(1, "a", "b"), [], has_pdf=True)),
        payment_modal(1, "x", amount, amount, DAY, received=True, recorded=[PAYMENT]),
        correction_modal("x", PAYMENT),
        sign_modal(1, Signing("x", amount, ["x"]), "1.2"),
        void_modal(1, Signing("x", amount, ["x"]), "sent", AT),
        retainage_modal(Retainage("s:1", "x", "Draft", 1, scale=False, by_hand=True, shown={"x": "x"})),
        period_modal("x", "1", Dates(DAY, DAY, DAY), None),
        periods_modal(Periods(1, "x", [PeriodRow(1, Dates(DAY, DAY, DAY), "open")], None)),
        edit_modal(PeriodRow(1, Dates(DAY, DAY, DAY), "open"), billed=False, used=False),
        schedule_modal(ScheduleForm(1, Frequency.WEEKLY, USUAL[Frequency.WEEKLY])),
        status_modal(Health([], [Failed(1, "mail.send", "x", 1)], [notices.HeldMail(1, "x")], "never", {}, RESTORED)),
        restored_modal(replace(RESTORED, letters=[HELD, HELD])),
        restored_modal(replace(RESTORED, settled=AT)),
        home_view("x", [HomeProject(1, "x")]),
        owner_modal(OwnerPage("s:1", "x", "x", amount, amount, ["x"], ["x"])),
        exists_modal(OwnerExists(1, "x", "Draft", amount, deletable=True)),
        address_modal("x", "a@b.example", "1:2"),
        settings_modal(ProjectForm(1, "x", "propose", dict.fromkeys(TRUST), dict.fromkeys(TRUST, "verified"))),
    ]
    return [*views, *({"type": "message", "blocks": blocks} for _, blocks in messages)]


def test_everything_that_can_be_clicked_or_submitted_is_registered_and_the_other_way_round() -> None:
    views = collected()
    clickable = set()
    searching = set()
    for view in views:
        for block in view["blocks"]:
            for element in elements_of(block):
                if "external" in element["type"]:
                    searching.add(element["action_id"])
                elif block["type"] != "input" or block.get("dispatch_action"):
                    clickable.add(element["action_id"])
    submitted = {view["callback_id"] for view in views if "submit" in view}
    assert clickable == REGISTRY.ids("click")
    assert submitted == REGISTRY.ids("submit")
    assert searching == REGISTRY.ids("suggest")


def test_the_registry_is_complete() -> None:
    ids = [(listener.kind, listener.id) for listener in REGISTRY.listeners]
    assert len(set(ids)) == len(ids)
    assert all(callable(entry.handler) for entry in (*REGISTRY.listeners, *REGISTRY.commands))
    assert all(command.example.startswith(f"/billing {command.word}") for command in REGISTRY.commands)
