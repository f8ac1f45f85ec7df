"""Each limit of Slack: the largest that passes, and one more that does not."""

from __future__ import annotations

import pytest

from payclerk_playground.slack.lint import lint_blocks


def plain(length):
    return {"type": "plain_text", "text": "x" * length}


def options(count, length=5):
    return [{"text": plain(length), "value": str(n)} for n in range(count)]


def section(length):
    return [{"type": "section", "text": plain(length)}]


def dividers(count):
    return [{"type": "divider"}] * count


def actions(*elements):
    return [{"type": "actions", "elements": list(elements)}]


def button(**more):
    return {"type": "button", "text": plain(5), **more}


def choice(kind, count, length=5):
    return actions({"type": kind, "action_id": "a", "options": options(count, length)})


def confirm(**more):
    words = {"title": plain(5), "text": plain(5), "confirm": plain(5), "deny": plain(5)}
    return actions(button(confirm={**words, **more}))


def field(**more):
    return [{"type": "input", "label": plain(5), "element": {"type": "plain_text_input", **more}}]


CASES = {
    "blocks": (dividers, 50),
    "section": (section, 3000),
    "fields": (lambda n: [{"type": "section", "fields": [plain(5)] * n}], 10),
    "a field": (lambda n: [{"type": "section", "fields": [plain(n)]}], 2000),
    "header": (lambda n: [{"type": "header", "text": plain(n)}], 150),
    "context": (lambda n: [{"type": "context", "elements": [plain(5)] * n}], 10),
    "actions": (lambda n: actions(*[button()] * n), 25),
    "button": (lambda n: actions(button(text=plain(n))), 75),
    "button value": (lambda n: actions(button(value="x" * n)), 2000),
    "accessibility label": (lambda n: actions(button(accessibility_label="x" * n)), 75),
    "action_id": (lambda n: actions(button(action_id="x" * n)), 255),
    "block_id": (lambda n: [{"type": "divider", "block_id": "x" * n}], 255),
    "checkboxes": (lambda n: choice("checkboxes", n), 10),
    "radio buttons": (lambda n: choice("radio_buttons", n), 10),
    "overflow": (lambda n: choice("overflow", n), 5),
    "select": (lambda n: choice("static_select", n), 100),
    "option": (lambda n: choice("static_select", 1, n), 75),
    "confirm title": (lambda n: confirm(title=plain(n)), 100),
    "confirm text": (lambda n: confirm(text=plain(n)), 300),
    "confirm button": (lambda n: confirm(confirm=plain(n)), 30),
    "markdown": (lambda n: [{"type": "markdown", "text": "x" * n}], 12_000),
    "table": (lambda n: [{"type": "table", "rows": [[]] * n}], 100),
    "data_table": (lambda n: [{"type": "data_table", "caption": "c", "rows": [[]] * n}], 101),
    "all texts": (lambda n: [*section(3000), *section(3000), *section(3000), *section(n - 9000)], 12_000),
}
MODALS = {
    "blocks": (lambda n: {"blocks": dividers(n)}, 100),
    "title": (lambda n: {"title": plain(n)}, 24),
    "submit": (lambda n: {"submit": plain(n)}, 24),
    "close": (lambda n: {"close": plain(n)}, 24),
    "private_metadata": (lambda n: {"private_metadata": "x" * n}, 3000),
    "callback_id": (lambda n: {"callback_id": "x" * n}, 255),
    "label": (lambda n: {"blocks": [{**field()[0], "label": plain(n)}]}, 2000),
    "hint": (lambda n: {"blocks": [{**field()[0], "hint": plain(n)}]}, 2000),
    "max_length": (lambda n: {"blocks": field(max_length=n)}, 3000),
}
MODAL = {"type": "modal", "title": plain(5), "submit": plain(5), "blocks": []}


@pytest.mark.parametrize("name", CASES)
def test_limits_of_messages(name):
    made, most = CASES[name]
    assert lint_blocks("message", {"blocks": made(most)}) == []
    assert lint_blocks("message", {"blocks": made(most + 1)})


@pytest.mark.parametrize("name", MODALS)
def test_limits_of_modals(name):
    made, most = MODALS[name]
    assert lint_blocks("modal", {**MODAL, **made(most)}) == []
    assert lint_blocks("modal", {**MODAL, **made(most + 1)})


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        (actions({"type": "multi_static_select", "options": options(1)}), "unsupported_element"),
        (actions(button(action_id="a"), button(action_id="a")), "duplicate_action_id"),
        ([{"type": "divider", "block_id": "b"}] * 2, "duplicate_block_id"),
        (section(0), "empty"),
        (actions(button(value=7)), "value"),
        ([{"type": "alert", "text": plain(5)}], "surface"),
        ([{"type": "sculpture"}], "unknown_block"),
    ],
)
def test_what_is_wrong_whatever_its_size(blocks, code):
    assert code in [fault.code for fault in lint_blocks("message", {"blocks": blocks})]


def test_an_input_needs_a_submit_button():
    form = {"type": "modal", "title": plain(5), "blocks": field()}
    assert [fault.pointer for fault in lint_blocks("modal", form)] == ["/submit"]
