"""Words beside a filled file that speak against it: with them nobody can tell which of the two counts."""

from __future__ import annotations

import re
from typing import Final

from payclerk_core.errors import UserError

from .reading.decision import Decision
from .reading.explain import Judged
from .reading.words import comparable

_NOT_YET: Final = re.compile(
    r"\b(?:draft|pencil (?:copy|draw|req\w{0,8}|bill\w{0,3})|not (?:yet )?final|preliminary"
    r"|not (?:yet )?(?:for|to be) (?:submission|submitted|processing|processed)|before (?:i|we) submit|sent by mistake"
    r"|hold (?:off|(?:on )?(?:this|it)\b(?! month| period))"
    r"|(?:do not|don't|not to be|please don't) (?:submit|process|use|record|take)\w{0,3}"
    r"|(?:ignore|disregard) (?:this|the|my|our|it)|wrong (?:form|file|version|attachment)"
    r"|brouillon|(?:version|facture) provisoire|ne pas (?:soumettre|traiter|utiliser)|mauvais (?:fichier|formulaire)"
    r"|ne (?:pas tenir|tenez pas) compte|ne pas prendre en compte|pas definiti\w{1,3}|no tener en cuenta|no definitiv\w"
    r"|borrador|(?:version|factura) provisional|no (?:enviar|procesar|usar)|(?:archivo|formulario) equivocado)\b"
)
_DECLINES: Final = "The mail declines, and its file bills; please send the one that counts, alone."
_CANCELS: Final = "The mail says CANCEL, and its file bills; please send the one that counts, alone."
_BILLS: Final = "The mail bills in words, and its file bills too; please send the one that counts, alone."
_NOT_FINAL: Final = "The mail says '{words}'; please send the file without that when it is to count."


def contrary_words(said: Judged) -> UserError | None:
    """What the mail's own words say against the file that came with it; None for any other words."""
    against = _against(said)
    return UserError(against, code="contrary_words") if against else None


def _against(said: Judged) -> str | None:
    if said.decision is Decision.DECLINE:
        return _DECLINES
    if said.command == "cancel":
        return _CANCELS
    if said.billing is not None and said.billing.statements:
        return _BILLS
    found = _NOT_YET.search(comparable(said.reply.text[:5000]))
    return _NOT_FINAL.format(words=found.group()) if found else None
