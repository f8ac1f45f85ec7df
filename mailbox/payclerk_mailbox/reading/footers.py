# ruff: noqa: RUF001 - letters of many alphabets
"""What programs, gateways and lawyers add around an answer, and signatures set apart by `-- `."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .vocabulary import CONDITIONS
from .words import comparable

_PHONE: Final = (
    "get outlook for ", "sent from mail for windows", "sent from windows mail",
    "sent from mailbox", "sent from yahoo mail", "sent via ", "sent with ", "sent by ", "sent from outlook",
    "sent from proton", "sent from samsung", "sent from gmail mobile", "sent from mobile", "sent from iphone",
    "sent from ipad", "sent from the all new", "from my iphone", "from my ipad", "from my android", "from my phone",
    "envoye de mon ", "envoye depuis ", "envoye a partir de ", "envoye avec ", "envoye par ", "obtenir outlook pour ",
    "obtenez outlook pour ", "telecharger outlook", "enviado desde mi ", "enviado desde ", "enviado con ",
    "enviado do meu ", "enviado do ", "obtener outlook para ", "obtenga outlook para ", "descargar outlook",
    "obter o outlook para ", "baixar o outlook ", "von meinem ", "gesendet von ", "gesendet mit ", "diese nachricht wurde von ",
    "holen sie sich outlook fur ", "outlook fur ", "yahoo mail: search", "inviato da", "inviato dal ", "scarica outlook per ",
    "ottieni outlook per ", "sendt fra ", "hent outlook ", "fa outlook for ", "verstuurd vanaf ", "verzonden vanaf ",
    "verzonden met ", "outlook voor ", "skickat fran ", "fran min ", "hamta outlook ", "wys\u0142ano z ", "wys\u0142ane z ",
    "pobierz outlook", "odeslano z ", "odoslane z ", "lahetetty ", "hanki outlook", "trimis de pe ", "trimis din ",
)  # fmt: skip
# In these languages the device comes first, or no space does.
_PHONE_ANYWHERE: Final = re.compile(
    "|".join(
        re.escape(comparable(text))
        for text in (
            "'dan gönderildi", "umdan gönderildi", "cihazımdan gönderildi", "Отправлено с ", "Отправлено из ",
            "Надіслано з ", "Στάλθηκε από ", "から送信", "の iPhone から", "从我的 iPhone 发送", "发自我的", "來自我的",
            "從我的 iPhone 傳送", "에서 보냄", "נשלח מ", "أرسلت من", "تم الإرسال من", "Dikirim dari ", "Đã gửi từ ", "Gửi từ ",
            "ส่งจาก", "iphone-omrol kuldve",
        )
    )
)  # fmt: skip
# "Sent by accident" is nobody's telephone.
_SAYS_MORE: Final = re.compile(
    r"\b(?:not|never|without|error|accident\w{0,4}|reserv(?:e|es|ation|ations)|consent|objections?|protest|void|cancel\w{0,6}"
    r"|pas|sans|erreur|inadvertance|no|sin|error|reservas?|equivocacion|anul\w{2,6}|my (?:assistant|colleague|son|daughter|kid)"
    r"|accept\w{0,5}|approv\w{1,4}|approuv\w{1,4}|declin\w{1,3}|reject\w{0,4}|refus\w{0,4}|rechaz\w{1,5}|acept\w{1,5}|aprob\w{1,4})\b"
)
# `Sent from my desk, which is easier` is a sentence: what is named is a device, or a name of few words.
_SENT_FROM: Final = re.compile(
    r"sent from (?:my|a|an|the) (?:[^,.;]{0,60}\b(?:phone|iphone|ipad|ipod|android|mobile|blackberry|cell|smartphone|tablet"
    r"|device|pc|mac|laptop|watch|galaxy|windows|samsung|htc|pixel|xperia|nokia|huawei|oneplus|motorola|lg)\b|(?<=my )(?:[^\s,.;]{1,15} ){0,3}[^\s,.;]{1,15}$)"
)
# `Sent from TypeApp <https://...>`: one word that is no article.
_SENT_FROM_PROGRAM: Final = re.compile(
    r"sent from (?!my |the |an? |our |here)[^\s<]{1,30}(?: (?:for|on) \S{1,20})?(?: ?[<(]https?:[^>)]{1,90}[>)]?)?$"
)
_LIST_FOOTERS: Final = ("mailing list", "liste de diffusion", "lista de correo", "mailing-liste", "google groups")
_FROM_MOBILE: Final = re.compile(r"\w{1,20} from mobile")
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


def is_device_line(text: str) -> bool:
    """`Sent from my phone`. One that sets a condition is the person's own sentence, whatever it begins with."""
    bare = text.strip("<>()[]* -\u2013\u2014_")
    if not bare or len(bare) > 110 or CONDITIONS.search(bare) or _SAYS_MORE.search(bare):
        return False
    if bare.startswith(_PHONE) or _SENT_FROM.match(bare) or _SENT_FROM_PROGRAM.match(bare):
        return True
    return bool(_PHONE_ANYWHERE.search(bare) or _FROM_MOBILE.fullmatch(bare))


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
        elif text.startswith(_BANNERS) or is_device_line(text):
            dropped.add(number)
        elif line.strip() == "--" or _begins_list_footer(lines, number):
            # Exactly two hyphens alone: a longer rule or `--` in a sentence is text (email_reply_parser #53).
            dropped.update(range(number, len(lines)))
            break
    return frozenset(dropped)


def _begins_list_footer(lines: Sequence[str], number: int) -> bool:
    """A rule, and below it what a mailing list says of itself at the end of each mail."""
    rule = lines[number].strip()
    if len(rule) < 2 or rule.strip("_") or len(lines) - number > 8:
        return False
    return any(name in comparable(line[:400]) for line in lines[number + 1 :] for name in _LIST_FOOTERS)
