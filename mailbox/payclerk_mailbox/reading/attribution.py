"""Where the quotation begins: our own marker line, and the lines mail programs put before what they quote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .quoting_words import (
    DATE,
    DAYS_AND_MONTHS,
    FAINT_VERBS,
    FORWARDS,
    FROM,
    MONTHS,
    OTHER_LABELS,
    SEPARATORS,
    STARTS,
    VERBS,
)
from .words import comparable

MARKERS: Final = (
    "reply above this line",
    "repondez au-dessus de cette ligne",
    "responda por encima de esta linea",
)
_LOTUS: Final = re.compile(r"---\s?\d{1,4}[./-]\d{1,2}[./-]\d{1,4} \d{1,2}[:.]\d\d[^-]{0,20}---")
_ISO_GMAIL: Final = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2} .{0,200}[>:]:?$")
_ENDS: Final = re.compile(r":|-{2}$|>$")
# A line may begin with the day: `21.11.2026, 10:00,`, `sat, 21 nov. 2026`.
_DATED: Final = re.compile(rf"\W{{0,2}}(?:\d{{1,4}}\W|\d{{4}}\w|(?:{'|'.join(DAYS_AND_MONTHS)})\w{{0,8}}[.,]{{0,2}} )")
_ANY_VERB: Final = re.compile("|".join(map(re.escape, (*VERBS, *FAINT_VERBS))))
_MONTH: Final = rf"(?:{'|'.join(MONTHS)})\w{{0,7}}"
_DAY: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\d{1,2}[:.]\d\d"
    rf"|\b{_MONTH}\.? \d{{1,2}}\b|\b\d{{1,2}}\.? (?:de )?{_MONTH}\b"
)
# The closing bracket may have been wrapped to the next line, where it looks like a quotation's mark.
_ADDRESS_COLON: Final = re.compile(r"(?:<|[(\[](?=[^:]{1,501}[)\]]))[^\s<>()]{1,250}@[^\s<>()]{1,250}[>)\]]{0,2} ?:$")
_ISO_ZONE: Final = re.compile(r"\d{4}-\d\d-\d\d \d{1,2}:\d\d gmt[+-]\d\d:\d\d [\w ]{1,60}$")
_POSTED: Final = re.compile(r"posted by .{1,60} on \d{1,2}/\d{1,2}/\d{4}$")
_ADDRESS_END: Final = re.compile(r"<[^\s<>]{1,250}@[^\s<>]{1,250}>$")
_BRACKET: Final = re.compile(r"< (?=\S{1,250}@)")  # `Anna <` and the address on the next line
_BLOCK_ON_A_LINE: Final = re.compile(r"[^:@]{2,20}: ?[^:]{0,120}@[^:]{1,120} ([^:\s]{2,20}): ?[^:]{0,20}\d")
_RULED_NAME: Final = re.compile(rf"-{{3,9}} ?[^-:]{{1,60}} (?:{'|'.join(map(re.escape, VERBS))}) ?:? ?-{{3,9}}")
_DIGIT: Final = re.compile(r"\d")
_LABELS: Final = FROM | DATE | OTHER_LABELS | {"attachments", "pieces jointes", "datos adjuntos", "adjuntos", "anlagen"}
_BARE_LABELS: Final = frozenset({"to", "a", "para", "cc", "bcc", "subject", "objet", "asunto"})
_LONGEST_BLOCK: Final = 40  # lines; hundreds of people were written to at once
_AHEAD: Final = 4  # lines an introduction may be wrapped to
_LINE_CHARS: Final = 500  # an introduction is shorter; keeps every test below cheap


@dataclass(frozen=True, slots=True)
class Cut:
    """Lines from `at` on are the quotation; at `introduced` it says so, above it may be rules and stamps."""

    at: int
    introduced: int
    forward: bool = False


def core_of(line: str) -> str:
    """A line without quotation marks, made comparable."""
    return comparable(line[: 4 * _LINE_CHARS].lstrip("> \t\u00a0|")[: 2 * _LINE_CHARS]).strip()


def find_cut(lines: Sequence[str]) -> Cut | None:
    """The first line that begins a quotation, or None."""
    cores = [core_of(line)[:_LINE_CHARS] for line in lines]
    for at, core in enumerate(cores):
        if not core:
            continue
        if _is_forward(core):
            return Cut(_above(cores, at), at, forward=True)
        if _begins_quotation(cores, at):
            return Cut(_above(cores, at), at)
    return None


def is_marker(core: str) -> bool:
    return len(core) < 200 and any(marker in core for marker in MARKERS)


def is_attribution(cores: Sequence[str], at: int) -> bool:
    """`On … wrote:` in any of the languages, on one line or wrapped over up to four (email_reply_trimmer #8)."""
    if not _may_begin(cores[at]):
        return bool(_RULED_NAME.fullmatch(cores[at])) or _is_named_above_quotation(cores, at)
    # The first test is cheap, and true of almost every line.
    ends = any(_ENDS.search(one) for one in cores[at : at + _AHEAD + 2])
    return ends and any(map(_introduces, _joined_ahead(cores, at)))


def introduction_end(cores: Sequence[str], at: int) -> int:
    """The number of the first line behind the introduction that begins at `at`; `at` itself where none does."""
    if _is_header_block(cores, at):
        return _end_of_block(cores, at)
    if _is_bare_header_block(cores, at):
        return _end_of_bare_block(cores, at)
    return _end_of_attribution(cores, at) if is_attribution(cores, at) else at


def _end_of_attribution(cores: Sequence[str], at: int) -> int:
    joined = list(_joined_ahead(cores, at))
    used = next((number for number, text in enumerate(joined) if _introduces(text)), 0)
    apart = used > 0 and not cores[at + 1]
    return at + 1 + used + apart


def _end_of_block(cores: Sequence[str], at: int) -> int:
    """The labels in a row, each at most once, and what of a long list of addresses was wrapped below its label."""
    seen: set[str] = set()
    end = at
    for number in range(at, min(at + _LONGEST_BLOCK, len(cores))):
        core, label = cores[number], _label(cores[number])
        if label in _LABELS and label not in seen:
            seen.add(label)
        elif core and not ("@" in core and not label):
            break
        end = number + 1 if core else end
    return end


def _end_of_bare_block(cores: Sequence[str], at: int) -> int:
    """`To`, `cc` and `Subject`, each with its value on the line below; a blank line may stand for the value."""
    end = at
    while end < min(at + _LONGEST_BLOCK, len(cores)):
        if not cores[end]:
            end += 1
        elif cores[end] in _BARE_LABELS:
            end += 2
        else:
            break
    return end


def is_stamp(core: str) -> bool:
    """What Lotus Notes and forums put over a quotation, before its introduction or in its place."""
    return bool(_LOTUS.search(core) or _POSTED.match(core))


def is_ruled_off(core: str) -> bool:
    """A rule, or `-----Original Message-----`: it says that a quotation begins, and not whose."""
    return _is_rule(core) or _is_separator(core)


def _joined_ahead(cores: Sequence[str], at: int) -> Iterator[str]:
    """The line, and the line with those after it that may be its rest: never the person's own words with another's."""
    joined = cores[at]
    yield joined
    certain = _begins_with_day(joined) and joined.lstrip("-<> ").startswith(STARTS)
    if certain and joined.endswith((".", "!", "?")) and not joined.endswith("m."):
        return
    for line in _wrapped_rest(cores, at):
        unfinished = joined.endswith(",") and certain
        starts_anew = _begins_with_day(line) and (certain or line.startswith(STARTS))
        if not line or (starts_anew and not unfinished) or _stands_alone(line, certain):
            return
        joined = _BRACKET.sub("<", f"{joined} {line}")
        yield joined


def _wrapped_rest(cores: Sequence[str], at: int) -> Sequence[str]:
    """The lines below; a program that sets `<`, the address and `>` on lines of their own puts a blank one before."""
    below = cores[at + 1 : at + _AHEAD + 2]
    apart = len(below) > 1 and not below[0] and below[1].startswith("<")
    return below[1:] if apart else below[: _AHEAD - 1]


def _begins_quotation(cores: Sequence[str], at: int) -> bool:
    core = cores[at]
    return (
        is_marker(core)
        or is_attribution(cores, at)
        or _is_separator(core)
        or _is_header_block(cores, at)
        or _is_bare_header_block(cores, at)
        or is_stamp(core)
    )


def _may_begin(core: str) -> bool:
    """Only a line that begins as an introduction does, or that holds an address, may be the first of several."""
    return "@" in core or "<" in core or _begins_with_day(core)


def _stands_alone(line: str, certain: bool) -> bool:
    """Below a line that need not be the start of one, an introduction is its own."""
    return not certain and _introduces(line)


def _begins_with_day(core: str) -> bool:
    bare = core.lstrip("-<> ")
    return (bare.startswith(STARTS) or bool(_DATED.match(bare))) and bool(_DAY.search(bare))


def _introduces(text: str) -> bool:
    """A date or an address, then the verb, then a colon; Yahoo on Android goes on with the quotation on the same line."""
    bare = text.lstrip("-<> ").rstrip("- ")
    if "@" not in bare and not _DIGIT.search(bare):
        return False
    if _ends_with_address(bare) or _ISO_ZONE.match(bare):
        return True
    if not _ANY_VERB.search(bare):
        return False
    # Zoho: `---- On … wrote ----`
    ruled = text.startswith("--") and text.endswith("--")
    for verb in (*VERBS, *FAINT_VERBS) if "@" in bare else VERBS:
        before, found, after = _around_verb(bare, verb)
        if found and _is_whole(before, after, ruled=ruled, started=bare.startswith(STARTS)):
            return True
    return False


def _around_verb(text: str, verb: str) -> tuple[str, str, str]:
    """The last place where it stands as a word; languages without spaces run it together with the name."""
    spaced = f" {verb}" if verb.isascii() else verb
    before, found, after = text.rpartition(spaced)
    return (before, found, after) if not after[:1].isalnum() else ("", "", "")


def _is_whole(before: str, after: str, *, ruled: bool, started: bool) -> bool:
    named = "@" in before or any(char.isdigit() for char in before)
    colon = after.find(":")
    if named and (0 <= colon <= 2 or (ruled and not after.strip("- "))):
        return True
    if started and "@" in before and not after.strip() and _has_day(before):  # without its colon
        return True
    # German, Dutch and the Nordic languages name the writer, or the day, behind the verb: `schrieb Anna Lee <…>:`
    rest = after.rstrip()
    return rest.endswith(":") and len(rest) < 150 and ((started and named) or ("@" in before and _has_day(rest)))


def _has_day(text: str) -> bool:
    return bool(_DAY.search(text))


def _ends_with_address(text: str) -> bool:
    """`2026-11-21 9:14 GMT+01:00 Anna <…>:`, `sat, 21 nov. 2026, 10:00, Anna <…>:`; without a colon a date leads."""
    if _ADDRESS_COLON.search(text):
        return bool(_DAY.search(text))
    return bool(_ISO_GMAIL.match(text)) and bool(_ADDRESS_END.search(text))


def _is_named_above_quotation(cores: Sequence[str], at: int) -> bool:
    """`Anna Lee via Bid Board wrote:` says neither when nor where from; what is quoted right below tells."""
    core = cores[at]
    _, found, after = core.partition(" wrote on ")
    if found and after.endswith(":") and after[:1].isdigit():  # Lotus Notes
        return True
    if len(core) > 120 or not core.endswith((":", " wrote")):
        return False
    bare = core.rstrip(": ")
    return any(bare.endswith(f" {verb}") for verb in VERBS) and (" via " in core or _DAY.search(core) is not None)


def _is_separator(core: str) -> bool:
    inner = core.strip("-_=*> ")
    return core.lstrip("*> ")[:2] in {"--", "__", "=="} and inner.rstrip(": ") in SEPARATORS


def _is_forward(core: str) -> bool:
    inner = core.strip("-_=* :")
    return inner in FORWARDS or (core.startswith("--") and inner.startswith(FORWARDS))


def _label(core: str) -> str:
    """`*Sent:* Monday` has the label `sent`; empty where the line has none."""
    name, colon, _ = core.replace("*", "").partition(":")
    return name.strip() if colon and len(name) < 24 else ""


def _is_header_block(cores: Sequence[str], at: int) -> bool:
    """From, then two more of Sent, To, Subject close below, in any language (also bold, also with a space before the colon)."""
    first = _label(cores[at])
    if first not in FROM and first not in DATE:
        return False
    below = [(_label(core), core) for core in cores[at + 1 : at + 9]]
    found = {label for label, _ in below if label in OTHER_LABELS or label in DATE or label in FROM}
    if first in FROM:
        return len(found) >= 2 or _is_short_block(cores[at], below[:1])
    # A block that begins with its date: its second line has to be an address.
    return bool(below) and below[0][0] in found and "@" in below[0][1] and any(char.isdigit() for char in cores[at])


def _is_short_block(core: str, below: Sequence[tuple[str, str]]) -> bool:
    """From with an address and the date right below it, or both on one line, as spans without a break come out."""
    one_line = _BLOCK_ON_A_LINE.match(core.replace("*", ""))
    if one_line:
        return one_line[1] in DATE
    return "@" in core and any(label in DATE and any(map(str.isdigit, line)) for label, line in below)


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
    return len(core) >= 3 and not core.strip("-_=* ")


def _blank_under_rule(cores: Sequence[str], at: int) -> bool:
    if cores[at - 1]:
        return False
    bare_stamp = cores[at] in {"to", "a", "para"} and at > 1 and _is_stamp(cores[at - 2])
    return at > 1 and (_is_rule(cores[at - 2]) or bare_stamp)


def _is_stamp(core: str) -> bool:
    return len(core) < 100 and (any(char.isdigit() for char in core) or "@" in core or "/" in core)
