"""A captured mail that could not be read, handed to an administrator exactly as it came."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from ..errors import UserError
from ..jobs import promise
from ..queries.threads import may_see
from ..tables import Contract, InboxMail, ReplyToken, Thread
from .call import Call

HELD: Final = ("quarantine", "oversize")
# Nobody could read it, so whose it is can only be guessed: from the tokens of ours that stand in its beginning.
_BEGINNING: Final = 262_144
_MOST_TOKENS: Final = 200
_TOKEN: Final = re.compile(rb"(?<![A-Za-z0-9])[A-Za-z2-7]{26}(?![A-Za-z0-9])")


def fetch_held(call: Call, inbox_id: int, project_id: int) -> None:
    """Have a mail that could not be read sent to an administrator of this project, and of whatever it may answer."""
    call.authorise_administrator(project_id, prime=False)
    inbox = call.get(InboxMail, inbox_id, "mail")
    if inbox.status not in HELD:
        raise UserError("This mail is read by now; the Emails log has it.", code="already_decided")
    if not inbox.raw:
        raise UserError("The mail server did not hand it over; look at it in the mailbox.", code="no_raw")
    for thread in _perhaps_of(call, inbox.raw):
        _require_reader(call, thread)
    call.record("raw_mail_fetched", inbox, project_id=project_id, after={"status": inbox.status})
    payload = {"what": "held", "id": inbox.id, "person_id": call.actor_id}
    promise(call.session, "slack.file", f"held:{inbox.id}:{call.actor_id}:{call.at.isoformat()}", payload)


def _perhaps_of(call: Call, raw: bytes) -> Sequence[Thread]:
    found = {one.group().decode().lower() for one in _TOKEN.finditer(raw[:_BEGINNING])}
    query = select(Thread).join(ReplyToken, ReplyToken.thread_id == Thread.id)
    return call.session.scalars(query.where(ReplyToken.token.in_(sorted(found)[:_MOST_TOKENS])).distinct()).all()


def _require_reader(call: Call, thread: Thread) -> None:
    contract = call.session.get(Contract, thread.contract_id) if thread.contract_id else None
    call.authorise_administrator(thread.project_id, prime=contract is not None and contract.is_prime)
    if contract is not None:
        call.authorise_sight(contract)
    if call.actor_id is not None and not may_see(thread, call.actor_id):
        text = "This mail may answer a private e-mail; only the sender and the recipients of that may see it."
        raise UserError(text, code="private")
