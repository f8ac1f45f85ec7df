"""A mail's HTML made fit to be shown: no script, nothing fetched from outside."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import nh3

if TYPE_CHECKING:
    from .letters import StoredMail

CONTENT_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
)
LOOKS = {
    "style",
    "class",
    "align",
    "valign",
    "width",
    "height",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "dir",
}


def shown_html(mail: StoredMail) -> str:
    tags = nh3.ALLOWED_TAGS | {"font", "center"}
    attributes = {tag: nh3.ALLOWED_ATTRIBUTES.get(tag, set()) | LOOKS for tag in tags}
    body = nh3.clean(
        _with_pictures(mail), tags=tags, attributes=attributes, url_schemes={"http", "https", "mailto", "data"}
    )
    page = f'<base target="_blank"><style>body{{font:14px/1.5 sans-serif;margin:12px;overflow-wrap:anywhere}}</style>{body}'
    return f'<!doctype html><meta charset="utf-8">{page}'


def _with_pictures(mail: StoredMail) -> str:
    """Pictures that came along in the mail take the place of their cid: names."""
    pictures = {
        one.content_id: one for one in mail.attachments if one.content_id and one.content_type.startswith("image/")
    }

    def picture(match: re.Match[str]) -> str:
        one = pictures.get(match[1])
        return f"data:{one.content_type};base64,{base64.b64encode(one.content).decode()}" if one else match[0]

    return re.sub(r"cid:([^\"'>\s]+)", picture, mail.html)
