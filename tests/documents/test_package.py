"""A compiled backup: in order, indexed, linked, bookmarked, labelled, and never stopped by one bad file."""

from __future__ import annotations

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from payclerk_core.documents import package
from payclerk_core.documents.package import (
    PackageCover,
    PackageError,
    PackageFile,
    PackagePart,
    compile_package,
    package_name,
)
from payclerk_core.documents.typeset import typeset

WHEN = datetime(2026, 11, 30, 14, 5, tzinfo=ZoneInfo("America/Chicago"))
COVER = PackageCover("Maple Street Medical Office", "2611", WHEN)
PDF = "application/pdf"


def sheet(text):
    return typeset("placeholder.typ", {"title": text, "reason": "A page of a test.", "sha256": "0"})


def part(contract, claim=1, attachments=(), **changes):
    facts = {"title": f"Trade {contract}", "claim_pdf": sheet(f"{contract} claim {claim}"), "signed": False}
    return PackagePart(contract_number=contract, claim_number=claim, attachments=attachments, **{**facts, **changes})


def file(name, content=None, kind=PDF):
    return PackageFile(name, sheet(name) if content is None else content, kind)


def texts(pdf):
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def with_outline():
    pdf = Pdf.open(io.BytesIO(sheet("Drawing")))
    pdf.pages.extend(Pdf.open(io.BytesIO(sheet("Second sheet"))).pages)
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Plans", 0))
        outline.root[0].children.append(pikepdf.OutlineItem("Level 2", 1))
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def signed():
    pdf = Pdf.open(io.BytesIO(sheet("Signed")))
    field = pdf.make_indirect(Dictionary(FT=Name.Sig, V=Dictionary(Type=Name.Sig), T=String("s")))
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def test_contracts_go_in_natural_order_and_claims_by_number():
    parts = [part("SC-10"), part("SC-2", 10), part("PO-1"), part("SC-2", 9)]
    compiled = compile_package(COVER, parts)
    assert [entry.title.split(":")[0] for entry in compiled.index] == [
        "PO-1 claim 1",
        "SC-2 claim 9",
        "SC-2 claim 10",
        "SC-10 claim 1",
    ]
    assert ["PO-1" in texts(compiled.pdf)[1], "SC-10" in texts(compiled.pdf)[4]] == [True, True]


@pytest.mark.parametrize("number", ["", "²", "SC-٣", "sc-02b", "7" * 400])
def test_any_contract_number_can_be_ordered(number):
    assert len(compile_package(COVER, [part(number), part("SC-1")]).index) == 2


def test_the_index_is_true():
    compiled = compile_package(
        COVER, [part("SC-1", 1, [file("Tickets.pdf"), file("Photo.jpg", b"\xff\xd8", "image/jpeg")])]
    )
    claim, tickets, photo = compiled.index
    pages = texts(compiled.pdf)
    assert "SC-1 claim 1" in pages[claim.first_page - 1]
    assert "Tickets.pdf" in pages[tickets.first_page - 1]
    assert (photo.first_page, photo.pages) == (None, 0)
    assert photo.problem == "Not a PDF; it is kept in payclerk."
    assert photo.problem in pages[0]
    assert tickets.sha256[:12] in pages[0]
    assert tickets.as_json()["title"] == "Tickets.pdf"


def test_links_of_the_index_lead_to_the_pages():
    compiled = compile_package(COVER, [part("SC-1", 1, [file("Tickets.pdf")]), part("SC-2")])
    with Pdf.open(io.BytesIO(compiled.pdf)) as pdf:
        numbers = {page.obj.objgen: place for place, page in enumerate(pdf.pages, 1)}
        targets = {numbers[note.Dest[0].objgen] for note in pdf.pages[0].Annots}
        assert not any("/A" in note for note in pdf.pages[0].Annots)
    assert targets == {entry.first_page for entry in compiled.index}


def with_links(named=False):
    """A first page with a link to the second and one to itself, and a link to the web."""
    pdf = Pdf.open(io.BytesIO(with_outline()))
    pages = [page.obj for page in pdf.pages]
    leads = [
        Dictionary(Dest=Array([pages[1], Name.XYZ, 10, 700, None])),
        Dictionary(A=Dictionary(S=Name.GoTo, D=pages[:1])),
    ]
    if named:
        place = pdf.make_indirect(Dictionary(D=Array([pages[1], Name.Fit])))
        pdf.Root.Names = Dictionary(Dests=Dictionary(Names=Array([String("p2"), place])))
        pdf.Root.Dests = Dictionary(p1=Array([pages[0], Name.Fit]))
        leads = [Dictionary(Dest=String("p2")), Dictionary(Dest=Name.p1)]
    leads.append(Dictionary(A=Dictionary(S=Name.URI, URI=String("https://a.example"))))
    for lead in leads:
        lead.Type, lead.Subtype, lead.Rect = Name.Annot, Name.Link, Array([0, 0, 9, 9])
    pdf.pages[0].Annots = Array([pdf.make_indirect(lead) for lead in leads])
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize("named", [False, True])
def test_links_within_a_source_lead_to_its_pages_in_the_package(named):
    compiled = compile_package(COVER, [part("SC-1", 1, [file("Drawing.pdf", with_links(named))]), part("SC-2")])
    first = compiled.index[1].first_page - 1
    with Pdf.open(io.BytesIO(compiled.pdf)) as pdf:
        to_second, to_first, to_web = pdf.pages[first].Annots
        assert to_second.Dest[0].objgen == pdf.pages[first + 1].obj.objgen
        assert to_first.Dest[0].objgen == pdf.pages[first].obj.objgen
        assert str(to_web.A.URI) == "https://a.example"
        assert pdf.check_pdf_syntax() == []


def carrying(name):
    pdf = Pdf.open(io.BytesIO(sheet("Carrier")))
    pdf.attachments[name] = b"inside"
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def test_a_file_inside_a_source_is_named_on_its_row():
    compiled = compile_package(COVER, [part("SC-1", 1, [file("Carrier.pdf", carrying("Prices.xlsx"))])])
    assert compiled.index[1].note == "attachment, holds files: Prices.xlsx, original embedded"
    assert len(originals(compiled.pdf)) == 1


@pytest.mark.parametrize("name", ["setup.exe", "run.js"])
def test_a_file_inside_a_source_that_can_run_stays_out(name):
    compiled = compile_package(COVER, [part("SC-1", 1, [file("Carrier.pdf", carrying(name))])])
    kept = "a file in it can run, so the original is kept in payclerk only"
    assert compiled.index[1].note == f"attachment, holds files: {name}, {kept}"
    assert originals(compiled.pdf) == []


def test_a_program_that_calls_itself_a_pdf_is_not_embedded():
    compiled = compile_package(COVER, [part("SC-1", 1, [file("setup.exe", b"MZ\x90"), file("setup.pdf", b"MZ\x90")])])
    assert [entry.problem for entry in compiled.index[1:]] == ["The file is not a PDF, whatever its name says."] * 2
    assert originals(compiled.pdf) == []


def test_bookmarks_nest_by_claim_with_the_sources_own_below():
    compiled = compile_package(COVER, [part("SC-1", 1, [file("Drawing.pdf", with_outline())])])
    with Pdf.open(io.BytesIO(compiled.pdf)) as pdf, pdf.open_outline() as outline:
        index, claim = outline.root
        (drawing,) = claim.children
        assert (index.title, claim.title, drawing.title) == ("Index", "SC-1 claim 1: Trade SC-1", "Drawing.pdf")
        assert drawing.children[0].title == "Plans"
        assert drawing.children[0].children[0].title == "Level 2"
    reader = pypdf.PdfReader(io.BytesIO(compiled.pdf))
    assert reader.get_destination_page_number(reader.outline[2][1][1][0]) == 3  # cover, claim, sheet, then Level 2


def test_pages_are_labelled_as_the_index_prints_them():
    compiled = compile_package(COVER, [part(f"SC-{n}") for n in range(1, 60)])
    labels = pypdf.PdfReader(io.BytesIO(compiled.pdf)).page_labels
    front = compiled.index[0].first_page - 1
    assert front >= 2
    assert labels[: front + 2] == [*["i", "ii", "iii", "iv"][:front], "1", "2"]


def locked(**root):
    pdf = Pdf.open(io.BytesIO(sheet("Locked")))
    for key, value in root.items():
        pdf.Root["/" + key] = value
    out = io.BytesIO()
    pdf.save(out, encryption=pikepdf.Encryption(user="secret", owner="owner"))
    return out.getvalue()


BAD = {
    "empty": (b"", "The file is empty.", False),
    "web page": (b"<html>Sign in</html>", "The file is a web page, whatever its name says.", True),
    "cut off": (b"%PDF-1.7\n1 0 obj", "The file is damaged", True),
    "password": (locked(), "The file is protected by a password.", True),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_a_page_that_says_why(name):
    content, why, kept = BAD[name]
    compiled = compile_package(COVER, [part("SC-1", 1, [file("Bad.pdf", content)]), part("SC-2")])
    entry = compiled.index[1]
    assert why in entry.problem
    assert "This file could not be included" in texts(compiled.pdf)[entry.first_page - 1]
    assert originals(compiled.pdf) == ([content] if kept else [])
    assert entry.note == ("attachment, not read, original embedded unchecked" if kept else "attachment")


UNREAD = "It was not read, so nobody has checked what is in it"


def test_an_original_that_was_not_read_is_not_offered_as_if_it_were_safe():
    compiled = compile_package(COVER, [part("SC-1", 1, [file("Locked.pdf", locked())])])
    with Pdf.open(io.BytesIO(compiled.pdf)) as pdf:
        assert [spec.description for spec in pdf.attachments.values()] == [UNREAD]
    assert UNREAD in " ".join(texts(compiled.pdf)[compiled.index[1].first_page - 1].split())


MAY_RUN = {
    "a locked file with a script": ("Locked.pdf", locked(OpenAction=Dictionary(S=Name.JavaScript, JS=String("run()")))),
    "a damaged file with a script": ("Cut.pdf", b"%PDF-1.7\n1 0 obj <</S/JavaScript/JS(run())>>"),
    "a name in hex": ("Cut.pdf", b"%PDF-1.7\n1 0 obj <</S/Java#53cript/J#53(run())>>"),
    "a launch": ("Cut.pdf", b"%PDF-1.7\n1 0 obj <</S/Launch/F(run.exe)>>"),
    "a file inside": ("Cut.pdf", b"%PDF-1.7\n1 0 obj <</Type/EmbeddedFile>>"),
    "a program by its name": ("invoice.pdf.exe", b"<html>"),
    "a program by its start": ("invoice.pdf", b"MZ\x90"),
}


@pytest.mark.parametrize("name", MAY_RUN)
def test_what_was_not_read_and_may_run_stays_out(name):
    compiled = compile_package(COVER, [part("SC-1", 1, [file(*MAY_RUN[name])])])
    entry = compiled.index[1]
    assert entry.note == "attachment, not read, it may run, so the original is kept in payclerk only"
    assert originals(compiled.pdf) == []
    page = " ".join(texts(compiled.pdf)[entry.first_page - 1].split())
    assert "The original may run where it is opened, so it is kept in payclerk only." in page


def originals(pdf):
    with Pdf.open(io.BytesIO(pdf)) as opened:
        return [spec.get_file().read_bytes() for spec in opened.attachments.values()]


def test_a_signed_copy_is_shown_flat_with_its_original_embedded():
    compiled = compile_package(COVER, [part("SC-1", claim_pdf=signed(), signed=True)])
    assert compiled.index[0].note == "signed copy, digitally signed, original embedded"
    assert originals(compiled.pdf) == [signed()] or len(originals(compiled.pdf)) == 1
    assert "/AcroForm" not in pypdf.PdfReader(io.BytesIO(compiled.pdf)).trailer["/Root"]


def test_a_note_of_a_claim_keeps_its_names_as_they_are():
    compiled = compile_package(COVER, [part("SC-1", claim_pdf=carrying("Prices May.xlsx"))])
    assert "Holds files: Prices May.xlsx" in " ".join(texts(compiled.pdf)[0].split())


def test_embedded_names_are_safe_and_apart():
    evil = file("../../x:y.pdf", b"<html>")
    compiled = compile_package(COVER, [part("SC-1", 1, [evil, evil])])
    with Pdf.open(io.BytesIO(compiled.pdf)) as pdf:
        names = sorted(pdf.attachments)
    assert names == ["0002 _.._x_y.pdf", "0003 _.._x_y.pdf"]


def test_the_same_parts_give_the_same_bytes():
    parts = [part("SC-1", 1, [file("A.pdf"), file("B.pdf", b"<html>"), file("C.pdf", with_outline())])]
    assert compile_package(COVER, parts).pdf == compile_package(COVER, parts).pdf


def test_an_empty_package_is_an_index():
    compiled = compile_package(COVER, [])
    assert compiled.index == []
    assert len(texts(compiled.pdf)) == 1


def test_the_output_is_clean_to_another_program():
    compiled = compile_package(COVER, [part("SC-1", 1, [file("A.pdf", with_outline()), file("B.pdf", b"<html>")])])
    with Pdf.open(io.BytesIO(compiled.pdf)) as pdf:
        assert pdf.check_pdf_syntax() == []


def test_a_package_with_other_pages_than_its_index_is_not_handed_out(monkeypatch):
    monkeypatch.setattr(package, "assemble", lambda front, pieces, title: front)
    with pytest.raises(PackageError):
        compile_package(COVER, [part("SC-1")])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Maple Street", "Subcontractor invoice backup - Maple Street - 2611 - 2026-11-30 - 14.05.pdf"),
        ('A/B\\C:"D"', "Subcontractor invoice backup - A_B_C_D_ - 2611 - 2026-11-30 - 14.05.pdf"),
    ],
)
def test_the_file_name_is_the_source_pages(name, shown):
    assert package_name(name, "2611", WHEN) == shown


def test_a_long_project_name_still_makes_a_file_name():
    assert len(package_name("x" * 500, "2611", WHEN)) <= 204
