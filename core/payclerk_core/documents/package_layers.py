"""Layers of a source (optional content: PDF 1.7, 8.11). Flat pages have none: all that was in them is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pikepdf import Array, Dictionary, Name, Pdf, Stream

from .package_tree import dictionaries

_HIDE_BY_POLICY: Final = (Name.AllOff, Name.AnyOff)  # while the layers they name are on
_HIDE_BY_USE: Final = (("/View", "/ViewState"), ("/Print", "/PrintState"), ("/Export", "/ExportState"))


def said_of_layers(pdf: Pdf) -> Iterator[str]:
    """That something which viewers hide is shown on the flat pages, in words for the index."""
    layers = [one for one in dictionaries(pdf) if _is_layer(one)]
    default = _dictionary(_dictionary(pdf.Root.get("/OCProperties")).get("/D"))
    if _is_any_off(default, layers) or any(map(_hides_while_on, layers)):
        yield "has hidden layers, shown here"
    elif default.get("/BaseState") == Name.Unchanged or any(map(_may_hide, layers)):
        yield "has layers that may be hidden, shown here"


def show_always(one: Any) -> None:
    """Make nothing depend on it whether content is shown. Changes `one`."""
    if isinstance(one, Stream) and "/OC" in one:
        del one["/OC"]
    elif _is_layer(one):
        for key in list(one.keys()):
            del one[key]
        one.Type = Name.OCG  # a layer that no list of layers has is on


def _is_layer(one: Any) -> bool:
    """A layer, or a rule by which several of them show or hide something."""
    return isinstance(one, Dictionary) and one.get("/Type") in (Name.OCG, Name.OCMD)


def _is_any_off(default: Any, layers: Iterable[Any]) -> bool:
    if _array(default.get("/OFF")):
        return True
    if default.get("/BaseState") != Name.OFF:
        return False
    on = {layer.objgen for layer in _array(default.get("/ON")) if isinstance(layer, Dictionary)}
    return any(layer.Type == Name.OCG and layer.objgen not in on for layer in layers)


def _hides_while_on(layer: Any) -> bool:
    return "/OCGs" in layer and layer.get("/P") in _HIDE_BY_POLICY


def _may_hide(layer: Any) -> bool:
    """By a formula over other layers, or by what the page is used for: on a screen, on paper, at some size."""
    use = _dictionary(layer.get("/Usage"))
    by_use = any(_dictionary(use.get(event)).get(state) == Name.OFF for event, state in _HIDE_BY_USE)
    return "/VE" in layer or "/Zoom" in use or by_use


def _dictionary(value: Any) -> Any:
    return value if isinstance(value, Dictionary) else Dictionary()


def _array(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Array) else []
