"""The adapter to DocuSign: own token, then the SDK for the envelopes. Nothing else imports the SDK.

Traps it avoids (reference 1.8): no default timeout, silent retries of PUT and GET, a token without "Bearer", an
OAuth host fixed to https, handlers hung on the root loggers, no proxy.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3

from payclerk_core.clock import Clock
from payclerk_core.errors import OutsideError
from payclerk_core.settings import Settings

from .docusign_envelope import AMOUNT_LABEL, ENVELOPE_FIELD, OutgoingEnvelope, Signer, definition, fits, is_ours, our_id
from .docusign_errors import UNKNOWN_ENVELOPE, TokenRefusedError, api_error, unreachable
from .docusign_schema import check_envelope
from .docusign_sign_in import TIMEOUT, Session, SignIn

__all__ = ["DocuSign", "Known", "OutgoingEnvelope", "SentEnvelope", "Signer"]

OPEN: Final = ("created", "sent", "delivered")
# DocuSign forgets a transaction id after seven days; our custom field stays.
TRANSACTION_LIFE: Final = timedelta(days=6)
# The search by field wants a beginning: as long as an envelope may be under way, with room.
SEARCHED: Final = timedelta(days=400)
# Ended without anybody's answer: for the claim the same as a void.
AS_VOIDED: Final = {"timedout": "It expired at DocuSign.", "deleted": "It was deleted at DocuSign."}


@dataclass(frozen=True, slots=True)
class Known:
    """An envelope as DocuSign has it; who ended it and why, and the amount that was certified, where there is one."""

    envelope_id: str
    status: str
    by: str = ""
    reason: str = ""
    certified: str = ""


@dataclass(frozen=True, slots=True)
class SentEnvelope:
    """An envelope under our own id, whatever the database knows of it."""

    transaction_id: str
    subject: str
    status: str


class DocuSign:
    """Send, look up and fetch. Raises OutsideError, which says whether to try again."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._sign_in = SignIn(settings, clock)

    def send(self, envelope: OutgoingEnvelope) -> str:
        """Create and send the envelope, or find the one an earlier try made. Returns DocuSign's envelope id."""
        for row in self._find(envelope.transaction_id, aged=self._aged(envelope)):
            if fits(row, envelope):
                return str(row.envelope_id)
        body = definition(envelope)
        check_envelope(body)
        created = self._call(
            lambda api, account: api.create_envelope(account, envelope_definition=body, _request_timeout=TIMEOUT)
        )
        return str(created.envelope_id)

    def _aged(self, envelope: OutgoingEnvelope) -> bool:
        return envelope.asked_at is not None and self._clock() - envelope.asked_at >= TRANSACTION_LIFE

    def statuses(self, envelope_ids: Sequence[str]) -> dict[str, str]:
        """The status of each of these envelopes, in one call. One that DocuSign does not list is not in the answer."""
        rows = self._list(envelope_ids=",".join(envelope_ids))
        asked = {one.casefold(): one for one in envelope_ids}
        found = ((asked.get(str(row.envelope_id).casefold()), row.status) for row in rows)
        return {envelope_id: str(status) for envelope_id, status in found if envelope_id and status}

    def sent_since(self, moment: datetime) -> list[SentEnvelope]:
        """What payclerk sent and DocuSign knows of since then, also of another installation on the same account."""
        rows = self._list(from_date=moment.isoformat(), include="custom_fields")
        return [SentEnvelope(ours, str(row.email_subject), str(row.status)) for row in rows if (ours := our_id(row))]

    def look(self, envelope_id: str) -> Known:
        """One envelope with what its signers said."""
        return _known(
            self._call(
                lambda api, account: api.get_envelope(
                    account, envelope_id, include="recipients,tabs", _request_timeout=TIMEOUT
                )
            )
        )

    def void(self, transaction_id: str, envelope_id: str | None, reason: str) -> Known | None:
        """Void the envelope unless it is finished, and say what it is then; None when DocuSign has none.

        It is looked up first, so a repeat after a lost answer finds it voided. An envelope that has left is known by
        its own id, another by our field on it.
        """
        known = self._by_own_id(envelope_id) if envelope_id else self._by_ours(transaction_id)
        if known is None or known.status not in OPEN:
            return known
        body = {"status": "voided", "voidedReason": reason}
        check_envelope(body)
        self._call(lambda api, account: api.update(account, known.envelope_id, envelope=body, _request_timeout=TIMEOUT))
        return Known(known.envelope_id, "voided")

    def _by_own_id(self, envelope_id: str) -> Known | None:
        try:
            return self.look(envelope_id)
        except OutsideError as error:
            if UNKNOWN_ENVELOPE not in error.message:
                raise
        return None

    def _by_ours(self, transaction_id: str) -> Known | None:
        rows = [row for row in self._find(transaction_id, aged=True) if is_ours(row, transaction_id)]
        return self.look(str(rows[0].envelope_id)) if rows else None

    def signed_pdf(self, envelope_id: str) -> bytes:
        content = self._call(
            lambda api, account: api.get_document(account, "combined", envelope_id, _request_timeout=TIMEOUT)
        )
        return bytes(content)

    def check(self) -> str:
        """For doctor: sign in, ask one thing of the account, and say which account is used."""
        account_id = self._sign_in.session().account_id
        self._list(from_date=self._clock().isoformat(), count="1")
        return account_id

    def consent_url(self) -> str:
        """Where a person gives consent once."""
        return self._sign_in.consent_url()

    def close(self) -> None:
        self._sign_in.close()

    def _find(self, transaction_id: str, *, aged: bool) -> list[Any]:
        """Envelopes under our transaction id; when DocuSign may have forgotten it, those with it in our field."""
        include = "custom_fields,documents"
        rows = self._list(transaction_ids=transaction_id, include=include)
        if rows or not aged:
            return rows
        since = (self._clock() - SEARCHED).isoformat()
        return self._list(custom_field=f"{ENVELOPE_FIELD}={transaction_id}", from_date=since, include=include)

    def _list(self, **wanted: str) -> list[Any]:
        answer = self._call(lambda api, account: api.list_status_changes(account, **wanted, _request_timeout=TIMEOUT))
        return list(answer.envelopes or [])

    def _call(self, ask: Callable[[Any, str], Any]) -> Any:
        """One request; once more with a fresh token when the old one was refused."""
        try:
            return self._ask(ask)
        except TokenRefusedError:
            self._sign_in.forget()
        return self._ask(ask)

    def _ask(self, ask: Callable[[Any, str], Any]) -> Any:
        from docusign_esign import ApiException

        session = self._sign_in.session()
        try:
            return ask(self._envelopes_api(session), session.account_id)
        except ApiException as error:
            raise api_error(error.status, error.body) from None
        except urllib3.exceptions.HTTPError:
            raise unreachable() from None

    def _envelopes_api(self, session: Session) -> Any:
        from docusign_esign import ApiClient, EnvelopesApi

        _unhook_loggers()
        client = ApiClient(host=session.api_host, oauth_host_name=urlsplit(self._settings.docusign_oauth_base).netloc)
        client.rest_client.pool_manager = self._sign_in.pool(session.api_host)
        client.set_default_header("Authorization", f"Bearer {session.token}")
        return EnvelopesApi(client)


def _known(row: Any) -> Known:
    envelope_id, status = str(row.envelope_id), str(row.status)
    if status in AS_VOIDED:
        return Known(envelope_id, "voided", reason=AS_VOIDED[status])
    signers = (row.recipients.signers or []) if row.recipients else []
    if status == "declined":
        said = [(str(one.name or ""), str(one.declined_reason or "")) for one in signers if one.status == "declined"]
        return Known(envelope_id, status, *(said[0] if said else ()))
    if status == "voided":
        return Known(envelope_id, status, reason=str(row.voided_reason or ""))
    return Known(envelope_id, status, certified=_certified(signers) if status == "completed" else "")


def _certified(signers: Sequence[Any]) -> str:
    tabs = [tab for one in signers if one.tabs for tab in one.tabs.text_tabs or []]
    return next((str(tab.value or "") for tab in tabs if tab.tab_label == AMOUNT_LABEL), "")


def _unhook_loggers() -> None:
    """The SDK hangs its own handlers on these at import; every line would be printed twice."""
    for name in ("docusign_esign", "urllib3"):
        logging.getLogger(name).handlers.clear()
