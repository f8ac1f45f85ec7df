"""What a source carries or does beside its pages: files and media inside it, and actions. Named on the index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pikepdf import Dictionary, Name, Pdf, Stream

from .package_tree import dictionaries, name_of, page_annotations, subtype, words_of

MEDIA: Final = frozenset({"/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"})
_FILES: Final = ("/F", "/UF", "/DOS", "/Mac", "/Unix")
_NAMED: Final = 8
_START: Final = 8  # bytes that tell a program
# What may travel inside an embedded original. Whatever else there is could run where it is opened.
_PASSIVE: Final = frozenset(
    {
        "pdf",
        "txt",
        "csv",
        "tsv",
        "xlsx",
        "xls",
        "ods",
        "docx",
        "doc",
        "odt",
        "pptx",
        "rtf",
        "jpg",
        "jpeg",
        "png",
        "tif",
        "tiff",
        "gif",
        "bmp",
        "heic",
        "webp",
        "xml",
        "json",
        "eml",
        "msg",
        "dwg",
        "dxf",
        "fdf",
        "xfdf",
        "log",
        "md",
    }
)
_PROGRAM: Final = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
# Actions of a viewer that reach beyond the file (PDF 2.0, 12.6.4).
_REACHES_OUT: Final = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition", "/RichMediaExecute"}
)
# A link without a scheme is read as a file beside the package; 'javascript:' and 'file:' act on the reader's machine.
_LEADS_TO: Final = re.compile(r"(?:https?://|mailto:|tel:)[\x21-\U0010ffff]+", re.IGNORECASE)
# The same and files inside, as names in the bytes of a file that cannot be read; a name may be spelled in hex (7.3.5). Short
# ones such as /JS are left out: they stand among encrypted bytes by chance, and never alone.
_NAMES_THEM: Final = re.compile(
    rb"/(?:JavaScript|Launch|SubmitForm|ImportData|GoToR|GoToE|Rendition|RichMedia\w*|EmbeddedFiles?|FileAttachment)(?!\w)"
)
_IN_HEX: Final = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Inside:
    names: tuple[str, ...]
    media: bool
    runs: str  # what of it can run where it is opened; empty: nothing

    def said(self) -> Iterator[str]:
        """For the index."""
        if self.names:
            more = f" and {len(self.names) - _NAMED} more" if len(self.names) > _NAMED else ""
            yield f"holds files: {'; '.join(self.names[:_NAMED])}{more}"
        if self.media:
            yield "holds media"


def look_inside(pdf: Pdf) -> Inside:
    """What a source carries and does, wherever in it: its list of files, notes, pages, pictures, bookmarks, fields."""
    media = any(subtype(note) in MEDIA for _, note in page_annotations(pdf))
    names: dict[str, None] = {}
    programs = active = False
    for one in dictionaries(pdf):
        active = active or acts(one)
        if carries_file(one):
            names[name := _name(one)] = None
            programs = programs or any(can_run(name, start) for start in _starts(one))
    runs = "a file in it can run" if programs else "it holds scripts or actions" if active else ""
    return Inside(tuple(names), media, runs)


def can_run(name: str, content: bytes) -> bool:
    """Whether a file might run where it is opened, by its name and by how it begins."""
    return name.lower().rpartition(".")[2] not in _PASSIVE or content.startswith(_PROGRAM)


def names_actions(content: bytes) -> bool:
    """Whether a PDF that could not be read shows by its bytes that something in it acts, or is another file."""
    plain = _IN_HEX.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), content)
    return _NAMES_THEM.search(plain) is not None


def safe_target(action: Any) -> str:
    """Where an action leads to, if that is the web, a mail or a telephone; else nothing."""
    if not isinstance(action, Dictionary) or action.get("/S") != Name.URI:
        return ""
    target = words_of(action.get("/URI"))
    return target if _LEADS_TO.fullmatch(target) else ""


def acts(one: Any) -> bool:
    """Whether a dictionary is an action that reaches beyond its file."""
    kind = name_of(one.get("/S"))
    return kind in _REACHES_OUT or (kind == "/URI" and "/URI" in one and not safe_target(one))


def carries_file(one: Any) -> bool:
    files = one.get("/EF")
    return isinstance(files, Dictionary) and any(isinstance(files.get(key), Stream) for key in _FILES)


def _name(spec: Any) -> str:
    raw = next((words for key in ("/UF", "/F", "/Unix", "/DOS") if (words := words_of(spec.get(key)))), "")
    return re.sub(r"\s+", " ", raw.replace("\\", "/").rpartition("/")[2])[-60:] or "without a name"


def _starts(spec: Any) -> Iterator[bytes]:
    yield from (stream.read_bytes()[:_START] for stream in spec["/EF"].values() if isinstance(stream, Stream))
