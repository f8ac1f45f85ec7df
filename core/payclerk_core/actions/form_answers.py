"""What is answered to a billing form that could not be taken, with the form that can be filled now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..documents.billing_form import Entered, FormFaults
from ..documents.file_kinds import OTHER_KIND, OURS_OF_OTHER_KIND
from ..documents.form_copies import FILLED_COPY
from ..errors import UserError
from ..queries.claims import claim_of_period
from ..queries.contracts import open_period
from ..queries.directory import is_contact
from ..rules.lifecycle import EDITABLE_BY_CONTACT, ClaimStatus
from ..tables import Claim, Contract, Invitation
from .call import Call
from .forms import NOTHING_ENTERED, ReturnedForm, billing_form_for, read_identity
from .mailing import About, NamedFile, Recipient, write_letter
from .text_drafts import text_draft

_MOST_FAULTS: Final = 200  # a mail with more helps nobody
NO_FORM: Final = "no_form"
_NEWEST_HELPS: Final = frozenset(
    {"old_form", "seal", "two_forms", OTHER_KIND, OURS_OF_OTHER_KIND, FILLED_COPY, NO_FORM}
)


def refuse_form(call: Call, returned: ReturnedForm, error: UserError) -> None:
    """Answer a form that could not be taken: each cell and what is wrong. Nothing but the mail is stored."""
    contract = call.get(Contract, returned.thread.contract_id or 0, "contract")
    facts: dict[str, object] = {
        "contact_name": returned.person.name,
        "project_name": contract.project.name,
        "contract_number": contract.number,
        "file_name": returned.file_name,
    }
    if isinstance(error, FormFaults):
        name = "form_faults"
        facts["faults"] = [{"where": f.cell, "what": f.what, "fix": f.fix} for f in error.faults[:_MOST_FAULTS]]
    else:
        name, facts["why"] = "file_refused", error.message
    invitation = call.session.query(Invitation).filter_by(thread_id=returned.thread.id).one_or_none()
    about = About("form", invitation_id=invitation.id if invitation else None, claim_id=returned.thread.claim_id)
    recipients = [Recipient(returned.person)]
    may_fill = is_contact(call.session, contract.id, returned.person.id)  # who was one gets no amounts any more
    draft = text_draft(call, returned.thread)
    files = _to_fill(call, contract, error, draft) if may_fill else []
    write_letter(call, returned.thread, name, recipients, facts, about, files=files, in_reply_to=returned.in_reply_to)
    call.record("form_refused", returned.thread, project_id=contract.project_id, after={"why": error.message[:4000]})


def _to_fill(call: Call, contract: Contract, error: UserError, draft: Claim | None) -> list[NamedFile]:
    """With faults a copy of what they sent, in which those cells are marked; for an old form the newest one."""
    if isinstance(error, FormFaults):
        return newest_form(call, contract, _theirs(call, contract, error), instead_of=draft)
    return newest_form(call, contract, instead_of=draft) if error.code in _NEWEST_HELPS else []


def _theirs(call: Call, contract: Contract, error: FormFaults) -> Mapping[int, Entered]:
    """Only a form of this contract: the numbers in another one's seal are of other lines."""
    identity = read_identity(call.settings.secret, error.seal)
    return error.entered if identity is not None and identity.contract_id == contract.id else NOTHING_ENTERED


def newest_form(
    call: Call,
    contract: Contract,
    entered: Mapping[int, Entered] = NOTHING_ENTERED,
    *,
    instead_of: Claim | None = None,
) -> list[NamedFile]:
    """The form that can be filled now: for the open period's claim, or for its correction; none when there is none.

    `instead_of`: a draft made in words, which goes when a form comes.
    """
    period = open_period(call.session, contract.project_id)
    if period is None:
        return []
    claim = claim_of_period(call.session, contract.id, period.id)
    if claim is not None and ClaimStatus(claim.status) not in EDITABLE_BY_CONTACT:
        return []
    if claim is not None and claim is instead_of:
        return [billing_form_for(call, contract, period, instead_of=claim, entered=entered)]
    return [billing_form_for(call, contract, period, returned=claim, entered=entered)]
