"""The tables, a module a noun. Importing this package registers all of them on `Base.metadata`."""

from __future__ import annotations

from .base import Base
from .billing import (
    BillingPeriod,
    Certificate,
    Claim,
    ClaimLine,
    Invitation,
    Payment,
    PaymentSchedule,
    PeriodSchedule,
)
from .contracts import (
    ChangeOrder,
    ChangeOrderLine,
    Contract,
    InvoiceContact,
    PrivateListEntry,
    RetainageRule,
    SovLine,
)
from .mail import (
    Attachment,
    Confirmation,
    InboxMail,
    MailboxSilence,
    MailFolder,
    MailLease,
    Message,
    MessageRecipient,
    ReplyToken,
    Thread,
)
from .owner import BilledClaim, BilledCost
from .people import Company, Member, Person, Project
from .records import ClockTick, Event, Executor, FailedJob, JobTakeover, StoredFile
from .restoring import HeldLetter, LostLetter, Restoration
from .signing import Envelope, Package, PackageClaim, SigningOutage
from .slack import Batch, BatchItem, Selection, SlackPost

__all__ = [
    "Attachment",
    "Base",
    "Batch",
    "BatchItem",
    "BilledClaim",
    "BilledCost",
    "BillingPeriod",
    "Certificate",
    "ChangeOrder",
    "ChangeOrderLine",
    "Claim",
    "ClaimLine",
    "ClockTick",
    "Company",
    "Confirmation",
    "Contract",
    "Envelope",
    "Event",
    "Executor",
    "FailedJob",
    "HeldLetter",
    "InboxMail",
    "Invitation",
    "InvoiceContact",
    "JobTakeover",
    "LostLetter",
    "MailFolder",
    "MailLease",
    "MailboxSilence",
    "Member",
    "Message",
    "MessageRecipient",
    "Package",
    "PackageClaim",
    "Payment",
    "PaymentSchedule",
    "PeriodSchedule",
    "Person",
    "PrivateListEntry",
    "Project",
    "ReplyToken",
    "Restoration",
    "RetainageRule",
    "Selection",
    "SigningOutage",
    "SlackPost",
    "SovLine",
    "StoredFile",
    "Thread",
]
