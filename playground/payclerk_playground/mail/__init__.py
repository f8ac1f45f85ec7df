"""The playground's SMTP and IMAP servers, and the people behind the mailboxes."""

from __future__ import annotations

from .letters import Attachment, StoredMail
from .world import MailWorld

__all__ = ["Attachment", "MailWorld", "StoredMail"]
