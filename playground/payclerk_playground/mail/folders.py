"""The mailboxes: pymap's in-memory folders, with each mail kept as a file of a Maildir as well.

pymap has a Maildir backend too. It parses and writes anew what it serves, and looks for new mail once a second; here the very bytes
that came in go out, since payclerk takes their hash, and a waiting IDLE hears of a delivery at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pymap.backend.dict.mailbox import MailboxData, MailboxSet, Message
from pymap.mime import MessageContent
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Answered, Deleted, Draft, Flag, Flagged, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pymap.flags import FlagOp
    from pymap.interfaces.message import CachedMessage
    from pymap.parsing.specials import ObjectId

LETTERS = {Draft: "D", Flagged: "F", Answered: "R", Seen: "S", Deleted: "T"}


class Folder(MailboxData):
    """One IMAP folder and its Maildir. File names carry the UID, so that a restart gives the same ones."""

    def __init__(self, path: Path, owner: Folders) -> None:
        super().__init__(owner.content_cache, owner.thread_cache)
        self.path = path
        self.raw: dict[int, bytes] = {}
        for part in ("new", "cur", "tmp"):
            (path / part).mkdir(parents=True, exist_ok=True)
        self._restore()

    async def deliver(self, raw: bytes, when: datetime, *, seen: bool = False) -> int:
        flags = frozenset({Seen}) if seen else frozenset()
        message = await self.append(AppendMessage(raw, when, flags), recent=not seen)
        return message.uid

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Message:
        message = await super().append(append_msg, recent=recent)
        self.keep(message.uid, bytes(append_msg.literal))
        return message

    async def copy(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        new = await super().copy(uid, destination, recent=recent)
        if new is not None and isinstance(destination, Folder):
            destination.keep(new, self.raw[uid])
        return new

    async def move(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        new = await super().move(uid, destination, recent=recent)
        if new is not None and isinstance(destination, Folder):
            destination.keep(new, self.raw[uid])
            self._drop(uid)
        return new

    async def update(self, uid: int, cached_msg: CachedMessage, flag_set: frozenset[Flag], mode: FlagOp) -> Message:
        message = await super().update(uid, cached_msg, flag_set, mode)
        if uid in self.raw:
            self._file(uid).rename(self.path / "cur" / self._name(message))
        return message

    async def delete(self, uids: Iterable[int]) -> None:
        gone = list(uids)
        await super().delete(gone)
        for uid in gone:
            self._drop(uid)

    def contents(self) -> list[tuple[Message, bytes]]:
        """All mails now, oldest first. Safe from any thread: `list` of a dict is one step for Python."""
        return [
            (message, self.raw[message.uid]) for message in list(self._messages.values()) if message.uid in self.raw
        ]

    def keep(self, uid: int, raw: bytes) -> None:
        message = self._messages[uid]
        self.raw[uid] = raw
        draft = self.path / "tmp" / self._name(message)
        draft.write_bytes(raw)
        draft.rename(self.path / ("new" if message.recent else "cur") / draft.name)
        self._note_uids()

    def _drop(self, uid: int) -> None:
        if self.raw.pop(uid, None) is not None:
            self._file(uid).unlink()

    def _file(self, uid: int) -> Path:
        return next(path for part in ("new", "cur") for path in (self.path / part).glob(f"*.U{uid}.playground*"))

    def _name(self, message: Message) -> str:
        letters = "".join(letter for flag, letter in LETTERS.items() if flag in message.permanent_flags)
        return f"{int(message.internal_date.timestamp())}.U{message.uid}.playground:2,{letters}"

    def _note_uids(self) -> None:
        (self.path / "uids").write_text(f"{self._uid_validity} {self._max_uid}\n", encoding="ascii")

    def _restore(self) -> None:
        notes = self.path / "uids"
        if notes.exists():
            self._uid_validity, self._max_uid = map(int, notes.read_text(encoding="ascii").split())
        found = [(*_parts_of(path), path) for part in ("new", "cur") for path in (self.path / part).iterdir()]
        for uid, when, flags, path in sorted(found, key=lambda one: one[0]):
            self._messages[uid] = self._read(uid, when, flags, path)
        self._mod_sequences.update(list(self._messages))

    def _read(self, uid: int, when: datetime, flags: frozenset[Flag], path: Path) -> Message:
        self.raw[uid] = raw = path.read_bytes()
        content = MessageContent.parse(raw)
        email_id, thread_id = self._content_cache.add(content), self._thread_cache.add(content)
        recent = path.parent.name == "new"
        return Message(uid, when, flags, email_id=email_id, thread_id=thread_id, recent=recent, content=content)


class Folders(MailboxSet):
    """All folders of one account, laid out as Maildir++: the inbox on top, `.Processed` below it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.content_cache, self.thread_cache = self._content_cache, self._thread_cache
        self._inbox = self.inbox = Folder(path, self)
        for folder in sorted(path.glob(".*")):
            self._set[folder.name[1:].replace(".", self.delimiter)] = Folder(folder, self)

    async def add_mailbox(self, name: str) -> ObjectId:
        if name in self._set:
            raise ValueError(name)
        self._set[name] = folder = Folder(self._path_of(name), self)
        return folder.mailbox_id

    async def delete_mailbox(self, name: str) -> None:
        folder = self.folder(name)
        await super().delete_mailbox(name)
        if folder is not None:
            _remove(folder.path)

    async def rename_mailbox(self, before: str, after: str) -> None:
        folder = self.folder(before)
        if folder is None or folder is self.inbox:
            raise KeyError(before)
        await super().rename_mailbox(before, after)
        folder.path = folder.path.rename(self._path_of(after))

    def folder(self, name: str) -> Folder | None:
        found = self.inbox if name.upper() == "INBOX" else self._set.get(name)
        return found if isinstance(found, Folder) else None

    def names(self) -> list[str]:
        return ["INBOX", *sorted(self._set)]

    def _path_of(self, name: str) -> Path:
        return self.path / ("." + name.replace(self.delimiter, "."))


def _parts_of(path: Path) -> tuple[int, datetime, frozenset[Flag]]:
    base, _, letters = path.name.partition(":2,")
    stamp, uid, _ = base.split(".", 2)
    flags = frozenset(flag for flag, letter in LETTERS.items() if letter in letters)
    return int(uid[1:]), datetime.fromtimestamp(int(stamp), UTC), flags


def _remove(folder: Path) -> None:
    for part in ("new", "cur", "tmp"):
        for path in (folder / part).iterdir():
            path.unlink()
        (folder / part).rmdir()
    (folder / "uids").unlink(missing_ok=True)
    folder.rmdir()
