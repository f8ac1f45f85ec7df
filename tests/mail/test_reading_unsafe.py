"""Files that could run are known by what is in them; papers, pictures and plain workbooks are none of them."""

from __future__ import annotations

import io
import time
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_mailbox.reading.unsafe import why_unsafe

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def workbook() -> bytes:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


UNSAFE = {
    "a Windows program called an invoice": ("invoice.pdf", b"MZ\x90\x00", "program"),
    "a Linux program": ("a", b"\x7fELF\x02", "program"),
    "a Mac program": ("a.png", b"\xcf\xfa\xed\xfe\x07", "program"),
    "a shell script": ("notes.txt", b"#!/bin/sh\n", "script"),
    "a script by name": ("invoice.pdf.js", b"alert(1)", "script"),
    "a script whose name ends in a point": ("a.ps1. ", b"x", "script"),
    "a shortcut": ("a.dat", b"L\x00\x00\x00\x01\x14\x02\x00\x00", "shortcut"),
    "a disk": ("a.dat", bytes(0x8001) + b"CD001", "disk"),
    "an old workbook with macros": ("a.xls", OLE + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
    "a workbook with macros called .xlsx": ("form.xlsx", zipped(xl__xml=b"", vbaProject__bin=b""), "macros"),
    "a zip with a program": ("photos.zip", zipped(photo__jpg=b"MZ\x90\x00"), "program"),
    "a zip in a zip with a script": ("a.zip", zipped(b__zip=zipped(c__vbs=b"x")), "script"),
    "zips in zips": ("a.zip", zipped(b__zip=zipped(c__zip=zipped(d__txt=b"x"))), "archives in archives"),
    "a Java program": ("a.zip", zipped(**{"META-INF/MANIFEST.MF": b"", "A.class": b""}), "program"),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_could_run_is_known(name: str):
    file_name, content, said = UNSAFE[name]
    assert said in (why_unsafe(file_name, content) or "")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("invoice.pdf", b"%PDF-1.7"),
        ("photo.jpg", b"\xff\xd8\xff\xe0"),
        ("form.xlsx", workbook()),
        ("old.xls", OLE + bytes(600)),
        ("photos.zip", zipped(a__jpg=b"\xff\xd8", b__pdf=b"%PDF-")),
        ("billing.csv", b"Item,Work\r\n"),
        ("broken.zip", b"PK\x03\x04broken"),
        ("Makefile", b""),
    ],
)
def test_papers_pictures_and_workbooks_are_kept(name: str, content: bytes):
    assert why_unsafe(name, content) is None


def test_a_zip_bomb_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.zip", b"PK" + bytes(30 * 2**20))
    began = time.process_time()
    assert why_unsafe("a.zip", out.getvalue()) is not None
    assert time.process_time() - began < 2


@given(st.binary(max_size=400), st.sampled_from([b"PK\x03\x04", OLE, b"", zipped(a__txt=b"x")]))
def test_any_bytes_are_judged(tail: bytes, start: bytes):
    why = why_unsafe("file", start + tail)
    assert why is None or why.endswith(".")
