"""The total that a PDF invoice names itself: by the words before it, and the amount on their line or the next.

Never needed to bill; only compared. What cannot be read within limits has no total, and nothing follows from that.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pypdf
from pypdf.errors import PyPdfError

from ..money import Money, currencies, minor_units

_LARGEST_FILE: Final = 15 * 2**20
_MOST_PAGES: Final = 200
_FIRST_PAGES: Final = 3  # and the last one
_LARGEST_PAGE: Final = 2**20  # bytes of drawing; a page of text has some ten thousand
_MOST_TEXT: Final = 60_000
# By how many decimals the currency has; a whole number beside "total" may be anything, so yen are not looked for.
_AMOUNTS: Final = {
    places: re.compile(
        rf"(?<![\d.,])(\(|-)?\s?[$€£]?\s?(\d{{1,3}}(?:[ .,']\d{{3}})+|\d{{1,9}})([.,])(\d{{{places}}})(?![\d.,]*\d)"
    )
    for places in (2, 3)
}
# The strongest first: what is to be paid, then the whole invoice, then any total.
_LABELS: Final = (
    re.compile(
        r"\b(?:amount due|total due|balance due|payment due|net due|net amount due|please pay|amount payable|total payable"
        r"|net a payer|montant a payer|solde a payer|reste a payer|total a payer|montant du|solde du"
        r"|total a pagar|importe a pagar|neto a pagar|saldo a pagar|monto a pagar|liquido a percibir)\b"
    ),
    re.compile(
        r"\b(?:invoice total|grand total|total amount|invoice amount|total invoice|total this invoice"
        r"|total ttc|total general|montant total|total de la facture|total facture"
        r"|total factura|importe total|monto total|total general|total de la factura)\b"
    ),
    re.compile(r"\b(?:total|net)\b"),
)
_NOT_TOTAL: Final = re.compile(
    r"\b(?:sub ?-?total|sous-?total|subtotal|total (?:tax|vat|gst|hours|qty|items|tva|iva|taxes)|contract|previous|"
    r"to date|a ce jour|a la fecha|retainage|retention|ht)\b"
)


@dataclass(frozen=True, slots=True)
class InvoiceText:
    """The words of a PDF, as far as they can be read; `locked`: it is behind a password, and nothing can be."""

    text: str = ""
    locked: bool = False


def read_invoice(content: bytes) -> InvoiceText:
    """The words of an invoice's first pages and of its last; none where they cannot be had."""
    if len(content) > _LARGEST_FILE or b"%PDF-" not in content[:1024]:
        return InvoiceText()
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            return InvoiceText(locked=True)
        return InvoiceText(_text(reader))
    except PyPdfError:
        return InvoiceText()
    except Exception:  # noqa: BLE001 - damaged files raise many kinds
        return InvoiceText()


def _text(reader: pypdf.PdfReader) -> str:
    count = len(reader.pages)
    if count > _MOST_PAGES:
        return ""
    chosen = sorted({*range(min(_FIRST_PAGES, count)), count - 1} - {-1})
    return "\n".join(_page(reader.pages[number]) for number in chosen)[:_MOST_TEXT]


def _page(page: pypdf.PageObject) -> str:
    contents = page.get_contents()
    if contents is None or len(contents.get_data()) > _LARGEST_PAGE:
        return ""
    return page.extract_text()[:_MOST_TEXT]


def totals_in(text: str, currency: str) -> tuple[Money, ...]:
    """The totals in an invoice's text: those of the strongest words that have an amount beside them.

    >>> totals_in("Subtotal 90.00\\nTotal 100.00\\nAmount due: $1,100.00", "USD")
    (Money('1100.00', 'USD'),)
    """
    if minor_units(currency) not in _AMOUNTS:
        return ()
    lines = [_comparable(line) for line in text.splitlines()]
    for label in _LABELS:
        found = tuple(dict.fromkeys(_labelled(lines, label, currency)))
        if found:
            return found
    return ()


def _labelled(lines: Sequence[str], label: re.Pattern[str], currency: str) -> Iterator[Money]:
    for at, line in enumerate(lines):
        named = label.search(line)
        if named is None or _NOT_TOTAL.search(line):
            continue
        amounts = _amounts(line[named.end() :], currency)
        written = _AMOUNTS[minor_units(currency)]
        if not amounts and not written.search(line):
            following = next((other for other in lines[at + 1 : at + 3] if other), "")
            amounts = _amounts(following, currency) if written.sub("", following).strip(" $€£:") in _NOTHING else []
        yield from amounts[-1:]


def _amounts(text: str, currency: str) -> list[Money]:
    places = minor_units(currency)
    return [_money(found, currency) for found in _AMOUNTS[places].finditer(text) if _is_certain(found, places)]


def _is_certain(found: re.Match[str], places: int) -> bool:
    """Not a thousand to some: 1,234 could be one where amounts have three decimals, and so could 1,234,567."""
    lone = places == 3 and found[3] == "," and found[2].isdigit() and len(found[2]) <= 3 and found[2] != "0"
    return found[3] not in found[2] and not lone


def _money(found: re.Match[str], currency: str) -> Money:
    cents = int(re.sub(r"\D", "", found[2])) * 10 ** minor_units(currency) + int(found[4])
    return Money(-cents if found[1] else cents, currency)


def _comparable(line: str) -> str:
    text = unicodedata.normalize("NFKD", line[:500]).replace("\u2019", "'")
    return " ".join("".join(char for char in text if not unicodedata.combining(char)).casefold().split())


_NOTHING: Final = frozenset({"", *(code.casefold() for code in currencies())})
