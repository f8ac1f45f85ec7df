"""All that is read of a mail before its transaction opens: nothing of it is taken apart while others wait for us.

What the reader has to know is looked up first, in a short look at the database. The transaction looks again, and does
nothing when something else is true by then: the mail is read once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from .entries import kept_files
from .guard import GuardedReader, ReadingDiedError
from .reading.explain import Asked, Judged, Looked
from .reading.kind import OwnIdentity
from .reading.limits import Unreadable
from .reading.message import Attachment
from .reading.opening import FileFault, OpenedFile, Purpose, is_breakdown, is_invoice, is_table

log = structlog.get_logger()

MOST_OPENED: Final = 10  # files of a mail, for each purpose
TOO_HARD: Final = "too_hard"
_MOST_DEATHS: Final = 2  # each takes seconds
_MAY_BE: Final = {Purpose.FORM: is_table, Purpose.BREAKDOWN: is_breakdown, Purpose.INVOICE: is_invoice}
_WHY_HARD: Final = "The file {reason} and was not opened; save it anew and send it alone."


class OutOfDateError(Exception):
    """What the mail was read for is no longer so."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What is to be read of a mail: as answers to what, and which files."""

    asked: tuple[Asked, ...] = ()
    purposes: frozenset[Purpose] = frozenset()


@dataclass(frozen=True, slots=True)
class OpenedFiles:
    """The files of a mail as they were opened, by their digest."""

    found: Mapping[tuple[str, Purpose], OpenedFile] = field(default_factory=dict)
    purposes: frozenset[Purpose] = frozenset()

    def of(self, files: Iterable[Attachment], purpose: Purpose) -> Iterator[tuple[Attachment, OpenedFile]]:
        """Those that were opened for this. Raises OutOfDateError when it was not asked for."""
        if purpose not in self.purposes:
            raise OutOfDateError
        for file in {file.sha256: file for file in files}.values():
            opened = self.found.get((file.sha256, purpose))
            if opened is not None:
                yield file, opened


@dataclass(frozen=True, slots=True)
class Ahead:
    """A mail with everything that was read of it."""

    looked: Looked
    judged: Mapping[Asked, Judged] = field(default_factory=dict)
    files: OpenedFiles = field(default_factory=OpenedFiles)

    def judged_as(self, asked: Asked) -> Judged:
        """The answer it is to this. Raises OutOfDateError when it was not read so."""
        try:
            return self.judged[asked]
        except KeyError:
            raise OutOfDateError from None


def read_ahead(reader: GuardedReader, looked: Looked, own: OwnIdentity, needs: Needs) -> Ahead:
    """Read what is needed. Raises Unreadable, or ReadingDiedError; a file that cannot be opened is only noted."""
    judged = {asked: reader.judge(looked, own, asked) for asked in needs.asked}
    return Ahead(looked, judged, _open(reader, kept_files(looked), needs.purposes))


def _open(reader: GuardedReader, files: Sequence[Attachment], purposes: frozenset[Purpose]) -> OpenedFiles:
    found: dict[tuple[str, Purpose], OpenedFile] = {}
    died = 0
    for file, purpose in _chosen(files, purposes):
        known = next((found[key] for key in found if key[0] == file.sha256 and _is_hard(found[key])), None)
        found[file.sha256, purpose] = known or _opened(reader, file, purpose, skip=died >= _MOST_DEATHS)
        died += known is None and _is_hard(found[file.sha256, purpose])
    return OpenedFiles(found, purposes)


def _chosen(files: Sequence[Attachment], purposes: frozenset[Purpose]) -> Iterator[tuple[Attachment, Purpose]]:
    once = {file.sha256: file for file in files}
    for purpose in sorted(purposes):
        fitting = [file for file in once.values() if _MAY_BE[purpose](file)]
        yield from ((file, purpose) for file in fitting[:MOST_OPENED])


def _is_hard(opened: OpenedFile) -> bool:
    return opened.fault is not None and opened.fault.code == TOO_HARD


def _opened(reader: GuardedReader, file: Attachment, purpose: Purpose, *, skip: bool) -> OpenedFile:
    """What ended the process once may have been the machine, and is tried again; its clock counts our own time."""
    if skip:
        return _hard("came with others that could not be opened")
    try:
        try:
            return reader.open(file.content, purpose)
        except ReadingDiedError as error:
            if error.is_slow:
                raise
            return reader.open(file.content, purpose)
    except (ReadingDiedError, Unreadable) as error:
        log.warning("mail_file_not_opened", purpose=purpose.value)
        return _hard(error.reason)


def _hard(reason: str) -> OpenedFile:
    return OpenedFile(fault=FileFault(_WHY_HARD.format(reason=reason), TOO_HARD))
