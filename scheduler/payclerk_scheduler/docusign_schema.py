"""A strict schema for what we send to DocuSign, made from the installed SDK's own models.

The SDK drops a misspelt field without a word; this does not.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jsonschema

from payclerk_core.errors import OutsideError

_BASIC = {"str": "string", "int": "integer", "bool": "boolean", "float": "number", "object": "object"}


def check_envelope(body: dict[str, Any]) -> None:
    """Refuse an envelope definition with an unknown field or a wrong type, before it leaves."""
    try:
        _validator().validate(body)
    except jsonschema.ValidationError as error:
        where = "/".join(str(part) for part in error.absolute_path) or "the envelope"
        raise OutsideError(f"the envelope is not valid at {where}", permanent=True) from None


@cache
def _validator() -> Any:
    definitions: dict[str, Any] = {}
    _define("EnvelopeDefinition", definitions)
    return jsonschema.Draft202012Validator({"$ref": "#/$defs/EnvelopeDefinition", "$defs": definitions})


def _define(name: str, definitions: dict[str, Any]) -> None:
    from docusign_esign import models

    if name in definitions:
        return
    model = getattr(models, name)
    definitions[name] = {"type": "object", "additionalProperties": False, "properties": {}}
    for attribute, kind in model.swagger_types.items():
        definitions[name]["properties"][model.attribute_map[attribute]] = _schema_of(kind, definitions)


def _schema_of(kind: str, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind in _BASIC:
        return {"type": _BASIC[kind]}
    if listed := re.fullmatch(r"list\[(.+)\]", kind):
        return {"type": "array", "items": _schema_of(listed[1], definitions)}
    if kind.startswith("dict("):
        return {"type": "object"}
    if kind in {"file", "date", "datetime"}:
        return {"type": "string"}
    _define(kind, definitions)
    return {"$ref": f"#/$defs/{kind}"}
