"""The second month's decisions: an amount corrected, less certified than asked for, and the owner's second claim."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from payclerk_core.actions.certificates import certify
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts
from payclerk_core.documents.footing import check_footing, read_back
from payclerk_core.money import Money, total
from payclerk_core.queries.claims import ClaimRow, summary_of
from payclerk_core.queries.ties import findings_of
from payclerk_core.tables import Claim, Contract, StoredFile

from .cast import ADMINISTRATOR, MANAGER, OWNER, READER
from .hands import Hands
from .stage import Stage, expect
from .steps_claims import approve_all
from .steps_late import all_is_tied, late_one_is_previewed
from .steps_open import CHANNEL
from .steps_owner import PRIME, address_of, send_to_owner
from .steps_paid import pay_latest
from .steps_second import billing, parts

TOO_MUCH = Money(1_500_00)
WITHHELD = Money(3_000_00)
FOUND = "Found on site: less is in place than was billed"


def correct_one(stage: Stage) -> str:
    """The reviewer overwrites an amount; what was claimed is kept beside it, and the PDF follows."""
    someone = parts(stage).thanks
    before = stage.claim_now(someone.contract)
    line = before.claim.lines[2]
    lower = {line.sov_line_id: LineEntry(Money(line.work_cents) - TOO_MUCH)}
    stage.refused(READER, lambda call: correct_amounts(call, before.claim.id, lower, FOUND), "permission")
    with stage.act(ADMINISTRATOR) as call:
        correct_amounts(call, before.claim.id, lower, FOUND)
    after = stage.claim_now(someone.contract)
    corrected = after.claim.lines[2]
    expect(corrected.work_cents == line.work_cents - TOO_MUCH.cents, "the corrected amount on the line")
    expect(corrected.claimed_work_cents == line.work_cents, "what was claimed to be kept")
    wanted = before.due - TOO_MUCH.times(1 - before.claim.work_retainage / 100)
    expect(after.due == wanted, f"{someone.contract} to come to {wanted}, not {after.due}")
    printed(stage, after)
    return f"{someone.contract} line {line.sov_line.item}: {TOO_MUCH} less, so {after.due} is due and not {before.due}"


def printed(stage: Stage, row: ClaimRow) -> None:
    """The claim's PDF foots, and says what the claim says."""
    with stage.look() as session:
        content = session.get_one(StoredFile, row.claim.pdf_id).content
    page, summary = read_back(content), summary_of(row.claim)
    expect(not check_footing(page), f"the PDF of {row.label} to foot")
    for name in ("due", "earned", "previous_certificates", "balance"):
        printed, wanted = str(page.summary[name]), getattr(summary, name).plain()
        expect(printed == wanted, f"{wanted} printed as {name} of {row.label}, not {printed}")
    stage.keep(f"{row.claim.contract.number} claim {row.claim.number} final.pdf", content)


def certify_less(stage: Stage) -> str:
    """The claims are approved; of one, less is certified than was asked for, and no more than that is paid."""
    cast, anna = parts(stage), Hands(stage, ADMINISTRATOR, CHANNEL)
    approve_all(stage, anna, billing(cast))
    row = stage.claim_now(cast.plain.contract)
    asked, certified = row.due, row.due - WITHHELD
    day, claim_id = date(2026, 12, 18), row.claim.id
    stage.refused(MANAGER, lambda call: certify(call, claim_id, certified, day, ""), f"Say why {certified}")
    with stage.act(MANAGER) as call:
        certify(call, claim_id, certified, day, "The north swale is not graded to plan")
    row = stage.claim_now(cast.plain.contract)
    expect(row.due == certified, f"{certified} to be payable, not {row.due}")
    with stage.look() as session:
        codes = [finding.code for finding in findings_of(session, session.get_one(Claim, claim_id))]
    expect("certified_differs" in codes, f"the difference among the findings, not {codes}")
    _not_a_cent_more(stage, anna, row, asked)
    pay_latest(stage, anna, cast.plain, "1002", "CHK 55090")
    paid = stage.claim_now(cast.plain.contract).paid
    expect(paid == certified, f"{certified} to be paid, not {paid}")
    return f"3 approved; of {asked} asked on {cast.plain.contract}, {certified} is certified and paid"


def _not_a_cent_more(stage: Stage, anna: Hands, row: ClaimRow, asked: Money) -> None:
    view = anna.open(f"pay {row.claim.contract.number}", "payment")
    stage.world.slack.type_in(view, "number", "1002")
    stage.world.slack.type_in(view, "amount", asked.plain())
    anna.submit()
    expect(any(f"Only {row.due}" in words for words in view.errors.values()), "more than certified to be refused")
    anna.leave()


def bill_the_owner_again(stage: Stage) -> str:
    """The owner's second claim takes December's work and the late claim; to date it is what all subcontractors billed."""
    anna, cast = Hands(stage, ADMINISTRATOR, CHANNEL), parts(stage)
    stage.clock.set(datetime(2026, 12, 22, 10, 0))  # noqa: DTZ001 - a moment on the project's wall
    first = stage.claim_now(PRIME)
    late_one_is_previewed(stage, anna.open("owner", "owner"))
    anna.submit()
    anna.leave()
    row = stage.eventually(lambda: r if (r := stage.claim_now(PRIME)).claim.number == 2 else None, "the second claim")
    work = sum(_work(stage, someone.contract) for someone in (*billing(cast), cast.late))
    expect(_work(stage, PRIME) == work, "the work of December, as it was corrected and approved, and the late one's")
    summary = summary_of(row.claim)
    expect(summary.previous_certificates == first.due, f"line 7 to be November's {first.due}")
    to_date = total(_completed(stage), first.due.currency)
    expect(summary.completed == to_date, f"{to_date} completed and stored to date, not {summary.completed}")
    all_is_tied(anna)
    stage.settled()
    printed(stage, row)
    _owner_approves(stage, anna)
    took = f"it takes {cast.late.contract} #1 of November"
    return f"claim 2 over {row.due}: {took}; {summary.completed} to date, as the subcontractors' claims add up to"


def _work(stage: Stage, contract: str) -> int:
    return sum(line.work_cents for line in stage.claim_now(contract).claim.lines)


def _completed(stage: Stage) -> list[Money]:
    """Line 4 of the latest claim of every commitment that was ever billed."""
    with stage.look() as session:
        numbers = session.scalars(select(Contract.number).where(Contract.kind != "prime")).all()
    rows = [stage.claim(number) for number in numbers]
    return [summary_of(row.claim).completed for row in rows if row is not None]


def _owner_approves(stage: Stage, anna: Hands) -> None:
    address = address_of(stage, OWNER)
    before = len(stage.mails(address, "progress claim"))
    send_to_owner(stage, anna, "Please find our December claim.", private=False, number=2)
    mail = stage.mail(address, "progress claim", count=before + 1)
    stage.world.mail.reply(address, mail, "December is approved as billed.", style="outlook")
    notice = anna.message("owner answered", "December is approved")
    anna.click(notice, "owner.approve")
    stage.eventually(lambda: stage.claim_now(PRIME).claim.status == "approved", "the owner's claim approved")
    stage.settled()
