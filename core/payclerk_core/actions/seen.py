"""Nothing is confirmed of a claim that is not the one the person looked at."""

from __future__ import annotations

from sqlalchemy import select

from ..errors import UserError
from ..queries.claims import claim_label
from ..queries.seen import seen_of
from ..rules.seen import changes_since
from ..tables import Claim, Event, Person
from .call import Call

_SHOWN = 5
_NO_CHANGE = ("exported", "pdf_layout_set")


def require_seen(call: Call, claim: Claim, seen: str | None) -> None:
    """Raise UserError (code "changed") when the claim is no longer as in the digest: what changed, and by whom.

    None: nobody looked, as when payclerk itself acts.
    """
    if seen is not None and (why := changed_since(call, claim, seen)) is not None:
        raise UserError(f"{claim_label(claim)}: {why} Nothing was done; open it again.", code="changed")


def changed_since(call: Call, claim: Claim, seen: str) -> str | None:
    """Why what the person looked at is not this claim any more, for people; None when it is."""
    if not (changes := changes_since(seen, seen_of(claim))):
        return None
    return " ".join(["It has changed since you looked.", *changes, *_rejections(claim), *_by_whom(call, claim)])


def _rejections(claim: Claim) -> list[str]:
    """What another reviewer said, so that it can be weighed before it is said anew."""
    rejected = [line for line in claim.lines if line.review == "rejected"]
    told = [f"Line {line.sov_line.item} is rejected: {(line.review_reason or '')[:200]}." for line in rejected]
    return told[:_SHOWN] + ([f"{len(told) - _SHOWN} more lines are rejected."] if len(told) > _SHOWN else [])


def _by_whom(call: Call, claim: Claim) -> list[str]:
    query = (
        select(Person.name)
        .join(Event, Event.actor_id == Person.id)
        .where(Event.record == "claim", Event.record_id == claim.id, Event.verb.not_in(_NO_CHANGE))
    )
    name = call.session.scalar(query.order_by(Event.id.desc()).limit(1))
    return [f"Last changed by {name}."] if name else []
