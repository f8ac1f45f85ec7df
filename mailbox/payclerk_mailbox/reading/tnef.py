"""winmail.dat unpacked: Outlook's own envelope hides the attachments (zammad #2403)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, Final

from tnefparse import TNEF

from .charsets import decode
from .filenames import clean_name
from .limits import Limits
from .parts import Attachment

_MOST_ITEMS: Final = 2_000  # Outlook writes some twenty, and ten for each file
Unpacked = tuple[tuple[Attachment, ...], str, tuple[str, ...]]


def unpack_tnef(attachments: Iterable[Attachment], limits: Limits) -> Unpacked:
    """The attachments with each winmail.dat replaced by what is in it, the text found there, and defects."""
    files: list[Attachment] = []
    texts: list[str] = []
    defects: list[str] = []
    for attachment in attachments:
        opened = _open(attachment, limits) if _is_tnef(attachment) else None
        if opened is None:
            files.append(attachment)
            defects += [f"{attachment.name} could not be opened"] if _is_tnef(attachment) else []
        else:
            files += opened[0]
            texts.append(opened[1])
    return tuple(files[: limits.attachments]), "\n\n".join(filter(None, texts)), tuple(defects)


def _is_tnef(attachment: Attachment) -> bool:
    kind = attachment.content_type
    return kind in {"application/ms-tnef", "application/vnd.ms-tnef"} or attachment.name.lower() == "winmail.dat"


def _open(attachment: Attachment, limits: Limits) -> tuple[list[Attachment], str] | None:
    if _items(attachment.content) > _MOST_ITEMS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tnef = TNEF(attachment.content)
            files = [_file(one, number) for number, one in enumerate(tnef.attachments[: limits.attachments], 1)]
            return files, _text(tnef.body)[: limits.text_chars]
    except Exception:  # noqa: BLE001 - no release since 2021; it reads about nine of ten (reference 5.4)
        return None


def _items(content: bytes) -> int:
    """How many things it holds (MS-OXTNEF 2.1.3): the library takes long for each, however small."""
    at, count = 6, 0
    while at + 9 <= len(content) and count <= _MOST_ITEMS:
        at += 9 + int.from_bytes(content[at + 5 : at + 9], "little") + 2
        count += 1
    return count


def _file(one: Any, number: int) -> Attachment:
    name = clean_name(str(one.long_filename()).strip("\x00"), "application/octet-stream", number)
    return Attachment.of(name, "application/octet-stream", bytes(one.data))


def _text(body: object) -> str:
    if isinstance(body, bytes):
        return decode(body, None)
    return body if isinstance(body, str) else ""
