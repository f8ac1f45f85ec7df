"""What programs, gateways and lawyers add around an answer, and signatures set apart by `-- `."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .words import comparable

_PHONE: Final = (
    "sent from my ", "get outlook for ", "sent from mail for windows", "sent from yahoo mail", "sent via ",
    "sent from outlook", "sent from proton", "sent from samsung", "sent from gmail mobile", "envoye de mon ",
    "envoye depuis ", "envoye a partir de ", "obtenir outlook pour ", "obtenez outlook pour ", "telecharger outlook",
    "enviado desde mi ", "enviado desde ", "enviado do meu ", "obtener outlook para ", "obtenga outlook para ",
    "descargar outlook", "von meinem iphone", "gesendet von ", "sent with proton", "yahoo mail: search",
    "sent from the all new", "enviado con ", "envoye avec ",
)  # fmt: skip
_BANNERS: Final = (
    "caution: external", "caution: this email originated", "caution - external", "caution: this message",
    "external email", "[external", "external sender", "warning: this email originated", "warning: external",
    "this email originated from outside", "this message originated from outside", "this message came from outside",
    "this message was sent from outside", "you don't often get email from", "some people who received this message",
    "attention : courriel externe", "attention: courriel externe", "courriel externe", "attention : ce courriel provient",
    "attention: ce courriel provient", "ce message provient de l'exterieur", "precaucion: correo externo",
    "atencion: correo externo", "correo externo", "este correo proviene de fuera", "***external", "** external",
)  # fmt: skip
_LEGAL: Final = (
    "confidentiality notice", "this e-mail and any", "this email and any", "this e-mail message", "this email message",
    "this message and any", "this message contains confidential", "this email is confidential",
    "this e-mail is confidential", "the information contained in this", "the information in this e", "disclaimer:",
    "please consider the environment", "avis de confidentialite", "ce message et ", "ce courriel et ",
    "ce courriel est confidentiel", "ce message est confidentiel", "l'information contenue dans", "aviso de confidencialidad",
    "aviso legal", "este mensaje y ", "este correo electronico y ", "este correo y ", "pensez a l'environnement",
    "antes de imprimir",
)  # fmt: skip


def footer_lines(lines: Sequence[str]) -> frozenset[int]:
    """The numbers of the lines that are no part of what the person wrote."""
    dropped: set[int] = set()
    within_legal = False
    for number, line in enumerate(lines):
        text = comparable(line[:400]).lstrip("* ")
        if not text:
            within_legal = False
        elif within_legal or text.startswith(_LEGAL):
            # A notice is one paragraph; what follows a blank line counts again.
            within_legal = True
            dropped.add(number)
        elif text.startswith(_BANNERS) or (len(text) < 90 and text.startswith(_PHONE)):
            dropped.add(number)
        elif line.strip() == "--":
            # Exactly two hyphens alone: a longer rule or `--` in a sentence is text (email_reply_parser #53).
            dropped.update(range(number, len(lines)))
            break
    return frozenset(dropped)
