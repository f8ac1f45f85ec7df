"""The decision in an answer: no wrong one over a made-up corpus, and few clear ones left to a person (reference 5.6)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_mailbox.reading.decision import Decision, Question, read_decision
from payclerk_mailbox.reading.reply import cut_reply

ANSWERS = tomllib.loads((Path(__file__).parent / "fixtures" / "answers.toml").read_text("utf-8"))
CAST = {"name": "Sam Ortiz", "company": "Ortiz Drywall", "mail": "sam@ortiz.example"}
NAMES = (CAST["name"], CAST["company"])
CLEAR = [
    (frame.format(core=core.format(**CAST), **CAST), decision, language)
    for language in ("en", "fr", "es")
    for decision in (Decision.ACCEPT, Decision.DECLINE)
    for core in ANSWERS[language][decision.value]
    for frame in ANSWERS[language]["frames"]
]
TRAP_FRAMES = ("{core}", "Hi Anna,\n\n{core}\n\nThanks,\nSam Ortiz\nOrtiz Drywall")


@pytest.mark.parametrize("names", [NAMES, ()], ids=["sender known", "sender unknown"])
def test_the_bars_of_the_corpus(names: tuple[str, ...]) -> None:
    readings = [
        (text, want, read_decision(text, Question.INVITATION, names=names, language=lang)) for text, want, lang in CLEAR
    ]
    wrong = [(text, reading.decision) for text, want, reading in readings if reading.decision not in {want, None}]
    to_person = [text for text, _, reading in readings if reading.decision is None]
    rate = len(to_person) / len(readings)
    print(f"\nclear answers {len(readings)}: wrong {len(wrong)}, to a person {len(to_person)} ({rate:.1%})")
    assert wrong == []
    assert rate <= 0.30


@pytest.mark.parametrize("names", [NAMES, ()], ids=["sender known", "sender unknown"])
def test_no_trap_decides(names: tuple[str, ...]) -> None:
    traps = [frame.format(core=core) for core in ANSWERS["traps"]["texts"] for frame in TRAP_FRAMES]
    decided = [
        (text, got.decision)
        for text in traps
        if (got := read_decision(text, Question.INVITATION, names=names)).decision
    ]
    print(f"\ntraps {len(ANSWERS['traps']['texts'])}, in frames {len(traps)}: decided {len(decided)}")
    assert len(ANSWERS["traps"]["texts"]) >= 150
    assert decided == []


def test_no_trap_decides_about_a_claim() -> None:
    traps = [frame.format(core=core) for core in ANSWERS["traps"]["owner_traps"] for frame in TRAP_FRAMES]
    decided = [(text, got.decision) for text in traps if (got := read_decision(text, Question.OWNER_CLAIM)).decision]
    assert decided == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("DECLINE - we have no work this month", "we have no work this month"),
        ("We decline this period, crew is on another job", "crew is on another job"),
        ("No, nothing to bill", "nothing to bill"),
        ("Decline because the steel has not arrived.", "the steel has not arrived"),
        (
            "DECLINE\n\nWe had no crew, and no steel.\nBack in March.\n\nThanks,\nSam",
            "We had no crew, and no steel\nBack in March",
        ),
        ("Je refuse : le chantier est arrêté", "le chantier est arrêté"),
        ("Rechazo porque no hubo obra", "no hubo obra"),
        ("We decline", ""),
    ],
)
def test_the_reason_of_a_decline_is_kept_as_written(text: str, reason: str) -> None:
    reading = read_decision(text, Question.INVITATION, names=NAMES)
    assert (reading.decision, reading.reason) == (Decision.DECLINE, reason)


@pytest.mark.parametrize(
    ("text", "decision", "reason"),
    [
        ("Approved", Decision.APPROVE, ""),
        ("We approve the claim as submitted.\n\nRegards,\nDana Wu", Decision.APPROVE, ""),
        ("Approved for payment", Decision.APPROVE, ""),
        ("Approuvé, merci", Decision.APPROVE, ""),
        ("Aprobado", Decision.APPROVE, ""),
        ("Approved as noted: line 3 only to 40 %", Decision.APPROVE_AS_NOTED, "line 3 only to 40 %"),
        (
            "Approved as noted.\nStored material is on site B.",
            Decision.APPROVE_AS_NOTED,
            "Stored material is on site B",
        ),
        ("Rejected - lien waivers are missing", Decision.REJECT, "lien waivers are missing"),
        ("We do not approve the claim", Decision.REJECT, ""),
    ],
)
def test_the_answer_of_an_owner(text: str, decision: Decision, reason: str) -> None:
    reading = read_decision(text, Question.OWNER_CLAIM)
    assert (reading.decision, reading.reason) == (decision, reason)


@pytest.mark.parametrize(("text", "language", "decision"), [
    ("si", "es", Decision.ACCEPT), ("Si.\n\nGracias", "es", Decision.ACCEPT), ("si, gracias", "es", None), ("si", "fr", None), ("si", "en", None),
    ("Sí", "en", Decision.ACCEPT), ("si aceptamos", "es", None), ("Sí aceptamos", "es", Decision.ACCEPT),
])  # fmt: skip
def test_si_is_yes_only_with_its_accent_or_alone_in_spanish(
    text: str, language: str, decision: Decision | None
) -> None:
    assert read_decision(text, Question.INVITATION, language=language).decision is decision


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("We accept.\nCan you check line 3?", "asks something"),
        ("Accept if paid", "condition"),
        ("Accept\nDecline", "both"),
        ("We decline, accept next month", "accept"),
        ("Let me look at it", "let me look at it"),
        ("", "no words"),
        ("yes " * 2000, "too long"),
    ],
)
def test_why_nothing_was_decided_is_said(text: str, why: str) -> None:
    reading = read_decision(text, Question.INVITATION)
    assert reading.decision is None
    assert why in reading.why


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    assert read_decision(text, Question.INVITATION, names=(text[:40],)).why


@given(
    st.sampled_from(CLEAR),
    st.sampled_from(["but", "except line 4", "if paid", "not", "?", "45,000", "unless", "mais", "pero", "tomorrow"]),
)
def test_one_more_word_never_turns_an_answer_round(clear: tuple[str, Decision, str], more: str) -> None:
    text, want, language = clear
    first, _, rest = text.partition("\n")
    for changed in (f"{first} {more}\n{rest}", f"{text} {more}"):
        assert read_decision(changed, Question.INVITATION, names=NAMES, language=language).decision in {want, None}


OWNER = {
    "en": {
        Decision.APPROVE: ["Approved", "APPROVED.", "Approve", "We approve", "I approve the claim", "We approve this pay app as submitted", "Claim approved", "Yes, approved", "We hereby approve the application for payment", "Approved for payment"],
        Decision.REJECT: ["Rejected", "Reject", "We reject the claim", "We cannot approve this application", "We do not approve the claim", "Rejected - the lien waivers are missing", "Unfortunately we reject this pay app", "I am unable to approve"],
        Decision.APPROVE_AS_NOTED: ["Approved as noted", "We approve as noted: line 4 is at 40 %", "Approve as noted - stored material of line 2 is not on site"],
    },
    "fr": {
        Decision.APPROVE: ["Approuvé", "J'approuve", "Nous approuvons la demande de paiement", "Oui, approuvé", "Nous approuvons cette facture"],
        Decision.REJECT: ["Je refuse", "Nous refusons la demande de paiement", "Nous rejetons cette facture", "Je n'approuve pas la facture", "Malheureusement nous refusons"],
        Decision.APPROVE_AS_NOTED: ["Approuvé tel qu'annoté", "Nous approuvons comme annoté"],
    },
    "es": {
        Decision.APPROVE: ["Aprobado", "Apruebo", "Aprobamos la solicitud de pago", "Aprobamos la factura, gracias", "Aprobada"],
        Decision.REJECT: ["Rechazado", "Rechazamos la solicitud de pago", "No aprobamos la factura", "Lamentablemente rechazamos", "No podemos aprobar"],
        Decision.APPROVE_AS_NOTED: ["Aprobado según lo anotado", "Aprobamos con anotaciones"],
    },
}  # fmt: skip


def test_the_bars_of_an_owners_answers() -> None:
    cases = [
        (frame.format(core=core, **CAST), decision, language)
        for language, answers in OWNER.items()
        for decision, cores in answers.items()
        for core in cores
        for frame in ANSWERS[language]["frames"]
    ]
    readings = [
        (text, want, read_decision(text, Question.OWNER_CLAIM, names=NAMES, language=lang))
        for text, want, lang in cases
    ]
    wrong = [(text, got.decision) for text, want, got in readings if got.decision not in {want, None}]
    rate = sum(got.decision is None for _, _, got in readings) / len(readings)
    print(f"\nowner's answers {len(readings)}: wrong {len(wrong)}, to a person {rate:.1%}")
    assert wrong == []
    assert rate <= 0.30


SLIPS = st.sampled_from(["swap", "double", "drop", "case", "emoji", "space"])


@given(st.sampled_from(CLEAR), SLIPS, st.integers(0, 400))
def test_a_slip_of_the_finger_never_turns_an_answer_round(clear: tuple[str, Decision, str], slip: str, at: int) -> None:
    text, want, language = clear
    at %= max(1, len(text) - 1)
    slipped = {
        "swap": text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
        "double": text[: at + 1] + text[at:],
        "drop": text[:at] + text[at + 1 :],
        "case": text.swapcase(),
        "emoji": text[:at] + "\U0001f44e" + text[at:],
        "space": text[:at] + " " + text[at:],
    }[slip]
    assert read_decision(slipped, Question.INVITATION, names=NAMES, language=language).decision in {want, None}


# What somebody would write, or a program, to be taken for something else than it says.
TWISTED = """\
Approve? no|Not approved|Non approuvé|No aprobado|Accept my apologies|We decline to accept the change|We decline to decline
Sure, like we'd accept that|Yes but|Accepted, NOT!|Accepted... just kidding|accept: false|Accept - no|Acepto, no|No, acepto
Non, j'accepte|Nous ne refusons pas|No rechazamos|We do not decline|Not declined|We never accept|Nobody accepts|We accept no invitation
Yes, we decline|Yes, nothing to bill|No, we are billing|No. We accept.|We accept the other invitation|My boss accepts|We decline the meeting
Accepted: Site visit|We accept credit cards|Confirmed receipt|Agreed in principle|Accepted \U0001f44e|ACCEPT \u274c|\U0001f44d|> ACCEPT
Oui mais|Si acepto|J'accepterai|Aceptaría|Approuvé sous réserve|Aprobado con observaciones|Unfortunately we accept|Regretfully accept
Sent from my iPhone but accept|He said "accept"|We accept for next month|Approved by mistake|ac\u0441ept|Rien à refuser|Sans objection\
"""


@pytest.mark.parametrize("question", list(Question))
def test_twisted_words_decide_nothing(question: Question) -> None:
    words = [one for line in TWISTED.splitlines() for one in line.split("|")]
    decided = [(one, got.decision) for one in words if (got := read_decision(one, question, names=NAMES)).decision]
    assert decided == []


def test_approved_as_noted_is_a_decision_of_the_owner_alone() -> None:
    assert read_decision("Approved as noted", Question.INVITATION).decision is None
    assert read_decision("Approved as noted, not", Question.OWNER_CLAIM).decision is None


OLGA = ("Olga Own", "Owner LLC", "olga", "owner")
SIGNED = [
    "Olga Own\nSenior Project Manager\nOwner LLC\n(716) 555-0144",
    "Olga Own, P.E., PMP\nVice President of Construction\nOwner LLC | 1200 Niagara St., Suite 400 | Buffalo, NY 14213\nO: 716.555.0144 x12\nC: (716) 555-0199\nolga@owner.example\nwww.owner.example",
    "Thanks,\n\nOlga\n\nOwner LLC\nLic. #CBC1234567",
    "Best regards,\nOlga Own\nDirector, Facilities & Capital Projects\nP.O. Box 400\nAlbany, NY 12207-0400",
    "Olga Own (she/her)\nController\nOwner LLC\n+1 716 555 0144",
    "Olga Own | Owner's Representative | Owner LLC | 716-555-0144",
    "OLGA OWN\nCHIEF FINANCIAL OFFICER\nOWNER, LLC",
    "Regards,\nOlga\nSent from my iPhone",
    "Kind regards / Cordialement,\nOlga Own\nAR/AP",
    "Cordialement,\nOlga Own\nChargée de projet\nOwner inc.\n1200, rue Sherbrooke Ouest\nMontréal (Québec) H3A 1H6\nTél. : 514 555-0144, poste 22",
    "Olga Own, ing.\nDirectrice de projets\nTéléc. 514 555-0145",
    "Olga Own\nDirectrice des finances\n12, avenue de la République\n01 23 45 67 89",
    "Saludos,\nOlga Own\nGerente de Proyecto\nOwner LLC\nAv. Reforma 222, Piso 4\nTel. 55 5555 0144",
    "Atentamente,\n\nIng. Olga Own\nJefa de Obra\nCalle Mayor 12, 28013 Madrid\nCel: 612 345 678",
    "Sincerely,\n\nOlga E. Own, CPA\nTreasurer\nOwner Development Group, Inc.\n40 W 57th St, 12th Floor\nNew York, NY 10019",
    "Olga Own\nMBE/WBE Certified\nOwner LLC",
    "Olga Own\nProject Executive - Owner LLC\nMobile 716-555-0144 | Office 716-555-0145",
    "Olga Own\nOwner LLC\nCSLB Lic. No. 123456\nDIR #1000012345",
    "Olga Own\nOwner LLC\n\nCONFIDENTIALITY NOTICE: This e-mail is private.",
    "Olga Own\nPresident & CEO\nConstruction • Steel • Metal Deck\nowner.example",
]
# Each looks like a line of a signature, and is none that is known.
NO_SIGNATURE = [
    "Upon Inspection",
    "Awaiting CFO",
    "Pay-When-Paid",
    "Crane Removed",
    "Cap 900",
    "W/O Prejudice",
    "Max 50",
    "Jan Draw",
    "Draw 3",
    "FYI",
    "Hors Grue",
    "DNP",
    "WIP",
    "Crane Struck",
    "CFO Approval Awaited",
    "50000",
    "900-1200",
    "1.250.000",
    "125 000 000",
    "Steel",
    "Structural Steel",
    "Item 3 - 40",
    "St 5",
    "Box 3",
    "Deck 400",
    "CFO To Sign",
    "Floor 2",
    "Floor 2 Removed",
    "Building 4",
    "Lot 5",
    "Partner 50",
    "Retainage 10",
    "Office 900",
    "No. 5",
    "Lic 900",
    "x900",
    "Route 5",
    "Unit 4",
    "Suite 4",
    "License Required",
    "Insured",
    "Number 3",
    "Certified Payroll",
    "PM To Check",
    "Concrete Excluded",
    "Nope",
    "Built to last since 1984",
    "Our office will be closed Nov 26-27",
    "Sin Grúa",
    "Sous Réserve",
    "Con Fianza",
    "Après Inspection",
]
UNDER = (
    "Olga Own\n{0}",
    "Olga Own\nOwner LLC\n{0}\n716-555-0144",
    "Thanks,\nOlga\n{0}",
    "Olga Own | {0}",
    "Thanks\n{0}",
)


@pytest.mark.parametrize("signed", SIGNED)
def test_a_signature_is_known_by_each_of_its_lines(signed: str) -> None:
    text = cut_reply(f"Approved\n\n{signed}\n", None).text
    assert read_decision(text, Question.OWNER_CLAIM, names=OLGA).decision is Decision.APPROVE


def test_any_other_line_below_the_name_is_for_a_person() -> None:
    decided = [
        (line, under)
        for line in NO_SIGNATURE
        for under in UNDER
        for said, question in (("Approved", Question.OWNER_CLAIM), ("Accept", Question.INVITATION))
        if read_decision(f"{said}\n\n{under.format(line)}", question, names=OLGA).decision
    ]
    assert decided == []


def test_the_reason_names_the_line_that_is_no_signature() -> None:
    text = "Approved\n\nOlga Own\nSenior Project Manager\nUpon Inspection\nOwner LLC"
    assert '"upon inspection"' in read_decision(text, Question.OWNER_CLAIM, names=OLGA).why


@pytest.mark.parametrize(
    "text", ["Your request has been accepted.", "Votre demande est acceptée.", "Your invoice has been approved."]
)
def test_what_programs_tell_of_a_request_decides_nothing(text: str) -> None:
    assert all(read_decision(text, question).decision is None for question in Question)
