"""Files that could run a program when they are opened, known by what is in them; scripts, which are text, by name too."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from .vocabulary import words_of

_PROGRAM: Final = "It is a program."
_SCRIPT: Final = "It is a script, which runs when it is opened."
_MACROS: Final = "It holds macros; save it as .xlsx or .docx without them."
_DISK: Final = "It is the image of a disk."
_LINK: Final = "It is a shortcut, which starts something else."
_INSIDE: Final = "The archive holds {name}. {why}"
_TOO_DEEP: Final = "The archive holds archives in archives, and was not looked through."
_TOO_MANY: Final = "The archive holds too many files to look through."

_STARTS: Final = (
    (b"MZ", _PROGRAM),
    (b"\x7fELF", _PROGRAM),
    (b"\xfe\xed\xfa\xce", _PROGRAM),
    (b"\xfe\xed\xfa\xcf", _PROGRAM),
    (b"\xce\xfa\xed\xfe", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),  # Mach-O of several kinds, and Java
    (b"#!", _SCRIPT),
    (b"L\x00\x00\x00\x01\x14\x02\x00", _LINK),
    (b"[InternetShortcut]", _LINK),
    (b"conectix", _DISK),
    (b"vhdxfile", _DISK),
)
_ISO: Final = (0x8001, b"CD001")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_MACROS: Final = tuple(name.encode("utf-16-le") for name in ("_VBA_PROJECT", "Macros", "XLM"))
_INSTALLER: Final = b"\x84\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"  # the class of .msi files
_MACRO_PARTS: Final = ("vbaproject.bin", "vbadata.xml")
_SCRIPTS: Final = words_of(
    "app appimage appref-ms appx apk bash bat chm cmd com command cpl deb desktop diagcab dll dmg exe gadget hta inf ins"
    " iso img jar jnlp js jse lnk mht mhtml msc msi msix msp pif pkg ps1 psm1 py pyw rb reg rpm run scf scr sct"
    " settingcontent-ms sh url vb vbe vbs vhd vhdx workflow"
    " ws wsc wsf wsh xll"
)
_DEEPEST: Final = 2
_MOST_MEMBERS: Final = 2000
_LARGEST_MEMBER: Final = 20 * 2**20


def why_unsafe(name: str, content: bytes) -> str | None:
    """Why this file is not kept; None when nothing in it is known to run."""
    return _why(name, content, 0)


def _why(name: str, content: bytes, depth: int) -> str | None:
    known = next((why for start, why in _STARTS if content.startswith(start)), None)
    if known:
        return known
    if content[_ISO[0] : _ISO[0] + 5] == _ISO[1]:
        return _DISK
    if content.startswith(_OLE):
        return _in_ole(content)
    if content.startswith(b"PK"):
        return _in_archive(content, depth) or _by_name(name)
    return _by_name(name)


def _by_name(name: str) -> str | None:
    return _SCRIPT if PurePosixPath(name.lower().rstrip(". ")).suffix[1:] in _SCRIPTS else None


def _in_ole(content: bytes) -> str | None:
    if _INSTALLER in content:
        return _PROGRAM
    return _MACROS if any(name in content for name in _OLE_MACROS) else None


def _in_archive(content: bytes, depth: int) -> str | None:
    """A damaged archive opens nowhere, and one behind a password is known by the names in it."""
    if depth >= _DEEPEST:
        return _TOO_DEEP
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _members(archive, archive.infolist(), depth)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError, RuntimeError):
        return None


def _members(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], depth: int) -> str | None:
    if len(members) > _MOST_MEMBERS:
        return _TOO_MANY
    names = [member.filename.lower() for member in members]
    if any(name.endswith(_MACRO_PARTS) or "/macrosheets/" in name for name in names):
        return _MACROS
    if "meta-inf/manifest.mf" in names and any(name.endswith(".class") for name in names):
        return _PROGRAM
    for member in members:
        name = member.filename.rpartition("/")[2]
        why = _by_name(name) or _member(archive, member, depth)
        if why:
            return why if depth else _INSIDE.format(name=name[:80], why=why)
    return None


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, depth: int) -> str | None:
    if member.is_dir() or member.flag_bits & 1:
        return None
    with archive.open(member) as file:
        start = file.read(8)
        known = next((why for mark, why in _STARTS if start.startswith(mark[:8])), None)
        if known or not start.startswith((b"PK", _OLE[:4])):
            return known
        if member.file_size > _LARGEST_MEMBER:
            return _TOO_DEEP
        rest = file.read(_LARGEST_MEMBER)
    return _why(member.filename.rpartition("/")[2], start + rest, depth + 1)
