"""Where things stand on a claim's pages, in points from the top left: known here once, printed and read back by it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

SIGN_TOKEN: Final = "/pc_sign_1/"  # noqa: S105 - an anchor, not a secret: the first signer's
DATE_TOKEN: Final = "/pc_date_1/"  # noqa: S105
_MARGIN: Final = 44
_GUTTER: Final = 16
_SIGN_BOX_ABOVE_EDGE: Final = 206
SHEET_MARGIN: Final = 36
# Item, description (takes what is left), seven amounts and the percentage after the fifth.
_FIXED: Final = (40, 0, 64, 64, 64, 60, 64, 36, 64, 60)


# Where the other blanks of a signature box stand, from its signature line: the same in every box.
DATE_RIGHT: Final = 72  # of 100 of the box's inside
NAME_BELOW: Final = 28
AMOUNT_ABOVE: Final = 28


def sign_token(place: int) -> str:
    """The anchor of the signer at this place, from 1. Each signer has one of their own, so that none lies over another."""
    return f"/pc_sign_{place}/"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a page, in points from the top left, as DocuSign counts."""

    page: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper size; the summary stands upright, the sheet lies on its side."""

    width: int
    height: int

    @property
    def sign_top(self) -> int:
        return self.height - _SIGN_BOX_ABOVE_EDGE

    @property
    def sign_here(self) -> Spot:
        return Spot(1, _MARGIN + 11, self.sign_top + 88)

    @property
    def date_here(self) -> Spot:
        return Spot(1, _MARGIN + 9 + self._box_inside() * DATE_RIGHT // 100 + 2, self.sign_top + 88)

    @property
    def date_from_sign(self) -> int:
        """How far to the right of the signature's anchor the date stands, in every box."""
        return self._box_inside() * DATE_RIGHT // 100

    def columns(self) -> list[int]:
        """The widths of the sheet's ten columns."""
        left = self.height - 2 * SHEET_MARGIN - sum(_FIXED)
        return [left if index == 1 else width for index, width in enumerate(_FIXED)]

    def edges(self) -> list[tuple[int, int]]:
        """The left and right edge of each column."""
        stops = [SHEET_MARGIN]
        for width in self.columns():
            stops.append(stops[-1] + width)
        return list(pairwise(stops))

    def signing(self, *, certificate: bool = False) -> dict[str, Any]:
        """Where the boxes stand, and the anchors in the one that goes out for signature.

        A subcontractor signs the statement on the left, the owner the certificate on the right.
        """
        shift = self._box_width() + _GUTTER if certificate else 0
        tokens = ((SIGN_TOKEN, self.sign_here), (DATE_TOKEN, self.date_here))
        return {
            "top": self.sign_top,
            "width": self._box_width(),
            "anchors": [{"token": token, "x": spot.x + shift, "y": spot.y} for token, spot in tokens],
        }

    def _box_width(self) -> int:
        return (self.width - 2 * _MARGIN - _GUTTER) // 2

    def _box_inside(self) -> int:
        return self._box_width() - 18


PAPERS: Final = {"us-letter": Paper(612, 792), "a4": Paper(595, 842)}
