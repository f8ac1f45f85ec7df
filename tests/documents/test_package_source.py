"""Files as they come by mail: each is included clean, or refused with its reason; none stops the package."""

from __future__ import annotations

import contextlib
import io

import pikepdf
import pypdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Pdf, String

from payclerk_core.documents.package_files import acts
from payclerk_core.documents.package_source import MOST_PAGES, NotIncludedError, read_source
from payclerk_core.documents.package_tree import dictionaries, typed_fields
from payclerk_core.documents.typeset import typeset

CODE = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def saved(pdf, **options):
    out = io.BytesIO()
    pdf.save(out, static_id=True, **options)
    return out.getvalue()


def blank(pages=1):
    pdf = Pdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(612, 792))
    return pdf


def plain(pages=1):
    return saved(blank(pages))


def printed():
    return typeset("placeholder.typ", {"title": "A delivery ticket", "reason": "Delivered.", "sha256": "0"})


def appearance(pdf, text):
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    stream = pdf.make_stream(f"BT /F 12 Tf 2 4 Td ({text}) Tj ET".encode())
    stream.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 200, 20], Resources=Dictionary(Font=Dictionary(F=font))
    )
    return stream


def with_field(pdf, kind, value, text="signed or typed", name="amount", *, inherited=False):
    """A field of this kind on the first page, with its appearance."""
    widget = Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, Rect=[100, 100, 300, 120], T=String(name), V=value, F=4,
        AP=Dictionary(N=appearance(pdf, text)),
    )  # fmt: skip
    if not inherited:
        widget.FT = kind
    field = pdf.make_indirect(widget)
    page = pdf.pages[0]
    page.Annots = Array([*page.get("/Annots", []), field])
    top = pdf.make_indirect(Dictionary(FT=kind, Kids=Array([field]))) if inherited else field
    form = pdf.Root.get("/AcroForm", Dictionary(Fields=Array([])))
    form.Fields.append(top)
    pdf.Root.AcroForm = form
    return pdf


def with_annotation(**keys):
    pdf = blank()
    pdf.pages[0].Annots = Array([pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=[0, 0, 10, 10], **keys))])
    return saved(pdf)


def with_outline(depth):
    pdf = blank(3)
    with pdf.open_outline() as outline:
        rows = outline.root
        for level in range(depth):
            rows.append(pikepdf.OutlineItem(f"Level {level + 1}", level % 3))
            rows = rows[-1].children
    return saved(pdf)


def looped_outline():
    pdf = blank()
    item = pdf.make_indirect(Dictionary(Title=String("Loop"), Dest=Array([pdf.pages[0].obj, Name.Fit])))
    item.Next = item
    pdf.Root.Outlines = pdf.make_indirect(Dictionary(Type=Name.Outlines, First=item, Last=item, Count=1))
    return saved(pdf)


def encrypted(user):
    return saved(blank(), encryption=pikepdf.Encryption(user=user, owner="owner"))


REFUSED = {
    "empty": (b"", "empty"),
    "a web page": (b"<!DOCTYPE html><html>Log in to download</html>", "web page"),
    "another web page": (b"\r\n  <HTML><body>", "web page"),
    "a photo": (b"\xff\xd8\xff\xe0 not a pdf", "not a PDF"),
    "only the mark": (b"%PDF-1.7\n", "damaged"),
    "cut off early": (plain()[:60], "damaged"),
    "no pages": (saved(Pdf.new()), "no pages"),
    "a password": (encrypted("secret"), "password"),
    "too many pages": (plain(MOST_PAGES + 1), "at most"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_included_says_why(name):
    content, why = REFUSED[name]
    with pytest.raises(NotIncludedError, match=why):
        read_source(content)


def turned():
    pdf = Pdf.open(io.BytesIO(printed()))
    pdf.pages[0].Rotate = 90
    return saved(pdf)


def cropped():
    pdf = Pdf.open(io.BytesIO(printed()))
    pdf.pages[0].MediaBox = [-50, -50, 700, 900]
    pdf.pages[0].CropBox = [30, 40, 500, 600]
    return saved(pdf)


INCLUDED = {
    "plain": (plain(2), 2),
    "printed": (printed(), 1),
    "bytes before the mark": (b"\r\n\r\n" + plain(), 1),
    "empty user password": (encrypted(""), 1),
    "turned": (turned(), 1),
    "cropped": (cropped(), 1),
    "looped outline": (looped_outline(), 1),
    "deep outline": (with_outline(40), 3),
}


@pytest.mark.parametrize("name", INCLUDED)
def test_what_can_be_read_is_included(name):
    content, pages = INCLUDED[name]
    source = read_source(content)
    assert source.pages == pages
    with Pdf.open(io.BytesIO(source.pdf)) as pdf:
        assert len(pdf.pages) == pages
        assert not pdf.is_encrypted
        assert pdf.check_pdf_syntax() == []


def test_the_view_of_a_turned_and_cropped_page_is_kept():
    with Pdf.open(io.BytesIO(read_source(turned()).pdf)) as pdf:
        assert pdf.pages[0].Rotate == 90
    with Pdf.open(io.BytesIO(read_source(cropped()).pdf)) as pdf:
        assert [int(edge) for edge in pdf.pages[0].CropBox] == [30, 40, 500, 600]


def test_a_damaged_file_is_repaired_and_says_so():
    whole = plain(3)
    source = read_source(whole[: whole.index(b"startxref")])
    assert source.pages == 3
    assert "was damaged and is repaired here" in source.lost


def test_both_values_of_fields_with_one_name_stay_visible():
    pdf = with_field(with_field(blank(), Name.Tx, String("100"), "100"), Name.Tx, String("200"), "200")
    source = read_source(saved(pdf))
    with Pdf.open(io.BytesIO(source.pdf)) as flat:
        assert "/AcroForm" not in flat.Root
        assert not flat.pages[0].get("/Annots", [])
        drawn = b"".join(form.read_bytes() for form in flat.pages[0].Resources.XObject.values())
    assert b"100" in drawn
    assert b"200" in drawn


@pytest.mark.parametrize("inherited", [False, True])
def test_a_signed_file_keeps_its_picture_and_its_original(inherited):
    value = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Contents=String(b"\x00" * 8))
    source = read_source(saved(with_field(blank(), Name.Sig, value, inherited=inherited)))
    assert source.lost == ("digitally signed",)
    assert "/Annots" not in pypdf.PdfReader(io.BytesIO(source.pdf)).pages[0]
    assert "signed or typed" in pypdf.PdfReader(io.BytesIO(source.pdf)).pages[0].extract_text()


def test_a_field_waiting_for_a_signature_is_not_a_signature():
    pdf = with_field(blank(), Name.Sig, Dictionary())
    del pdf.Root.AcroForm.Fields[0]["/V"]
    assert read_source(saved(pdf)).lost == ()


def test_fields_in_a_loop_end():
    pdf = with_field(blank(), Name.Tx, String("1"))
    field = pdf.Root.AcroForm.Fields[0]
    field.Kids = Array([field])
    with contextlib.suppress(NotIncludedError):
        read_source(saved(pdf))


def wide_form(levels, width):
    """Every field refers `width` times to the next level: `width` to the power of `levels` ways, few objects."""
    pdf = blank()
    kids = Array([pdf.make_indirect(Dictionary(FT=Name.Sig, V=Dictionary(Type=Name.Sig)))])
    for _ in range(levels):
        field = pdf.make_indirect(Dictionary(T=String("f"), Kids=kids))
        kids = Array([field] * width)
    pdf.Root.AcroForm = Dictionary(Fields=kids)
    return pdf


def test_a_field_is_looked_at_once_however_many_ways_lead_to_it():
    pdf = wide_form(4, 3)
    assert len(list(typed_fields(pdf.Root.AcroForm))) == 5
    assert "digitally signed" in read_source(saved(pdf)).lost


def test_fields_that_refer_to_each_other_are_looked_at_once():
    pdf = blank()
    fields = [pdf.make_indirect(Dictionary(T=String(str(number)))) for number in range(30)]
    for field in fields:
        field.Kids = Array(fields)
    pdf.Root.AcroForm = Dictionary(Fields=Array(fields))
    assert len(list(typed_fields(pdf.Root.AcroForm))) == 30


def test_bookmarks_that_refer_to_each_other_are_read_once():
    pdf = blank()
    items = [
        pdf.make_indirect(Dictionary(Title=String(str(number)), Dest=Array([pdf.pages[0].obj, Name.Fit])))
        for number in range(4)
    ]
    for item, following in zip(items, [*items[1:], items[0]], strict=True):
        item.Next = item.First = following
    pdf.Root.Outlines = pdf.make_indirect(Dictionary(First=items[0], Last=items[-1], Count=4))
    assert sorted(mark.title for mark in read_source(saved(pdf)).bookmarks) == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    "action",
    [
        CODE,
        Dictionary(S=Name.Launch, F=String("cmd.exe")),
        Dictionary(S=Name.SubmitForm, F=String("http://evil.example")),
        Dictionary(S=Name.ImportData, F=String("//server.example/data.fdf")),
        Dictionary(S=Name.GoToR, F=String("//server.example/other.pdf"), D=Array([0, Name.Fit])),
        Dictionary(S=Name.URI, URI=String("javascript:app.alert(1)")),
        Dictionary(S=Name.URI, URI=String(" JavaScript:app.alert(1)")),
        Dictionary(S=Name.URI, URI=String("file:///etc/passwd")),
        Dictionary(S=Name.URI, URI=String("Ticket.exe")),
        Dictionary(S=Name.URI, URI=String("payclerk-page:1")),
    ],
)
def test_a_link_that_acts_no_longer_does(action):
    source = read_source(with_annotation(Subtype=Name.Link, A=action, AA=Dictionary(U=CODE), PA=CODE))
    assert source.runs == "it holds scripts or actions"
    with Pdf.open(io.BytesIO(source.pdf)) as pdf:
        assert "/Annots" not in pdf.pages[0]
        assert active(pdf) == []


def active(pdf):
    """What acts or carries files in a file, wherever it is."""
    keys = {"/JS", "/AA", "/OpenAction", "/Launch", "/EF", "/Names", "/AcroForm", "/Next"}
    return [key for one in dictionaries(pdf) for key in set(one.keys()) if key in keys or acts(one)]


WEB = ["https://supplier.example/a?b=c#d", "HTTP://a.example", "mailto:billing@a.example", "tel:+1-512-555-0100"]


@pytest.mark.parametrize("target", WEB)
def test_a_plain_link_stays_and_nothing_follows_it(target):
    link = Dictionary(S=Name.URI, URI=String(target), Next=CODE)
    source = read_source(with_annotation(Subtype=Name.Link, A=link, AA=Dictionary(U=CODE), PA=CODE))
    with Pdf.open(io.BytesIO(source.pdf)) as pdf:
        assert str(pdf.pages[0].Annots[0].A.URI) == target
        assert active(pdf) == []


def test_an_original_without_actions_may_travel_along():
    assert read_source(with_annotation(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String(WEB[0])))).runs == ""


def test_bookmarks_and_fields_keep_no_action():
    pdf = with_field(blank(), Name.Tx, String("1"))
    pdf.Root.AcroForm.Fields[0].AA = Dictionary(K=CODE, F=CODE)
    pdf.Root.AcroForm.CO = Array([pdf.Root.AcroForm.Fields[0]])
    item = pdf.make_indirect(Dictionary(Title=String("Prices"), A=Dictionary(S=Name.Launch, F=String("a.exe"))))
    pdf.Root.Outlines = pdf.make_indirect(Dictionary(First=item, Last=item, Count=1))
    source = read_source(saved(pdf))
    assert (source.bookmarks, source.runs) == ((), "it holds scripts or actions")
    with Pdf.open(io.BytesIO(source.pdf)) as flat:
        assert active(flat) == []


def test_what_a_drawing_takes_from_another_file_is_dropped_and_its_names_stay():
    pdf = with_field(blank(), Name.Tx, String("1"), "shown")
    drawing = pdf.Root.AcroForm.Fields[0].AP.N
    drawing.Ref = Dictionary(F=String("//server.example/x.pdf"), Page=0)
    drawing.Resources.Font.JS = drawing.Resources.Font.A = drawing.Resources.Font.F
    with Pdf.open(io.BytesIO(read_source(saved(pdf)).pdf)) as flat:
        (drawing,) = flat.pages[0].Resources.XObject.values()
        assert "/Ref" not in drawing
        assert set(drawing.Resources.Font.keys()) == {"/A", "/F", "/JS"}


@pytest.mark.parametrize("name", ["setup.exe", "run.js", "invoice.pdf.bat", "no name at all"])
def test_a_file_inside_that_can_run_keeps_the_original_out(name):
    source = read_source(attached_by_note(name))
    assert source.lost == (f"holds files: {name}",)
    assert source.runs == "a file in it can run"


def test_a_program_under_a_harmless_name_is_known_by_its_start():
    assert read_source(attached_by_note("photo.jpg", b"MZ\x90\x00")).runs == "a file in it can run"


@pytest.mark.parametrize("key", ["/OpenAction", "/AA"])
def test_nothing_runs_when_the_file_opens(key):
    pdf = blank()
    pdf.Root[key] = CODE
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("run"), CODE])))
    pdf.pages[0].AA = Dictionary(O=CODE)
    source = read_source(saved(pdf))
    assert source.runs == "it holds scripts or actions"
    with Pdf.open(io.BytesIO(source.pdf)) as flat:
        assert active(flat) == []


def embedded():
    pdf = blank()
    pdf.attachments["inner.txt"] = b"inside"
    return saved(pdf)


def attached_by_note(name="Ticket 14.pdf", content=b"%PDF-1.7"):
    pdf = blank()
    spec = Dictionary(Type=Name.Filespec, UF=String(name), EF=Dictionary(F=pdf.make_stream(content)))
    note = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=[0, 0, 10, 10], FS=spec)
    pdf.pages[0].Annots = Array([pdf.make_indirect(note)])
    return saved(pdf)


def portfolio():
    pdf = Pdf.open(io.BytesIO(embedded()))
    pdf.Root.Collection = Dictionary(Type=Name.Collection)
    return saved(pdf)


def hidden_layer():
    pdf = blank()
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Notes")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    return saved(pdf)


def xfa():
    pdf = with_field(blank(), Name.Tx, String("1"), "1")
    pdf.Root.AcroForm.XFA = pdf.make_stream(b"<xdp/>")
    return saved(pdf)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (embedded(), "holds files: inner.txt"),
        (portfolio(), "holds files: inner.txt"),
        (attached_by_note(), "holds files: Ticket 14.pdf"),
        (with_annotation(Subtype=Name.RichMedia), "holds media"),
        (hidden_layer(), "has hidden layers, shown here"),
        (xfa(), "an XFA form"),
    ],
)
def test_what_flat_pages_lose_is_said(content, why):
    assert read_source(content).lost == (why,)


def layered(default, rule=None, **layer):
    """A page with a line in each of two layers, the first by `rule` where there is one. `default`: of the two."""
    pdf = blank()
    old, new = (pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(name))) for name in ("Old", "New"))
    for key, value in layer.items():
        old[f"/{key}"] = value
    pdf.Root.OCProperties = Dictionary(OCGs=Array([old, new]), D=default(old, new))
    first = pdf.make_indirect(rule(old, new)) if rule else old
    text = b"/OC /P1 BDC BT /F 12 Tf 50 700 Td (Amount 99) Tj ET EMC /OC /P2 BDC BT /F 12 Tf 50 600 Td (Amount 10) Tj ET EMC"
    page = pdf.pages[0]
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.Resources = Dictionary(Font=Dictionary(F=font), Properties=Dictionary(P1=first, P2=new))
    page.Contents = pdf.make_stream(text)
    return pdf


def all_on(old, new):
    return Dictionary(ON=Array([old, new]))


def new_on(old, new):
    return Dictionary(BaseState=Name.OFF, ON=Array([new]))


def by_policy(policy):
    return lambda old, new: Dictionary(Type=Name.OCMD, OCGs=Array([old, new]), P=policy)


def by_formula(old, new):
    return Dictionary(Type=Name.OCMD, VE=Array([Name.Not, new]))


def stamp_in_layer():
    pdf = layered(new_on)
    old = pdf.Root.OCProperties.OCGs[0]
    stamp = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, F=4, Rect=[100, 100, 300, 120], OC=old)
    stamp.AP = Dictionary(N=appearance(pdf, "VOID"))
    stamp.AP.N.OC = old
    pdf.pages[0].Annots = Array([pdf.make_indirect(stamp)])
    return pdf


HIDDEN, PERHAPS = "has hidden layers, shown here", "has layers that may be hidden, shown here"
NOT_PRINTED = Dictionary(Print=Dictionary(PrintState=Name.OFF))
NOT_VIEWED = Dictionary(View=Dictionary(ViewState=Name.OFF))
LAYERS = {
    "all on": (layered(all_on), ()),
    "one off": (layered(lambda old, new: Dictionary(OFF=Array([old]))), (HIDDEN,)),
    "one on": (layered(new_on), (HIDDEN,)),
    "off, and all on": (layered(lambda old, new: Dictionary(BaseState=Name.OFF, ON=Array([old, new]))), ()),
    "shown when all are off": (layered(all_on, by_policy(Name.AllOff)), (HIDDEN,)),
    "shown when any is off": (layered(all_on, by_policy(Name.AnyOff)), (HIDDEN,)),
    "shown when any is on": (layered(all_on, by_policy(Name.AnyOn)), ()),
    "by a formula": (layered(all_on, by_formula), (PERHAPS,)),
    "not printed": (layered(all_on, Usage=NOT_PRINTED), (PERHAPS,)),
    "not viewed": (layered(all_on, Usage=NOT_VIEWED), (PERHAPS,)),
    "left as it is": (layered(lambda old, new: Dictionary(BaseState=Name.Unchanged)), (PERHAPS,)),
    "no list of layers": (layered(lambda old, new: String("none")), ()),
    "a stamp": (stamp_in_layer(), (HIDDEN,)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_what_a_layer_hides_is_shown_and_said(name):
    pdf, lost = LAYERS[name]
    source = read_source(saved(pdf))
    assert [why for why in source.lost if "layers" in why] == list(lost)
    with pypdfium2.PdfDocument(source.pdf) as document:
        drawn = document[0].render().to_pil().convert("L")
    tops = [792 - 712, 792 - 612, *([792 - 120] if name == "a stamp" else [])]
    assert all(drawn.crop((50, top, 300, top + 16)).getextrema()[0] < 100 for top in tops)


def test_a_deep_outline_is_cut_and_the_rest_kept():
    marks = read_source(with_outline(40)).bookmarks
    assert [mark.depth for mark in marks] == list(range(1, 9))
    assert [mark.page for mark in marks[:4]] == [0, 1, 2, 0]


@given(st.integers(0, len(printed())), st.binary(max_size=20))
@settings(max_examples=150)
def test_any_damage_is_repaired_or_refused(at, noise):
    whole = printed()
    try:
        assert read_source(whole[:at] + noise + whole[at + len(noise) :]).pages > 0
    except NotIncludedError as refused:
        assert str(refused).endswith(".")


@given(st.integers(0, len(printed())))
@settings(max_examples=50)
def test_any_cut_is_repaired_or_refused(at):
    try:
        assert read_source(printed()[:at]).pages > 0
    except NotIncludedError as refused:
        assert str(refused)
