"""Correcting an address that mails came back from."""

from __future__ import annotations

from . import blocks as b


def address_modal(name: str, email: str, metadata: str) -> b.View:
    hint = "Mails that came back can be sent again then; the answers of both addresses stay in the log."
    blocks = [
        b.section(f"*{b.esc(name, 200)}*"),
        b.field("email", "E-mail address", b.text_input("email", email, most=320), hint=hint),
    ]
    return b.modal("address", "Correct the address", blocks, submit="Save", metadata=metadata)
