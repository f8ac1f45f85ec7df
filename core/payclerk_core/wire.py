"""Values as bytes, to pass between us and a process that reads for us.

JSON and not pickle: what comes back is made from hostile input by a process that such input may have taken over, so it is
data alone, checked against the dataclass it has to be. Bytes (attachments) follow it as they are.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")
_BLOB: Final = "\u0000blob"
_NUMBER: Final = struct.Struct(">Q")
LONGEST_FRAME: Final = 256 * 2**20


class GarbledError(Exception):
    """What came is not what the other side sends."""


def packed(value: object) -> bytes:
    """A frame: how long it is, then pieces, each with its length before it; the first is JSON, the others its bytes."""
    blobs: list[bytes] = []
    text = json.dumps(value, default=lambda one: _plain(one, blobs), ensure_ascii=False)
    # A half of a surrogate pair, of which mail has some, is no text.
    pieces = [text.encode("utf-8", "replace"), *blobs]
    length = sum(_NUMBER.size + len(piece) for piece in pieces)
    framed = [part for piece in pieces for part in (_NUMBER.pack(len(piece)), piece)]
    return b"".join([_NUMBER.pack(length), *framed])  # one copy of what may be large


def unpacked(frame: bytes, kind: type[T]) -> T:
    """The value in a frame's body, checked to be of this kind."""
    try:
        pieces = _pieces(frame)
        data = json.loads(pieces[0], object_hook=lambda one: _with_bytes(one, pieces[1:]))
        value: T = _adapter(kind).validate_python(data)  # type: ignore[arg-type]  # a class is hashable
    except (ValueError, LookupError, TypeError, RecursionError, struct.error) as error:
        raise GarbledError from error
    return value


def read_frame(read: Callable[[int], bytes]) -> bytes:
    """The body of the next frame; empty at the end. `read` gives that many bytes, or fewer at the end."""
    head = read(_NUMBER.size)
    if len(head) < _NUMBER.size:
        return b""
    (length,) = _NUMBER.unpack(head)
    if length > LONGEST_FRAME:
        raise GarbledError
    body = read(length)
    return body if len(body) == length else b""


def _plain(value: object, blobs: list[bytes]) -> object:
    if isinstance(value, bytes):
        blobs.append(value)
        return {_BLOB: len(blobs) - 1}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(type(value).__name__)


def _with_bytes(value: dict[str, Any], blobs: Sequence[bytes]) -> object:
    return blobs[value[_BLOB]] if value.keys() == {_BLOB} else value


def _pieces(frame: bytes) -> list[bytes]:
    pieces, at = [], 0
    while at < len(frame):
        (length,) = _NUMBER.unpack_from(frame, at)
        at += _NUMBER.size
        pieces.append(frame[at : at + length])
        at += length
    return pieces


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
