"""Billing forms come back, claims are reviewed and approved."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal

import openpyxl
import pypdf
from sqlalchemy import func, select

from payclerk_core.documents.footing import check_footing, read_back
from payclerk_core.documents.words import DICTIONARIES
from payclerk_core.tables import Attachment, Claim, Message
from payclerk_playground.mail import Attachment as Enclosure
from payclerk_playground.mail import StoredMail

from .cast import ADMINISTRATOR, Part, give_parts, read_project
from .forms import fill, part
from .hands import Hands
from .stage import Stage, expect
from .steps_open import CHANNEL

BACKUP = "delivery tickets.pdf"


def return_forms(stage: Stage) -> str:
    """Everybody who accepted bills; one form is faulty first, one comes with backup."""
    cast = give_parts(read_project(stage.examples))
    _faulty_form(stage, cast.apple)
    for place, someone in enumerate(cast.accepting):
        mail = form_mail(stage, someone)
        share = 20 + 5 * place
        filled = fill(form_of(mail).content, lambda item, left, s=share: (part(left, s), _stored(item)))  # type: ignore[misc]
        enclosures = [Enclosure.named(form_of(mail).filename, filled)]
        if someone is cast.plain:
            enclosures.append(Enclosure.named(BACKUP, _ticket()))
        stage.world.mail.reply(someone.email, mail, "Please find our billing attached.", attachments=enclosures)
    for someone in cast.accepting:
        stage.eventually(lambda p=someone: status_of(stage, p) == "under_review", f"{someone.contract} Under Review")  # type: ignore[misc]
        understood(stage, someone)
    with stage.look() as session:
        count = session.scalar(select(func.count(Claim.id)))
    expect(count == len(cast.accepting), f"{len(cast.accepting)} claims, not {count}")
    stage.settled()
    return f"{len(cast.accepting)} claims Under Review; 1 faulty form answered cell by cell and nothing stored of it"


def _faulty_form(stage: Stage, someone: Part) -> None:
    """The answer names each cell; nothing but the mail is stored."""
    mail = form_mail(stage, someone)
    filled = fill(form_of(mail).content, lambda _item, left: (part(left, 10), 0))
    book = openpyxl.load_workbook(io.BytesIO(filled))
    book["Billing"]["E13"], book["Billing"]["E14"] = "forty percent", 12.345
    out = io.BytesIO()
    book.save(out)
    before = len(stage.mails(someone.email))
    enclosure = Enclosure.named(form_of(mail).filename, out.getvalue())
    stage.world.mail.reply(someone.email, mail, "Our billing.", attachments=[enclosure])
    answer = stage.mail(someone.email, "", count=before + 1)
    expect("E13" in answer.text and "E14" in answer.text, "the answer to name each faulty cell")
    expect(status_of(stage, someone) is None, "no claim of a faulty form")


def form_mail(stage: Stage, someone: Part) -> StoredMail:
    """The newest mail that carries a billing form."""

    def found() -> StoredMail | None:
        mails = [m for m in stage.mails(someone.email) if any(a.filename.endswith(".xlsx") for a in m.attachments)]
        return mails[-1] if mails else None

    return stage.eventually(found, f"a billing form for {someone.contract}")


def form_of(mail: StoredMail) -> Enclosure:
    return next(a for a in mail.attachments if a.filename.endswith(".xlsx"))


def _stored(item: str) -> Decimal:
    return Decimal("1250.00") if item == "002" else Decimal(0)


def _ticket() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(612, 792)
    writer.add_outline_item(title="Tickets", page_number=0)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def status_of(stage: Stage, someone: Part) -> str | None:
    row = stage.claim(someone.contract)
    return row.claim.status if row else None


def understood(stage: Stage, someone: Part) -> None:
    """The confirmation says what was understood, and its PDF foots to the same amounts."""
    row = stage.claim_now(someone.contract)
    name = f"{someone.contract} claim {row.claim.number} rev {row.claim.revision}.pdf"

    def confirmed() -> tuple[StoredMail, Enclosure] | None:
        found = [(m, a) for m in stage.mails(someone.email) for a in m.attachments if a.filename == name]
        return found[-1] if found else None

    mail, pdf = stage.eventually(confirmed, f"the confirmation for {someone.contract}")
    expect(str(row.due) in mail.text, f"{row.due} in the confirmation of {someone.contract}")
    stage.keep(name, pdf.content)
    words = DICTIONARIES[read_project(stage.examples).project.dictionary]
    expect(not check_footing(read_back(pdf.content, words)), f"the PDF of {someone.contract} to foot")


def review_one(stage: Stage) -> str:
    """Line by line: one rejected with a reason, corrected by the subcontractor, approved."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    someone = give_parts(read_project(stage.examples)).plain
    row = stage.claim_now(someone.contract)
    line = row.claim.lines[1]
    view = anna.open(f"review {someone.contract}", "review")
    revision = view.body["private_metadata"].rpartition(":")[2]
    slack = stage.world.slack
    slack.select(view, "verdict", "rejected", block_id=f"verdict:{line.id}:{revision}")
    slack.type_in(view, "reason", "Only half of it is in place", block_id=f"reason:{line.id}:{revision}")
    slack.select(view, "status", "revise_and_resubmit")
    before = len(stage.mails(someone.email))
    anna.submit()
    stage.eventually(lambda: status_of(stage, someone) == "revise_and_resubmit", "Revise & Resubmit")
    mail = stage.mail(someone.email, "", count=before + 1)
    expect("Only half of it is in place" in mail.text, "the reason in the mail")
    stage.keep("returned.eml", mail.raw)
    corrected = fill(
        form_of(mail).content, lambda item, left: (part(left, 10 if item == line.sov_line.item else 25), 0)
    )
    enclosure = Enclosure.named(form_of(mail).filename, corrected)
    stage.world.mail.reply(someone.email, mail, "Corrected.", attachments=[enclosure])
    stage.eventually(lambda: status_of(stage, someone) == "under_review", "the correction Under Review")
    anna.open(f"review {someone.contract}", "review")
    anna.submit()
    stage.eventually(lambda: status_of(stage, someone) == "approved", "approved")
    again = stage.claim(someone.contract)
    expect(again is not None and again.claim.revision == 2, "revision 2")
    with stage.look() as session:
        backups = session.scalars(select(Attachment.name).where(Attachment.claim_id == row.claim.id)).all()
    expect(BACKUP in backups, "the PDF that came with the form to be the claim's backup")
    stage.settled()
    return f"{someone.contract}: line {line.sov_line.item} rejected, corrected in revision 2, approved"


def approve_the_rest(stage: Stage) -> str:
    """List those under review, choose all, approve; one stays Pending Owner Approval."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    cast = give_parts(read_project(stage.examples))
    approve_all(stage, anna, cast.accepting)
    with stage.look() as session:
        told = session.scalar(select(func.count(Message.id)).where(Message.kind == "claim_approved"))
    expect(told == len(cast.accepting), f"each contact told once, not {told}")
    stage.settled()
    return f"{len(cast.accepting)} claims approved"


def approve_all(stage: Stage, anna: Hands, parts: Sequence[Part]) -> None:
    """All that is Under Review, which is what these have sent."""
    view = anna.open("claims under review", "bench")
    anna.click_and_wait(view, "bench.all")
    stage.world.slack.select(view, "act", "approved")
    anna.submit_to("bench.confirm")
    anna.submit()
    anna.leave()
    for someone in parts:
        stage.eventually(lambda p=someone: status_of(stage, p) == "approved", f"{someone.contract} approved")  # type: ignore[misc]
