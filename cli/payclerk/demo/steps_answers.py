"""The subcontractors' answers to the invitation."""

from __future__ import annotations

from sqlalchemy import select

from payclerk_core.tables import Message

from .cast import ADMINISTRATOR, Part, give_parts, read_project
from .hands import Hands
from .stage import Stage, expect
from .steps_open import CHANNEL

CERTIFICATE = ("insurance certificate.txt", b"Certificate of insurance, valid to 2027-06-30")


def answer_invitations(stage: Stage) -> str:
    """Plain, polite, French, Spanish, Gmail, Outlook, Apple; a refusal, a question, an out-of-office."""
    cast = give_parts(read_project(stage.examples))
    mail = stage.world.mail

    def answer(part: Part, text: str, **how: object) -> None:
        mail.reply(part.email, stage.mail(part.email, ""), text, **how)  # type: ignore[arg-type]

    answer(cast.plain, "ACCEPT")
    answer(cast.thanks, "We accept, thanks", style="gmail")
    answer(cast.outlook, f"Hi Anna,\n\nYes, we accept.\n\nBest regards,\n{cast.outlook.name}", style="outlook")
    answer(cast.apple, "Accepted. Thank you!", style="apple", attachments=[_attachment(*CERTIFICATE)])
    answer(cast.french[0], "Nous acceptons, merci.", style="gmail", lang="fr")
    answer(cast.french[1], "J'accepte.", style="outlook", lang="fr")
    answer(cast.spanish[0], "Aceptamos, gracias", style="gmail", lang="es")
    answer(cast.spanish[1], "Acepto", style="plain", lang="es")
    before = len(stage.mails(cast.declined.email))
    answer(cast.declined, "DECLINE - no crew on site this month", style="gmail")
    answer(cast.unclear, "Can you call me about the retainage first?", style="outlook")
    mail.out_of_office(cast.silent.email, stage.mail(cast.silent.email, ""))

    accepted = [part for part in cast.accepting if part is not cast.unclear]
    for part in accepted:
        stage.eventually(lambda p=part: stage.invitation(p.contract).status == "accepted", f"{part.contract} accepted")  # type: ignore[misc]
        form = stage.mail(part.email, "", count=2)
        expect(any(a.filename.endswith(".xlsx") for a in form.attachments), f"{part.contract} to get the form")
    _declined(stage, cast.declined, before)
    _logged_only(stage, cast.silent, "auto_reply")
    _logged_only(stage, cast.unclear, "person")
    stage.mail(cast.unclear.email, "", count=2)
    french = stage.mails(cast.french[0].email)[-1]
    expect("Bonjour" in french.text, "the French to be answered in French")
    with stage.look() as session:
        names = [a.name for m in session.scalars(select(Message)) for a in m.attachments if m.direction == "in"]
    expect(CERTIFICATE[0] in names, "the attachment to be in the Emails log")
    stage.settled()
    return f"{len(accepted)} accepted, 1 declined with its reason, 1 unclear, 1 out of office"


def _attachment(name: str, content: bytes) -> object:
    from payclerk_playground.mail import Attachment

    return Attachment.named(name, content)


def _declined(stage: Stage, part: Part, before: int) -> None:
    stage.eventually(lambda: stage.invitation(part.contract).status == "declined", f"{part.contract} declined")
    reason = stage.invitation(part.contract).reason or ""
    expect("no crew on site" in reason, f"the reason in the sender's words, not '{reason}'")
    stage.mail(part.email, "", count=before + 1)


def _logged_only(stage: Stage, part: Part, kind: str) -> None:
    """The mail is in the log and decided nothing."""

    def logged() -> bool:
        with stage.look() as session:
            thread = stage.invitation(part.contract).thread_id
            query = select(Message.kind).where(Message.thread_id == thread, Message.direction == "in")
            return kind in session.scalars(query).all()

    stage.eventually(logged, f"the {kind} mail of {part.contract} in the Emails log")
    expect(stage.invitation(part.contract).status == "invited", f"{part.contract} to be undecided")


def settle_unclear(stage: Stage) -> str:
    """The administrator reads the answer in Slack and accepts for them; a second click finds it done."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    cast = give_parts(read_project(stage.examples))
    notice = anna.message("Unclear answer", cast.unclear.contract, "call me about the retainage")
    anna.click(notice, "unclear.accept")
    stage.eventually(lambda: stage.invitation(cast.unclear.contract).status == "accepted", "accepted for them")
    stage.mail(cast.unclear.email, "", count=3)
    stage.settled()
    return f"{cast.unclear.contract} accepted by {ADMINISTRATOR} for {cast.unclear.name}"
