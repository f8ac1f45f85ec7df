"""The form of billing periods that open by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from payclerk_core.rules.periods import Frequency, numbers_of

from . import blocks as b
from .period import Dates, day_text, span

FREQUENCIES: Final[Mapping[Frequency, str]] = {
    Frequency.MONTHLY_BY_DATE: "Monthly, by date",
    Frequency.MONTHLY_BY_WEEKDAY: "Monthly, by day of the week",
    Frequency.WEEKLY: "Weekly",
    Frequency.NEVER: "Never",
}
# What the form starts with where nobody has set that frequency yet.
USUAL: Final[Mapping[Frequency, Mapping[str, int]]] = {
    Frequency.MONTHLY_BY_DATE: {"start": 1, "end": 31, "end_months": 0, "due": 25, "due_months": 0},
    Frequency.MONTHLY_BY_WEEKDAY: {
        "start_week": 1,
        "start": 1,
        "end_week": 1,
        "end": 7,
        "end_months": 1,
        "due_week": 4,
        "due": 5,
        "due_months": 0,
    },
    Frequency.WEEKLY: {"start": 1, "end": 7, "end_weeks": 0, "due": 3, "due_weeks": 1},
    Frequency.NEVER: {},
}
_LABELS: Final = {
    "start": "Starts on",
    "start_week": "Starts on the month's",
    "end": "Ends on",
    "end_week": "Ends on the month's",
    "end_months": "Which month does it end in?",
    "end_weeks": "Which week does it end in?",
    "due": "Due on",
    "due_week": "Due on the month's",
    "due_months": "Which month is it due in?",
    "due_weeks": "Which week is it due in?",
}
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WHICH: Final = ("First", "Second", "Third", "Fourth", "Last")
_MONTHS: Final = ("The month it starts in", "The next month")
_WEEKS: Final = ("The week it starts in", "The next week", "The week after that")


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """What is set now, or being chosen."""

    project_id: int
    frequency: Frequency
    rule: Mapping[str, int]


def schedule_modal(form: ScheduleForm) -> b.View:
    options = [b.option(text, frequency.value) for frequency, text in FREQUENCIES.items()]
    chooser = b.select("schedule.frequency", "How often", options, form.frequency.value)
    blocks = [
        b.section("*How often should a billing period open by itself?* The one before closes."),
        b.actions(chooser, block_id="frequency"),
        *[_field(form, name) for name in sorted(numbers_of(form.frequency), key=list(_ORDER).index)],
        b.context(_consequence(form.frequency)),
    ]
    metadata = f"{form.project_id}:{form.frequency.value}"
    return b.modal("schedule", "Automatic periods", blocks, submit="Save", metadata=metadata)


_ORDER: Final = [f"{mark}{part}" for mark in ("start", "end", "due") for part in ("_week", "", "_months", "_weeks")]


def _consequence(frequency: Frequency) -> str:
    if frequency is Frequency.NEVER:
        return "Periods are created with `/billing period`; the open one stays open."
    return "A start that is over already is not made up for: create that first period with `/billing period`."


def _field(form: ScheduleForm, name: str) -> b.Block:
    low, high = numbers_of(form.frequency)[name]
    texts = _texts(form.frequency, name)
    options = [b.option(texts[number - low], number) for number in range(low, high + 1)]
    select = b.select(name, "Choose", options, str(form.rule[name]))
    # Slack keeps an old choice under an old block_id: each frequency has its own.
    return b.field(f"{name}:{form.frequency.value}", _LABELS[name], select)


def _texts(frequency: Frequency, name: str) -> Sequence[str]:
    if name.endswith("_week"):
        return _WHICH
    if name.endswith("_months"):
        return _MONTHS
    if name.endswith("_weeks"):
        return _WEEKS
    return _DAYS if frequency is Frequency.MONTHLY_BY_DATE else _WEEKDAYS


_DAYS: Final = (*(str(day) for day in range(1, 31)), "31 (the last day of the month)")


def schedule_saved(upcoming: Dates | None) -> b.View:
    """What happens next, so that nobody has to compute it."""
    if upcoming is None:
        text = "No billing period opens by itself any more."
    else:
        when = span(upcoming.starts_on, upcoming.ends_on)
        text = (
            f"The next one opens by itself on {day_text(upcoming.starts_on)}: {when}, due {day_text(upcoming.due_on)}."
        )
    return b.note("Automatic periods", f"✅ {text}", callback_id="schedule_saved")
