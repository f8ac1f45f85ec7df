"""What the mail programs people use make of an answer: where they put the quotation, and how they introduce it."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from html import escape
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .letters import StoredMail

Style = Literal["plain", "gmail", "outlook", "apple", "bottom"]
Lang = Literal["en", "fr", "es"]

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "es": [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
}
SHORT_MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "fr": ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    "es": ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"],
}
OUTLOOK_WORDS = {
    "en": ("From", "Sent", "To", "Subject"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "es": ("De", "Enviado", "Para", "Asunto"),
}
AWAY = {
    "en": ("Automatic reply: ", "I am out of the office and will answer when I am back."),
    "fr": ("Réponse automatique : ", "Je suis absent du bureau et vous répondrai à mon retour."),
    "es": ("Respuesta automática: ", "Estoy fuera de la oficina y responderé a mi regreso."),
}


@dataclass(frozen=True)
class Answer:
    text: str
    html: str | None
    subject_prefix: str
    headers: dict[str, str]


def answer(style: Style, mail: StoredMail, text: str, lang: Lang, sent: datetime) -> Answer:
    """The answer as that program would send it; `sent` is the original's date where the writer lives."""
    return _CLIENTS[style](mail, text, lang, sent)


def _plain(mail: StoredMail, text: str, lang: Lang, sent: datetime) -> Answer:
    return Answer(
        f"{text}\n\n{_thunderbird_line(mail, lang, sent)}\n{_quoted(mail)}\n",
        None,
        "Re: ",
        {"User-Agent": "Mozilla Thunderbird"},
    )


def _bottom(mail: StoredMail, text: str, lang: Lang, sent: datetime) -> Answer:
    return Answer(
        f"{_thunderbird_line(mail, lang, sent)}\n{_quoted(mail)}\n\n{text}\n",
        None,
        "Re: ",
        {"User-Agent": "Mozilla Thunderbird"},
    )


def _thunderbird_line(mail: StoredMail, lang: Lang, sent: datetime) -> str:
    who = parseaddr(mail.sender)[0] or mail.sender
    return {
        "en": f"On {sent:%m/%d/%Y} {_twelve(sent)}, {who} wrote:",
        "fr": f"Le {sent:%d/%m/%Y} à {sent:%H:%M}, {who} a écrit :",
        "es": f"El {sent:%d/%m/%Y} a las {sent:%H:%M}, {who} escribió:",
    }[lang]


def _gmail(mail: StoredMail, text: str, lang: Lang, sent: datetime) -> Answer:
    who, address = parseaddr(mail.sender)
    opening, closing = _gmail_line(lang, sent, who or address)
    quotation = (
        '<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f'{escape(opening)} &lt;<a href="mailto:{escape(address)}">{escape(address)}</a>&gt;{escape(closing)}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">'
        f"{_html_of(mail)}</blockquote></div>"
    )
    html = f'<div dir="ltr">{_lines(text)}</div><br>{quotation}\n'
    return Answer(f"{text}\n\n{opening} <{address}>\n{closing.strip()}\n\n{_quoted(mail)}\n", html, "Re: ", {})


def _gmail_line(lang: Lang, sent: datetime, who: str) -> tuple[str, str]:
    day, month = WEEKDAYS[lang][sent.weekday()], SHORT_MONTHS[lang][sent.month - 1]
    return {
        "en": (f"On {day[:3]}, {month} {sent.day}, {sent.year} at {_twelve(sent)} {who}", " wrote:"),
        "fr": (f"Le {day[:3]}. {sent.day} {month} {sent.year} à {sent:%H:%M}, {who}", " a écrit :"),
        "es": (f"El {day[:3]}, {sent.day} {month} {sent.year} a las {sent.hour}:{sent:%M}, {who}", " escribió:"),
    }[lang]


def _outlook(mail: StoredMail, text: str, lang: Lang, sent: datetime) -> Answer:
    values = (mail.sender, _outlook_date(lang, sent), mail.to, mail.subject)
    block = list(zip(OUTLOOK_WORDS[lang], values, strict=True))
    colon = " :" if lang == "fr" else ":"
    head = "<br>\n".join(f"<b>{word}{colon}</b> {escape(value)}" for word, value in block)
    html = (
        '<html><head>\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n'
        '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>\n</head>\n<body dir="ltr">\n'
        '<div class="elementToProof" style="font-family: Aptos, Calibri, Helvetica, sans-serif; font-size: 12pt;">\n'
        f'{_lines(text)}</div>\n<div id="appendonsend"></div>\n<hr style="display:inline-block;width:98%" tabindex="-1">\n'
        '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000">'
        f"{head}</font>\n<div>&nbsp;</div>\n</div>\n<div>{_html_of(mail)}</div>\n</body>\n</html>\n"
    )
    plain = (
        f"{text}\n\n{'_' * 32}\n"
        + "\n".join(f"{word}{colon} {value}" for word, value in block)
        + f"\n\n{_text_of(mail)}\n"
    )
    headers = {"Thread-Topic": _bare(mail.subject), "X-MS-Has-Attach": "", "Accept-Language": "en-US"}
    return Answer(plain, html, "RE: ", headers)


def _outlook_date(lang: Lang, sent: datetime) -> str:
    day, month = WEEKDAYS[lang][sent.weekday()], MONTHS[lang][sent.month - 1]
    return {
        "en": f"{day}, {month} {sent.day}, {sent.year} {_twelve(sent)}",
        "fr": f"{day} {sent.day} {month} {sent.year} {sent:%H:%M}",
        "es": f"{day}, {sent.day} de {month} de {sent.year} {sent.hour}:{sent:%M}",
    }[lang]


def _apple(mail: StoredMail, text: str, lang: Lang, sent: datetime) -> Answer:
    line = _apple_line(lang, sent, mail.sender)
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
        '<body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">'
        f'{_lines(text)}<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite"><div>{escape(line)}</div>'
        f'<br class="Apple-interchange-newline"><div>{_html_of(mail)}</div></blockquote></div><br></body></html>\n'
    )
    plain = f"{text}\n\n> {line}\n> \n{_quoted(mail)}\n"
    return Answer(
        plain, html, "Re: ", {"Mime-Version": "1.0 (Mac OS X Mail 16.0)", "X-Mailer": "Apple Mail (2.3826.700.81)"}
    )


def _apple_line(lang: Lang, sent: datetime, who: str) -> str:
    month = SHORT_MONTHS[lang][sent.month - 1]
    return {
        "en": f"On {month} {sent.day}, {sent.year}, at {_twelve(sent)}, {who} wrote:",
        "fr": f"Le {sent.day} {month} {sent.year} à {sent:%H:%M}, {who} a écrit :",
        "es": f"El {sent.day} {month} {sent.year}, a las {sent.hour}:{sent:%M}, {who} escribió:",
    }[lang]


def _twelve(moment: datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment:%M} {moment:%p}"


def _quoted(mail: StoredMail) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _text_of(mail).splitlines())


def _text_of(mail: StoredMail) -> str:
    return mail.text.replace("\r\n", "\n").strip("\n")


def _html_of(mail: StoredMail) -> str:
    """A program quotes what it showed: the body's inside, or the text with line breaks."""
    if not mail.html:
        return _lines(_text_of(mail))
    lower = mail.html.lower()
    start, end = lower.find("<body"), lower.rfind("</body>")
    return mail.html if start < 0 or end < 0 else mail.html[mail.html.index(">", start) + 1 : end]


def _lines(text: str) -> str:
    return "<br>\n".join(escape(line, quote=False) for line in text.splitlines())


def _bare(subject: str) -> str:
    first, _, rest = subject.partition(":")
    return rest.strip() if first.strip().casefold() in ("re", "fw", "fwd") else subject


def subject_of_answer(subject: str, prefix: str) -> str:
    return prefix + _bare(subject)


_CLIENTS: dict[str, Callable[[StoredMail, str, Lang, datetime], Answer]] = {
    "plain": _plain,
    "bottom": _bottom,
    "gmail": _gmail,
    "outlook": _outlook,
    "apple": _apple,
}
