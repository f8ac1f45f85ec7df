"""The closed list of sentences that bill a line by plain text, in three languages. Matched against `comparable` text.

A percentage is how complete the line is to date; an amount is the work of this period. `bill 40 % on line 3` is not
here: it could be either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from payclerk_core.money import currencies

_ITEM: Final = r"(?:no\.? ?|n\u00b0 ?|# ?)?(?P<item>(?=[a-z./-]{0,12}\d)[a-z0-9](?:[a-z0-9./-]{0,18}[a-z0-9])?)"
_SIGN: Final = rf"(?:[$\u20ac\u00a3]|us\$|{'|'.join(currencies()).casefold()})"
_AMOUNT: Final = (
    rf"(?P<before>{_SIGN})? ?(?P<amount>\d[\d.,']{{0,18}}(?: \d{{3}}(?:[.,]\d{{1,3}})?){{0,4}}) ?(?P<after>{_SIGN})?"
)
_PERCENT: Final = r"(?P<percent>\d{1,3}(?:[.,]\d{1,2})?) ?(?:%|percent|per cent|pct|pour ?cent|por ?ciento)"
_SEP: Final = r"(?: ?[:=] ?| - | )"
_COLON: Final = r" ?[:=] ?"  # an amount needs it: `line 3 -500` must not lose its sign

_EN_LINE: Final = r"(?:the )?(?:line item|line|item)"
_FR_LINE: Final = r"(?:la |le |l')?(?:ligne|poste|article)"
_ES_LINE: Final = r"(?:la |el )?(?:linea|partida|renglon|concepto)"

_EN: Final = (
    rf"{_EN_LINE} {_ITEM}{_SEP}(?:is |at |now ){{0,2}}{_PERCENT}(?: complete| completed| done)?(?: to date)?",
    rf"{_EN_LINE} {_ITEM}{_SEP}(?:is |now ){{0,2}}(?P<complete>complete|completed|done|finished)",
    rf"(?:please )?(?:bill|invoice|claim) {_AMOUNT} (?:on|for|against) (?:{_EN_LINE} )?{_ITEM}(?: this (?:month|period))?",
    rf"{_EN_LINE} {_ITEM}{_COLON}(?:bill |invoice )?{_AMOUNT}(?: this (?:month|period))?",
    rf"(?P<stored>stored|stored materials?|materials? stored)(?: ?:)? {_AMOUNT} (?:on|for|at) (?:{_EN_LINE} )?{_ITEM}",
    rf"{_EN_LINE} {_ITEM}{_SEP}(?P<stored>stored|stored materials?|materials? stored)(?: ?:)? {_AMOUNT}",
    rf"{_EN_LINE} {_ITEM}{_COLON}{_AMOUNT} (?P<stored>stored)",
)
_FR_DONE: Final = r"(?:complete|complet|terminee?|achevee?|finie?|realisee?)"
_FR_STORED: Final = r"(?P<stored>(?:materiaux |materiel )?(?:entrepose|stocke)e?s?)"
_FR: Final = (
    rf"{_FR_LINE} {_ITEM}{_SEP}(?:est )?(?:a )?{_PERCENT}(?: {_FR_DONE})?(?: a ce jour)?",
    rf"{_FR_LINE} {_ITEM}{_SEP}(?:est )?(?P<complete>{_FR_DONE})",
    rf"(?:merci de |veuillez )?factur(?:er|ez|ons) {_AMOUNT} (?:sur|pour|a) (?:{_FR_LINE} )?{_ITEM}(?: ce mois(?:-ci)?)?",
    rf"{_FR_LINE} {_ITEM}{_COLON}(?:facturer )?{_AMOUNT}(?: ce mois(?:-ci)?)?",
    rf"{_FR_STORED}(?: ?:)? {_AMOUNT} (?:sur|pour|a) (?:{_FR_LINE} )?{_ITEM}",
    rf"{_FR_LINE} {_ITEM}{_SEP}{_FR_STORED}(?: ?:)? {_AMOUNT}",
    rf"{_FR_LINE} {_ITEM}{_COLON}{_AMOUNT} {_FR_STORED}",
)
_ES_DONE: Final = r"(?:complet[oa]|completad[oa]|terminad[oa]|acabad[oa])"
_ES_STORED: Final = r"(?P<stored>(?:material(?:es)? )?(?:almacenad|acopiad)[oa]s?)"
_ES: Final = (
    rf"{_ES_LINE} {_ITEM}{_SEP}(?:esta )?(?:al )?{_PERCENT}(?: {_ES_DONE})?(?: a la fecha)?",
    rf"{_ES_LINE} {_ITEM}{_SEP}(?:esta )?(?P<complete>{_ES_DONE})",
    rf"(?:por favor )?factur(?:ar|e|en|amos) {_AMOUNT} (?:en|por|sobre) (?:{_ES_LINE} )?{_ITEM}(?: este mes)?",
    rf"{_ES_LINE} {_ITEM}{_COLON}(?:facturar )?{_AMOUNT}(?: este mes)?",
    rf"{_ES_STORED}(?: ?:)? {_AMOUNT} (?:en|para|por) (?:{_ES_LINE} )?{_ITEM}",
    rf"{_ES_LINE} {_ITEM}{_SEP}{_ES_STORED}(?: ?:)? {_AMOUNT}",
    rf"{_ES_LINE} {_ITEM}{_COLON}{_AMOUNT} {_ES_STORED}",
)
PHRASES: Final[Mapping[str, Sequence[re.Pattern[str]]]] = {
    language: tuple(re.compile(one) for one in patterns)
    for language, patterns in (("en", _EN), ("fr", _FR), ("es", _ES))
}
# Two sentences on one line: `line 1: 40 %, line 2: complete`.
NEXT: Final = re.compile(
    r"\s*(?:;|,(?=\s)|\b(?:and|et|y)\b)\s*"
    r"(?=(?:line|item|bill|stored|ligne|poste|facturer|entrepose|stocke|linea|partida|facturar|almacenado)\b)"
)
INTRODUCTION: Final = re.compile(
    r"(?:(?:here is |please find |this is )?(?:our|the|my) (?:billing|progress|invoice)(?: for (?:this (?:month|period)|[a-z]{3,9}(?: \d{4})?))?"
    r"|(?:please )?bill (?:the following|as follows)"
    r"|voici (?:notre|ma) (?:facturation|avancement)(?: du mois)?|(?:notre|ma) facturation(?: du mois)?"
    r"|(?:esta es )?(?:nuestra|mi) facturacion(?: del mes| de este mes)?) ?[:.]?"
)
SUBMIT: Final = frozenset({"submit", "soumettre", "enviar"})
CANCEL: Final = frozenset({"cancel", "annuler", "cancelar"})
