"""Colours of HTML, as far as one has to know them to see that words stand in the colour of their ground."""

from __future__ import annotations

import re
from typing import Final

Colour = tuple[int, int, int]

_NAMED: Final[dict[str, Colour]] = {
    "white": (255, 255, 255), "snow": (255, 250, 250), "ivory": (255, 255, 240), "ghostwhite": (248, 248, 255),
    "whitesmoke": (245, 245, 245), "black": (0, 0, 0), "window": (255, 255, 255), "windowtext": (0, 0, 0),
    "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192), "red": (255, 0, 0), "green": (0, 128, 0),
    "blue": (0, 0, 255), "yellow": (255, 255, 0), "navy": (0, 0, 128),
}  # fmt: skip
_HEX: Final = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})(?:[0-9a-f]{1,2})?(?![0-9a-f])")
_NUMBERS: Final = re.compile(r"rgba?\(\s{0,9}(\d{1,3})[\s,]{1,9}(\d{1,3})[\s,]{1,9}(\d{1,3})")
_NEAR: Final = 24  # of 255: nobody reads words in it


def colour_of(text: str) -> Colour | None:
    """The first colour a value names; None when it names none that is known.

    >>> [colour_of(text) for text in ("#fff", "#0a0B0c", "rgb(1, 2, 3)", "white url(x.png)", "inherit")]
    [(255, 255, 255), (10, 11, 12), (1, 2, 3), (255, 255, 255), None]
    """
    text = text.strip().lower()[:200]
    found = _HEX.search(text)
    if found:
        digits = found[1] if len(found[1]) == 6 else "".join(one * 2 for one in found[1])
        return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))
    numbers = _NUMBERS.search(text)
    if numbers:
        return (int(numbers[1]), int(numbers[2]), int(numbers[3]))
    return next((_NAMED[word] for word in text.split() if word in _NAMED), None)


def alike(one: Colour, other: Colour) -> bool:
    """Whether words of one colour are not seen on a ground of the other."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < _NEAR
