"""A filled form in a backup shows what its sender saw; what its pages may not show is said, and its original embedded."""

from __future__ import annotations

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pypdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import ImageChops

from payclerk_core.documents.package import PackageCover, PackageFile, PackagePart, compile_package
from payclerk_core.documents.package_source import read_source
from payclerk_core.documents.typeset import typeset

COVER = PackageCover("Maple Street", "2611", datetime(2026, 11, 30, 14, 5, tzinfo=ZoneInfo("America/Chicago")))
MULTILINE, PASSWORD, COMB, COMBO = 1 << 12, 1 << 13, 1 << 24, 1 << 17
STATES = Array([Array([String("TX"), String("Texas")]), Array([String("NY"), String("New York")])])
POLISH = Dictionary(Type=Name.Encoding, Differences=Array([128, Name.Lslash, Name.zacute]))
HIDES, ASKS_TO_DRAW_ANEW = "stores what its pages may not show", True


class Form:
    """A form of one page, field below field."""

    def __init__(self, *, redraw=ASKS_TO_DRAW_ANEW):
        self.pdf = Pdf.new()
        self.pdf.add_blank_page(page_size=(612, 792))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        polish = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=POLISH)
        self.fonts = Dictionary(Helv=self.pdf.make_indirect(font), Pol=self.pdf.make_indirect(polish))
        self.notes = []
        self.redraw = redraw

    def field(self, name, kind=Name.Tx, drawn=None, **keys):
        """`drawn`: what its drawing shows, as a content stream; None: it has none."""
        top = 700 - 40 * len(self.notes)
        note = Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, T=String(name), FT=kind, F=4, Rect=[100, top, 300, top + 36],
            DA=String("/Helv 10 Tf 0 g"), **keys,
        )  # fmt: skip
        if drawn is not None:
            note.AP = Dictionary(N=self.drawing(drawn))
        self.notes.append(self.pdf.make_indirect(note))
        return self

    def drawing(self, content):
        stream = self.pdf.make_stream(content)
        stream.stream_dict = Dictionary(
            Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 200, 36], Resources=Dictionary(Font=self.fonts)
        )
        return stream

    def box(self, name, state, ticked=b"2 2 12 12 re f"):
        states = Dictionary(Yes=self.drawing(ticked), Off=self.drawing(b"0 0 16 16 re S"))
        return self.field(name, Name.Btn, V=Name.Yes, AS=state, AP=Dictionary(N=states))

    def bytes(self):
        self.pdf.pages[0].Annots = Array(self.notes)
        self.pdf.Root.AcroForm = Dictionary(
            Fields=Array(self.notes), DR=Dictionary(Font=self.fonts), NeedAppearances=self.redraw
        )
        return written(self.pdf)


def written(pdf):
    out = io.BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()


def line(text, font=b"Helv"):
    return b"BT /%b 10 Tf 2 12 Td %b Tj ET" % (font, text)


def text_of(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def seen(pdf, forms=False):
    with pypdfium2.PdfDocument(pdf) as document:
        if forms:
            document.init_forms()
        return document[0].render(may_draw_forms=forms).to_pil().convert("L")


def stored(form, **keys):
    """A form in which each drawing shows what is stored, in the sender's own way."""
    lines = b"BT /Helv 10 Tf 2 24 Td (First) Tj 0 -11 Td (Second) Tj 0 -11 Td (Third) Tj ET"
    return (
        form.field("lines", drawn=lines, V=String("First\rSecond\rThird"), Ff=MULTILINE)
        .box("tick", Name.Yes)
        .field("city", drawn=line(b"(\x80\363d\x81)", b"Pol"), V=String("Łódź"))
        .field("state", Name.Ch, line(b"(Texas)"), V=String("TX"), Opt=STATES, Ff=COMBO)
        .field("sum", drawn=line(b"($1,234.50)"), V=String("1234.5"), AA=Dictionary(F=Dictionary(S=Name.JavaScript)))
    )


@pytest.mark.parametrize("redraw", [True, False])
def test_the_drawings_a_form_comes_with_are_kept(redraw):
    form = stored(Form(redraw=redraw)).bytes()
    source = read_source(form)
    assert source.lost == ()
    as_sent = seen(stored(Form(redraw=False)).bytes(), forms=True)
    assert sum(ImageChops.difference(as_sent, seen(source.pdf)).histogram()[32:]) == 0  # edges may be a shade apart
    for words in ("First\nSecond\nThird", "Łódź", "Texas", "$1,234.50"):
        assert words in text_of(source.pdf)


def test_a_form_filled_by_pypdf_keeps_its_lines_letters_and_amounts():
    empty = Form(redraw=False)
    for name, flags in (("lines", MULTILINE), ("city", 0), ("sum", 0)):
        empty.field(name, drawn=b"/Tx BMC EMC", Ff=flags)
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(empty.bytes()))
    filled = {"lines": "First\nSecond", "city": "Łódź", "sum": "$1,234.50"}
    writer.update_page_form_field_values(writer.pages[0], filled)
    out = io.BytesIO()
    writer.write(out)
    assert writer.root_object["/AcroForm"]["/NeedAppearances"]
    source = read_source(out.getvalue())
    assert source.lost == ()
    assert text_of(source.pdf).split() == ["First", "Second", "Łódź", "$1,234.50"]


def test_drawings_that_are_missing_are_made():
    form = Form().field("lines", V=String("First\rSecond"), Ff=MULTILINE)
    form.field("tick", Name.Btn, V=Name.Yes, AS=Name.Yes).field("state", Name.Ch, V=String("TX"), Opt=STATES, Ff=COMBO)
    form.field("sum", V=String("$1,234.50"), Q=2).field("code", V=String("123"), Ff=COMB, MaxLen=6)
    source = read_source(form.bytes())
    assert source.lost == ()
    assert text_of(source.pdf).replace("1 2 3", "123").split()[:2] == ["First", "Second"]
    for words in ("Texas", "$1,234.50"):
        assert words in text_of(source.pdf)
    left, top, right, bottom = 102, 792 - 696, 298, 792 - 662
    assert seen(source.pdf).crop((left, top, right, bottom)).getextrema()[0] < 100  # the tick


def test_a_drawing_from_before_the_form_was_filled_is_made_anew_when_the_form_asks():
    source = read_source(Form().field("sum", drawn=b"/Tx BMC q BT () Tj ET Q EMC", V=String("1,000.00")).bytes())
    assert (source.lost, "1,000.00" in text_of(source.pdf)) == ((), True)


def test_nothing_is_drawn_anew_when_the_form_does_not_ask():
    form = Form(redraw=False).field("sum", drawn=b"/Tx BMC EMC", V=String("1,000.00"))
    source = read_source(form.bytes())
    assert (source.lost, text_of(source.pdf)) == ((HIDES,), "")
    assert source.words[0].text == "It stores: 1,000.00. The page shows nothing there."


OTHER = {
    "another amount": (Name.Tx, String("9000"), b"(1,000.00)", {}, "It stores: 9000. The page shows: 1,000.00"),
    "a code": (Name.Ch, String("TX"), b"(TX)", {"Opt": STATES}, "It stores: Texas. The page shows: TX"),
    "other words": (Name.Tx, String("not agreed"), b"(agreed)", {}, "It stores: not agreed. The page shows: agreed"),
}


@pytest.mark.parametrize("name", OTHER)
def test_what_is_stored_and_not_shown_is_listed(name):
    kind, value, shown, keys, told = OTHER[name]
    source = read_source(Form().field("sum", kind, line(shown), V=value, **keys).bytes())
    assert source.lost == (HIDES,)
    assert [(word.page, word.said, word.text) for word in source.words] == [(1, "Field sum", told)]


SCRIPT = {"AA": Dictionary(F=Dictionary(S=Name.JavaScript, JS=String("1")))}
CELLS = {"Ff": COMB, "MaxLen": 6}
ONE_VALUE = [
    ("1234.5", b"($1,234.50)", {}),
    ("1234,5", b"(1 234,50)", {}),
    ("1234567", b"(1,234,567.00)", {}),
    ("1.234,50", b"(1,234.50)", {}),
    ("(500)", b"(-500.00)", {}),
    ("Approved  as noted", b"(approved as noted)", {}),
    ("5 CY", b"(5.0 cy)", {}),
    ("10-15", b"(10 - 15)", {}),
    ("123", b"(1   2   3)", CELLS),
    ("0.05", b"(5%)", SCRIPT),
    ("1234.5678", b"($1,234.57)", SCRIPT),
    ("5125550100", b"(\\(512\\) 555-0100)", SCRIPT),
    ("2026-11-30", b"(11/30/2026)", SCRIPT),
]
OTHER_VALUE = [
    ("Approved", b"(Not approved)", {}),
    ("Approved", b"(Approved, not)", {}),
    ("1,5", b"(15)", {}),
    ("1,50", b"(150)", {}),
    ("1.500", b"(1500)", {}),
    ("5", b"(15)", {}),
    ("12 34", b"(1234)", {}),
    ("10-15", b"(1015)", {}),
    ("007", b"(7)", {}),
    ("5 CY", b"(5 LF)", {}),
    ("500", b"(500-)", {}),
    ("Lot 1", b"(Lot 12)", {}),
    ("123", b"(1   2   3)", {}),
    ("VOID", b"(PAID)", SCRIPT),
    ("Approved", b"(Not approved)", SCRIPT),
    ("5", b"(5%)", SCRIPT),
    ("1234.56", b"(1,235)", SCRIPT),
    ("1,5", b"(15)", SCRIPT),
    ("1/2/2026", b"(2/1/2026)", SCRIPT),
    ("5 VOID", b"(5)", SCRIPT),
]


def one_field(value, shown, keys):
    return Form().field("sum", drawn=line(shown), V=String(value), **keys).bytes()


@pytest.mark.parametrize(("value", "shown", "keys"), ONE_VALUE)
def test_one_value_written_in_two_ways_is_no_difference(value, shown, keys):
    assert read_source(one_field(value, shown, keys)).words == ()


@pytest.mark.parametrize(("value", "shown", "keys"), OTHER_VALUE)
def test_a_value_that_is_only_part_of_what_is_shown_or_written_otherwise_is_listed(value, shown, keys):
    source = read_source(one_field(value, shown, keys))
    assert HIDES in source.lost
    assert source.words[0].text.startswith(f"It stores: {value}. The page shows: ")


@pytest.mark.parametrize(("shown", "listed"), [(b"(1,234.50)", 0), (b"(234.50)", 1), (b"(11,234.50)", 1)])
def test_what_the_page_prints_in_the_place_of_a_field_is_no_part_of_its_value(shown, listed):
    form = Form().field("sum", drawn=b"BT /Helv 10 Tf 40 12 Td %b Tj ET" % shown, V=String("1234.5"))
    form.pdf.pages[0].Resources = Dictionary(Font=form.fonts)
    labels = b"BT /Helv 10 Tf 102 712 Td (Pay 1) Tj ET BT /Helv 10 Tf 270 712 Td (USD) Tj ET"
    form.pdf.pages[0].Contents = form.pdf.make_stream(labels)
    assert len(read_source(form.bytes()).words) == listed


def test_a_field_beside_another_is_not_taken_for_part_of_it():
    form = Form().field("one", drawn=b"BT /Helv 10 Tf 182 12 Td (100) Tj ET", V=String("100"))
    form.field("two", drawn=b"BT /Helv 10 Tf 1 12 Td (200) Tj ET", V=String("200"))
    form.notes[1].Rect = [300, 700, 500, 736]
    assert read_source(form.bytes()).words == ()


@pytest.mark.parametrize("drawn", [None, line(b"(Texas)"), line(b"(New York)")])
def test_a_list_that_is_drawn_here_shows_the_rows_that_are_not_chosen_too(drawn):
    source = read_source(Form().field("state", Name.Ch, drawn, V=String("TX"), Opt=STATES).bytes())
    assert len(source.words) == (drawn == line(b"(New York)"))


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_amounts_of_a_turned_page_are_read(turned):
    form = Form().field("one", drawn=line(b"(90,000.00)"), V=String("90000")).field("two", V=String("1,234.50 CY"))
    form.pdf.pages[0].Rotate = turned
    assert read_source(form.bytes()).words == ()


@pytest.mark.parametrize("value", [Name.Yes, String("Yes")])
def test_a_box_that_is_stored_ticked_and_shown_empty_is_listed(value):
    form = Form().box("agreed", Name.Off)
    form.notes[0].V = value
    assert read_source(form.bytes()).words[0].text == "It stores: ticked. The page shows: not ticked"


@pytest.mark.parametrize("value", [String("Yes"), String(""), String("a label")])
def test_a_box_that_is_shown_as_it_is_stored_is_not_listed(value):
    form = Form().box("agreed", Name.Yes)
    form.notes[0].V = value
    assert read_source(form.bytes()).words == ()


def test_a_state_may_have_a_name_in_any_encoding():
    form = Form().box("agreed", Name.Yes).bytes().replace(b"/Yes", b"/J\xe4a")
    source = read_source(form)
    assert (source.lost, seen(source.pdf).getextrema()[0]) == ((), 0)


def test_a_mark_of_no_kind_is_left_out():
    form = Form().field("sum", drawn=line(b"(1.00)"), V=String("1.00"))
    form.notes.append(form.pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=[0, 0, 9, 9])))
    assert text_of(read_source(form.bytes()).pdf) == "1.00"


def test_letters_that_not_every_viewer_has_are_listed_when_they_had_to_be_drawn():
    source = read_source(Form().field("city", V=String("Łódź")).bytes())
    assert source.words[0].text == "It stores: Łódź. Not every viewer has the letters to show it."


@pytest.mark.parametrize("drawn", [None, line(b"(open sesame)")])
def test_a_password_is_not_printed_in_clear(drawn):
    source = read_source(Form().field("key", drawn=drawn, V=String("open sesame"), Ff=PASSWORD).bytes())
    assert (source.lost, source.words) == ((), ())
    assert text_of(source.pdf) == "***********"
    with Pdf.open(io.BytesIO(source.pdf)) as pdf:
        assert not any(
            b"sesame" in one.read_bytes()
            for one in pdf.objects
            if hasattr(one, "read_bytes") and one._type_name == "stream"
        )


@pytest.mark.parametrize(
    "drawn", [b"2 w 10 10 m 14 6 l 20 20 l S", b"1 1 0.4 rg 2 2 60 12 re f"], ids=["tick", "yellow"]
)
def test_a_page_that_looks_different_flat_is_named(drawn):
    form = Form(redraw=False).field("stamp", Name.Btn, drawn, Ff=1 << 16)
    form.notes[0].F = 32  # not shown on screen, and qpdf makes it part of the page
    assert read_source(form.bytes()).lost == ("looks different here (page 1)",)


def test_pages_beyond_those_that_are_compared_are_named():
    pdf = Pdf.new()
    for _ in range(101):
        pdf.add_blank_page(page_size=(100, 100))
        mark = Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=[10, 10, 50, 50], C=[1, 0, 0])
        pdf.pages[-1].Annots = Array([pdf.make_indirect(mark)])
    assert read_source(written(pdf)).lost == ("not compared with the original (page 101)",)


def test_a_box_that_is_drawn_only_when_ticked_shows_nothing_when_it_is_not():
    form = Form(redraw=False).box("agreed", Name.Off).box("other", Name.Off)
    for note in form.notes:
        del note.AP.N["/Off"], note["/V"]
    source = read_source(form.bytes())
    assert (source.lost, seen(source.pdf).getextrema()) == ((), (255, 255))


def test_a_mark_is_where_its_writer_put_it_whatever_its_rectangle():
    pdf = Pdf.open(io.BytesIO(commented()))
    pdf.pages[1].Annots[0].Rect = [500, 500, 520, 560]
    assert "looks different here" not in " ".join(read_source(written(pdf)).lost)


def test_a_form_whose_fields_refer_to_each_other_is_drawn_field_by_field():
    form = Form().field("sum", V=String("1,000.00"))
    kids = Array(form.notes)
    for _ in range(12):
        kids = Array([form.pdf.make_indirect(Dictionary(T=String("f"), Kids=kids))] * 2)
    form.bytes()
    form.pdf.Root.AcroForm.Fields = kids
    assert "1,000.00" in text_of(read_source(written(form.pdf)).pdf)


def test_drawings_that_were_made_are_the_same_each_time():
    form = Form().field("sum", V=String("$1,234.50")).field("tick", Name.Btn, V=Name.Yes, AS=Name.Yes).bytes()
    assert read_source(form).pdf == read_source(form).pdf


def commented():
    pdf = Pdf.new()
    pdf.add_blank_page(page_size=(612, 792))
    pdf.add_blank_page(page_size=(612, 792))
    note = {"Type": Name.Annot, "Rect": [100, 100, 300, 120]}
    pdf.pages[0].Annots = Array(
        [Dictionary(Subtype=Name.Text, T=String("A. Owner"), Contents=String("Only three loads came."), **note)]
    )
    corners = [100, 120, 300, 120, 100, 100, 300, 100]
    pdf.pages[1].Annots = Array(
        [
            Dictionary(Subtype=Name.Highlight, QuadPoints=corners, C=[1, 1, 0], Contents=String("Łódź rate"), **note),
            Dictionary(Subtype=Name.FreeText, T=String("Pat"), Contents=String("Approved as noted"), **note),
            Dictionary(Subtype=Name.Popup, Contents=String("Only three loads came."), **note),
        ]
    )
    return written(pdf)


def test_comments_keep_their_words():
    words = read_source(commented()).words
    assert [(one.page, one.said, one.text) for one in words] == [
        (1, "Note by A. Owner", "Only three loads came."),
        (2, "Highlight", "Łódź rate"),
        (2, "Text box by Pat", "Not shown on the page here. Approved as noted"),
    ]


def test_the_words_follow_the_pages_of_their_file_in_the_package():
    page = typeset("placeholder.typ", {"title": "A page", "reason": "Of a test.", "sha256": "0"})
    files = [
        PackageFile("Ticket.pdf", commented(), "application/pdf"),
        PackageFile("Next.pdf", page, "application/pdf"),
    ]
    compiled = compile_package(COVER, [PackagePart("Trade", "SC-1", 1, page, signed=False, attachments=files)])
    _, ticket, following = compiled.index
    assert (ticket.pages, following.first_page) == (3, ticket.first_page + 3)
    assert ticket.note == (
        "attachment, has marks that are not shown here (page 2), has comments, listed after its last page, original embedded"
    )
    listed = pypdf.PdfReader(io.BytesIO(compiled.pdf)).pages[ticket.first_page + 1].extract_text()
    for words in ("Ticket.pdf", "Note by A. Owner", "Only three loads came.", "Łódź rate", "Approved as noted"):
        assert words in listed
    with Pdf.open(io.BytesIO(compiled.pdf)) as pdf:
        assert [spec.get_file().read_bytes() for spec in pdf.attachments.values()] == [commented()]


def marked(subtype, text="90,000.00", **keys):
    """A page with one mark upon it that comes without a drawing."""
    form = Form(redraw=False).field("sum", drawn=line(b"(%b)" % text.encode()), V=String(text))
    mark = Dictionary(Type=Name.Annot, Subtype=Name(f"/{subtype}"), F=4, Rect=[100, 700, 300, 736], C=[1, 0, 0], **keys)
    form.notes.append(form.pdf.make_indirect(mark))
    return form


RICH = String('<body xmlns="http://www.w3.org/1999/xhtml"><p>NOT TO BE <b>PAID</b></p><p>Lots 1 &amp; 2</p></body>')
UNDRAWN = {
    "a line": (marked("Line", L=[100, 718, 300, 718], T=String("Pat")), "Line by Pat", ""),
    "a line of parts": (marked("PolyLine", Vertices=[100, 720, 300, 710, 100, 715]), "Line of several parts", ""),
    "a stamp": (marked("Stamp", Name=Name.NotApproved), "Stamp", " It is named: Not approved."),
    "marked-up words": (marked("FreeText", RC=RICH), "Text box", " NOT TO BE PAID\nLots 1 & 2"),
    "two wordings": (marked("FreeText", RC=RICH, Contents=String("OK")), "Text box", " OK NOT TO BE PAID\nLots 1 & 2"),
    "words of the page": (marked("FreeText", Contents=String("90,000.00")), "Text box", " 90,000.00"),
    "a caret": (marked("Caret", Contents=String("each")), "Caret", " each"),
    "no usual kind": (marked("Redact", QuadPoints=[100, 736, 300, 736, 100, 700, 300, 700]), "Redact", ""),
    "one with states": (marked("Stamp", AP=Dictionary(N=Dictionary())), "Stamp", ""),
}


@pytest.mark.parametrize("name", UNDRAWN)
def test_a_mark_that_cannot_be_drawn_is_listed(name):
    form, said, told = UNDRAWN[name]
    source = read_source(form.bytes())
    assert source.lost == ("has marks that are not shown here (page 1)", "has comments")
    assert [(one.page, one.said, one.text) for one in source.words] == [(1, said, f"Not shown on the page here.{told}")]


def test_a_hidden_mark_is_not_taken_for_one_that_cannot_be_drawn():
    form = marked("Stamp", Name=Name.Void)
    form.notes[1].F = 2
    assert read_source(form.bytes()).lost == ()


def test_a_flag_for_unknown_kinds_hides_no_stamp():
    form = marked("Stamp", text="")
    form.notes[1].F = 1 | 4
    form.notes[1].AP = Dictionary(N=form.drawing(line(b"(VOID)")))
    source = read_source(form.bytes())
    assert (source.lost, text_of(source.pdf)) == ((), "VOID")
