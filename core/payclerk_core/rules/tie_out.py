"""Does a claim tie? Every way in which it does not, named (domain 3.5 and 3.7).

Runs on every submission, review, package and export. What is compared is what was stored with what the claims before,
the contract and its change orders say now: a claim before that was changed afterwards is found here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ..money import Money
from .billing import Before, Line, Summary
from .findings import Finding, error, warning


class Overbilling(StrEnum):
    """What becomes of a line that is billed above its scheduled value (domain 2.5)."""

    ALLOW = "allow"
    WARN = "warn"
    PREVENT = "prevent"


@dataclass(frozen=True, slots=True)
class Ties:
    """What a claim has to agree with. None or empty: nothing is known of it, and nothing is compared."""

    overbilling: Overbilling = Overbilling.WARN
    number: int = 1
    previous_number: int | None = None
    before: Mapping[str, Before] = field(default_factory=dict)  # by item, what the claim before left
    moved: Mapping[str, int] = field(default_factory=dict)  # by item, stored material counted as installed
    certificates: Money | None = None  # what was certified before
    original_sum: Money | None = None
    change_orders: Mapping[str, int] | None = None  # approved ones, in cents by number
    certified: Money | None = None  # of this claim
    release: bool = False  # a claim that only releases retainage
    may_be_empty: bool = False  # a period without work is no fault of a forecast
    unapproved_before: str | None = None  # how the claim before stands, when it is not approved


def tie_out(lines: Sequence[Line], summary: Summary, ties: Ties) -> list[Finding]:
    """Everything about the claim that does not tie or deserves a look; errors first, lines in their order."""
    found = [
        *_summary(lines, summary),
        *_contract(lines, summary, ties),
        *_certificates(summary, ties),
        *_sequence(ties),
        *_retainage(lines, summary),
        *(finding for line in lines for finding in _line(line, ties)),
        *_whole(lines, summary, ties),
    ]
    return sorted(found, key=lambda finding: finding.severity)


def _summary(lines: Sequence[Line], s: Summary) -> Iterator[Finding]:
    """The header is the sum of the lines, and each of its lines follows from those above it."""
    currency = s.due.currency
    sums = {
        "3 (contract sum)": (s.contract_sum, sum(line.scheduled_cents for line in lines)),
        "4 (completed and stored)": (s.completed, sum(line.completed_cents for line in lines)),
        "5 (retainage)": (s.retainage, sum(line.held for line in lines)),
        "3 (1 plus 2)": (s.contract_sum, (s.original_sum + s.change_orders).cents),
        "6 (4 less 5)": (s.earned, (s.completed - s.retainage).cents),
        "8 (6 less 7)": (s.due, (s.earned - s.previous_certificates).cents),
        "9 (3 less 6)": (s.balance, (s.contract_sum - s.earned).cents),
    }
    for name, (printed, cents) in sums.items():
        if printed.cents != cents:
            yield error("summary", f"Summary line {name} is {printed}, but adds up to {Money(cents, currency)}.")


def _contract(lines: Sequence[Line], s: Summary, ties: Ties) -> Iterator[Finding]:
    if ties.original_sum is not None and s.original_sum != ties.original_sum:
        text = f"The lines add up to {s.original_sum}, the original contract sum is {ties.original_sum}."
        yield error("contract_sum", text)
    if ties.change_orders is None:
        return
    billed: dict[str, int] = {}
    for line in lines:
        if line.change_order is not None:
            billed[line.change_order] = billed.get(line.change_order, 0) + line.scheduled_cents
    for number in sorted(billed.keys() | ties.change_orders.keys()):
        listed, approved = billed.get(number, 0), ties.change_orders.get(number)
        if approved is None:
            yield error("change_order", f"Change order {number} is not approved; its lines cannot be billed.")
        elif listed != approved:
            have, want = Money(listed, s.due.currency), Money(approved, s.due.currency)
            yield error("change_order", f"Change order {number} is {want}; its lines on the claim add up to {have}.")


def _certificates(s: Summary, ties: Ties) -> Iterator[Finding]:
    """Line 7 follows the certificates, not the requests (form G702)."""
    if ties.certificates is not None and s.previous_certificates != ties.certificates:
        text = f"Line 7 is {s.previous_certificates}; certified before was {ties.certificates}."
        yield error("previous_certificates", text)
    if ties.certified is not None and ties.certified != s.due:
        text = f"Certified is {ties.certified}, {s.due - ties.certified} less than the {s.due} asked for."
        if ties.certified > s.due:
            text = f"Certified is {ties.certified}, {ties.certified - s.due} more than the {s.due} asked for."
        yield warning("certified_differs", text)


def _sequence(ties: Ties) -> Iterator[Finding]:
    if ties.previous_number is not None and ties.number != ties.previous_number + 1:
        text = f"Claim {ties.number} follows claim {ties.previous_number}; the numbers between are missing."
        yield warning("sequence_gap", text)
    if ties.unapproved_before is not None:
        text = f"Claim {ties.previous_number} before it is {ties.unapproved_before}; its amounts may still change."
        yield warning("unapproved_before", text)


def _retainage(lines: Sequence[Line], s: Summary) -> Iterator[Finding]:
    zero = Money(0, s.due.currency)
    if s.retainage < zero <= s.completed:
        yield error("retainage_negative", f"Retainage held would be {s.retainage}, below zero.")
    if s.retainage > s.completed >= zero:
        yield error("retainage_exceeds", f"Retainage held, {s.retainage}, is more than the {s.completed} billed.")
    for line in lines:
        low, high = sorted((0, line.completed_cents))
        if not low <= line.held <= high:
            text = f"Line {line.item}: {line.retainage} is held of {line.completed} billed."
            yield error("retainage_line", text, line.item)


def _line(line: Line, ties: Ties) -> Iterator[Finding]:
    yield from _carried(line, ties)
    yield from _signs(line)
    yield from _overbilled(line, ties.overbilling)


def _carried(line: Line, ties: Ties) -> Iterator[Finding]:
    """This claim's D is the last one's D + E, and never its F, but for what moved (form G703, domain 7 item 17)."""
    before = ties.before.get(line.item)
    if before is None:
        return
    expected = before.work + line.moved_cents
    if line.previous_work_cents != expected:
        want = Money(expected, line.currency)
        text = f"Line {line.item}: earlier work is {line.previous_work}, the claim before left {want}."
        yield error("carry_forward", text, line.item)
    held = before.work_held + before.stored_held
    if line.work_held_before + line.stored_held_before != held:
        text = f"Line {line.item}: the claim before left {Money(held, line.currency)} held; this one starts otherwise."
        yield error("retainage_carried", text, line.item)
    if before.stored and line.stored_cents == before.stored and line.work_cents >= before.stored:
        text = f"Line {line.item}: {line.stored} is still in store while as much work is billed; is it billed twice?"
        yield warning("stored_twice", text, line.item)


def _signs(line: Line) -> Iterator[Finding]:
    work_to_date = line.previous_work_cents + line.work_cents
    if line.stored_cents < 0:
        text = f"Line {line.item}: stored material cannot be less than zero."
        yield error("stored_negative", text, line.item)
    if work_to_date < 0 <= line.scheduled_cents:
        text = f"Line {line.item}: work to date would be {line.work_to_date}, below zero."
        yield error("work_negative", text, line.item)
    elif line.work_cents < 0 <= line.scheduled_cents:
        text = f"Line {line.item}: this period takes back {-line.this_work} of earlier work."
        yield warning("work_taken_back", text, line.item)


def _overbilled(line: Line, overbilling: Overbilling) -> Iterator[Finding]:
    """Above 100 %, or anything on a line of zero; of a deduction: more taken off than it is."""
    scheduled, completed = line.scheduled_cents, line.completed_cents
    over = completed > scheduled if scheduled >= 0 else completed < scheduled or completed > 0
    if not over or overbilling is Overbilling.ALLOW:
        return
    text = f"Line {line.item}: {line.completed} is billed of the scheduled {line.scheduled} ({line.percent} %)."
    if overbilling is Overbilling.PREVENT:
        yield error("overbilled", f"{text} This project does not allow it; bill less or add a change order.", line.item)
    else:
        yield warning("overbilled", text, line.item)


def _whole(lines: Sequence[Line], s: Summary, ties: Ties) -> Iterator[Finding]:
    released = sum(line.released for line in lines)
    billed = any(line.work_cents or line.stored_cents for line in lines)
    if not (billed or released or s.due or ties.may_be_empty):
        yield error("nothing_billed", "Nothing is billed: every line is zero this period.")
    if s.due < Money(0, s.due.currency):
        text = f"The claim comes to {s.due}: more was certified before than is earned now. Nothing is payable."
        yield warning("due_negative", text)
    if ties.release:
        yield from _release(lines)
    if released:
        text = f"This claim releases {Money(released, s.due.currency)} of retainage."
        yield warning("retainage_released", text)


def _release(lines: Sequence[Line]) -> Iterator[Finding]:
    """A claim for the release of retainage: all lines complete and nothing new (task C6)."""
    for line in lines:
        if line.work_cents:
            yield error("release_bills", f"Line {line.item}: a release of retainage bills nothing new.", line.item)
        elif line.stored_cents:
            text = f"Line {line.item}: {line.stored} is still in store; bill it as work before retainage is released."
            yield error("release_stored", text, line.item)
        elif line.completed_cents != line.scheduled_cents:
            text = f"Line {line.item} is {line.percent} % complete; retainage is released when every line is at 100 %."
            yield error("release_incomplete", text, line.item)
