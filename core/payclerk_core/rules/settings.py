"""The settings of a project: what each may be (task T6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from ..errors import UserError

Check = Callable[[str, object], object]


def check_setting(name: str, value: object) -> object:
    """The value as it is kept.

    Errors: UserError with the setting as its field, when there is no such setting or the value is none of its own.
    """
    if name not in SETTINGS:
        known = ", ".join(SETTINGS)
        raise UserError(f"There is no setting '{name}'; there are {known}.", code="setting", field=name)
    return SETTINGS[name](name, value)


def _choice(*values: str) -> Check:
    def check(name: str, value: object) -> str:
        if value not in values:
            raise _refused(name, f"must be one of {', '.join(values)}")
        return str(value)

    return check


def _number(least: int, most: int) -> Check:
    def check(name: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise _refused(name, f"must be a whole number from {least} to {most}")
        return value

    return check


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _refused(name, "must be on or off")
    return value


def _words(most: int) -> Check:
    """Plain words that go into a mail or onto paper: control characters would change what stands around them."""

    def check(name: str, value: object) -> str:
        text = str(value or "").strip()
        if len(text) > most:
            raise _refused(name, f"may have {most} characters at most; it has {len(text)}")
        if any(ord(char) < 32 and char not in "\r\n\t" for char in text):
            raise _refused(name, "holds characters that cannot be printed; type it anew")
        return text

    return check


def _channel(name: str, value: object) -> str | None:
    """A channel's name or id; none switches the posts of the project off."""
    text = str(value or "").strip().removeprefix("#")
    if len(text) > 80 or re.search(r"[\s<>@]", text):
        raise _refused(name, "must be a channel's name, such as maple-billing")
    return text or None


def _jurisdiction(name: str, value: object) -> str | None:
    """A country, or a state or province of one; none: no law's dates and caps are counted."""
    text = str(value or "").strip()
    if text and not re.fullmatch(r"[A-Za-z]{2}([-_ ][A-Za-z0-9]{2,16})?", text):
        raise _refused(name, "must be a country, or a country and its state or province, such as US-TX")
    return text or None


def _refused(name: str, why: str) -> UserError:
    return UserError(f"{name.replace('_', ' ').capitalize()} {why}.", code="setting", field=name)


# The columns of a project that a person may set, in the order of the form.
SETTINGS: Final[Mapping[str, Check]] = {
    "invoice_type": _choice("work_and_materials", "work_materials_and_retainage", "by_invitation"),
    "period_start_day": _number(1, 31),
    "period_end_day": _number(1, 31),
    "period_due_day": _number(1, 31),
    "invitation_note": _words(2000),
    "remind_every_days": _number(0, 3),
    "weekly_digest": _switch,
    "tell_approved": _switch,
    "show_claimed": _switch,
    "overbilling": _choice("allow", "warn", "prevent"),
    "stored_materials": _choice("manual", "automatic"),
    "pdf_footer": _words(500),
    "dictionary": _choice("us_general_contractor", "us_owner", "us_specialty_contractor", "au_nz", "uk"),
    "jurisdiction": _jurisdiction,
    "public_works": _switch,
    "slack_channel": _channel,
}
