"""The last months of one subcontract: all of it is billed, its retainage is released, and the books close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from payclerk_core.actions.contracts import change_contract_status
from payclerk_core.actions.payments import PaymentEntry, record_payment
from payclerk_core.actions.retainage import make_release_claim
from payclerk_core.money import Money, total
from payclerk_core.queries.claims import ClaimRow, lines_of, summary_of
from payclerk_core.rules.lifecycle import ContractStatus
from payclerk_core.rules.periods import PeriodDates

from .cast import ADMINISTRATOR, READER
from .hands import Hands
from .stage import Stage, expect
from .steps_claims import approve_all
from .steps_decided import WITHHELD, printed
from .steps_open import CHANNEL
from .steps_paid import pay_latest
from .steps_second import claimed, form_arrives, invite_by_tick, month_opens, parts, return_form

JANUARY = PeriodDates(date(2027, 1, 1), date(2027, 1, 31), date(2027, 1, 25))
FEBRUARY = PeriodDates(date(2027, 2, 1), date(2027, 2, 28), date(2027, 2, 25))
SUM = Money(274_900_00)  # 270,650.00 and the change order's 4,250.00
NOTHING = Money(0)


def finish_the_work(stage: Stage) -> str:
    """January: every line is brought to 100 %. Line 7 follows what was certified, so what was withheld is due again."""
    someone = parts(stage).plain
    month_opens(stage, JANUARY)
    before = invite_by_tick(stage, [someone])
    stage.world.mail.reply(someone.email, stage.mails(someone.email)[-1], "ACCEPT")
    form_arrives(stage, someone, before[someone])
    return_form(stage, someone, lambda _item, left: (left, 0))
    row = claimed(stage, someone)
    summary, asked = summary_of(row.claim), _asked(stage, someone.contract)
    certified = asked - WITHHELD
    expect(summary.previous_certificates == certified, f"line 7 to follow the certificates: {certified}")
    expect((summary.contract_sum, summary.completed) == (SUM, SUM), f"all of {SUM} completed")
    for line in lines_of(row.claim):
        expect(line.completed == line.scheduled, f"line {line.item} at 100 %")
    expect(summary.balance == summary.retainage, "nothing but the retainage left to finish")
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    approve_all(stage, anna, [someone])
    pay_latest(stage, anna, someone, "1003", "CHK 55172")
    return f"{someone.contract} is at 100 %: {row.due} paid, with the {WITHHELD} that December did not certify"


def _asked(stage: Stage, contract: str) -> Money:
    """What all claims but the latest came to as they were asked for, certified or not."""
    rows = stage.claims(contract)[:-1]
    return total((summary_of(row.claim).due for row in rows), SUM.currency)


def release_retainage(stage: Stage) -> str:
    """February: refused while a line is open; the release claim of the finished one asks for all that is held."""
    cast, anna = parts(stage), Hands(stage, ADMINISTRATOR, CHANNEL)
    someone, open_one = cast.plain, stage.contract(cast.outlook.contract)
    month_opens(stage, FEBRUARY)
    count = len(stage.claims(open_one.number))
    stage.refused(ADMINISTRATOR, lambda call: make_release_claim(call, open_one.id), "when every line is at 100 %")
    expect(len(stage.claims(open_one.number)) == count, "a release that is refused to leave no claim")
    done = stage.contract(someone.contract)
    stage.refused(READER, lambda call: make_release_claim(call, done.id), "permission")
    held = summary_of(stage.claim_now(someone.contract).claim).retainage
    with stage.act(ADMINISTRATOR) as call:
        make_release_claim(call, done.id)
    row = stage.claim_now(someone.contract)
    _releases_all(row, held)
    anna.message(someone.contract, f"#{row.claim.number}", str(held))
    before = len(stage.mails(someone.email))
    approve_all(stage, anna, [someone])
    stage.mail(someone.email, "", count=before + 1)
    printed(stage, row)
    pay_latest(stage, anna, someone, "1004", "CHK 55301")
    return f"{someone.contract}: {held} released, approved and paid; {open_one.number} has to finish first"


def _releases_all(row: ClaimRow, held: Money) -> None:
    """Nothing new is billed, nothing stays held, and nothing is left to finish."""
    summary = summary_of(row.claim)
    expect((row.claim.kind, row.claim.status) == ("release", "under_review"), "a release claim Under Review")
    expect(not any(line.work_cents or line.stored_cents for line in row.claim.lines), "no work on a release claim")
    expect(row.due == held, f"all of the {held} held to be asked for, not {row.due}")
    expect(summary.retainage == NOTHING, f"retainage held to be 0.00, not {summary.retainage}")
    expect(summary.balance == NOTHING, f"line 9 to be 0.00, not {summary.balance}")


def close_the_books(stage: Stage) -> str:
    """Over all months: what was paid is what was certified and what was earned, and what was held was released."""
    contract = stage.contract(parts(stage).plain.contract)
    rows = stage.claims(contract.number)
    last = summary_of(rows[-1].claim)
    sums = {
        "billed": Money(sum(line.work_cents for row in rows for line in row.claim.lines)),
        "certified": total((row.due for row in rows), SUM.currency),
        "paid": total((row.paid for row in rows), SUM.currency),
        "earned": last.earned,
        "the contract": last.contract_sum,
    }
    expect(set(sums.values()) == {SUM}, f"everything to come to {SUM}, not {sums}")
    _withheld_is_released(rows)
    _line_7_follows(rows)
    entry = PaymentEntry("1005", "check", Money(1), date(2027, 2, 1))
    last_id = rows[-1].claim.id
    stage.refused(ADMINISTRATOR, lambda call: record_payment(call, last_id, entry), "Only $0.00")
    with stage.act(ADMINISTRATOR) as call:
        change_contract_status(call, contract.id, ContractStatus.COMPLETE)
    expect(stage.contract(contract.number).status == "complete", "the contract to be Complete")
    return f"{contract.number}: {len(rows)} claims, {SUM} billed, certified and paid; retainage 0.00, line 9 0.00"


def _withheld_is_released(rows: Sequence[ClaimRow]) -> None:
    lines = [line for row in rows for line in row.claim.lines]
    withheld = sum(line.work_withheld_cents + line.stored_withheld_cents for line in lines)
    released = sum(line.work_released_cents + line.stored_released_cents for line in lines)
    expect(withheld == released == SUM.cents // 10, f"10 % of {SUM} withheld and released, not {withheld}, {released}")


def _line_7_follows(rows: Sequence[ClaimRow]) -> None:
    """Every claim's line 7 is what was certified before it."""
    before = NOTHING
    for row in rows:
        printed_7 = summary_of(row.claim).previous_certificates
        expect(printed_7 == before, f"line 7 of {row.label} to be {before}, not {printed_7}")
        before += row.due
