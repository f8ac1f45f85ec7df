"""The second month: December opens by itself, a contract grows, its subcontractors answer and bill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from payclerk_core.actions.change_orders import (
    ChangeFacts,
    approve_change_order,
    create_change_order,
    submit_change_order,
)
from payclerk_core.actions.period_schedules import set_schedule
from payclerk_core.money import Money
from payclerk_core.queries.claims import ClaimRow, summary_of
from payclerk_core.queries.contracts import contract_sum, open_period
from payclerk_core.rules.change_orders import ChangeEntry
from payclerk_core.rules.periods import Frequency, PeriodDates, Schedule
from payclerk_core.tables import Contract, Event
from payclerk_playground.mail import Attachment as Enclosure

from .cast import ADMINISTRATOR, MANAGER, READER, Cast, Part, give_parts, read_project
from .forms import fill, part
from .hands import Hands
from .stage import Stage, expect
from .steps_claims import form_mail, form_of, status_of, understood
from .steps_open import CHANNEL

NOVEMBER = PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 25))
DECEMBER = PeriodDates(date(2026, 12, 1), date(2026, 12, 31), date(2026, 12, 25))
MONTHLY = Schedule(Frequency.MONTHLY_BY_DATE, {"start": 1, "end": 31, "due": 25, "end_months": 0, "due_months": 0})
EXTRA, CREDIT = Money(6_500_00), Money(-2_250_00)
BEAMS = Decimal("36500.00")  # delivered to the site, not erected yet
Share = Callable[[str, Decimal], tuple[object, object]]


def parts(stage: Stage) -> Cast:
    return give_parts(read_project(stage.examples))


def open_december(stage: Stage) -> str:
    """The administrator sets the schedule once; on the 1st the clock opens the month and closes the one before."""
    project = stage.project().id
    stage.refused(READER, lambda call: set_schedule(call, project, MONTHLY), "'Admin' permission")
    with stage.act(ADMINISTRATOR) as call:
        coming = set_schedule(call, project, MONTHLY)
    expect(coming == DECEMBER, f"December to open next, not {coming}")
    expect(_open_days(stage) == NOVEMBER, "a schedule alone to open nothing")
    month_opens(stage, DECEMBER)
    return "the schedule opened Dec 1 to 31, due Dec 25, and closed November"


def month_opens(stage: Stage, dates: PeriodDates) -> None:
    """It is the 1st, a few minutes past nine: the clock opens the month, once, and says so in Slack."""
    first = dates.starts_on
    stage.clock.set(datetime(first.year, first.month, first.day, 9, 5))  # noqa: DTZ001 - on the project's wall
    stage.eventually(lambda: _open_days(stage) == dates, f"the period from {first} to open by itself")
    Hands(stage, ADMINISTRATOR, CHANNEL).message(f"{first:%b} 1, {first.year}", "is open", "Created by payclerk")
    stage.settled()
    with stage.look() as session:
        made = session.scalars(select(Event).where(Event.verb == "period_created", Event.door == "clock")).all()
    count = sum((event.after or {})["from"] == str(first) and event.actor_id is None for event in made)
    expect(count == 1, f"the clock to open {first} once, not {count} times")


def _open_days(stage: Stage) -> PeriodDates | None:
    with stage.look() as session:
        row = open_period(session, stage.project().id)
        return PeriodDates(row.starts_on, row.ends_on, row.due_on) if row else None


def change_a_contract(stage: Stage) -> str:
    """The manager asks for more and takes something off; it counts once the administrator has approved it."""
    contract = stage.contract(parts(stage).plain.contract)
    before = _sum_of(stage, contract)
    facts = _soil(stage, contract)
    stage.refused(READER, lambda call: create_change_order(call, contract.id, facts), "'Admin' permission")
    with stage.act(MANAGER) as call:
        change = create_change_order(call, contract.id, facts)
        submit_change_order(call, change.id)
    expect(_sum_of(stage, contract) == before, "a change order that is not decided to count for nothing")
    again = f"There is a change order {facts.number}"
    stage.refused(MANAGER, lambda call: create_change_order(call, contract.id, facts), again)
    with stage.act(ADMINISTRATOR) as call:
        approval = approve_change_order(call, change.id)
    expect(not approval.warnings, f"no warnings, not {approval.warnings}")
    after = _sum_of(stage, contract)
    expect(after == before + EXTRA + CREDIT, f"the contract to come to {before + EXTRA + CREDIT}, not {after}")
    return f"{contract.number}: {facts.number} adds {EXTRA} and takes off {-CREDIT}; the contract is {after} now"


def _soil(stage: Stage, contract: Contract) -> ChangeFacts:
    """Under the cost code of the contract's own work, for that is where the owner's claim has its line."""
    with stage.look() as session:
        own = session.get_one(Contract, contract.id).top_lines[0]
    cost = own.cost_code, own.cost_type
    extra = ChangeEntry("CO-01.1", *cost, "Remove unsuitable soil", EXTRA)
    credit = ChangeEntry("CO-01.2", *cost, "Credit: no temporary fence", CREDIT)
    return ChangeFacts("CO-01", "Unsuitable soil at the north wing", (extra, credit))


def _sum_of(stage: Stage, contract: Contract) -> Money:
    with stage.look() as session:
        return contract_sum(session.get_one(Contract, contract.id))


def invite_four(stage: Stage) -> str:
    """Four are ticked and invited: three accept by mail, one has nothing to bill."""
    cast = parts(stage)
    three, french = billing(cast), cast.french[0]
    before = invite_by_tick(stage, [*three, french])
    mail = stage.world.mail
    for someone, text in zip(three, ("ACCEPT", "We accept, thanks", "Yes, we accept."), strict=True):
        mail.reply(someone.email, stage.mails(someone.email)[-1], text, style="gmail")
    mail.reply(french.email, stage.mails(french.email)[-1], "Nous déclinons, merci.", style="gmail", lang="fr")
    for someone in three:
        form_arrives(stage, someone, before[someone])
    stage.eventually(lambda: stage.invitation(french.contract).status == "declined", f"{french.contract} declined")
    stage.mail(french.email, "", count=before[french] + 2)
    expect("Bonjour" in stage.mails(french.email)[-1].text, "the French to be answered in French")
    stage.settled()
    return f"{', '.join(p.contract for p in three)} accepted; {french.contract} declined in French"


def billing(cast: Cast) -> tuple[Part, Part, Part]:
    """Who bills December."""
    return cast.plain, cast.thanks, cast.outlook


def invite_by_tick(stage: Stage, chosen: Sequence[Part]) -> dict[Part, int]:
    """Tick these in Slack and invite them; how many mails each had before."""
    before = {someone: len(stage.mails(someone.email)) for someone in chosen}
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    view = anna.open("invite", "bench")
    ids = [str(stage.contract(someone.contract).id) for someone in chosen]
    stage.world.slack.tick(view, "rows", ids)
    anna.submit_to("bench.confirm")
    anna.submit()
    for someone in chosen:
        stage.mail(someone.email, "", count=before[someone] + 1)
    stage.settled()
    return before


def form_arrives(stage: Stage, someone: Part, before: int) -> None:
    """Accepted, and the form of the next claim is there."""
    stage.eventually(lambda: stage.invitation(someone.contract).status == "accepted", f"{someone.contract} accepted")
    stage.mail(someone.email, "", count=before + 2)
    number = stage.claim_now(someone.contract).claim.number + 1
    name = form_of(form_mail(stage, someone)).filename
    expect(f"claim {number}" in name, f"the form of claim {number}, not '{name}'")


def bill_december(stage: Stage) -> str:
    """One form bills the change order's lines, one stored material; each claim goes on where November ended."""
    plain, thanks, outlook = billing(parts(stage))
    stage.clock.set(datetime(2026, 12, 15, 10, 0))  # noqa: DTZ001 - a moment on the project's wall
    return_form(stage, plain, lambda _item, left: (part(left, 40), 0))
    return_form(stage, thanks, lambda _item, left: (part(left, 30), 0))
    return_form(stage, outlook, _columns_and_beams)
    for someone in (plain, thanks, outlook):
        claimed(stage, someone)
    row = stage.claim_now(outlook.contract)
    stored = sum(line.stored_cents for line in row.claim.lines)
    expect(dollars(stored) == BEAMS, f"{BEAMS} in store, not {dollars(stored)}")
    expect(summary_of(row.claim).stored_retainage == Money(3_650_00), "10 % of it held on line 5b")
    listed = [line.sov_line.item for line in stage.claim_now(plain.contract).claim.lines][-2:]
    expect(listed == ["CO-01.1", "CO-01.2"], f"the change order's lines on the claim, not {listed}")
    expect(summary_of(stage.claim_now(plain.contract).claim).change_orders == EXTRA + CREDIT, "line 2 of the claim")
    stage.settled()
    return f"3 claims Under Review; {outlook.contract} bills ${BEAMS:,} of stored material"


def _columns_and_beams(item: str, left: Decimal) -> tuple[object, object]:
    """The columns that were in store in November are up; the beams have come."""
    return {"002": (part(left, 60), 0), "003": (0, BEAMS)}.get(item, (part(left, 20), 0))


def return_form(stage: Stage, someone: Part, share: Share) -> None:
    mail = form_mail(stage, someone)
    enclosure = Enclosure.named(form_of(mail).filename, fill(form_of(mail).content, share))
    stage.world.mail.reply(someone.email, mail, "Please find our billing attached.", attachments=[enclosure])


def claimed_first(stage: Stage, someone: Part) -> ClaimRow:
    """The form became the contract's first claim, Under Review, and asks for what it should."""
    stage.eventually(lambda: status_of(stage, someone) == "under_review", f"{someone.contract} Under Review")
    understood(stage, someone)
    row = stage.claim_now(someone.contract)
    wanted = earned_by_hand(row)
    expect(dollars(row.due.cents) == wanted, f"{someone.contract} to ask for {wanted}, not {row.due}")
    return row


def claimed(stage: Stage, someone: Part) -> ClaimRow:
    """The form became a claim Under Review that goes on where the claim before ended, and asks for what it should."""
    stage.eventually(lambda: status_of(stage, someone) == "under_review", f"{someone.contract} Under Review")
    understood(stage, someone)
    *_, last, row = stage.claims(someone.contract)
    left = {line.sov_line_id: line.previous_work_cents + line.work_cents for line in last.claim.lines}
    for line in row.claim.lines:
        words = f"{someone.contract} line {line.sov_line.item}: column D to be the work before, without what is stored"
        expect(line.previous_work_cents == left.get(line.sov_line_id, 0), words)
    paid_before = sum((dollars(one.due.cents) for one in stage.claims(someone.contract)[:-1]), Decimal(0))
    wanted = earned_by_hand(row) - paid_before
    expect(dollars(row.due.cents) == wanted, f"{someone.contract} to ask for {wanted}, not {row.due}")
    return row


def earned_by_hand(row: ClaimRow, percent: int = 10) -> Decimal:
    """Line 6 worked out once more: work and store of every line, less so many percent of each, to the cent."""
    amounts = [
        dollars(cents)
        for line in row.claim.lines
        for cents in (line.previous_work_cents + line.work_cents, line.stored_cents)
    ]
    return sum((amount - part(amount, percent) for amount in amounts), Decimal(0))


def dollars(cents: int) -> Decimal:
    return Decimal(cents) / 100
