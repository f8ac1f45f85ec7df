"""What programs write in the subjects and first lines of their mails, in the languages of those who run them."""

from __future__ import annotations

import re
from typing import Final

from .words import comparable


def _comparable(*words: str) -> tuple[str, ...]:
    return tuple(map(comparable, words))


# Anywhere in the subject of a bounce.
BOUNCE_SUBJECTS: Final = _comparable(
    "undeliver", "delivery status notification", "delivery failure", "delivery has failed", "mail delivery failed",
    "returned mail", "failure notice", "delivery notification", "mail delivery subsystem", "could not be delivered",
    "message not delivered", "delivery report", "returned to sender", "warning: message", "delayed mail",
    "mail delivery failure", "mail delivery status", "non-delivery", "failed mail", "mail error", "message status -",
    "non remis", "non distribu", "non délivré", "échec de la remise", "échec de remise", "échec de livraison",
    "échec de distribution", "échec de la livraison", "échec d'envoi", "état de remise", "état de la remise", "statut de remise",
    "no se puede entregar", "no entregad", "no se ha podido entregar", "no se pudo entregar", "error de entrega",
    "fallo en la entrega", "fallo de entrega", "fallo al entregar", "estado de la entrega", "estado de entrega", "correo devuelto",
    "mensaje devuelto", "unzustellbar", "zustellungsstatus", "nicht zugestellt", "zustellung fehlgeschlagen", "rückläufer",
    "mancata consegna", "non recapitabile", "impossibile recapitare", "não é possível entregar", "não entregue",
    "falha na entrega", "onbestelbaar", "kan niet worden bezorgd",
)  # fmt: skip
_NOT_BROUGHT: Final = re.compile(
    r"(?:could|can)(?: ?not|n't) be delivered|(?:was|were|has been|is) (?:not delivered|undeliverable)|delivery (?:has|to .{1,200}) failed"
    r"|(?:not|n't|un)(?: able)? to deliver|did not reach|non-?delivery report|created automatically by mail delivery|undeliverable"
    r"|n'(?:a|ont) (?:pas (?:pu etre|ete)|pu etre) (?:remis|delivre|distribue|achemine|livre)|(?:remise|livraison|distribution) a echoue"
    r"|no (?:se (?:ha podido|pudo|puede)|ha podido ser|pudo ser|fue|ha sido) entrega|la entrega (?:ha fallado|fallo)"
    r"|nicht (?:zugestellt|ubermittelt)|impossibile (?:recapitare|consegnare)|nao (?:foi|e) possivel entregar|kan niet worden bezorgd"
)
_A_MAIL: Final = re.compile(
    r"\b(?:e-?)?mails?\b|\bmessages?\b|recipient|destinat|mensaje|correo|courriel|mensagem|messaggio|nachricht|empfang|bericht"
)
_OPENING: Final = 1500  # characters; a bounce comes to the point
_AWAY_WITHIN: Final = 60  # characters, for a greeting

# At the beginning of the subject; a person's own word may stand there too, so they are whole phrases.
RECEIPT_SUBJECTS: Final = _comparable(
    "read:", "read receipt", "read-receipt", "return receipt", "not read:", "lu :", "lu:", "non lu :", "non lu:", "message lu",
    "accusé de lecture", "confirmation de lecture", "leído:", "no leído:", "confirmación de lectura", "acuse de recibo",
    "acuse de lectura", "gelesen:", "ungelesen:", "lesebestätigung", "lida:", "letto:", "conferma di lettura", "gelezen:",
    "leesbevestiging",
)  # fmt: skip
# A calendar without a calendar file; a person may write so too, so it only keeps the mail from deciding.
CALENDAR_SUBJECTS: Final = _comparable(
    "accepted:", "declined:", "tentative:", "tentatively accepted:", "canceled:", "cancelled:", "accepté :", "accepté:",
    "refusé :", "refusé:", "provisoire :", "aceptado:", "aceptada:", "rechazado:", "rechazada:", "provisional:", "zugesagt:", "abgesagt:",
    "accettato:", "rifiutato:", "aceito:", "recusado:", "geaccepteerd:", "geweigerd:",
)  # fmt: skip
AUTO_SUBJECTS: Final = _comparable(
    "auto:", "automatic reply", "automated reply", "autoreply", "auto-reply", "auto reply", "[auto-reply]", "[autoreply]",
    "auto response", "auto-response", "autoresponse", "out of office", "out of the office", "vacation reply", "vacation:",
    "réponse automatique", "réponse d'absence", "absence du bureau", "absent du bureau", "absente du bureau",
    "absent(e) du bureau", "absent :", "absent:", "absence :", "absence:", "message d'absence", "avis d'absence",
    "accusé de réception automatique", "respuesta automática", "fuera de la oficina", "fuera de oficina",
    "ausente de la oficina", "ausencia de la oficina", "de vacaciones", "abwesenheit", "automatische antwort", "automatisch antwoord",
    "afwezigheidsbericht", "afwezig:", "niet aanwezig", "risposta automatica", "fuori sede", "fuori ufficio", "resposta automática", "resposta automàtica",
    "ausência temporária", "autosvar", "automatisk svar", "automatiskt svar", "frånvaro", "automaattinen vastaus", "poissaolo",
    "automatyczna odpowiedź", "odpowiedź automatyczna", "automatická odpověď", "automatikus válasz", "răspuns automat",
    "автоматический ответ", "автоответ", "автоматична відповідь", "otomatik yan\u0131t", "otomatik cevap", "αυτόματη απάντηση",
    "自動応答", "自動返信", "不在通知", "自动回复", "自动答复", "自動回覆", "자동 회신", "자동 응답", "رد تلقائي", "תשובה אוטומטית", "מענה אוטומטי",
)  # fmt: skip


_AWAY: Final = re.compile(
    r"(?:^|[.!,:;] )(?:(?:thank you|thanks) for (?:your|the) (?:e-?mail|message)[.,!;] )?"
    r"(?:(?:i am|i'm|i will be|i'll be) (?:(?:currently|presently|now) )?(?:out of (?:the )?office|on (?:annual |maternity |parental |sick )?(?:leave|vacation|holidays?|pto))\b"
    r"|je (?:suis|serai) (?:(?:actuellement|presentement) )?(?:absente?|en (?:conges?|vacances)|hors du bureau|en arret)\b"
    r"|(?:actualmente )?(?:me encuentro|estoy|estare) (?:actualmente )?(?:fuera de (?:la )?oficina|de vacaciones|ausente)\b)"
)


def says_away(text: str) -> bool:
    """The first words are those of an absence note, whoever or whatever has sent it.

    >>> says_away("Hello, I am currently out of the office until Monday.")
    True
    >>> says_away("We accept. Call me, for I am on site")
    False
    """
    opening = comparable(text[:600])
    found = _AWAY.search(opening)
    return found is not None and found.start() < _AWAY_WITHIN


def says_not_delivered(text: str) -> bool:
    """The first words say of a mail that it did not arrive, as programs say it.

    >>> says_not_delivered("Your message to bob@example.com couldn't be delivered.")
    True
    >>> says_not_delivered("The drywall could not be delivered on Tuesday")
    False
    """
    opening = comparable(text[:_OPENING])
    return bool(_NOT_BROUGHT.search(opening) and _A_MAIL.search(opening))
