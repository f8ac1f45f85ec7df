"""Billing forms that come back as an attachment: each becomes a claim, or an answer that names each fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import structlog

from payclerk_core.actions.call import Call
from payclerk_core.actions.forms import ReturnedForm, accepted_by_form, refuse_form, submit_form
from payclerk_core.actions.inbox import keep_as_backup
from payclerk_core.actions.invitations import accept_by_form
from payclerk_core.documents.billing_form import FilledForm, read_form
from payclerk_core.errors import UserError
from payclerk_core.tables import Invitation, Message, Person, Thread

log = structlog.get_logger()
