"""What mail programs write before a quotation, by language: written as they write it, compared as `comparable` makes it."""

# ruff: noqa: RUF001 - letters of many alphabets
from __future__ import annotations

from typing import Final

from .words import comparable


def _comparable(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(comparable(text) for text in texts))


# "On … wrote:" in the order the date comes first. A space follows each.
STARTS: Final = tuple(
    f"{start} "
    for start in _comparable(
        "On", "At", "In message", "In a message dated", "Le", "Au", "El", "Am", "Em", "Il", "In data", "Op", "Den", "Na",
        "W dniu", "Dnia", "På", "A", "Dne", "Dňa", "Pe", "La", "În data", "În", "Στις", "Vào", "Vào lúc", "Pada", "Ngày",
        "El dia", "Em seg", "Da", "d.", "Kl.", "Il giorno", "بتاريخ", "في", "ב", "בתאריך", "ใน", "เมื่อ", "在", "于", "於",
    )
)  # fmt: skip
VERBS: Final = _comparable(
    "wrote", "writes", "said", "says", "a écrit", "écrivait", "écrit", "nous a dit", "escribió", "ha escrito", "va escriure",
    "schrieb", "geschrieben", "schrieben Sie", "escreveu", "ha scritto", "scriveva", "schreef", "het volgende geschreven",
    "geschreven", "skrev", "skrev följande", "skrev følgende", "napisał(a)", "napisał", "napisała", "pisze", "napisal(a)",
    "napsal(a)", "napsal", "napsala", "napísal(a)", "napísal", "napísala", "kirjoitti", "ezt írta", "írta", "a scris",
    "yazdı", "şunu yazdı", "şunları yazdı", "написал(а)", "написал", "написала", "пишет", "пише", "написав", "написала",
    "έγραψε", "написа", "rašė", "rakstīja", "kirjutas", "je napisao", "je napisao/la", "napisao je", "написао је",
    "menulis", "đã viết", "viết", "כתב", "כתבה", "מאת", "كتب", "كتبت", "เขียนว่า", "写道", "寫道", "写到", "のメッセージ",
    "のメール", "は書きました", "さんが書きました", "님이 작성", "작성", "님이 작성하였습니다", "写",
)  # fmt: skip
# Words that end an introduction only where it has an address: people write them too.
FAINT_VERBS: Final = _comparable("sent", "a envoyé", "envió", "enviou", "ha inviato", "sendte", "stuurde", "sandte")
# Verbs of languages that put the date or the name behind them: `schrieb am …:`, `wrote on …:`, `skrev den …:`.
FROM: Final = frozenset(
    _comparable(
        "From", "De", "Von", "Da", "Van", "Från", "Fra", "Od", "Expéditeur", "Remitente", "De la", "Lähettäjä", "Feladó",
        "Gönderen", "Kimden", "От", "От кого", "Від", "Από", "Dari", "Từ", "מאת", "من", "จาก", "发件人", "寄件者", "寄件人",
        "差出人", "送信者", "보낸 사람", "보낸사람", "Nuo", "No", "Saatja", "Pošiljatelj", "Подател",
    )
)  # fmt: skip
DATE: Final = frozenset(
    _comparable(
        "Sent", "Date", "Envoyé", "Envoyé le", "Enviado", "Enviado el", "Enviada el", "Enviado em", "Enviada em", "Enviada",
        "Fecha", "Gesendet", "Gesendet am", "Datum", "Data", "Inviato", "Verzonden", "Skickat", "Sendt", "Dato", "Wysłano",
        "Wysłane", "Odesláno", "Odoslané", "Lähetetty", "Päivämäärä", "Elküldve", "Küldve", "Dátum", "Trimis", "Gönderildi",
        "Tarih", "Отправлено", "Дата", "Надіслано", "Ημερομηνία", "Στάλθηκε", "Dikirim", "Tanggal", "Đã gửi", "Ngày", "Gửi",
        "נשלח", "תאריך", "التاريخ", "تاريخ الإرسال", "ส่ง", "วันที่", "发送时间", "日期", "寄件日期", "送信日時", "日時", "日付",
        "보낸 날짜", "날짜", "Received", "Le", "Message du",
    )
)  # fmt: skip
OTHER_LABELS: Final = frozenset(
    _comparable(
        "To", "Cc", "Bcc", "Subject", "Reply-To", "Importance", "À", "Pour", "Objet", "Sujet", "Répondre à", "Destinataire",
        "Para", "Asunto", "CCO", "Responder a", "An", "Betreff", "Antwort an", "Kopie", "Assunto", "A", "Oggetto", "Aan",
        "Onderwerp", "Till", "Ämne", "Kopia", "Til", "Emne", "Do", "Temat", "DW", "Komu", "Předmět", "Predmet", "Kopie",
        "Vastaanottaja", "Aihe", "Kopio", "Címzett", "Tárgy", "Másolatot kap", "Către", "Subiect", "Alıcı", "Kime", "Konu",
        "Bilgi", "Кому", "Тема", "Копия", "Копія", "Προς", "Θέμα", "Κοιν.", "Kepada", "Subjek", "Perihal", "Đến", "Tới",
        "Chủ đề", "Tiêu đề", "אל", "נושא", "עותק", "إلى", "الموضوع", "نسخة", "ถึง", "เรื่อง", "收件人", "收件者", "主题", "主旨",
        "主題", "抄送", "副本", "宛先", "件名", "받는 사람", "받는사람", "제목", "참조", "Organization",
    )
)  # fmt: skip
SEPARATORS: Final = frozenset(
    _comparable(
        "Original Message", "Original Appointment", "Reply Message", "Message d'origine", "Mail original", "Message original",
        "Message initial", "Mensaje original", "Mensaje original -", "Ursprüngliche Nachricht", "Originalnachricht", "Antwort Nachricht", "Antwortnachricht",
        "Original-Nachricht", "Messaggio originale", "Mensagem original", "Oorspronkelijk bericht", "Origineel bericht",
        "Ursprungligt meddelande", "Originalmeddelande", "Opprinnelig melding", "Oprindelig meddelelse", "Oprindelig besked",
        "Wiadomość oryginalna", "Oryginalna wiadomość", "Původní zpráva", "Pôvodná správa", "Alkuperäinen viesti",
        "Eredeti üzenet", "Mesaj original", "Mesajul original", "Orijinal Mesaj", "Özgün İleti", "Исходное сообщение",
        "Оригинальное сообщение", "Оригінальне повідомлення", "Αρχικό μήνυμα", "Pesan Asli", "Tin nhắn gốc", "Thư gốc",
        "הודעה מקורית", "الرسالة الأصلية", "原始邮件", "原始郵件", "原邮件", "元のメッセージ", "オリジナルメッセージ", "원본 메일",
        "원본 메시지",
    )
)  # fmt: skip
FORWARDS: Final = _comparable(
    "Forwarded message", "Begin forwarded message", "Message transféré", "Début du message transféré",
    "Début du message réexpédié", "Message réexpédié", "Mensaje reenviado", "Inicio del mensaje reenviado",
    "Weitergeleitete Nachricht", "Anfang der weitergeleiteten Nachricht", "Anfang der weitergeleiteten E-Mail",
    "Messaggio inoltrato", "Inizio messaggio inoltrato", "Mensagem encaminhada", "Início da mensagem encaminhada",
    "Doorgestuurd bericht", "Begin doorgestuurd bericht", "Vidarebefordrat meddelande", "Vidarebefordrat brev",
    "Videresendt melding", "Videresendt meddelelse", "Wiadomość przekazana", "Přeposlaná zpráva", "Preposlaná správa",
    "Välitetty viesti", "Edelleenlähetetty viesti", "Továbbított üzenet", "Mesaj redirecționat", "İletilen mesaj",
    "Пересылаемое сообщение", "Пересланное сообщение", "Переслане повідомлення", "Προωθημένο μήνυμα", "Pesan terusan",
    "Thư được chuyển tiếp", "הודעה שהועברה", "رسالة معاد توجيهها", "转发的邮件", "转发邮件", "轉寄郵件", "転送メッセージ",
    "転送されたメッセージ", "전달된 메일", "Forwarded by", "Fwd:",
)  # fmt: skip
# What a line may begin with that begins with the day it was written; beginnings are enough.
DAYS_AND_MONTHS: Final = _comparable(
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "lun", "mar", "mer", "jeu", "ven", "sam", "dim", "mie", "jue", "vie",
    "sab", "dom", "mo", "di", "mi", "do", "fr", "sa", "so", "man", "tir", "tis", "ons", "tor", "fre", "lor", "son", "ma",
    "ke", "to", "pe", "la", "su", "пн", "вт", "ср", "чт", "пт", "сб", "вс", "понед", "вторник", "сред", "четвер", "пятниц",
    "суббот", "воскрес", "нд", "jan", "feb", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "seg", "ter",
    "qua", "qui", "sex", "sáb", "pon", "wt", "śr", "czw", "pt", "sob", "niedz", "po", "út", "st", "čt", "pá", "so", "ne",
    "Δευ", "Τρί", "Τετ", "Πέμ", "Παρ", "Σάβ", "Κυρ", "pzt", "sal", "çar", "per", "cum", "cmt", "paz",
)  # fmt: skip
# A day of a month named in words, without its year.
MONTHS: Final = _comparable(
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "janv", "févr", "avr", "mai", "juin",
    "juil", "août", "déc", "ene", "abr", "ago", "dic", "gen", "mag", "giu", "lug", "set", "ott", "fev", "out", "dez", "mrt",
    "mei", "okt", "maj", "янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек",
)  # fmt: skip
# In full, to tell a day from somebody's name: `mar` begins Maria too.
DAY_WORDS: Final = frozenset(
    _comparable(
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Mon", "Tue", "Tues", "Wed", "Thu",
        "Thur", "Thurs", "Fri", "Sat", "Sun", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "lun",
        "mar", "mer", "jeu", "ven", "sam", "dim", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo",
        "mié", "jue", "vie", "sáb", "dom", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag",
        "Mo", "Di", "Mi", "Do", "Fr", "Sa", "So", "seg", "ter", "qua", "qui", "sex", "gio", "sab",
    )
)  # fmt: skip
MONTH_WORDS: Final = frozenset(
    _comparable(
        *MONTHS, "January", "February", "March", "April", "June", "July", "August", "September", "October", "November",
        "December", "Sept", "janvier", "février", "mars", "avril", "juillet", "septembre", "octobre", "novembre", "décembre",
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre", "Januar", "Februar", "März", "Juni", "Juli", "Oktober", "Dezember", "gennaio", "febbraio", "aprile",
        "maggio", "giugno", "luglio", "settembre", "ottobre", "dicembre", "janeiro", "fevereiro", "março", "maio", "junho",
        "julho", "setembro", "outubro", "dezembro",
    )
)  # fmt: skip
