"""The playground's DocuSign, and the people who sign."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .api import Api
from .faults import DocusignFaults
from .ledger import Ledger
from .oauth import App
from .signing import SigningPages

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.routing import BaseRoute

    from payclerk_playground.mail import MailWorld

    from .envelopes import Envelope


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DocusignWorld:
    def __init__(
        self,
        mail: MailWorld,
        public_url: Callable[[], str],
        folder: Path | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """`public_url` gives the address the routes are served under, as http://127.0.0.1:8080, without a path."""
        folder = folder or Path(tempfile.mkdtemp(prefix="payclerk-docusign-"))
        self.faults = DocusignFaults()
        self._public_url = public_url
        self._app = App(folder / "docusign_private_key.pem", public_url, now)
        self._ledger = Ledger(mail, public_url, now)

    def routes(self) -> list[BaseRoute]:
        return [*Api(self._app, self._ledger, self.faults).routes(), *SigningPages(self._ledger).routes()]

    def settings(self) -> dict[str, str]:
        """What payclerk needs to use this DocuSign."""
        return {
            "PAYCLERK_DOCUSIGN_OAUTH_BASE": f"{self._public_url()}/docusign",
            "PAYCLERK_DOCUSIGN_INTEGRATION_KEY": self._app.integration_key,
            "PAYCLERK_DOCUSIGN_USER_ID": self._app.user_id,
            "PAYCLERK_DOCUSIGN_ACCOUNT_ID": self._app.account_id,
            "PAYCLERK_DOCUSIGN_PRIVATE_KEY_FILE": str(self._app.key_file),
        }

    def envelopes(self) -> list[Envelope]:
        return self._ledger.all()

    def envelope(self, envelope_id: str) -> Envelope:
        return self._ledger.get(envelope_id)

    def sign(self, envelope_id: str, email: str, **written: str) -> None:
        """They sign; `written` is what they write into a text, by its label, in place of what stands there."""
        envelope = self._ledger.get(envelope_id)
        self._ledger.sign(envelope, envelope.recipient(email), written)

    def void(self, envelope_id: str, reason: str) -> None:
        """Somebody voids it on DocuSign's own pages."""
        self._ledger.void(self._ledger.get(envelope_id), reason)

    def purge(self, envelope_id: str) -> None:
        """The account keeps it no longer."""
        self._ledger.purge(self._ledger.get(envelope_id))

    def decline(self, envelope_id: str, email: str, reason: str) -> None:
        envelope = self._ledger.get(envelope_id)
        self._ledger.decline(envelope, envelope.recipient(email), reason)

    def link(self, envelope_id: str, email: str) -> str:
        """The address of that person's signing page."""
        envelope = self._ledger.get(envelope_id)
        return self._ledger.link(envelope, envelope.recipient(email))

    def revoke_tokens(self) -> None:
        """Every token so far is worthless, as when an hour has passed."""
        self._app.revoke_tokens()
