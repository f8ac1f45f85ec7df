"""What a check found: errors stop a submission, warnings do not, notes only say (domain 3.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..errors import UserError


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not tie or deserves a look. `code` is for machines, `text` for people.

    `ours`: not for the subcontractor, as it says what the owner agreed with us or what the law may ask of us.
    """

    severity: Severity
    code: str
    item: str | None  # the line; None: the claim as a whole
    text: str
    ours: bool = False


def error(code: str, text: str, item: str | None = None) -> Finding:
    return Finding(Severity.ERROR, code, item, text)


def warning(code: str, text: str, item: str | None = None) -> Finding:
    return Finding(Severity.WARNING, code, item, text)


def warning_of_ours(code: str, text: str) -> Finding:
    return Finding(Severity.WARNING, code, None, text, ours=True)


def texts(findings: Iterable[Finding], severity: Severity) -> list[str]:
    return [finding.text for finding in findings if finding.severity is severity]


def told_to_them(findings: Iterable[Finding]) -> list[str]:
    """The warnings that the subcontractor may read."""
    return texts((finding for finding in findings if not finding.ours), Severity.WARNING)


def refuse_errors(findings: Iterable[Finding]) -> None:
    """Raise one UserError that says all errors; its code is the first one's."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        where = f"lines.{errors[0].item}" if errors[0].item else None
        raise UserError(" ".join(found.text for found in errors), code=errors[0].code, field=where)
