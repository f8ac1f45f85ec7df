"""An invitation that bounced is sent to the right address; an answer meant for a colleague is taken for none of ours."""

from __future__ import annotations

from sqlalchemy import select

from payclerk_core.tables import Event, Invitation, Message, Person
from payclerk_playground.slack.control import texts

from .cast import ADMINISTRATOR, COLLEAGUE, Part, colleague_of, give_parts, read_project
from .hands import Hands
from .stage import Stage, expect
from .steps_open import CHANNEL

QUESTION = "Shall we decline this one?"


def correct_the_bounce(stage: Stage) -> str:
    """The notice of the bounce opens a form for the right address; invited again, the letter arrives and is answered."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    cast = give_parts(read_project(stage.examples))
    wrong, right = cast.bounced, cast.late
    _correct_address(stage, anna, wrong, right)
    _invite_again(stage, anna, right)
    letter = stage.mail(right.email, "invit")
    expect(right.email in letter.to, f"the letter to be written to {right.email}, not {letter.to}")
    with stage.look() as session:
        count = len(session.scalars(select(Invitation)).all())
    expect(count == len(cast.invited), f"the same invitation and no second one: {len(cast.invited)}, not {count}")
    stage.world.mail.reply(right.email, letter, "ACCEPT", style="apple")
    stage.eventually(lambda: stage.invitation(right.contract).status == "accepted", f"{right.contract} accepted")
    form = stage.mail(right.email, "", count=2)
    expect(any(a.filename.endswith(".xlsx") for a in form.attachments), "the form to go to the new address")
    stage.settled()
    return (
        f"{right.name} of {right.contract}: {wrong.email} became {right.email} in Slack; the invitation arrived, ACCEPT"
    )


def _correct_address(stage: Stage, anna: Hands, wrong: Part, right: Part) -> None:
    """A typing error is refused in the form; the right address is stored, with who changed it."""
    notice = anna.message("did not reach", wrong.name)
    anna.click(notice, "person.address")
    form = anna.modal("address")
    expect(wrong.email in str(form.body), f"the form to show {wrong.email}")
    stage.world.slack.type_in(form, "email", right.email.replace("@", " at "))
    anna.submit()
    expect(any("not an e-mail address" in words for words in form.errors.values()), "a typing error to be refused")
    stage.world.slack.type_in(form, "email", right.email)
    anna.submit()
    said = f"{right.name}'s address is {right.email} now"
    stage.eventually(lambda: (v := stage.world.slack.view_of(anna.user)) and said in texts(v), f"'{said}'")
    anna.leave()
    with stage.look() as session:
        person = session.scalars(select(Person).where(Person.email == right.email)).one()
        event = session.scalars(select(Event).where(Event.verb == "address_changed")).one()
    expect(person.name == right.name, f"{right.email} to be {right.name}'s, not {person.name}'s")
    expect(event.before == {"email": wrong.email}, "the event to keep the address as it was")


def _invite_again(stage: Stage, anna: Hands, someone: Part) -> None:
    """All others have their invitation, so this one alone can be chosen."""
    view = anna.open("invite", "bench")
    anna.click_and_wait(view, "bench.all")
    last_look = anna.submit_to("bench.confirm")
    others = [p for p in give_parts(read_project(stage.examples)).invited if p.contract != someone.contract]
    shown = texts(last_look)
    expect(someone.contract in shown, f"{someone.contract} to be invited again")
    expect(not any(p.contract in shown for p in others), "nobody to be invited twice")
    anna.submit()
    anna.leave()
    anna.message("Invitations: 1 sent")


def answer_a_colleague(stage: Stage) -> str:
    """The "Yes" to a colleague stands above our letter and comes to us in copy: it is no answer of ours to take."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    file = read_project(stage.examples)
    someone = give_parts(file).declined
    colleague, mail = colleague_of(file, someone).email, stage.world.mail
    letter = stage.mail(someone.email, "")
    mail.reply(colleague, letter, QUESTION, style="outlook", cc=[someone.email])
    question = stage.mail(someone.email, "", count=2)
    expect(QUESTION in question.text, f"{COLLEAGUE}'s question, with our letter below it")
    mail.reply(someone.email, question, "Yes", style="gmail", cc=[letter.reply_to])
    why = stage.eventually(lambda: _read_as_nothing(stage, someone), f"the 'Yes' of {someone.contract} in the log")
    notice = anna.message("Unclear answer", someone.contract, "Yes")
    expect(why in texts(notice), "the notice to say why it is unclear")
    expect("Decline for them" in texts(notice), "buttons to decide for them")
    stage.settled()
    expect(stage.invitation(someone.contract).status == "invited", f"{someone.contract} to be undecided")
    return f'{someone.name} wrote "Yes" to {COLLEAGUE}\'s "{QUESTION}": {someone.contract} is still to answer'


def _read_as_nothing(stage: Stage, someone: Part) -> str | None:
    """Why the mail decided nothing, once it is in the log."""
    with stage.look() as session:
        thread = stage.invitation(someone.contract).thread_id
        query = select(Message).where(Message.thread_id == thread, Message.sender.contains(someone.email))
        found = session.scalars(query).one_or_none()
    if found is None:
        return None
    expect(found.decision is None, f"the answer to a colleague to decide nothing, not '{found.decision}'")
    return found.decision_why
