"""The due date of a billing period as a calendar file (RFC 5545) that goes along with the mail that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from icalendar import Alarm, Calendar, Event

CALENDAR: Final = "text/calendar"
FILE_NAME: Final = "due-date.ics"
_MAKER: Final = "-//payclerk//due date//EN"
_LARGEST: Final = 4096

_TITLES: Final[Mapping[str, str]] = {
    "en": "Billing due: {project}, contract {contract}",
    "fr": "Facturation attendue : {project}, contrat {contract}",
    "es": "Vence la facturación: {project}, contrato {contract}",
}
_WORDS: Final[Mapping[str, str]] = {
    "en": "Billing for {period} counts until the end of this day ({zone}). Answer our mail to bill.",
    "fr": "La facturation de la période {period} est prise jusqu'à la fin de ce jour ({zone}). Répondez à notre message.",
    "es": "La facturación del período {period} vale hasta el final de este día ({zone}). Responda a nuestro mensaje.",
}


@dataclass(frozen=True, slots=True)
class DueDate:
    """What the calendar entry says. `uid` stays, so that a changed date moves the entry instead of adding one."""

    uid: str
    due_on: date
    project: str
    contract: str
    period: str
    timezone: str
    said_at: datetime


def due_date_file(due: DueDate, language: str) -> bytes:
    """The calendar file: a whole day where the project is, without attendees, so that nothing is to be answered."""
    words = {"project": due.project, "contract": due.contract, "period": due.period, "zone": due.timezone}
    calendar = Calendar()
    calendar.add("prodid", _MAKER)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-timezone", due.timezone)
    calendar.add_component(_event(due, _in(_TITLES, language).format(**words), _in(_WORDS, language).format(**words)))
    return bytes(calendar.to_ical())


def is_due_date_file(content: bytes) -> bool:
    """Is this our own file, come back with an answer? It is no attachment of theirs.

    >>> is_due_date_file(b"BEGIN:VCALENDAR\\r\\nPRODID:-//somebody//EN\\r\\n")
    False
    """
    return len(content) <= _LARGEST and content.lstrip()[:15] == b"BEGIN:VCALENDAR" and _MAKER.encode() in content


def _event(due: DueDate, title: str, words: str) -> Event:
    event = Event()
    event.add("uid", due.uid)
    event.add("dtstamp", due.said_at)
    event.add("sequence", int(due.said_at.timestamp()) // 60)  # what was said later counts
    event.add("dtstart", due.due_on)
    event.add("dtend", due.due_on + timedelta(days=1))
    event.add("summary", title)
    event.add("description", words)
    event.add("transp", "TRANSPARENT")  # a due date keeps nobody busy
    event.add_component(_alarm(title))
    return event


def _alarm(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", timedelta(hours=-15))  # nine in the morning of the day before
    return alarm


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language.lower().replace("_", "-").partition("-")[0], texts["en"])
