"""What DocuSign's refusals mean: a fault of the installation, trouble that passes, or an envelope that is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from payclerk_core.errors import OutsideError

UNKNOWN_ENVELOPE: Final = "ENVELOPE_DOES_NOT_EXIST"
# These arrive as 400, and trying later is right: a limit, or a void that was overtaken by a signature.
PASSING_CODES: Final = ("limit_exceeded", "cannot_void_invalid_state")
# Arrive as 400 too, and no envelope is at fault: the account or the user payclerk signs in as may not do it.
INSTALLATION_CODES: Final = (
    "account_lacks_permissions",
    "account_has_been_suspended",
    "envelope_allowance_exceeded",
    "partner_authentication_failed",
    "user_authentication_failed",
    "user_lacks_membership",
    "user_lacks_permissions",
)
# What the account server says, and what to do about it. The names are DocuSign's own.
SIGN_IN: Final[Mapping[str, str]] = {
    "no_valid_keys_or_signatures": "the key file does not belong to the integration key; put the private key of one of "
    "its RSA pairs into PAYCLERK_DOCUSIGN_PRIVATE_KEY_FILE",
    "issuer_not_found": "no integration has this key; check PAYCLERK_DOCUSIGN_INTEGRATION_KEY, and that "
    "PAYCLERK_DOCUSIGN_OAUTH_BASE is the environment (demo or production) it belongs to",
    "user_not_found": "no user has this GUID; check PAYCLERK_DOCUSIGN_USER_ID, and that PAYCLERK_DOCUSIGN_OAUTH_BASE is "
    "the environment (demo or production) of that user",
    "consent_required": "the user has to give consent once; 'payclerk doctor' shows the link",
    "expired_assertion": "the clock of this machine is wrong; set it by a time server",
    "invalid_client": "no integration has this key; check PAYCLERK_DOCUSIGN_INTEGRATION_KEY",
    "invalid_scope": "the integration may not sign on a user's behalf; allow it the scopes signature and impersonation",
}
_ADDRESS: Final = re.compile(r"\S+@\S+")


class TokenRefusedError(OutsideError):
    """The token, or who it stands for: a fresh one may do; if not, it is a fault of the installation."""


def unreachable() -> OutsideError:
    """Nothing answers at the address: the network, a proxy, or DocuSign."""
    return OutsideError("DocuSign cannot be reached", permanent=False)


def misconfigured(why: str) -> OutsideError:
    """Payclerk is not set up so that DocuSign could take its work; the work waits."""
    return OutsideError(why, permanent=False, installation=True)


def sign_in_error(status: int, body: bytes | None) -> OutsideError:
    """What the account server's refusal means."""
    if status == 429 or status >= 500:
        return OutsideError(f"DocuSign's sign-in answers 'not now' ({status})", permanent=False)
    answer = _answer(body)
    error, detail = (str(answer.get(name) or "") for name in ("error", "error_description"))
    code = error if error in SIGN_IN else detail
    said = _shown(": ".join(filter(None, (error, detail))) or str(status))
    advice = SIGN_IN.get(code, "run 'payclerk doctor' once PAYCLERK_DOCUSIGN_* is right")
    return misconfigured(f"DocuSign refused the sign-in ({said}): {advice}")


def api_error(status: int | None, body: bytes | str | None) -> OutsideError:
    """What a refusal of the REST API means; its code and its words are in the text."""
    if not status:
        return unreachable()
    answer = _answer(body)
    code = str(answer.get("errorCode") or "")
    said = _shown(": ".join(filter(None, (code, str(answer.get("message") or "")))) or str(status))
    if status in {401, 403} or code.lower() in INSTALLATION_CODES:
        advice = "check the user and account in PAYCLERK_DOCUSIGN_*, and what that user may do at DocuSign"
        kind = TokenRefusedError if status == 401 else OutsideError
        return kind(f"DocuSign refuses payclerk ({said}): {advice}", permanent=False, installation=True)
    passing = status in {408, 429} or status >= 500 or any(word in code.lower() for word in PASSING_CODES)
    return OutsideError(f"DocuSign answered {said}", permanent=not passing)


def _answer(body: bytes | str | None) -> dict[str, Any]:
    try:
        answer = json.loads(body or b"{}")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _shown(text: str) -> str:
    """Their words without anybody's address."""
    return " ".join(_ADDRESS.sub("(address)", text).split())[:250]
