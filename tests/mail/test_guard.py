"""The process that reads for the poller: what kills it ends no poller, and it is as good as new afterwards."""

from __future__ import annotations

import base64
import gzip
import io
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from payclerk_core.wire import GarbledError, packed, unpacked
from payclerk_mailbox.guard import GuardedReader, ReadingDiedError
from payclerk_mailbox.reading.explain import Asked, judge, look
from payclerk_mailbox.reading.kind import OwnIdentity
from payclerk_mailbox.reading.limits import Limits, Unreadable
from timing import yardstick

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = OwnIdentity("billing@reply.example", "reply.example")
PLAIN = b"From: Sam <sam@ortiz.example>\nSubject: Re: x\nDate: Sat, 21 Nov 2026 10:00:00 +0100\n\nWe accept\n"
FILE = b"Content-Type: multipart/mixed; boundary=b\n"


@pytest.fixture(scope="module")
def reader() -> Iterator[GuardedReader]:
    reader = GuardedReader()
    yield reader
    reader.close()


def with_file(name: str, content: bytes) -> bytes:
    body = base64.encodebytes(content)
    head = f"Content-Type: application/octet-stream; name={name}\nContent-Transfer-Encoding: base64\n\n".encode()
    return b"From: a@b.example\n" + FILE + b"\n--b\nContent-Type: text/plain\n\nhi\n--b\n" + head + body + b"\n--b--\n"


def test_it_reads_as_the_functions_do(reader: GuardedReader) -> None:
    for raw in (
        PLAIN,
        with_file("claim.pdf", b"%PDF-1.7\x00\xff"),
        b"",
        b"\xff\x00",
        b"Subject: =?utf-8?q?\xed\xa0\x80?=\n\nx",
    ):
        here, there = look(raw, OWN), reader.look(raw, OWN)
        assert there == here
        assert reader.judge(there, OWN, Asked("Hello")) == judge(here, Asked("Hello"))


def test_what_cannot_be_read_is_said(reader: GuardedReader) -> None:
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n" for depth in range(60))
    with pytest.raises(Unreadable, match="is nested too deep"):
        reader.look(nested.encode(), OWN)


def test_a_reader_that_is_killed_is_started_anew(reader: GuardedReader) -> None:
    looked = reader.look(PLAIN, OWN)
    for _ in range(2):
        os.kill(pid_of(reader), signal.SIGKILL)
        os.waitid(os.P_PID, pid_of(reader), os.WEXITED | os.WNOWAIT)
        assert reader.judge(looked, OWN, Asked()).reply.text == "We accept"


def pid_of(reader: GuardedReader) -> int:
    process = reader._process
    assert process is not None
    return process.pid


def test_a_reader_that_does_nothing_is_given_up(reader: GuardedReader) -> None:
    slow = GuardedReader(wall_seconds=0.2)
    slow.ready()
    os.kill(pid_of(slow), signal.SIGSTOP)
    with pytest.raises(ReadingDiedError, match="took too long to read"):
        slow.look(PLAIN, OWN)
    slow.close()
    assert reader.look(PLAIN, OWN).mail.plain == "We accept\n"


WITHIN = """
import sys
from payclerk_core.limited import limit, timed
limit(64 * 2**20)
try:
    {work}
except MemoryError:
    sys.exit(7)
"""


@pytest.mark.parametrize(
    ("work", "code"),
    [
        ("timed(lambda: [0 for _ in iter(int, 1)], 0.3)", -signal.SIGPROF),
        ("timed(lambda: bytearray(2**30), 0.3)", 7),
        ("__import__('os').write(__import__('os').open('written', 65), b'x')", 1),
    ],
    ids=["time", "memory", "files"],
)
def test_its_limits_hold(work: str, code: int, tmp_path: Path) -> None:
    program = WITHIN.format(work=work)
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == code
    assert (b"File too large" in ended.stderr) is (code == 1)


def test_it_gets_no_secrets(reader: GuardedReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYCLERK_TOKEN_SECRET", "s" * 40)
    other = GuardedReader()
    other.ready()
    environment = Path(f"/proc/{pid_of(other)}/environ")
    assert not environment.exists() or b"PAYCLERK" not in environment.read_bytes()
    other.close()


@pytest.mark.parametrize(
    "frame", [b"", b"\x00" * 8, b"\x00" * 7 + b"\x02{}", b"\x00" * 7 + b"\x01[" + b"\xff" * 9, packed({"mail": 3})[8:]]
)
def test_an_answer_that_is_none_is_refused(frame: bytes) -> None:
    from payclerk_mailbox.reading.requests import Response

    if frame == packed({"mail": 3})[8:] or frame == b"\x00" * 7 + b"\x02{}":
        assert unpacked(frame, Response) == Response()
        return
    with pytest.raises(GarbledError):
        unpacked(frame, Response)


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(50_000_000))
    return target.getvalue()


def levels(number: int, between: bytes = b" ") -> bytes:
    kind = b"Content-Type:%smultipart/mixed; boundary=b%d\n\n--b%d\n"
    return b"".join(kind % (between, one, one) for one in range(number)) + b"\n"


HTML = b"From: a@b.example\nContent-Type: text/html\n\n"
HOSTILE = {
    "a line of 10 MB": lambda: b"From: a@b.example\n\n" + b"x" * 10_000_000,
    "50,000 parts": lambda: b"From: a@b.example\n" + FILE + b"\n" + b"--b\nContent-Type: text/plain\n\nx\n" * 50_000,
    "50,000 multiparts": lambda: (
        b"From: a@b.example\n" + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 50_000
    ),
    "100,000 From headers": lambda: b"From: a@b.example\n" * 100_000 + b"\nx",
    "a header of 5 MB": lambda: b"Subject: " + b"=?utf-8?b?YQ==?= " * 300_000 + b"\n\nx",
    "a folded header": lambda: b"To: a@b.example,\n" + b" a@b.example,\n" * 200_000 + b"\nx",
    "a gzip bomb": lambda: with_file("a.gz", gzip.compress(bytes(50_000_000))),
    "a workbook bomb": lambda: with_file("claim.xlsx", zipped()),
    "a winmail of nothing": lambda: with_file("winmail.dat", b"\x78\x9f\x3e\x22" + b"\xff" * 2_000_000),
    "NUL": lambda: b"From: a@b.example\x00\nSubject: \x00\n\n" + b"\x00" * 3_000_000,
    "a charset that is none": lambda: b'Content-Type: text/plain; charset="x-\xff\x00"\n\n' + b"\xe9\xff" * 500_000,
    "a charset for dictionaries": lambda: b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 300_000,
    "HTML without end": lambda: b"Content-Type: text/html\n\n" + b"<div><table><tr><td><b>" * 40_000,
    "a date of nowhere": lambda: b"Date: Mon, 99 Foo 99999 99:99:99 +99999999999\n\nx",
    "a million blank lines": lambda: b"From: a@b.example\n\n" + b"\n" * 1_000_000 + b"x",
    "introductions": lambda: b"From: a@b.example\n\n" + b"On 1/1/2026 a@b: <x\n" * 100_000,
    "runs of introductions": lambda: b"From: a@b.example\n\n" + b"a On Mon 2026 wrote: " * 40_000,
    "24 MB of text": lambda: b"From: a@b.example\n\n" + b"hello world of mail\n" * 1_200_000,
    "24 MB in 45 levels": lambda: b"From: a@b.example\n" + levels(45) + b"hello world\n" * 1_900_000,
    "24 MB of headers": lambda: b"X-A: b\n" * 3_400_000 + b"\nx",
    "24 MB attached": lambda: with_file("photo.jpg", b"\xff\xd8" * 9_000_000),
    "24 MB of line ends in quoted-printable": lambda: (
        b"Content-Type: application/pdf\nContent-Transfer-Encoding: quoted-printable\n\n" + b"=\n" * 12_000_000
    ),
    "190 levels that say so on a line of their own": lambda: b"From: a@b.example\n" + levels(190, b"\n "),
    "boundaries that are none": lambda: b"From: a@b.example\n" + FILE + b"\n--b\n\n" + b"--bx\n" * 2_000_000,
    "parts with a thousand parameters": lambda: (
        b"From: a@b.example\n"
        + FILE
        + b"\n"
        + (b"--b\nContent-Type: text/plain; " + b"a=b; " * 5_000 + b"\n\nx\n") * 190
    ),
    "a part with a million headers": lambda: FILE + b"\n--b\n" + b"X-A: b\n" * 1_000_000 + b"\nx\n--b--",
    "20,000 encoded words": lambda: b"Subject: " + b"=?utf-8?q?a=20b?=\n " * 20_000 + b"\n\nx",
    "100,000 References": lambda: b"References: " + b"<a@b>\n " * 100_000 + b"\n\nx",
    "addresses in twenty headers": lambda: b"From: a@b.example\n" + (b"To: " + b"a@" * 6_000 + b"\n") * 20 + b"\nx",
    "200,000 links": lambda: HTML + b'<a href="http://x.example/">y</a> ' * 200_000,
    "100,000 nested tags": lambda: HTML + b"<div>" * 100_000 + b"x",
    "a table of 50,000 rows": lambda: HTML + b"<table>" + b"<tr><td>a<td>b</tr>" * 50_000 + b"</table>",
    "a row of 100,000 cells": lambda: HTML + b"<table><tr>" + b"<td>a</td>" * 100_000,
    "100,000 attributes": lambda: HTML + b"<p " + b"".join(b"a%d=1 " % number for number in range(100_000)) + b">x",
    "lists in lists": lambda: HTML + b"<ul><li>" * 30_000,
    "open formatting": lambda: HTML + b"<a><b><i><u>" * 20_000 + b"<p>" * 2_000,
    "a winmail of a million nothings": lambda: with_file("winmail.dat", b"\x78\x9f\x3e\x22" + bytes(10_000_000)),
    "letters that stand for sentences": lambda: b"From: a@b.example\n\n" + ("\ufdfa" * 300 + "\n").encode() * 1_000,
    "flowed lines": lambda: b"Content-Type: text/plain; format=flowed\n\n" + b"a \n" * 500_000,
    "300 headers": lambda: b"X-A: b\n" * 300 + b"\nx",
    "a report on 100,000 addresses": lambda: (
        b"From: mailer-daemon@x.example\nContent-Type: message/delivery-status\n\n"
        + b"Final-Recipient: rfc822; a@b.example\nStatus: 5.1.1\n\n" * 100_000
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_takes_a_second_and_200_megabytes_at_most(name: str, reader: GuardedReader) -> None:
    raw = as_servers_give_it(HOSTILE[name]())
    reader.look(PLAIN, OWN)
    forget_peak(reader)
    seconds, megabytes, before = used_by(reader), peak_of(reader), yardstick()
    try:
        reader.judge(reader.look(raw, OWN), OWN, Asked("a b c\n" * 100))
        outcome = "read"
    except Unreadable as error:
        outcome = error.reason
    took, more = used_by(reader) - seconds, peak_of(reader) - megabytes
    print(f"\n{name}: {took:.2f} s, {more} MB, {outcome}")
    assert took < 60 * max(before, yardstick())  # processor time of the reading process: about a second
    assert more < 200  # what it holds at most, beyond what it held before


def as_servers_give_it(raw: bytes) -> bytes:
    """With CRLF, where it does not become too large to be read at all."""
    ended = raw.replace(b"\n", b"\r\n")
    return ended if len(ended) <= Limits().message_bytes else raw


def forget_peak(reader: GuardedReader) -> None:
    """From here on the peak is counted anew."""
    Path(f"/proc/{pid_of(reader)}/clear_refs").write_text("5")


def peak_of(reader: GuardedReader) -> int:
    """Megabytes."""
    status = Path(f"/proc/{pid_of(reader)}/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


def used_by(reader: GuardedReader) -> float:
    """Processor seconds of the reading process."""
    reader.ready()
    ticks = Path(f"/proc/{pid_of(reader)}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
