"""What a line holds when rates change, material is installed and retainage is released, over many claims."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.rules.billing import NEW, Before, Contract, Entry, Line, SovItem, bill
from payclerk_core.rules.job import Job, JobClaim, JobPage, work_out
from payclerk_core.rules.openings import Opening, openings
from payclerk_core.rules.retainage import Limits, Of, Rates, ScaleRule, StepDown, Terms

ZERO, TWO, FIVE, TEN = Decimal(0), Decimal(2), Decimal(5), Decimal(10)
ITEM = SovItem("1", "Work", 10**9)
NONE = Rates(ZERO, ZERO)


def both(rate: Decimal) -> Rates:
    return Rates(rate, rate)


def contract(rates: Rates, step: StepDown | None = None) -> Contract:
    return Contract(Terms(rates, step=step), rates)


@dataclass
class History:
    """One line, claim after claim."""

    rates: Rates
    before: Before = NEW

    def bill(self, entry: Entry = Entry(), rates: Rates | None = None) -> Line:  # noqa: B008
        billed = bill(contract(self.rates), [(ITEM, self.before, entry)], new_rates=rates)
        self.rates, self.before = billed.rates, billed.lines[0].after(self.before.gross)
        return billed.lines[0]


percents = st.decimals(0, 100, places=2)
amounts = st.integers(0, 10**7)
entries = st.builds(Entry, work=amounts, stored=amounts, work_percent=st.none() | percents)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Some claims of a line: work, stored material, figures of its own, work taken back, releases, other rates."""
    history = History(both(draw(percents)))
    for entry in draw(st.lists(entries, max_size=4)):
        history.bill(entry, draw(st.none() | percents.map(both)))
        history.bill(Entry(-draw(st.integers(0, history.before.work)), work_percent=draw(st.none() | percents)))
        held = history.before.work_held + history.before.stored_held
        history.bill(Entry(released=draw(st.integers(0, held)) if draw(st.booleans()) else 0))
    return history


@given(histories(), percents)
def test_a_lower_rate_never_raises_what_a_line_holds(history: History, share: Decimal) -> None:
    lower = Rates(history.rates.work * share / 100, history.rates.stored * share / 100)
    held = history.before.work_held, history.before.stored_held

    line = history.bill(rates=lower)

    assert (line.work_held, line.stored_held) <= held
    assert line.work_held <= held[0]
    assert line.stored_held <= held[1]


@given(histories(), entries, percents, percents)
def test_a_new_rate_in_the_claim_that_moves_material_is_that_rate_a_claim_earlier(
    history: History, entry: Entry, work: Decimal, stored: Decimal
) -> None:
    rates, earlier = Rates(work, stored), replace(history)

    at_once = history.bill(entry, rates)
    earlier.bill(rates=rates)
    by_steps = earlier.bill(entry)

    assert (at_once.work_held, at_once.stored_held) == (by_steps.work_held, by_steps.stored_held)
    assert history.bill(Entry(10**6)).held == earlier.bill(Entry(10**6)).held


@given(amounts, amounts, st.builds(Rates, percents, percents), st.none() | st.builds(Rates, percents, percents))
def test_new_work_on_a_line_whose_store_was_released_and_installed_is_withheld(
    before: int, cents: int, rates: Rates, new: Rates | None
) -> None:
    """Whatever was held of the material, and at whatever rates: what is billed afterwards is withheld in full."""
    history = History(rates)
    history.bill(Entry(before, cents))
    history.bill(Entry(stored=cents, stored_released=history.before.stored_held))
    line = history.bill(Entry(cents, stored=0), new)

    assert abs(history.bill(Entry(10**6)).held - line.held - 10**6 * history.rates.work / 100) <= 2


@given(histories())
def test_a_claim_with_nothing_new_changes_nothing(history: History) -> None:
    before = history.before

    line = history.bill()

    assert (line.work_held, line.stored_held) == (before.work_held, before.stored_held)
    assert history.before == replace(before, gross=history.before.gross)


@given(histories(), percents)
def test_a_step_never_raises_what_a_line_holds(history: History, rate: Decimal) -> None:
    stepping = Contract(Terms(history.rates, step=StepDown(ZERO, rate, counts_stored=True)), history.rates)
    held = history.before.work_held, history.before.stored_held

    line = bill(stepping, [(ITEM, history.before, Entry())]).lines[0]

    assert line.work_held <= held[0]
    assert line.stored_held <= held[1]


@given(st.integers(10_000, 10**7), percents, st.booleans(), st.lists(percents.map(both), max_size=5))
def test_what_was_released_is_never_charged_again(cents: int, rate: Decimal, store: bool, rates: list[Rates]) -> None:
    """All is released; then the rate goes up and down as it likes, through nothing as well."""
    history = History(both(max(rate, Decimal(1))))
    line = history.bill(Entry(stored=cents) if store else Entry(cents))
    history.bill(Entry(released=line.held))

    assert [history.bill(rates=new).held for new in rates] == [0] * len(rates)


@given(amounts, percents)
def test_released_material_is_not_charged_when_it_is_installed(cents: int, rate: Decimal) -> None:
    history = History(both(rate))
    stored = history.bill(Entry(stored=cents))
    history.bill(Entry(stored=cents, stored_released=stored.stored_held))

    first = history.bill(Entry(work=cents // 2, stored=cents - cents // 2))
    second = history.bill(Entry(work=cents - cents // 2, stored=0))

    assert first.held <= 1  # two halves are rounded each for itself
    assert second.held <= 1


def store_released(rates: Rates, released: int) -> History:
    """10,000.00 in store, of which so much was released."""
    history = History(rates)
    history.bill(Entry(stored=10_000_00))
    history.bill(Entry(stored=10_000_00, released=released))
    return history


def test_material_is_installed_at_the_rate_of_work_and_never_above_what_is_held_of_it() -> None:
    """What was released counts for no more than the rate of work asks, so that it lets nothing go of later work."""
    install, later = Entry(10_000_00, stored=0), Entry(10_000_00)
    lowered = store_released(both(TEN), 1_000_00)
    work_lower = store_released(Rates(FIVE, TEN), 1_000_00)
    in_part = store_released(Rates(FIVE, TEN), 400_00)
    work_higher = store_released(Rates(TEN, FIVE), 250_00)
    raised = store_released(both(FIVE), 500_00)

    found = [
        [lowered.bill(install, both(FIVE)).held, lowered.bill(later).held],
        [work_lower.bill(install).held, work_lower.bill(later).held],
        [in_part.bill(install).held, in_part.bill(later).held],
        [work_higher.bill(install).held, work_higher.bill(later).held],
        [raised.bill(install, both(TEN)).held, raised.bill(later).held],
    ]

    assert found == [[0, 500_00], [0, 500_00], [500_00, 1_000_00], [750_00, 1_750_00], [0, 1_000_00]]


@given(amounts, amounts, percents, st.lists(percents.map(both), max_size=4))
def test_a_line_with_a_rate_of_its_own_keeps_it(work: int, stored: int, own: Decimal, rates: list[Rates]) -> None:
    history = History(both(TEN))
    first = history.bill(Entry(work, stored, work_percent=own, stored_percent=own))

    for rate in rates:
        line = history.bill(rates=rate)
        assert (line.work_held, line.stored_held) == (first.work_held, first.stored_held)


@given(amounts, percents, percents, st.lists(st.tuples(percents, st.none() | percents), max_size=4))
def test_what_is_taken_back_of_a_line_with_a_rate_of_its_own_is_given_back_at_that_rate(
    work: int, own: Decimal, rate: Decimal, claims: list[tuple[Decimal, Decimal | None]]
) -> None:
    """While nothing is released it holds its own share of the balance; each claim rounds by half a cent at most."""
    history = History(both(rate))
    history.bill(Entry(work, work_percent=own))

    for share, new in claims:
        line = history.bill(Entry(-int(history.before.work * share / 100)), None if new is None else both(new))
        assert abs(line.work_held - history.before.work * own / 100) <= 1 + len(claims)


def test_what_is_taken_back_is_of_the_contracts_rate_first() -> None:
    history = History(both(TEN))
    history.bill(Entry(50_000_00, work_percent=FIVE))
    history.bill(Entry(30_000_00))

    assert history.bill(Entry(-40_000_00)).held == 2_000_00
    assert history.bill(Entry(10_000_00)).held == 3_000_00
    assert history.bill(rates=both(TWO)).held == 2_200_00


def test_what_is_taken_back_at_a_rate_of_its_own_stays_given_back() -> None:
    history = History(both(TEN))
    history.bill(Entry(50_000_00))

    assert history.bill(Entry(-10_000_00, work_percent=FIVE)).held == 4_500_00
    assert history.bill().held == 4_500_00
    assert history.bill(rates=both(FIVE)).held == 2_000_00


def test_a_deduction_at_its_own_rate_is_taken_back_at_that_rate() -> None:
    history = History(both(TEN))
    history.bill(Entry(-20_000_00, work_percent=FIVE))

    assert history.bill(Entry(5_000_00)).held == -750_00
    assert history.bill(rates=both(TWO)).held == -750_00


def test_under_a_scale_too_what_is_taken_back_is_given_back_at_the_lines_own_rate() -> None:
    terms = Terms(NONE, (ScaleRule(TEN, Of.ORIGINAL, FIVE),))
    claims = [Entry(50_000_00, work_percent=TWO), Entry(-10_000_00), Entry(), Entry(60_000_00)]

    pages = pages_of(terms, *(JobClaim(n, {"1": entry}) for n, entry in enumerate(claims, 1)))

    assert [held(page) for page in pages] == [1_000_00, 800_00, 800_00, 5_000_00]


def test_a_line_of_two_rates_changes_the_part_that_is_the_contracts() -> None:
    history = History(both(TEN))
    history.bill(Entry(50_000_00))
    history.bill(Entry(30_000_00, work_percent=TWO))

    assert history.bill(rates=both(FIVE)).held == 2_500_00 + 600_00


def test_a_new_rate_and_a_percentage_of_its_own_in_one_claim() -> None:
    history = History(both(TEN))
    history.bill(Entry(50_000_00))

    assert history.bill(Entry(10_000_00, work_percent=ZERO), both(FIVE)).held == 2_500_00


def test_an_amount_for_one_period_is_no_rate_of_the_lines_own() -> None:
    history = History(both(TEN))
    history.bill(Entry(10_000_00, work_withheld=1_500_00))

    assert history.bill(rates=both(FIVE)).held == 500_00


def test_a_partly_released_line_falls_to_the_lower_rate_and_no_further() -> None:
    history = History(both(TEN))
    history.bill(Entry(100_000_00))
    history.bill(Entry(released=4_000_00))

    assert history.bill(rates=both(FIVE)).held == 5_000_00
    assert history.bill(Entry(20_000_00)).held == 6_000_00
    assert history.bill(rates=NONE).held == 0


def test_work_taken_back_and_billed_again_after_a_release_is_not_charged() -> None:
    history = History(both(TEN))
    history.bill(Entry(100_000_00))
    history.bill(Entry(released=10_000_00))

    assert history.bill(Entry(-20_000_00)).held == 0
    assert history.bill(Entry(20_000_00)).held == 0
    assert history.bill(Entry(1_000_00)).held == 100_00


def test_a_raised_rate_counts_for_the_whole_balance_of_what_was_not_released() -> None:
    history = History(both(FIVE))
    history.bill(Entry(50_000_00))

    assert history.bill(Entry(10_000_00), both(TEN)).held == 6_000_00


def pages_of(terms: Terms, *claims: JobClaim) -> list[JobPage]:
    return work_out(Job(Contract(terms, terms.rates), (SovItem("1", "Work", 100_000_00),), claims))


def held(page: JobPage) -> int:
    return page.summary.retainage.cents


def claim(
    number: int, work: int, rates: Rates | None = None, *, stored: int = 0, by_contract: bool = False
) -> JobClaim:
    return JobClaim(number, {"1": Entry(work * 100, stored * 100)}, rates, by_contract=by_contract)


@given(percents, st.sampled_from(["step", "scale"]))
def test_a_rate_set_by_hand_ends_step_and_scale(rate: Decimal, kind: str) -> None:
    step = Terms(both(TEN), step=StepDown(Decimal(50), FIVE))
    terms = step if kind == "step" else Terms(NONE, (ScaleRule(TEN, Of.ORIGINAL, FIVE),))
    pages = pages_of(terms, claim(1, 10_000, both(rate)), claim(2, 60_000), claim(3, 30_000))

    assert [held(page) for page in pages] == [int(rate * work) for work in (10_000, 70_000, 100_000)]


def test_the_contracts_step_is_turned_on_again() -> None:
    terms = Terms(both(TEN), step=StepDown(Decimal(50), FIVE))
    pages = pages_of(
        terms, claim(1, 60_000), claim(2, 0, both(TEN)), claim(3, 10_000), claim(4, 10_000, by_contract=True)
    )

    assert [held(page) for page in pages] == [3_000_00, 6_000_00, 7_000_00, 4_000_00]


def test_the_contracts_scale_is_turned_on_again() -> None:
    terms = Terms(NONE, (ScaleRule(TEN, Of.ORIGINAL, FIVE),))
    pages = pages_of(terms, claim(1, 10_000), claim(2, 10_000, both(FIVE)), claim(3, 70_000, by_contract=True))

    assert [held(page) for page in pages] == [1_000_00, 1_000_00, 5_000_00]


def test_a_step_counts_what_its_setting_says_and_reaches_the_store() -> None:
    work_only = Terms(both(TEN), step=StepDown(Decimal(50), FIVE))
    counted = replace(work_only, step=StepDown(Decimal(50), FIVE, counts_stored=True))
    stored_lower = Terms(Rates(TEN, TWO), step=StepDown(Decimal(50), FIVE, counts_stored=True))

    found = [held(pages_of(terms, claim(1, 45_000, stored=10_000))[0]) for terms in (work_only, counted, stored_lower)]

    assert found == [5_500_00, 2_750_00, 2_450_00]


@given(st.lists(st.tuples(amounts, st.booleans()), min_size=1, max_size=6), st.integers(1, 10**6))
def test_a_limited_scale_is_filled_by_the_lines_that_have_no_rate_of_their_own(
    works: list[tuple[int, bool]], limit: int
) -> None:
    terms = Terms(NONE, (ScaleRule(TEN, Of.AMOUNT, Decimal(limit)),))
    rows = [
        (SovItem(str(n), "Work", 10**9), NEW, Entry(work, work_percent=ZERO if own else None, stored_percent=ZERO if own else None))
        for n, (work, own) in enumerate(works)
    ]  # fmt: skip

    lines = bill(Contract(terms, NONE), rows).lines

    share = sum((work + 5) // 10 for work, own in works if not own)
    assert sum(line.held for line in lines) == min(share, limit * 100)
    assert all(line.held == 0 for line, (_, own) in zip(lines, works, strict=True) if own)


def test_what_a_line_withholds_at_its_own_rate_fills_the_scale() -> None:
    terms = Terms(NONE, (ScaleRule(TEN, Of.AMOUNT, Decimal(1000)),))
    rows = [
        (SovItem("1", "Work", 10**9), NEW, Entry(2_000_00, work_percent=Decimal(30))),
        (SovItem("2", "Work", 10**9), NEW, Entry(90_000_00)),
    ]

    assert [line.held for line in bill(Contract(terms, NONE), rows).lines] == [600_00, 400_00]


def test_an_opening_holds_what_the_terms_say_unless_it_is_given() -> None:
    scale = Terms(NONE, (ScaleRule(TEN, Of.ORIGINAL, FIVE),))
    limits = Limits(100_000_00, 100_000_00)

    by_terms, released = openings(scale, limits, [Opening(60_000_00, 0)])[0], openings(scale, limits, [Opening(60_000_00, 0, 0)])[0]  # fmt: skip
    by_rate = openings(Terms(Rates(TEN, FIVE)), limits, [Opening(1_000_00, 200_00)])[0]

    assert (by_terms.work_held, by_terms.gross) == (5_000_00, 5_000_00)
    assert (released.work_held, released.gross) == (0, 5_000_00)
    assert (by_rate.work_held, by_rate.stored_held) == (100_00, 10_00)


@given(amounts, amounts, st.builds(Rates, percents, percents), percents, percents, st.booleans())
def test_an_opening_past_the_step_holds_what_a_claim_of_the_same_would(
    work: int, stored: int, rates: Rates, at: Decimal, lower: Decimal, counts_stored: bool
) -> None:
    stepping = Contract(Terms(rates, step=StepDown(at, lower, counts_stored)), rates)
    item = SovItem("1", "Work", 10**7)
    limits = Limits(item.scheduled, item.scheduled)

    before = openings(stepping.terms, limits, [Opening(work, stored)])[0]

    billed = bill(stepping, [(item, NEW, Entry(work, stored))]).lines[0]
    assert (before.work_held, before.stored_held) == (billed.work_held, billed.stored_held)
    quiet = bill(stepping, [(item, before, Entry())]).lines[0]
    assert (quiet.work_held, quiet.stored_held) == (billed.work_held, billed.stored_held)


@st.composite
def opened(draw: st.DrawFn) -> Opening:
    """What was billed of a line before: work or a deduction, stored material, and any retainage that can be of them."""
    work, stored = draw(st.integers(-(10**7), 10**7)), draw(amounts)
    billed = work + stored
    return Opening(work, stored, draw(st.none() | st.integers(min(billed, 0), max(billed, 0))))


@given(st.builds(Rates, percents, percents), st.lists(opened(), min_size=1, max_size=4))
def test_a_first_claim_with_nothing_new_holds_what_was_held_before(rates: Rates, lines: list[Opening]) -> None:
    before = openings(Terms(rates), Limits(0, 0), lines)

    billed = bill(contract(rates), [(ITEM, line, Entry()) for line in before]).lines

    assert [(line.work_held, line.stored_held) for line in billed] == [(b.work_held, b.stored_held) for b in before]
    assert all(line.held == said.held for line, said in zip(billed, lines, strict=True) if said.held is not None)


def test_an_opening_of_a_deduction_is_held_of_its_work() -> None:
    terms, limits = Terms(both(TEN)), Limits(0, 0)
    lines = [Opening(-5_000_00, 0), Opening(-5_000_00, 0, -500_00), Opening(-5_000_00, 0, -300_00)]

    found = openings(terms, limits, lines)

    assert [(line.work_held, line.stored_held) for line in found] == [(-500_00, 0), (-500_00, 0), (-300_00, 0)]
    assert [line.gross for line in found] == [-500_00] * 3
    assert [line.standing.released for line in found] == [False, False, True]


def test_more_than_the_terms_say_of_stored_material_is_held_of_it_where_work_cannot_hold_it() -> None:
    (line,) = openings(Terms(both(TEN)), Limits(0, 0), [Opening(100_00, 1_000_00, 500_00)])

    assert (line.work_held, line.stored_held) == (100_00, 400_00)
