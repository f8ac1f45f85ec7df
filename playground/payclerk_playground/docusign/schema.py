"""Holds a body against the SDK's own models: an unknown key or a wrong type is an error here.

The real service ignores keys it does not know, so that a misspelt one is lost without a word; this one complains.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .errors import DocusignError

SCALARS: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "float": (int, float),
    "object": object,
}


def check(body: Any, model: str, where: str = "") -> None:
    """Raise on the first key that model does not have, or value that is not of its type."""
    if not isinstance(body, dict):
        raise _invalid(where or "the body", "must be an object")
    kinds = _fields(model)
    for key, value in body.items():
        path = f"{where}.{key}" if where else key
        if key not in kinds:
            raise _invalid(path, f"is not a field of {model}")
        _check_value(value, kinds[key], path)


def _check_value(value: Any, kind: str, path: str) -> None:
    if listed := re.fullmatch(r"list\[(.+)\]", kind):
        if not isinstance(value, list):
            raise _invalid(path, "must be a list")
        for number, one in enumerate(value):
            _check_value(one, listed[1], f"{path}[{number}]")
    elif kind.startswith("dict("):
        if not isinstance(value, dict):
            raise _invalid(path, "must be an object")
    elif kind in SCALARS:
        if not isinstance(value, SCALARS[kind]):
            raise _invalid(path, f"must be a {kind}")
    else:
        check(value, kind, path)


@cache
def _fields(model: str) -> dict[str, str]:
    """JSON name to type. The SDK is big, so it is loaded at the first body and not before."""
    import docusign_esign.models

    kind = getattr(docusign_esign.models, model)
    return {kind.attribute_map[name]: of for name, of in kind.swagger_types.items()}


def _invalid(path: str, why: str) -> DocusignError:
    return DocusignError(
        400, "INVALID_REQUEST_BODY", f"The request body is missing or improperly formatted. '{path}' {why}."
    )
