"""The confirm page as HTML: what would happen, or what has; words in three languages. A function of values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from .letters import known_language, one_line, written_date
from .mail_preview import Preview

STYLE: Final = "style.css"
_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "submitted": ("item", "description", "work", "stored"),
    "drafted": ("item", "description", "work", "stored"),
    "breakdown": ("item", "description", "amount"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked what: the facts the page shows."""

    person: str
    project: str
    contract: str
    company: str
    period: tuple[date, date] | None
    due: date | None
    claim: str


@dataclass(frozen=True, slots=True)
class PageText:
    """One page: in which language, what is said on top, and the form, if it can still be sent."""

    language: str
    result: str = ""  # a key of [said]; empty while nothing was sent
    asked: Asked | None = None
    purpose: str = ""
    answers: Sequence[str] = field(default_factory=tuple)  # empty: there is no form
    chosen: str = ""
    note: str = ""
    action: str = ""
    answer: str = ""  # what was answered, where that is said
    left: int = 0
    preview: Preview | None = None  # what a mail would do


def render_confirm_page(page: PageText) -> str:
    """The page; it needs no script and nothing from elsewhere but its own style sheet."""
    language = known_language(page.language)
    words = _words(language)
    labels = words.get(page.purpose, {})
    preview = page.preview
    said = {**words["status"], **labels}.get(page.answer, "")
    return (
        _template()
        .get_template("confirm.html")
        .render(
            language=language,
            words=words,
            style=STYLE,
            said=words["said"][page.result].format(answer=said, left=page.left) if page.result else "",
            trouble=page.result not in {"", "done", "used", "answered"},
            rows=_rows(page.asked, words["rows"], language) + _sent(preview, words["rows"]) if page.asked else [],
            preview=preview,
            headings=[words["preview"][name] for name in _HEADINGS[preview.kind]] if preview and preview.rows else [],
            totals=[(words["totals"][name], amount) for name, amount in preview.totals] if preview else [],
            seen=preview.digest if preview else "",
            asks_note=page.purpose != "mail",
            answers=[(answer, labels[answer]) for answer in page.answers],
            chosen=page.chosen,
            note=page.note,
            action=page.action,
        )
    )


def render_ask_page(language: str, action: str, said: str = "") -> str:
    """The page behind the link of an invitation: it knows nothing, and has the page with the answer sent by mail.

    `said`: sent, or unknown; empty while nothing was sent.
    """
    language = known_language(language)
    words = _words(language)
    page = _template().get_template("ask.html")
    return page.render(language=language, words=words["ask"], style=f"../{STYLE}", action=action, said=said)


def confirm_style() -> str:
    """The style sheet of the page."""
    return files("payclerk_templates").joinpath("web/confirm.css").read_text("utf-8")


def _rows(asked: Asked, labels: Mapping[str, str], language: str) -> list[tuple[str, str]]:
    period = " \N{EN DASH} ".join(written_date(day, language) for day in asked.period) if asked.period else ""
    values = {
        "person": asked.person,
        "project": asked.project,
        "contract": asked.contract,
        "company": asked.company,
        "claim": asked.claim,
        "period": period,
        "due": written_date(asked.due, language) if asked.due else "",
    }
    return [(labels[name], one_line(value)) for name, value in values.items()]


def _sent(preview: Preview | None, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    if preview is None:
        return []
    values = {"sender": preview.sender, "files": ", ".join(preview.files)}
    return [(labels[name], one_line(value)) for name, value in values.items()]


@cache
def _words(language: str) -> Mapping[str, Any]:
    return tomllib.loads(files("payclerk_templates").joinpath(f"web/confirm.{language}.toml").read_text("utf-8"))


@cache
def _template() -> Environment:
    loader = PackageLoader("payclerk_templates", "web")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
