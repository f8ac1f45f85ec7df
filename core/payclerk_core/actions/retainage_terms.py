"""The look before the contract's step down or sliding scale is turned on again: what is held now, and what would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..money import Money
from ..queries.basis import Basis, basis_of, terms_of
from ..queries.claim_facts import facts_of
from ..queries.claims import summary_of
from ..rules.billing import Summary, summarize
from ..rules.contract_terms import percent, terms_in_words
from ..rules.lifecycle import edit_obstacle
from ..rules.retainage import Rates, Terms
from ..tables import Claim
from .call import Call
from .claim_lines import bill_claim
from .claims import load_claim


@dataclass(frozen=True, slots=True)
class TermsPreview:
    """A claim as it is, and as it would be by the contract's own terms. `obstacle`: why they cannot be turned on.

    `then` is None where the contract has neither step nor scale, or they count already.
    """

    claim: Claim
    terms: Terms
    now: Summary
    rates: Rates
    by_hand: bool
    then: Summary | None = None
    then_rates: Rates | None = None
    obstacle: str | None = None

    def shown(self) -> Mapping[str, str]:
        """What the person looks at before they confirm, by what it is about."""
        currency = self.now.due.currency
        facts = {
            "The contract's retainage": terms_in_words(self.terms, currency),
            **_facts("now", self.now, self.rates),
        }
        if self.then is not None and self.then_rates is not None:
            facts |= _facts("by the contract", self.then, self.then_rates)
        return facts


def _facts(when: str, summary: Summary, rates: Rates) -> dict[str, str]:
    return {
        f"Rate {when}": f"{percent(rates.work)} of work, {percent(rates.stored)} of stored material",
        f"Retainage {when}": str(summary.retainage),
        f"Payment due {when}": str(summary.due),
    }


def preview_terms(call: Call, claim_id: int) -> TermsPreview:
    """What turning the contract's terms on again would do to this claim; nothing is stored.

    Raises NotAllowedError for who may not set its retainage.
    """
    claim = load_claim(call, claim_id)
    call.authorise("T25" if claim.contract.is_prime else "T24", claim.contract.project_id, claim.contract)
    return preview_of(call, claim)


def preview_of(call: Call, claim: Claim) -> TermsPreview:
    """The same for a claim at hand, of who is known to be allowed."""
    terms, basis = terms_of(claim.contract), basis_of(call.session, claim.contract, before=claim.number)
    by_hand = claim.rates_set or (basis.by_hand and not claim.by_contract)
    rates = Rates(claim.work_retainage, claim.stored_retainage)
    facts = claim, terms, summary_of(claim), rates, by_hand
    if not terms.scale and terms.step is None:
        why = f"Contract {claim.contract.number} has no step down and no sliding scale, so there is nothing to turn on."
        return TermsPreview(*facts, obstacle=why)
    if not by_hand:
        return TermsPreview(*facts, obstacle="The contract's own retainage counts already.")
    then, then_rates = _by_contract(claim, basis)
    return TermsPreview(*facts, then, then_rates, edit_obstacle(facts_of(call.session, claim)))


def _by_contract(claim: Claim, basis: Basis) -> tuple[Summary, Rates]:
    billed = bill_claim(claim, basis, by_contract=True)
    previous = Money(basis.certificates, claim.contract.project.currency)
    return summarize(billed.lines, previous_certificates=previous), billed.rates
