"""The words of XOAUTH2 and OAUTHBEARER (RFC 7628), the same for IMAP and SMTP."""

from __future__ import annotations

from typing import Final

from payclerk_core.settings import SignIn

# After a refusal the server explains itself once; this is what it waits for before it says no.
REFUSED_ANSWER: Final = {"xoauth2": "", "oauthbearer": "\1"}


def first_answer(sign_in: SignIn, user: str, token: str) -> str:
    """What the client says first."""
    if sign_in == "oauthbearer":
        name = user.replace("=", "=3D").replace(",", "=2C")
        return f"n,a={name},\1auth=Bearer {token}\1\1"
    return f"user={user}\1auth=Bearer {token}\1\1"


def refused(protocol: str) -> str:
    """What to check when the provider gave a token and the mail server does not take it."""
    return (
        f"the mail server ({protocol}) refused the sign-in with a token; check PAYCLERK_{protocol}_USER, and that the "
        "application has the permission for this mailbox (docs/install.md)"
    )
