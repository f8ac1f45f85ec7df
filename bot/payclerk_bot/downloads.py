"""Fetching a file that somebody shared in Slack; the token goes to Slack's own host and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from slack_sdk import WebClient

from payclerk_core.errors import OutsideError, UserError

TIMEOUT_S: Final = 30
_NO_ACCESS: Final = "payclerk may not read files in Slack yet: install its newest manifest, with the scope files:read."


class _Stay(HTTPRedirectHandler):
    """A redirect (to Slack's login, say) would take the token along."""

    def redirect_request(self, *_given: Any) -> None:
        return None


def download(client: WebClient, file: Mapping[str, Any], largest: int) -> bytes:
    """The file's bytes. Raises UserError when it is too large or may not be read, OutsideError for trouble."""
    if int(file.get("size") or 0) > largest:
        raise UserError(f"The file is larger than {largest // 1024**2} MB; send it in parts.", code="too_large")
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    if not _is_slack(url, client.base_url):
        raise UserError("This file is kept outside Slack; upload the file itself.", code="not_in_slack")
    request = Request(url, headers={"Authorization": f"Bearer {client.token}"})  # noqa: S310 - the scheme was looked at
    try:
        with build_opener(_Stay).open(request, timeout=TIMEOUT_S) as answer:
            if answer.headers.get_content_type() == "text/html":
                raise UserError(_NO_ACCESS, code="no_scope")
            content = bytes(answer.read(largest + 1))
    except HTTPError as error:
        if error.code in {301, 302, 303, 307, 308, 401, 403}:
            raise UserError(_NO_ACCESS, code="no_scope") from None
        raise OutsideError("Slack did not hand out the file", permanent=False) from None
    except (OSError, HTTPException):
        raise OutsideError("Slack did not hand out the file", permanent=False) from None
    if len(content) > largest:
        raise UserError(f"The file is larger than {largest // 1024**2} MB; send it in parts.", code="too_large")
    return content


def _is_slack(url: str, api: str) -> bool:
    there, ours = urlsplit(url), urlsplit(api)
    if (there.scheme, there.netloc) == (ours.scheme, ours.netloc):
        return True
    return there.scheme == "https" and (there.hostname or "").endswith(".slack.com")
