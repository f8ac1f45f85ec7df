"""The building blocks, with Slack's limits built in: what comes from people is escaped and cut here, once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

Block = dict[str, Any]
View = dict[str, Any]

SECTION: Final = 3000
OPTION: Final = 75
TITLE: Final = 24
BUTTON: Final = 75
CHECKBOXES: Final = 10
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Characters that nobody sees and that turn the direction of reading, hide words or break a line of ours.
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def esc(text: object, limit: int = SECTION) -> str:
    """Text of people or files for mrkdwn: it cannot mention, link or break out; cut without splitting an escape."""
    parts: list[str] = []
    size = 0
    for char in visible(str(text)):
        part = _ESCAPES.get(char, char)
        if size + len(part) > limit - 1:
            return "".join(parts) + "…"
        parts.append(part)
        size += len(part)
    return "".join(parts)


def visible(text: str) -> str:
    """Text of people without what is not seen: `gpj.exe` does not become `exe.jpg` by a turn of direction."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def cut(text: object, limit: int) -> str:
    """Plain text within a limit; Slack refuses an empty one."""
    bare = " ".join(visible(str(text)).split())
    return bare if 0 < len(bare) <= limit else (f"{bare[: limit - 1]}…" if bare else "-")


def quoted(text: str, limit: int = 1500) -> str:
    """A mail's words as a quotation."""
    return "\n".join(f"> {line}" for line in esc(text.strip() or "(no text)", limit).splitlines())[: SECTION - 1]


def plain(text: object, limit: int) -> Block:
    return {"type": "plain_text", "text": cut(text, limit), "emoji": False}


def words(text: str, *, most: int, size: int = 2900) -> list[Block]:
    """A mail's own words, shown as they are: plain text neither mentions, links nor fetches anything."""
    shown = visible(text).strip() or "(no text)"
    pieces = [shown[at : at + size] for at in range(0, len(shown), size)][:most]
    if len(shown) > most * size:
        pieces[-1] = f"{pieces[-1][:-40]}… ({len(shown) - most * size} more characters)"[:SECTION]
    return [{"type": "section", "text": {"type": "plain_text", "text": piece, "emoji": False}} for piece in pieces]


def section(text: str, *, block_id: str | None = None, accessory: Block | None = None) -> Block:
    """`text` is finished mrkdwn: data in it went through `esc`."""
    block: Block = {"type": "section", "text": {"type": "mrkdwn", "text": _within(text, SECTION)}}
    if block_id:
        block["block_id"] = block_id
    if accessory:
        block["accessory"] = accessory
    return block


def _within(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text or " "
    # Never leave half an escape at the cut.
    head = text[: limit - 1]
    amp = head.rfind("&")
    return (head[:amp] if amp > limit - 8 and ";" not in head[amp:] else head) + "…"


def sections(lines: Iterable[str], *, most: int = 5, size: int = 2800) -> list[Block]:
    """Lines gathered into as few sections as they need, at most `most`; what does not fit is counted."""
    groups: list[list[str]] = [[]]
    left = 0
    for line in lines:
        full = sum(len(x) + 1 for x in groups[-1]) + len(line) > size
        if left or (full and len(groups) >= most):
            left += 1
        elif full:
            groups.append([line])
        else:
            groups[-1].append(line)
    if left:
        groups[-1].append(f"… and {left} more")
    return [section("\n".join(group)) for group in groups if group]


def header(text: object) -> Block:
    return {"type": "header", "text": plain(text, 150)}


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": _within(text, 2000)} for text in texts[:10]]}


DIVIDER: Final[Block] = {"type": "divider"}


def actions(*elements: Block, block_id: str | None = None) -> Block:
    block: Block = {"type": "actions", "elements": list(elements)}
    if block_id:
        block["block_id"] = block_id
    return block


def button(
    text: str,
    action_id: str,
    value: object = "",
    *,
    style: str | None = None,
    ask: Block | None = None,
    label: str = "",
) -> Block:
    element: Block = {"type": "button", "action_id": action_id, "text": plain(text, BUTTON)}
    if value != "":
        element["value"] = str(value)
    if style:
        element["style"] = style
    if ask:
        element["confirm"] = ask
    if label:
        element["accessibility_label"] = cut(label, 75)
    return element


def ask(title: str, text: str, yes: str) -> Block:
    """A confirm dialog that names the effect."""
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain("Not now", 30),
    }


def option(text: object, value: object, description: str = "") -> Block:
    result: Block = {"text": plain(text, OPTION), "value": str(value)}
    if description:
        result["description"] = plain(description, OPTION)
    return result


def select(action_id: str, placeholder: str, options: Sequence[Block], chosen: str | None = None) -> Block:
    element: Block = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, 150),
        "options": list(options)[:100],
    }
    return _with_initial(element, [o for o in options if o["value"] == chosen][:1], "initial_option", one=True)


def checkboxes(action_id: str, options: Sequence[Block], ticked: Iterable[str] = ()) -> Block:
    element: Block = {"type": "checkboxes", "action_id": action_id, "options": list(options)[:CHECKBOXES]}
    wanted = set(ticked)
    return _with_initial(element, [o for o in element["options"] if o["value"] in wanted], "initial_options")


def _with_initial(element: Block, chosen: Sequence[Block], key: str, *, one: bool = False) -> Block:
    if chosen:
        element[key] = chosen[0] if one else list(chosen)
    return element


def text_input(
    action_id: str, initial: str = "", *, multiline: bool = False, most: int = 3000, hint: str = ""
) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": action_id, "multiline": multiline, "max_length": most}
    if initial:
        element["initial_value"] = initial[:most]
    if hint:
        element["placeholder"] = plain(hint, 150)
    return element


def field(block_id: str, label: str, element: Block, *, optional: bool = False, hint: str = "") -> Block:
    """An input of a form; its value arrives under `block_id` when the form is submitted."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint, 2000)
    return block


def modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str | None = None,
    close: str = "Close",
    metadata: str = "",
) -> View:
    view: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, TITLE),
        "close": plain(close, TITLE),
        "blocks": list(blocks)[:100],
        "private_metadata": metadata,
    }
    if submit:
        view["submit"] = plain(submit, TITLE)
    return view


def note(title: str, text: str, *, callback_id: str = "note") -> View:
    """A modal that only says something."""
    return modal(callback_id, title, [section(text)])


def loading(title: str) -> View:
    return note(title, "One moment…", callback_id="loading")


def facts(rows: Mapping[str, str]) -> Block:
    """Up to ten named values side by side."""
    fields = [{"type": "mrkdwn", "text": _within(f"*{esc(name, 100)}*\n{value}", 2000)} for name, value in rows.items()]
    return {"type": "section", "fields": fields[:10]}


def plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else (many or one + 's')}"
