"""Cutting the answer out: forwards, answers between lines, footers, and text made to hang a reader (reference 6.3)."""

from __future__ import annotations

import pytest

from payclerk_mailbox.reading.html_text import hides_words, read_html
from payclerk_mailbox.reading.message import IncomingMail, parse
from payclerk_mailbox.reading.reply import cut_reply, read_reply
from timing import processor_time

PARENT = "— reply above this line —\n\nHello Sam,\n\nDo you want to bill this period? Answer ACCEPT or DECLINE by Friday, please.\n\nAnna"


def html(body: str) -> IncomingMail:
    return parse(b"From: s@o.example\nContent-Type: text/html; charset=utf-8\n\n" + body.encode())


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Yes\n\n— reply above this line —\nwhatever", "Yes"),
        ("Oui\n> — répondez au-dessus  de cette ligne —\n> x", "Oui"),
        ("Sí\n\u00a0\u2014\u00a0RESPONDA por encima de esta línea \u2014\nx", "Sí"),
        ("Yes\n\nSent from my iPhone", "Yes"),
        ("Oui\n\nEnvoyé de mon iPhone", "Oui"),
        ("Sí\n\nObtener Outlook para Android", "Sí"),
        ("Yes\n-- \nSam\nWe accept cards", "Yes"),
        ("We decline -- no work.\nReally", "We decline -- no work.\nReally"),
        ("[EXTERNAL] Caution\n\nYes", "Yes"),
        (
            "Yes\n\nThis e-mail and any files are confidential. If you are\nnot named, decline.\n\nBut call me",
            "Yes\n\nBut call me",
        ),
        ("On Monday we start.\nWe accept", "On Monday we start.\nWe accept"),
        ("From: the office\nWe accept", "From: the office\nWe accept"),
        ("", ""),
    ],
)
def test_what_is_left(text: str, answer: str) -> None:
    reply = cut_reply(text, None)
    assert reply.text == answer
    assert not reply.forwarded


def test_what_was_cut_is_kept_for_display() -> None:
    reply = cut_reply("Yes\n\nSent from my iPhone\n\nOn Nov 21, 2026, Anna wrote:\n> Hello\n> Sam", None)
    assert reply.text == "Yes"
    assert reply.elided == "Sent from my iPhone\nOn Nov 21, 2026, Anna wrote:\n> Hello\n> Sam"


@pytest.mark.parametrize(
    "text",
    [
        "FYI\n\n---------- Forwarded message ---------\nFrom: Anna <a@b.example>\nDate: Sat\nSubject: Invite\nTo: Sam\n\nACCEPT",
        "Begin forwarded message:\n\n> From: Anna\n> Subject: x\n\nACCEPT",
        "Tu t'en occupes\n\n---------- Message transféré ---------\nDe : Anna\n\nACCEPT",
        "---------- Mensaje reenviado ---------\nDe: Anna\n\nACEPTO",
    ],
)
def test_a_forward_keeps_all_and_says_so(text: str) -> None:
    reply = cut_reply(text, None)
    assert reply.forwarded
    assert reply.text.endswith(("ACCEPT", "ACEPTO"))


@pytest.mark.parametrize("subject", ["Fwd: Invite", "FW: Invite", "TR : Invite", "RV: Invite"])
def test_a_forward_is_known_by_its_subject(subject: str) -> None:
    assert read_reply(parse(f"From: s@o.example\nSubject: {subject}\n\nACCEPT\n".encode()), None).forwarded


def test_an_answer_to_a_forwarded_mail_is_no_forward() -> None:
    text = "We accept\n\nOn Nov 21, 2026, Bob <b@o.example> wrote:\n> ---------- Forwarded message ----------\n> From: Anna"
    assert cut_reply(text, None).text == "We accept"
    assert not cut_reply(text, None).forwarded


def test_an_answer_between_quoted_lines_is_marked() -> None:
    text = "On Nov 21, 2026, Anna wrote:\n> Do you bill?\n\nYes\n\n> Shall we skip you?\n"
    reply = cut_reply(text, None)
    assert (reply.text, reply.interleaved) == ("Yes", True)


def test_an_answer_below_the_unquoted_mail_is_found_when_that_mail_is_known() -> None:
    reply = cut_reply(f"{PARENT}\n\nWe accept", PARENT)
    assert (reply.text, reply.interleaved) == ("We accept", True)


def test_a_lost_end_of_a_quoted_line_is_not_an_answer() -> None:
    text = "> Do you want to bill this period? Answer ACCEPT or\nDECLINE by Friday, please."
    assert cut_reply(text, PARENT).text == ""
    assert cut_reply(text, None).text == ""


def test_the_answerers_own_short_words_stay() -> None:
    reply = cut_reply("Anna\n\nWe accept\n\nOn Nov 21, 2026, Anna wrote:\n> Hello Sam,\n", PARENT)
    assert reply.text == "Anna\n\nWe accept"


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display: none">DECLINE</div>',
        '<p style="FONT-SIZE:0px">DECLINE</p>',
        '<span style="visibility:hidden !important">DECLINE</span>',
        '<div style="mso-hide:all">DECLINE</div>',
        '<div style="max-height:0;overflow:hidden">DECLINE</div>',
        "<div hidden>DECLINE</div>",
        "<style>.gone{display:none}</style><b class='gone'>DECLINE</b>",
        "<script>DECLINE</script>",
        "<template>DECLINE</template>",
        "<!-- DECLINE -->",
    ],
)
def test_hidden_words_are_not_read(hidden: str) -> None:
    assert read_reply(html(f"<html><body>{hidden}<p>We accept</p>{hidden}</body></html>"), None).text == "We accept"


DOUBTFUL = [
    '<div style="font-size:0">{}</div>',
    '<div style="font-size:0"><span style="font-size:2em">{}</span></div>',
    '<span style="font-size:1px">{}</span>',
    '<span style="color:#fff">{}</span>',
    '<span style="color:white;background:#ffffff">{}</span>',
    '<div style="background-color:rgb(20,20,20)"><font color="#111111">{}</font></div>',
    '<div style="opacity:0">{}</div>',
    '<div style="max-height:0px;overflow:hidden">{}</div>',
    '<div style="width:0;overflow:hidden">{}</div>',
    '<div style="position:absolute;left:-9999px">{}</div>',
    '<p style="text-indent:-9999px">{}</p>',
    "<style>.x{{font-size:0}}</style><b class='x'>{}</b>",
]


@pytest.mark.parametrize("hiding", DOUBTFUL)
def test_words_that_not_every_program_shows_are_not_read_and_said_to_be_there(hiding: str) -> None:
    text = f"<p>We accept</p>{hiding.format('DECLINE')}"
    assert read_html(text)[0].split() == ["We", "accept"]
    assert hides_words(text)
    assert not hides_words(f"<p>We accept</p>{hiding.format('&nbsp;')}")
    assert not hides_words(f"<p>We accept</p><blockquote type=cite>{hiding.format('Preview')}</blockquote>")


@pytest.mark.parametrize(
    "text",
    [
        '<div style="font-size:0"><span style="font-size:14px">We accept</span>DECLINE</div>',
        '<div style="visibility:hidden">DECLINE<p style="visibility:visible">We accept</p></div>',
        '<div style="color:white">DECLINE<p style="background:#111">We accept</p></div>',
        "<style>.in{font-size:11pt}</style><div style='font-size:0px'>DECLINE<p class=in>We accept</p></div>",
    ],
)
def test_visible_words_within_what_is_hidden_are_read(text: str) -> None:
    assert read_html(text)[0].split() == ["We", "accept"]


def test_small_but_visible_words_are_read() -> None:
    text, _ = read_html('<p style="font-size:0.9em;line-height:1.2">We accept</p><p style="opacity:0.8">but</p>')
    assert text.split() == ["We", "accept", "but"]


def test_when_the_structure_leaves_nothing_the_plain_text_is_read() -> None:
    raw = (
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nWe accept\n\n"
        b'--b\nContent-Type: text/html\n\n<div class="gmail_quote">We accept</div>\n--b--\n'
    )
    assert read_reply(parse(raw), None).text == "We accept"


@pytest.mark.parametrize(
    "text", ["We accept\n" + "> x\n" * 6_000 + "but only line 3", "We accept" + " " * 11_000 + "but only line 3"]
)
def test_an_answer_that_goes_on_where_nobody_looks_is_no_plain_answer(text: str) -> None:
    assert cut_reply(text, PARENT).interleaved
    assert not cut_reply("We accept\n" + "> x\n" * 4_000, PARENT).interleaved


@pytest.mark.parametrize(
    "quotation",
    [
        "<blockquote>Do you bill?</blockquote>",
        "<blockquote style='border-left:1px solid'>Do<blockquote>you bill?</blockquote></blockquote>",
        "<hr><div><b>From: anna@gc.example</b> <b>Date: Sat, 21 Nov 2026 09:14:00 +0100</b></div>Do you bill?",
        "<div>On Nov 21, 2026, at 9:14 AM, Anna &lt;anna@gc.example&gt; wrote:</div><div>Do you bill?</div>",
    ],
)
def test_a_quotation_without_a_name_is_known_by_its_shape(quotation: str) -> None:
    assert read_reply(html(f"<p>We bill line 3</p>{quotation}"), None).text == "We bill line 3"


def test_text_that_is_only_set_in_is_an_answer() -> None:
    text = '<p>We bill</p><blockquote style="margin:0 0 0 40px; border: none; padding:0px">line 3</blockquote>'
    assert read_reply(html(text), None).text.split() == ["We", "bill", "line", "3"]


def test_what_stands_on_both_sides_of_a_marked_quotation_comes_without_it() -> None:
    text = "<p>We bill</p><blockquote type=cite>Do you bill?</blockquote><p>line 3</p>"
    assert read_reply(html(text), None).text.split() == ["We", "bill", "line", "3"]
    several = (
        "<p>We bill</p><blockquote type=cite>How much?</blockquote>3<blockquote type=cite>Where?</blockquote>North"
    )
    assert read_reply(html(several), None).text.replace("\n", " ").split() == [
        "We",
        "bill",
        ">",
        "How",
        "much?",
        "3",
        ">",
        "Where?",
        "North",
    ]


def test_a_forward_marked_as_a_quotation_is_shown_whole() -> None:
    text = '<p>FYI</p><div class="gmail_quote">---------- Forwarded message ---------<br>From: Anna<br>ACCEPT</div>'
    reply = read_reply(html(text), None)
    assert reply.forwarded
    assert reply.text.split("\n")[-1].strip() == "ACCEPT"


HANGING = {
    "on a a a": "On " + "a " * 20_000,
    "on lines": "On a\n" * 90_000,
    "on dates": "On 1 wrote\n" * 50_000,
    "blank lines": "\n" * 50_000 + "x",
    "dashes": "-" * 50_000,
    "dash lines": "-----\n" * 50_000,
    "spaces": " " * 100_000 + "x",
    "from lines": "From: a\n" * 5_000,
    "to lines": "To\n\n" * 30_000,
    "quotes": "> " * 50_000,
    "quoted lines": "> a b c d e\nx y z q\n" * 30_000,
    "wrote": " wrote" * 20_000 + ":",
    "colons": ":" * 100_000,
    "caution": "CAUTION: external\n" * 30_000,
    "legal": "This e-mail and any\n\n" * 30_000,
}


@pytest.mark.parametrize("name", HANGING)
@pytest.mark.parametrize("parent", [None, "a b c d e\n" * 2000], ids=["alone", "with a parent"])
def test_hostile_text_is_read_in_time(name: str, parent: str | None) -> None:
    raw = b"From: a@b.example\n\n" + HANGING[name].encode()
    with processor_time() as took:
        read_reply(parse(raw), parent)
    print(f"\n{name}: {took.seconds:.2f} s")
    assert took.yardsticks < 60


HANGING_HTML = {
    "links": '<a href="' * 20_000,
    "open links": '<a href="x">y' * 20_000,
    "divs": "<div>" * 20_000,
    "quotes": '<div class="gmail_quote">' * 2_000 + "x",
    "tables": "<table><tr><td>" * 2_000,
    "styles": "<style>" + ".a{" * 20_000,
    "hidden": '<p style="display:none">x</p>' * 10_000,
    "long": "a " * 400_000,
    "broken": "<" * 100_000,
    "rules": "<style>"
    + "".join(f".a{number}{{display:none}}" for number in range(5_000))
    + "</style>"
    + "<p>x</p>" * 5_000,
    "coloured": "<b style='color:#fff'>a</b>" * 15_000,
    "each its style": "".join(f"<i style='font-size:{size}px;color:#{size:06x}'>a</i>" for size in range(15_000)),
}


@pytest.mark.parametrize("name", HANGING_HTML)
def test_hostile_html_is_read_in_time(name: str) -> None:
    mail = html(HANGING_HTML[name])
    with processor_time() as took:
        read_reply(mail, None)
        hides_words(mail.html or "")
    print(f"\n{name}: {took.seconds:.2f} s")
    assert took.yardsticks < 60
