"""The mails payclerk writes: the texts are templates, and this is the one place that fills them.

Every letter begins with a marker line and ends with a reply reference, so that an answer can be cut and led back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from .logo import Logo
from .sentences import in_language

# An answer is what stands above this line; the mailbox looks for the same words.
MARKERS: Final[Mapping[str, str]] = {
    "en": "— reply above this line —",
    "fr": "— répondez au-dessus de cette ligne —",
    "es": "— responda por encima de esta línea —",
}

_PLACE: Final = frozenset({"contact_name", "project_name", "contract_number"})
_INVITED: Final = _PLACE | {"project_number", "contract_title", "company", "period_from", "period_to", "due_on"}
_SSOV: Final = _PLACE | {"project_number", "contract_title", "company"}
_CLAIM: Final = frozenset(
    {"project_name", "project_number", "contract_number", "contract_title", "claim_number", "period_from", "period_to"}
)

# The letters, and the facts each one needs.
LETTERS: Final[Mapping[str, frozenset[str]]] = {
    "invitation": _INVITED | {"invited_by", "note", "ask"},
    "invitation_accepted": _INVITED,
    "invitation_declined": _INVITED | {"reason"},
    "answer_unclear": _PLACE | {"contract_title", "due_on", "why", "link", "code"},
    "confirm_answer": _PLACE | {"contract_title", "due_on", "link", "code", "expires_on", "matter"},
    "reminder": _INVITED | {"invited_by", "note", "days_left"},
    "claim_received": _CLAIM
    | {"contact_name", "invoice_number", "completed", "retainage", "previous", "due", "percent", "warnings"},
    "billing_understood": _CLAIM
    | {"contact_name", "due_on", "completed", "retainage", "previous", "due", "percent", "warnings", "billed"}
    | {"changed", "revised"},
    "billing_refused": _PLACE | {"faults", "why"},
    "billing_cancelled": _PLACE | {"claim_number"},
    "files_refused": _PLACE | {"refused"},
    "form_faults": _PLACE | {"file_name", "faults"},
    "file_refused": _PLACE | {"file_name", "why"},
    "claim_returned": _PLACE | {"contract_title", "claim_number", "due_on", "lines"},
    "claim_approved": _PLACE | {"claim_number", "status_label", "due"},
    "payment_schedule": _PLACE
    | {"contract_title", "claim_number", "claimed", "scheduled", "payable", "received_on", "answer_due_on"}
    | {"differences"},
    "ssov_invitation": _SSOV | {"invited_by", "contract_sum"},
    "ssov_received": _SSOV | {"lines_count", "details_count", "contract_sum"},
    "ssov_faults": _SSOV | {"file_name", "faults"},
    "ssov_returned": _SSOV | {"reason"},
    "owner_claim": _CLAIM | {"subject", "message", "sender_name", "summary", "due", "asked"},
    "owner_answered": _PLACE | {"claim_number", "status_label", "due", "reason"},
    "composed": frozenset({"subject", "message", "sender_name", "project_name", "contract_number"}),
}


_ROWS: Final[Mapping[str, Sequence[str]]] = {
    "faults": ("where", "what", "fix"),
    "billed": ("item", "description", "work", "stored", "to_date"),
    "refused": ("name", "why"),
    "lines": ("item", "description", "claimed", "reason"),
    "differences": ("item", "description", "claimed", "scheduled", "reason"),
    "summary": ("label", "amount"),
}
# What payclerk words itself; everything else is somebody's own and stays as they wrote it.
_OURS: Final = frozenset({"why", "warnings"})
_OUR_COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "faults": frozenset({"where", "what", "fix"}),
    "refused": frozenset({"why"}),
}
_MONTHS: Final[Mapping[str, str]] = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
_REFERENCE: Final = "[payclerk:REPLY-REFERENCE]"
_ANSWER_TO: Final = "payclerk:REPLY-ADDRESS"  # in the links of the buttons
_LONGEST_SUBJECT: Final = 200
_LONGEST_NAME: Final = 70  # in a subject: two long names still leave room for what the mail is about
_BLANK_LINES: Final = re.compile(r"\n{3,}")
# French sets a space before these signs, and no line may break there; '!important' is the style sheet's.
_FRENCH_SPACE: Final = re.compile(r" (?=[?:;»]|!(?!important))|(?<=«) ")


# What stands for the confirm page in a stored letter: the log is read by many, link and code are for one.
LINK_PLACE: Final = "[confirm-link]"
CODE_PLACE: Final = "[confirm-code]"
ASK_PLACE: Final = "[ask-link]"  # of the page that sends link and code to who the letter went to


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, the same words in text and html; the reply reference is not filled in yet."""

    subject: str
    text: str
    html: str


def render_letter(name: str, language: str, facts: Mapping[str, object], logo: Logo | None = None) -> Letter:
    """A letter with these facts, in English where the language is not known; the logo is for its HTML alone.

    Errors: KeyError for an unknown letter or a missing fact.
    """
    language = known_language(language)
    shown = {fact: _shown(fact, facts[fact], language) for fact in sorted(LETTERS[name])}
    folder = name if language == "en" else f"{name}/{language}"
    subject = _cut(one_line(_fill(f"{folder}/subject.txt", language, _short(shown))), _LONGEST_SUBJECT)
    shown["logo"] = logo
    shown["mail_answer"] = partial(_answer_link, subject)
    return Letter(
        subject=subject,
        text=_BLANK_LINES.sub("\n\n", _fill(f"{folder}/body.txt", language, shown)),
        html=_fill(f"{folder}/body.html", language, shown),
    )


def with_reference(letter: Letter, token: str, address: str = "") -> Letter:
    """The letter for one recipient: their reply token takes the place kept for it, in the last line.

    `address` is where their answers go, for the buttons.
    """
    html = letter.html.replace(f"mailto:{_ANSWER_TO}?", f"mailto:{quote(address, safe='@')}?")
    return Letter(letter.subject, _put_reference(letter.text, token), _put_reference(html, token))


def _answer_link(subject: str, word: str) -> str:
    """A mail that is written already and needs only to be sent (RFC 6068: all but plain letters as %XX).

    >>> _answer_link("Bill?", "J'ACCEPTE")
    'mailto:payclerk:REPLY-ADDRESS?subject=Re%3A%20Bill%3F&body=J%27ACCEPTE'
    """
    return f"mailto:{_ANSWER_TO}?subject={quote(f'Re: {subject}', safe='')}&body={quote(word, safe='')}"


def with_page(letter: Letter, link: str, code: str) -> Letter:
    """The letter as it goes out, with the link and the code of its confirm page."""
    shown = f"{code[:4]} {code[4:]}"
    text = letter.text.replace(LINK_PLACE, link).replace(CODE_PLACE, shown)
    html = letter.html.replace(LINK_PLACE, str(escape(link))).replace(CODE_PLACE, shown)
    return Letter(letter.subject, text, html)


def with_ask_link(letter: Letter, link: str) -> Letter:
    """The letter as it goes out, with the link by which its reader asks for a page."""
    return Letter(
        letter.subject, letter.text.replace(ASK_PLACE, link), letter.html.replace(ASK_PLACE, str(escape(link)))
    )


def _put_reference(body: str, token: str) -> str:
    before, _, after = body.rpartition(_REFERENCE)
    return f"{before}[payclerk:{token}]{after}"


def known_language(language: str) -> str:
    """'fr-CA' and 'FR' are 'fr'."""
    primary = language.lower().replace("_", "-").partition("-")[0]
    return primary if primary in MARKERS else "en"


def _fill(template: str, language: str, facts: Mapping[str, object]) -> str:
    filled = _templates().get_template(template).render(facts, language=language, marker=MARKERS[language])
    return _FRENCH_SPACE.sub("\u00a0", filled) if language == "fr" else filled


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("payclerk_templates", "mail"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["breaks"] = _with_breaks
    return templates


def _with_breaks(text: str) -> Markup:
    return Markup("<br>\n").join(escape(line) for line in text.splitlines())


def _shown(fact: str, value: object, language: str) -> object:
    """A fact as the letter prints it."""
    if isinstance(value, date):
        return written_date(value, language)
    if isinstance(value, str):
        text = _lines(value) if fact == "message" else one_line(value)
        return _sentence(in_language(text, language)) if fact in _OURS else text
    if fact in _ROWS and isinstance(value, Sequence):
        ours = _OUR_COLUMNS.get(fact, frozenset())
        rows = [_row(row, _ROWS[fact]) for row in value]
        return [{n: in_language(text, language) if n in ours else text for n, text in row.items()} for row in rows]
    if isinstance(value, Sequence):
        return [in_language(one_line(str(text)), language) for text in value]
    return value


def _sentence(text: str) -> str:
    """
    >>> _sentence("the answer asks something")
    'The answer asks something.'
    """
    ended = text if not text or text[-1] in ".!?»”" else f"{text}."
    return f"{ended[:1].upper()}{ended[1:]}"


def _row(row: object, names: Sequence[str]) -> dict[str, str]:
    values = [row[name] if isinstance(row, Mapping) else getattr(row, name) for name in names]
    return dict(zip(names, (one_line(str(value)) for value in values), strict=True))


def written_date(day: date, language: str) -> str:
    """A date in words, as the language writes it.

    >>> [written_date(date(2026, 11, 1), language) for language in ("en", "fr", "es")]
    ['November 1, 2026', '1er novembre 2026', '1 de noviembre de 2026']
    """
    month = _MONTHS[language].split()[day.month - 1]
    if language == "fr":
        return f"{'1er' if day.day == 1 else day.day} {month} {day.year}"
    if language == "es":
        return f"{day.day} de {month} de {day.year}"
    return f"{month} {day.day}, {day.year}"


def one_line(text: str) -> str:
    """One line without control or direction-changing characters: nobody's name may add a line or a header."""
    visible = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in text)
    # Only our own last line may look like a reply reference: an old one in a message would lead the answer astray.
    return re.sub(r"\[(?=payclerk:)", "(", " ".join(visible.split()), flags=re.IGNORECASE)


def _lines(text: str) -> str:
    return _BLANK_LINES.sub("\n\n", "\n".join(one_line(line) for line in text.splitlines())).strip()


def _short(facts: Mapping[str, object]) -> dict[str, object]:
    return {
        fact: _cut(value, _LONGEST_NAME) if isinstance(value, str) and fact != "subject" else value
        for fact, value in facts.items()
    }


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
