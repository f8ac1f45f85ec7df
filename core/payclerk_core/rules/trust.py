"""What a decision by mail needs: of the house, and of a project that wants more."""

from __future__ import annotations

from typing import Final

TRUSTS: Final = ("address", "verified", "confirm")  # each asks for more than the one before


def stricter(house: str, project: str | None) -> str:
    """A project may ask for more than the house, never for less, also when the house asks for more later.

    >>> stricter("verified", "confirm"), stricter("confirm", "verified"), stricter("address", None)
    ('confirm', 'confirm', 'address')
    """
    return max(house, project or house, key=TRUSTS.index)
