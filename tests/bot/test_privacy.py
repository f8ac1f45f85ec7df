"""Titles and amounts of private contracts go to those who may see them, and no channel of another company gets any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot_office import ADA, CHANNEL, NOON, OTTO, RITA, Month
from payclerk_bot.client import make_client
from payclerk_bot.outgoing.batch import BatchPosts
from payclerk_bot.outgoing.notices import NoticePosts
from payclerk_bot.outgoing.routine import RoutinePosts
from payclerk_bot.posts import Posts
from payclerk_bot.turns import Turns
from payclerk_core.actions.batches import Item, Order, start_batch
from payclerk_core.actions.call import Call
from payclerk_core.actions.claim_editing import LineEntry, save_amounts
from payclerk_core.actions.claims import set_status
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.clock import system_clock
from payclerk_core.jobs import Job
from payclerk_core.money import Money
from payclerk_core.queries.digest import digest_of
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Contract, Member, Message, MessageRecipient, Person, PrivateListEntry, Project
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import LocalSlack, Office
    from payclerk_core.db import Database
    from payclerk_core.settings import Settings


@pytest.fixture
def posts(database: Database, settings: Settings) -> Posts:
    return Posts(make_client(settings), database, system_clock, Turns(interval=0))


def job(name: str, **payload: Any) -> Job:
    return Job(name, "key", payload, 1)


def shown(slack: LocalSlack, channel: str = CHANNEL) -> str:
    return "\n".join(texts(message) for message in slack.world.messages(channel))


def linked(m: Month) -> None:
    for person, user in ((m.ada, ADA), (m.rita, RITA), (m.otto, OTTO)):
        person.slack_team, person.slack_user = "T0PLAY", user


def private(m: Month) -> Contract:
    """Ada administers, Otto is on the Private list, Rita is not."""
    linked(m)
    contract = m.contracts[0]
    contract.private, contract.title = True, "Vault doors"
    m.keep(PrivateListEntry(contract_id=contract.id, person_id=m.otto.id))
    return contract


def test_notices_of_a_private_contract_go_to_those_who_may_see_it(
    database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month) -> tuple[int, int, int]:
        contract = private(m)
        claim = m.claim(contract, m.period(), pdf=False)
        thread = m.thread(contract, claim)
        facts: dict[str, Any] = {
            "direction": "out",
            "kind": "invitation",
            "sender": "us",
            "subject": "x",
            "text": "x",
            "message_id": "<1@x>",
        }
        message = Message(thread_id=thread.id, written_at=NOON, status="logged", status_at=NOON, **facts)
        m.keep(message)
        recipient = m.keep(MessageRecipient(message_id=message.id, name="A", email="a@b.example", field="to"))
        return claim.id, contract.id, recipient.id

    claim_id, contract_id, recipient_id = month(fill, contracts=1)
    show = NoticePosts(database, posts)
    for kind, key in (("submitted", claim_id), ("ssov", contract_id), ("bounced", recipient_id)):
        show(job("slack.notice", notice=kind, id=key))
        show(job("slack.notice", notice=kind, id=key))

    assert shown(slack) == ""
    assert slack.world.messages(f"D{RITA}") == []
    for user in (ADA, OTTO):
        assert len(slack.world.messages(f"D{user}")) == 3
        assert "Vault doors" in shown(slack, f"D{user}")


def test_what_became_private_leaves_the_channel(
    database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month) -> int:
        linked(m)
        return m.claim(m.contracts[0], m.period(), pdf=False).id

    claim_id = month(fill, contracts=1)
    show = NoticePosts(database, posts)
    show(job("slack.notice", notice="submitted", id=claim_id))
    assert "$1,800.00" in shown(slack)
    with database.transaction() as session:
        session.scalars(select(Contract).where(Contract.number == "SC-01")).one().private = True
    show(job("slack.notice", notice="submitted", id=claim_id))

    assert "$1,800.00" not in shown(slack)
    assert "private contract" in shown(slack)
    assert "$1,800.00" in shown(slack, f"D{ADA}")


def test_digest_and_bulk_work_in_a_channel_say_nothing_of_private_contracts(
    database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month) -> tuple[int, int]:
        contract = private(m)
        claim = m.claim(contract, m.period(), "approved", pdf=False)
        items = [Item(claim.id, "SC-01 Trade 001 #1", "Only $1,800.00 of it is left.", outcome="skipped")]
        order = Order("k", m.project.id, None)
        return m.project.id, start_batch(m.call(m.ada), order, "status_approved", items).id

    project_id, batch_id = month(fill, contracts=1)
    RoutinePosts(database, posts).digest(job("slack.digest", project_id=project_id, week="2026-W46"))
    BatchPosts(database, posts)(job("slack.batch", batch_id=batch_id))

    assert "*Approved*: 0, $0.00 due" in shown(slack)
    assert "1,800.00" not in shown(slack)
    assert "2,000.00" not in shown(slack)
    assert "Trade 001" not in shown(slack)


@pytest.mark.parametrize("which", ["a subcontract", "the owner's contract"])
def test_the_tie_out_in_a_channel_sums_up_no_private_amounts(
    database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack, which: str
) -> None:
    """The owner's own line is a sum over contracts: less what is said of the others, it would tell the private one's."""

    def fill(m: Month) -> int:
        linked(m)
        period = m.period()
        for contract in m.contracts:
            m.claim(contract, period, "approved", pdf=False)
        call = m.call(m.ada)
        owner = make_owner_claim(call, m.project.id)
        save_amounts(call, owner.id, {owner.lines[0].sov_line_id: LineEntry(Money(300_000))})
        if which == "a subcontract":
            m.contracts[1].private = True
        else:
            owner.contract.private = True
        return m.project.id

    project_id = month(fill, contracts=2)
    RoutinePosts(database, posts).digest(job("slack.digest", project_id=project_id, week="2026-W46"))

    assert "the owner's own lines" not in shown(slack)
    assert "$4,000.00" not in shown(slack)
    assert "$3,000.00" not in shown(slack)
    with database.reading() as session:
        ada, rita = (
            digest_of(session, session.get_one(Project, project_id), session.scalars(query).one())
            for query in (select(Person.id).where(Person.name == name) for name in ("Ada Admin", "Rita Reader"))
        )
    assert ada is not None
    assert rita is not None
    assert [row.gap.open for row in ada.ties] == [100_000]
    assert rita.ties == []


def test_a_claim_to_the_owner_that_sums_up_private_amounts_is_in_no_channel(
    database: Database, settings: Settings, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month) -> int:
        linked(m)
        m.contracts[0].private = True
        m.claim(m.contracts[0], m.period(), "approved", pdf=False)
        return make_owner_claim(m.call(m.ada), m.project.id).id

    claim_id = month(fill, contracts=1)
    show = NoticePosts(database, posts)
    show(job("slack.notice", notice="submitted", id=claim_id))

    assert shown(slack) == ""
    assert "PR-01" in shown(slack, f"D{ADA}")
    with database.transaction() as session:
        ada = session.scalars(select(Person).where(Person.name == "Ada Admin")).one()
        delete_claim(Call(session, NOON, settings, actor=ada, door="slack"), claim_id)
    show(job("slack.notice", notice="submitted", id=claim_id))

    assert shown(slack) == ""
    assert "is deleted" in shown(slack, f"D{ADA}")


def test_a_channel_shared_with_another_company_gets_nothing(
    database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month) -> tuple[int, int]:
        linked(m)
        return m.project.id, m.claim(m.contracts[0], m.period(), pdf=False).id

    slack.state.shared.add(slack.state.channel_id(CHANNEL) or "")
    project_id, claim_id = month(fill, contracts=1)
    NoticePosts(database, posts)(job("slack.notice", notice="submitted", id=claim_id))
    RoutinePosts(database, posts).digest(job("slack.digest", project_id=project_id, week="2026-W46"))

    assert slack.world.messages(CHANNEL) == []
    assert shown(slack, f"D{ADA}").count("$1,800.00") >= 2


def test_a_channel_that_was_shared_later_keeps_no_amounts(
    database: Database, settings: Settings, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month) -> int:
        linked(m)
        return m.claim(m.contracts[0], m.period(), pdf=False).id

    claim_id = month(fill, contracts=1)
    NoticePosts(database, posts)(job("slack.notice", notice="submitted", id=claim_id))
    assert "$1,800.00" in shown(slack)
    slack.state.shared.add(slack.state.channel_id(CHANNEL) or "")
    later = Posts(make_client(settings), database, system_clock, Turns(interval=0))
    NoticePosts(database, later)(job("slack.notice", notice="submitted", id=claim_id))

    assert "$1,800.00" not in shown(slack)
    assert "$1,800.00" in shown(slack, f"D{ADA}")


def counted(office: Office, user: str) -> list[str]:
    """What the Home tab counts for this person."""
    before = office.world.home_of(user)
    office.world.open_home(user)
    view: Any = office.world.wait_for(
        lambda: now if (now := office.world.home_of(user)) is not None and now is not before else None
    )
    return [line for line in texts(view).split("\n") if line.startswith(("Contracts:", "Claims:"))]


def test_home_counts_what_the_person_may_see_and_nothing_else(month: Callable[..., Any], office: Office) -> None:
    def fill(m: Month) -> tuple[int, int]:
        contract = private(m)
        m.claim(contract, m.period(), "approved", pdf=False)
        rita = m.session.scalars(select(Member).where(Member.person_id == m.rita.id)).one()
        return contract.id, rita.id

    contract_id, membership = month(fill, contracts=3)
    assert counted(office, ADA) == ["Contracts: 1 billed, 2 not invited", "Claims: 1 approved"]
    assert counted(office, RITA) == ["Contracts: 2 not invited"]

    with office.database.transaction() as session:
        rita = session.get_one(Member, membership)
        session.add(PrivateListEntry(contract_id=contract_id, person_id=rita.person_id))
    assert counted(office, RITA) == ["Contracts: 1 billed, 2 not invited", "Claims: 1 approved"]

    with office.database.transaction() as session:
        session.get_one(Member, membership).commitments = "none"
    assert counted(office, RITA) == ["Contracts: 1 billed", "Claims: 1 approved"]


def test_what_changed_since_a_look_names_no_private_contract(month: Callable[..., Any], office: Office) -> None:
    """Rita administers the owner's contract and is on no Private list: the confirm tells her no more than the look."""

    def fill(m: Month) -> int:
        period = m.period()
        m.contracts[1].private = True
        rita = m.session.scalars(select(Member).where(Member.person_id == m.rita.id)).one()
        rita.client_contracts = "admin"
        m.claim(m.contracts[0], period, "approved")
        return m.claim(m.contracts[1], period).id

    claim_id = month(fill, contracts=2)
    office.billing(RITA, "owner")
    look = office.modal(RITA, "owner")
    assert "a private contract" in texts(look)
    with office.database.transaction() as session:
        ada = session.scalars(select(Person).where(Person.name == "Ada Admin")).one()
        set_status(
            Call(session, office.now[0], office.settings, actor=ada, door="slack"), claim_id, ClaimStatus.APPROVED
        )

    office.world.submit(RITA, look)

    told = texts(office.modal_says(RITA, "changed since you looked"))
    assert "What private contracts bill has changed." in told
    assert "SC-02" not in told
    assert "1,800.00 due" not in told
    office.billing(RITA, "owner")
    office.world.submit(RITA, office.modal(RITA, "owner"))
    office.modal_says(RITA, "Claim 1 to the owner is made.")
