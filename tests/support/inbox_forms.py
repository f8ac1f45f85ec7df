"""The billing form of an inbox's first subcontract, filled: 1,000.00 of work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from form_files import typed
from mail_month import call_of
from payclerk_core.actions.forms import billing_form_for
from payclerk_core.tables import BillingPeriod, Contract, StoredFile

if TYPE_CHECKING:
    from mail_inbox import Inbox


def form_of_dana(inbox: Inbox) -> bytes:
    with inbox.db.transaction() as session:
        period = session.scalars(select(BillingPeriod)).one()
        contract = session.get_one(Contract, inbox.month.plumbing.id)
        named = billing_form_for(call_of(session, inbox.settings), contract, period)
        content = session.scalars(select(StoredFile.content).where(StoredFile.id == named.file.id)).one()
    return typed(content, {"E13": 1000})
