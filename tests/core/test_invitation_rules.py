"""Who can be invited, who is written to again, and when somebody silent is reminded."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.rules.invitations import Standing, reached, readiness, reminder_is_due, unreached
from payclerk_core.rules.lifecycle import ContractStatus, InvitationStatus

APPROVED, INVITED = ContractStatus.APPROVED, InvitationStatus.INVITED


@pytest.mark.parametrize(
    ("contacts", "came_back", "expected"),
    [
        (["dana"], {"dana": False}, set()),
        (["dana"], {"dana": True}, {"dana"}),  # a full mailbox may be empty by now
        (["dana2"], {"dana": True}, {"dana2"}),  # corrected
        (["dana", "eli"], {"dana": True, "eli": False}, set()),  # one of them has it
        (["dana2", "eli"], {"dana": True, "eli": False}, {"dana2"}),
        (["dana", "eli"], {"dana": True, "eli": True}, {"dana", "eli"}),
        (["dana", "eli", "kim"], {"dana": True, "eli": True}, {"kim"}),  # the new one, not the dead addresses again
        (["dana", "kim"], {"dana": False}, {"kim"}),
        ([], {"dana": True}, set()),
    ],
)
def test_who_an_invitation_is_sent_to_again(
    contacts: list[str], came_back: dict[str, bool], expected: set[str]
) -> None:
    assert unreached(contacts, came_back) == expected


addresses = st.sampled_from("abcde")


@given(st.sets(addresses), st.dictionaries(addresses, st.booleans()))
def test_nobody_gets_it_twice_who_has_it_and_nobody_is_left_without(
    contacts: set[str], came_back: dict[str, bool]
) -> None:
    again, have = unreached(contacts, came_back), reached(contacts, came_back)

    assert again <= contacts
    assert not again & have
    assert not contacts or again or have


def test_an_invitation_that_reached_nobody_can_be_sent_again() -> None:
    lost = readiness(status=APPROVED, contacts=1, invitation=INVITED, has_claim=False, unreached=1)

    assert (lost.standing, lost.blocked) == (Standing.INVITED, None)
    assert "send it again" in lost.again


@pytest.mark.parametrize(
    ("more", "standing", "blocked"),
    [
        ({"unreached": 0}, Standing.INVITED, "Already invited"),
        ({"unreached": 1, "has_claim": True}, Standing.BILLED, "exists already"),
        ({"unreached": 1, "invitation": InvitationStatus.ACCEPTED}, Standing.ACCEPTED, "Already accepted"),
        ({"unreached": 1, "invitation": InvitationStatus.DECLINED}, Standing.DECLINED, "Already declined"),
        ({"unreached": 1, "status": ContractStatus.TERMINATED}, Standing.INVITED, "Already invited"),
    ],
)
def test_what_was_answered_or_billed_is_not_asked_again(more: dict, standing: Standing, blocked: str) -> None:
    facts = {"status": APPROVED, "contacts": 1, "invitation": INVITED, "has_claim": False, **more}
    found = readiness(**facts)

    assert found.standing is standing
    assert blocked in (found.blocked or "")
    assert found.again == ""


INVITED_ON, DUE_ON = date(2026, 11, 10), date(2026, 11, 25)


def reminded_on(every: int, looks: list[int]) -> list[int]:
    """The days of November on which a look of the clock reminds."""
    written, found = INVITED_ON, []
    for day in looks:
        today = INVITED_ON.replace(day=1) + timedelta(days=day - 1)
        if reminder_is_due(written_on=written, due_on=DUE_ON, today=today, every_days=every):
            written = today
            found.append(day)
    return found


def test_reminders_go_out_every_so_many_days_until_the_due_date() -> None:
    every_day = list(range(10, 31))
    assert reminded_on(0, every_day) == []
    assert reminded_on(1, every_day) == list(range(11, 26))
    assert reminded_on(2, every_day) == [12, 14, 16, 18, 20, 22, 24]
    assert reminded_on(3, every_day) == [13, 16, 19, 22, 25]


def test_a_clock_that_was_down_reminds_once_and_counts_from_there() -> None:
    assert reminded_on(3, [10, 11, 18, 19, 20, 21, 22, 26]) == [18, 21]
