"""Where the quotation begins: our own marker line, and the lines mail programs put before what they quote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .words import comparable

MARKERS: Final = (
    "reply above this line",
    "repondez au-dessus de cette ligne",
    "responda por encima de esta linea",
)
_STARTS: Final = (
    "on ",
    "le ",
    "el ",
    "am ",
    "em ",
    "il ",
    "op ",
    "den ",
    "na ",
    "w dniu ",
    "dnia ",
    "pa ",
    "a ",
    "au ",
)
_VERBS: Final = (
    " wrote", " a ecrit", " escribio", " schrieb", " escreveu", " ha scritto", " schreef", " skrev", " napisal(a)",
    " napisal", " kirjoitti", " ecrivait", " ecrit",
)  # fmt: skip
_FROM: Final = frozenset({"from", "de", "von", "da", "van", "fran", "fra", "od", "expediteur", "remitente"})
_LABELS: Final = frozenset(
    {
        "sent", "date", "to", "cc", "subject", "reply-to", "importance", "envoye", "envoye le", "a", "objet", "pour",
        "enviado", "enviado el", "enviada el", "para", "asunto", "fecha", "gesendet", "an", "betreff", "datum",
        "enviada", "assunto", "data", "inviato", "oggetto", "verzonden", "aan", "onderwerp", "skickat", "till", "amne",
        "sendt", "til", "emne",
    }
)  # fmt: skip
_SEPARATORS: Final = (
    "original message", "original appointment", "message d'origine", "mail original", "message original",
    "mensaje original", "mensaje original -", "ursprungliche nachricht", "originalnachricht", "messaggio originale",
    "mensagem original", "oorspronkelijk bericht", "reply message",
)  # fmt: skip
_FORWARDS: Final = (
    "forwarded message", "begin forwarded message", "message transfere", "debut du message transfere",
    "debut du message reexpedie", "message reexpedie", "mensaje reenviado", "inicio del mensaje reenviado",
    "weitergeleitete nachricht", "forwarded by", "fwd:",
)  # fmt: skip
_LOTUS: Final = re.compile(r"---\s?\d{1,4}[./-]\d{1,2}[./-]\d{1,4} \d{1,2}[:.]\d\d[^-]{0,20}---")
_ISO_GMAIL: Final = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2} .{0,200}[>:]:?$")
_LINE_CHARS: Final = 500  # an introduction is shorter; keeps every test below cheap


@dataclass(frozen=True, slots=True)
class Cut:
    """Lines from `at` on are the quotation; `rest` is what Yahoo writes behind the introduction on its line."""

    at: int
    forward: bool = False


def core_of(line: str) -> str:
    """A line without quotation marks, made comparable."""
    return comparable(line[: 4 * _LINE_CHARS].lstrip("> \t\u00a0|")).strip()


def find_cut(lines: Sequence[str]) -> Cut | None:
    """The first line that begins a quotation, or None."""
    cores = [core_of(line)[:_LINE_CHARS] for line in lines]
    for at, core in enumerate(cores):
        if not core:
            continue
        if _is_forward(core):
            return Cut(_above(cores, at), forward=True)
        if _begins_quotation(cores, at):
            return Cut(_above(cores, at))
    return None


def is_marker(core: str) -> bool:
    return len(core) < 200 and any(marker in core for marker in MARKERS)


def is_attribution(cores: Sequence[str], at: int) -> bool:
    """`On … wrote:` on one line or wrapped over up to four (email_reply_trimmer #8)."""
    if cores[at].startswith(_STARTS) or _ISO_GMAIL.match(cores[at]):
        if not any(":" in core for core in cores[at : at + 4]):  # cheap, and true of almost every line
            return False
        return any(_introduces(" ".join(cores[at : at + count])) for count in (1, 2, 3, 4))
    return _names_writer(cores[at])


def _begins_quotation(cores: Sequence[str], at: int) -> bool:
    core = cores[at]
    return (
        is_marker(core)
        or is_attribution(cores, at)
        or _is_separator(core)
        or _is_header_block(cores, at)
        or _is_bare_header_block(cores, at)
        or bool(_LOTUS.search(core))
    )


def _introduces(text: str) -> bool:
    """A date or an address, then the verb, then a colon; Yahoo on Android goes on with the quotation on the same line."""
    if _ISO_GMAIL.match(text) and text.endswith((">:", "):")):
        return True
    for verb in _VERBS:
        before, found, after = text.partition(verb)
        if found and any(char.isdigit() or char == "@" for char in before):
            colon = after.find(":")
            # German and Dutch name the writer behind the verb: `schrieb Anna Lee <…>:`
            return colon >= 0 and (colon <= 2 or (after.rstrip().endswith(":") and len(after) < 150))
    return False


def _names_writer(core: str) -> bool:
    """`Anna Lee <anna@gc.example> wrote:`, and Lotus' `wrote on 11/21/2026 10:00:00 AM:`."""
    _, found, after = core.partition(" wrote on ")
    if found and after.endswith(":") and after[:1].isdigit():
        return True
    return core.endswith(":") and "@" in core and any(f"{verb}:" in core or f"{verb} :" in core for verb in _VERBS)


def _is_separator(core: str) -> bool:
    inner = core.strip("-_=* ")
    return core[:2] in {"--", "__", "=="} and inner.rstrip(":") in _SEPARATORS


def _is_forward(core: str) -> bool:
    inner = core.strip("-_=* :")
    return inner in _FORWARDS or (core.startswith("--") and inner.startswith(_FORWARDS))


def _label(core: str) -> str:
    """`*Sent:* Monday` has the label `sent`; empty where the line has none."""
    name, colon, _ = core.replace("*", "").partition(":")
    return name.strip() if colon and len(name) < 20 else ""


def _is_header_block(cores: Sequence[str], at: int) -> bool:
    """From, then two more of Sent, To, Subject close below, in any language (also bold, also with a space before the colon)."""
    if _label(cores[at]) not in _FROM:
        return False
    below = [_label(core) for core in cores[at + 1 : at + 9]]
    return len({label for label in below if label in _LABELS}) >= 2


def _is_bare_header_block(cores: Sequence[str], at: int) -> bool:
    """Old Lotus Notes: `To`, `cc`, `Subject` each alone on a line without a colon."""
    if cores[at] not in {"to", "a", "para"}:
        return False
    below = set(cores[at + 1 : at + 12])
    return "cc" in below and bool(below & {"subject", "objet", "asunto"})


def _above(cores: Sequence[str], at: int) -> int:
    """Rules of dashes or underscores above belong to the cut, and so does what Lotus puts over a bare block."""
    bare = cores[at] in {"to", "a", "para"}
    while at > 0 and (_is_rule(cores[at - 1]) or (bare and _is_stamp(cores[at - 1])) or _blank_under_rule(cores, at)):
        at -= 1
    return at


def _is_rule(core: str) -> bool:
    return len(core) >= 5 and not core.strip("-_=* ")


def _blank_under_rule(cores: Sequence[str], at: int) -> bool:
    if cores[at - 1]:
        return False
    bare_stamp = cores[at] in {"to", "a", "para"} and at > 1 and _is_stamp(cores[at - 2])
    return at > 1 and (_is_rule(cores[at - 2]) or bare_stamp)


def _is_stamp(core: str) -> bool:
    return len(core) < 100 and (any(char.isdigit() for char in core) or "@" in core or "/" in core)
