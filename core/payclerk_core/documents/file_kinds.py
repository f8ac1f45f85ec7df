"""Tables in a kind of file that nobody reads here, known by what is in the file: its name may say anything.

Excel opens them all, so people take them for workbooks. Some libraries open them too and find nothing: openpyxl reads a
Strict Open XML workbook as one without sheets. So each reader asks here first, and the sender is told what to save.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Final

from ..errors import UserError

OTHER_KIND: Final = "other_kind"  # the error's code ...
OURS_OF_OTHER_KIND: Final = "ours_of_other_kind"  # ... and that for a file of ours which somebody saved anew
MOST_LOOKED: Final = 20 * 2**20  # bytes of an archive's parts that are looked through for words
_OLE: Final = b"\xd0\xcf\x11\xe0"  # .xls, or an .xlsx behind a password
_ZIP: Final = b"PK"
_HEAD: Final = 16 * 2**10  # LibreOffice writes three thousand characters of namespaces before the kind of a .fods
_MOST_PARTS: Final = 2000
_LARGEST_PART: Final = 5 * 2**20
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_WEB_PAGE: Final = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|style|table|div)\b", re.IGNORECASE)
_WEB_ARCHIVE: Final = re.compile(r"^content-type:\s*multipart/related\b", re.IGNORECASE | re.MULTILINE)
_HEADING: Final = re.compile(r"<[^<>\r\n]*> *(?:[,;|]|\t(?!\s*<))")  # of the first column of a CSV: '<table id>,Name'
# The namespace of the workbook, or the kind of a part of it; the same words in a cell or a name mean nothing.
_STRICT: Final = re.compile(
    rb"<(?:\w+:)?(?:workbook|Relationship)\s(?:[^<>]*\s)?(?:xmlns(?::\w+)?|Type)\s*=\s*[\"']http://purl\.oclc\.org/ooxml/"
)
_STRICT_SAYS_SO_IN: Final = ("_rels/.rels", "xl/workbook.xml")

_OLD: Final = "This is an old Excel file (.xls) or one with a password; save it as .xlsx without a password."
_BINARY: Final = "This is an Excel binary workbook (.xlsb). Save it as an Excel workbook (.xlsx) or CSV."
_FROM_STRICT: Final = (
    "This is a Strict Open XML workbook. Save it with the file type Excel Workbook (.xlsx), not Strict."
)
_FROM_NUMBERS: Final = "This is a Numbers file. Save it as an Excel workbook (.xlsx) or CSV."
_FLAT: Final = "This is a flat OpenDocument spreadsheet (.fods). Save it as an Excel workbook (.xlsx) or CSV."
_FROM_HTML: Final = "This is a web page (HTML). Save it as an Excel workbook (.xlsx) or CSV."
_FROM_XML: Final = "This is an XML Spreadsheet 2003. Save it as an Excel workbook (.xlsx) or CSV."


def refuse_other_kind(content: bytes, ours: str = "") -> None:
    """UserError for a table in a kind that is not read: which it is, and what to save it as.

    The code is 'ours_of_other_kind' where these words, which only a file of ours has, stand in it; else 'other_kind'.
    """
    if (told := other_kind(content)) is not None:
        raise UserError(told, code=OURS_OF_OTHER_KIND if ours and holds_words(content, ours) else OTHER_KIND)


def other_kind(content: bytes) -> str | None:
    """What to tell whoever sent it; None for a kind that is read, and for what is no table at all."""
    if content.startswith(_OLE):
        return _OLD
    return _of_archive(content) if content.startswith(_ZIP) else _of_text(content)


def holds_words(content: bytes, words: str) -> bool:
    """Whether these words stand in the file as its program writes them, in a part of an archive or in its text.

    Only so much is unpacked as a form of ours takes.
    """
    wanted = (words.encode(), words.encode("utf-16-le"), words.encode("utf-16-be"))
    if not content.startswith(_ZIP):
        text = content.replace(b"=\r\n", b"").replace(b"=\n", b"")  # a web archive breaks its lines so
        return any(one in text for one in wanted)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(one in part for part in _parts(archive) for one in wanted)
    except Exception:  # noqa: BLE001 - broken archives raise many kinds
        return False


def is_markup(content: bytes) -> bool:
    """Whether a file begins as XML, a web page or a web archive does: cheap, and safe for any bytes."""
    head = _text(content[:1000]).lstrip()
    return head.startswith("<") or head[:13].casefold() == "mime-version:"


def _parts(archive: zipfile.ZipFile) -> list[bytes]:
    found, left = [], MOST_LOOKED
    for entry in archive.infolist()[:_MOST_PARTS]:
        with archive.open(entry) as part:
            found.append(part.read(min(_LARGEST_PART, left)))
        left -= len(found[-1])
        if left <= 0:
            break
    return found


def _of_archive(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()[:_MOST_PARTS]
            if "xl/workbook.bin" in names:
                return _BINARY
            if any(name.startswith("Index/") and name.endswith(".iwa") for name in names) or "Index.zip" in names:
                return _FROM_NUMBERS
            return _FROM_STRICT if _is_strict(archive, names) else None
    except Exception:  # noqa: BLE001 - broken archives raise many kinds; said when it is opened as a workbook
        return None


def _is_strict(archive: zipfile.ZipFile, names: list[str]) -> bool:
    if not any(name.startswith("xl/") for name in names):
        return False
    for name in _STRICT_SAYS_SO_IN:
        if name in names:
            with archive.open(name) as part:
                if _STRICT.search(part.read(_HEAD)):
                    return True
    return False


def _of_text(content: bytes) -> str | None:
    head = _text(content[:_HEAD])
    if _is_web_archive(head):
        return _FROM_HTML
    root = _without_prolog(head)
    if _HEADING.match(root):
        return None
    if _WEB_PAGE.match(root):
        return _FROM_HTML
    if not root.startswith("<"):
        return None
    if "urn:schemas-microsoft-com:office:spreadsheet" in root:
        return _FROM_XML
    is_flat = "urn:oasis:names:tc:opendocument:xmlns:office:1.0" in root or root.startswith("<office:document")
    return _FLAT if is_flat and "application/vnd.oasis.opendocument.spreadsheet" in root else None


def _text(head: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    return head.decode(encoding, "replace").lstrip("\ufeff")


def _is_web_archive(head: str) -> bool:
    """Excel's "single file web page", which it also saves as .xls."""
    begins = head.lstrip()[:13].casefold() == "mime-version:"
    return begins and _WEB_ARCHIVE.search(head) is not None and "text/html" in head.casefold()


def _without_prolog(head: str) -> str:
    """From the first element on: behind the declaration, comments, and instructions such as Excel's own."""
    rest = head.lstrip()
    while rest.startswith(("<?", "<!--")):
        end = "?>" if rest.startswith("<?") else "-->"
        rest = rest.partition(end)[2].lstrip()
    return rest
