"""Where the quotation begins, as mail programs of many languages write it; all texts here are made up."""

# ruff: noqa: RUF001 - letters of many alphabets

from __future__ import annotations

import pytest

from payclerk_mailbox.reading.reply import cut_reply

ANSWER = "We can start on the third floor.\nPlease send the form."
INTRODUCTIONS = """\
On Sat, Nov 21, 2026 at 9:14 AM Anna Lee <anna@gc.example> wrote:
On Sat, Nov 21, 2026 at 9:14 AM Anna Lee via Bid Board\\n<a-rather-long-address-of-a-bid-board@board.example> wrote:
On Nov 21, 2026, at 9:14 AM, Anna Lee <\\nanna@gc.example>\\nwrote:
---- On Sat, 21 Nov 2026 09:14:36 +0100 Anna Lee <anna@gc.example> wrote ----
At 11/21/2026 09:14 AM, you wrote:
In message <77@gc.example> Anna Lee writes:
Anna Lee <anna@gc.example> wrote:
Anna Lee (anna@gc.example) wrote:
Anna Lee via Bid Board wrote:
Anna Lee wrote on 11/21/2026 09:14:00 AM:
2026-11-21 9:14 GMT+01:00 Anna Lee <anna@gc.example>:
2026-11-21 09:14 GMT+01:00 Anna Lee
2026/11/21 Anna Lee <anna@gc.example>
21.11.2026, 09.14, "Anna Lee" <anna@gc.example>:
Le sam. 21 nov. 2026 à 09:14, Anna Lee <anna@gc.example> a écrit :
El sáb, 21 nov 2026 a las 9:14, Anna Lee (<anna@gc.example>) escribió:
Am Sa., 21. Nov. 2026 um 09:14 Uhr schrieb Anna Lee <anna@gc.example>:
Anna Lee <anna@gc.example> schrieb am Sa., 21.\\nNov. 2026, 09:14:
Il giorno sab 21 nov 2026 alle ore 09:14 Anna Lee <anna@gc.example> ha scritto:
Em sáb., 21 de nov. de 2026 às 09:14, Anna Lee <anna@gc.example> escreveu:
Op za 21 nov 2026 om 09:14 schreef Anna Lee <anna@gc.example>:
Op 21 nov. 2026 om 09:14 heeft Anna Lee <anna@gc.example> het volgende geschreven:
Den lör 21 nov. 2026 kl 09:14 skrev Anna Lee <anna@gc.example>:
lør. 21. nov. 2026 kl. 09:14 skrev Anna Lee <anna@gc.example>:
la 21. marrask. 2026 klo 9.14 Anna Lee (anna@gc.example) kirjoitti:
W dniu sob., 21 lis 2026 o 09:14 Anna Lee <anna@gc.example> napisał(a):
Dne so 21. 11. 2026 v 09:14 Anna Lee napsal(a):
so 21. 11. 2026 o 9:14 Anna Lee <anna@gc.example> napísal(a):
Anna Lee <anna@gc.example> ezt írta (időpont: 2026. nov. 21., Szo, 9:14):
În sâm., 21 nov. 2026 la 09:14, Anna Lee <anna@gc.example> a scris:
Anna Lee <anna@gc.example>, 21 Kas 2026 Cmt, 09:14 tarihinde şunu yazdı:
сб, 21 нояб. 2026 г. в 09:14, Anna Lee <anna@gc.example>:
суббота, 21 ноября 2026 г. пользователь Anna написал:
сб, 21 лист. 2026 р. о 09:14 Anna Lee <anna@gc.example> пише:
Στις Σάβ, 21 Νοε 2026 στις 9:14 π.μ., ο/η Anna Lee <anna@gc.example> έγραψε:
2026年11月21日(土) 9:14 Anna Lee <anna@gc.example>:
2026/11/21 9:14、Anna Lee <anna@gc.example>のメール:
在 2026年11月21日，09:14，Anna Lee <anna@gc.example> 写道：
2026년 11월 21일 (토) 오전 9:14, Anna Lee <anna@gc.example>님이 작성:
في السبت، 21 نوفمبر 2026 في 9:14 ص تمت كتابة ما يلي بواسطة Anna <anna@gc.example>:
\u202bבתאריך שבת, 21 בנוב׳ 2026 ב-9:14 מאת \u202aAnna Lee\u202c\u200f <\u202aanna@gc.example\u202c\u200f>:\u202c
Vào Th 7, 21 thg 11, 2026 vào lúc 09:14 Anna Lee <anna@gc.example> đã viết:
Pada tanggal Sab, 21 Nov 2026 pukul 09.14 Anna Lee <anna@gc.example> menulis:
From: Anna Lee\\n<anna@gc.example>\\nSent: Saturday, November 21, 2026 9:14 AM\\nTo: Sam\\nSubject: You are invited
Date: Sat, 21 Nov 2026 09:14:00 +0100\\nTo: sam@ortiz.example\\nSubject: You are invited
-----Ursprüngliche Nachricht-----\\nVon: Anna Lee\\nAn: Sam\\nBetreff: Einladung
________________________________\\nOd: Anna Lee <anna@gc.example>\\nWysłano: 21 listopada 2026\\nDo: Sam\\nTemat: Zaproszenie
On Sat, Nov 21, 2026 at 9:14 AM Anna Lee\\n\\n<\\nmailto:anna@gc.example\\n> wrote:
On Nov 21, 2026,\\nat 09:14,\\nAnna Lee <anna@gc.example> wrote:
On Sat, Nov 21, Anna Lee\\n<anna@gc.example>\\nwrote:
2026-11-21 9:14 GMT+01:00 Anna Lee <\\na-rather-long-address-of-a-bid-board@board.example>:
lør. 21. nov. 2026 kl. 09:14 skrev Anna Lee <anna@gc.example\\n>:
---\\n\\n**From:** Anna Lee <anna@gc.example> on behalf of Bids\\n**Sent:** Saturday, November 21, 2026\\n**To:** Sam
On Sat, 21 Nov 2026 09:14:00 +0100 Anna Lee <anna@gc.example> wrote
On 21-Nov-2026, at 9:14 AM, Anna Lee <anna@gc.example> sent:
---- Anna Lee wrote ----
====\\n\\nMessage du : 21/11/2026 09:14\\nDe : "Anna Lee" <anna@gc.example>\\nA : sam@ortiz.example\\nSujet : invitation
From: "Anna Lee" <anna@gc.example>\\nSent: Saturday, November 21, 2026 9:14 AM
From: anna@gc.example Date: Sat, 21 Nov 2026 09:14:00 +0100
Kimden: Anna Lee <anna@gc.example>\\nGönderildi: 21 Kasım 2026\\nKime: Sam\\nKonu: Davet
От: Anna Lee <anna@gc.example>\\nОтправлено: 21 ноября 2026 г.\\nКому: Sam\\nТема: Приглашение
发件人: Anna Lee <anna@gc.example>\\n发送时间: 2026年11月21日 9:14\\n收件人: Sam\\n主题: 邀请
差出人: Anna Lee <anna@gc.example>\\n送信日時: 2026年11月21日 9:14\\n宛先: Sam\\n件名: 招待
보낸 사람: Anna Lee <anna@gc.example>\\n보낸 날짜: 2026년 11월 21일\\n받는 사람: Sam\\n제목: 초대\
"""


@pytest.mark.parametrize(
    "quoted", ["> Do you want to bill?\n> Anna", "Do you want to bill?\nAnna"], ids=["marked", "bare"]
)
@pytest.mark.parametrize("introduction", INTRODUCTIONS.split("\n"))
def test_the_answer_ends_where_the_introduction_begins(introduction: str, quoted: str) -> None:
    lines = introduction.replace("\\n", "\n")
    reply = cut_reply(f"{ANSWER}\n\n{lines}\n\n{quoted}", None)
    assert reply.text == ANSWER
    assert "Do you want to bill?" in reply.elided


@pytest.mark.parametrize(
    "text",
    [
        "On Monday 23 Nov 2026 we start.\nWe wrote to the city.",
        "A note of 21 Nov 2026: they wrote back.\nFine with us.",
        "See https://example.com/what-anna-wrote-2026\nand tell me.",
        "Date of the pour: 21.11.2026\nWe bill line 3.",
        "Write to sam@ortiz.example from 2026 on.\nThanks",
        "From: the office, Date: 3 weeks, says Bob.\nWe bill line 3.",
        "Our address is changed\nFrom: old@ortiz.example\nWe bill line 3.",
        "On Nov 21\nwe start, they wrote.",
        "On 21 Nov 2026 we sent:\n- the form",
        "---- Roof ----\nAll of it",
        "Parts:\n---\n1. drywall\n---\n2. paint",
        "We sent it with regards to line 4.\nIt is sent from my own pocket, but only once.",
    ],
)
def test_a_persons_own_sentences_are_no_introduction(text: str) -> None:
    assert cut_reply(text, None).text == text


def test_an_introduction_takes_no_line_of_the_answer_with_it() -> None:
    for answer in ("5 of 2026 are done", "Write to me at sam@ortiz.example", "On 21 Nov 2026 we accept."):
        text = f"{answer}\nAnna Lee <anna@gc.example> wrote:\n\n> Hello"
        assert cut_reply(text, None).text == answer


def test_an_introduction_on_the_line_of_the_answer_is_cut_off() -> None:
    reply = cut_reply("We accept --- On Sat, Nov 21, 2026 at 9:14 AM, anna@gc.example wrote:\n> Hello", None)
    assert reply.text == "We accept"


def test_quoted_lines_that_are_answered_one_by_one_are_kept_unless_our_mail_is_known() -> None:
    text = "See below\n\nOn 11/21/2026 9:14 AM, Anna Lee wrote:\n\n> How many?\nThree\n> Where?\nNorth\n> Bye"
    reply = cut_reply(text, None)
    assert (reply.text, reply.interleaved) == ("See below\n\n> How many?\nThree\n> Where?\nNorth", True)
    assert cut_reply(text, "How many?\nWhere?").text == "See below\n\nThree\nNorth"


def test_a_farewell_below_the_quotation_does_not_bring_it_back() -> None:
    text = "We start on Monday\n\nOn 11/21/2026 9:14 AM, Anna Lee wrote:\n\n> When?\n\nRegards, Sam"
    assert cut_reply(text, None).text == "We start on Monday\n\nRegards, Sam"


def test_what_stands_under_the_one_quotation_is_no_answer_where_one_stands_above() -> None:
    quotation = "On 11/21/2026 9:14 AM, Anna Lee wrote:\n\n> When?\n> Anna"
    reply = cut_reply(f"We start on Monday\n\n{quotation}\n\nSam Ortiz\nOrtiz Drywall, Los Angeles", None)
    assert reply.text == "We start on Monday"
    assert reply.elided.endswith("Sam Ortiz\nOrtiz Drywall, Los Angeles")
    assert "On Monday" in cut_reply(f"Hi Anna,\n\n{quotation}\n\nOn Monday", None).text
    assert cut_reply(f"{quotation}\n\nOn Monday", None).text == "On Monday"
    assert (
        cut_reply(f"We start\n\n{quotation}\n\nOnly if it is dry", "When?\nAnna").text
        == "We start\n\nOnly if it is dry"
    )


def test_the_foot_of_a_mailing_list_is_no_answer() -> None:
    foot = "____________________\nTrades mailing list\nhttps://lists.example/trades"
    assert cut_reply(f"{ANSWER}\n\n{foot}", None).text == ANSWER
    assert cut_reply("Floors\n____\n3 are done", None).text == "Floors\n____\n3 are done"


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my new Blue X7",
        "Sent from BidMail<https://bidmail.example/r?b=1>", "Sent from my tablet, please excuse typos", "Sent from an Android",
        "Sent from my Galaxy", "(sent from a phone)", "Sent with Airmail", "Envoyé à partir de Outlook", "Von meinem Telefon gesendet",
        "Diese Nachricht wurde von meinem Mobiltelefon gesendet.", "Inviato da iPhone", "Verstuurd vanaf mijn iPad", "Sendt fra min iPhone",
        "Skickat från min iPhone", "Wysłano z iPhone'a", "Odesláno z iPhonu", "Отправлено с iPhone", "iPhoneから送信", "从我的 iPhone 发送",
        "나의 iPhone에서 보냄", "נשלח מה-iPhone שלי", "iPhone'umdan gönderildi", "Get Outlook for iOS<https://aka.example/o0ukef>",
    ],
)  # fmt: skip
def test_the_line_of_a_device_is_no_answer(line: str) -> None:
    assert cut_reply(f"{ANSWER}\n\n{line}", None).text == ANSWER


def test_a_sentence_about_where_it_is_written_is_an_answer() -> None:
    for text in ("Sent from my desk, which is easier than my phone.", "Sent from the roof we have just begun to lay"):
        assert text in cut_reply(f"{ANSWER}\n\n{text}", None).text


def test_a_line_that_sets_a_condition_is_no_line_of_a_device() -> None:
    assert "only if" in cut_reply("We accept\n\nSent from my office, only if you pay", None).text
