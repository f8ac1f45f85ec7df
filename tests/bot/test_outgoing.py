"""What payclerk says by itself: once each, in place, in the right room, and again after a kill."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot_office import ADA, CHANNEL, NOON, Month
from payclerk_bot.client import make_client
from payclerk_bot.outgoing.batch import BatchPosts
from payclerk_bot.outgoing.notices import NoticePosts
from payclerk_bot.outgoing.package import PackagePosts
from payclerk_bot.outgoing.routine import RoutinePosts
from payclerk_bot.posts import Post, Posts
from payclerk_bot.turns import Turns
from payclerk_bot.views import blocks as b
from payclerk_core.actions.batches import Item, Order, settle_item, start_batch
from payclerk_core.actions.mailing import store_file
from payclerk_core.clock import system_clock
from payclerk_core.errors import OutsideError
from payclerk_core.jobs import Job
from payclerk_core.tables import (
    Batch,
    FailedJob,
    InboxMail,
    Invitation,
    MailboxSilence,
    Message,
    MessageRecipient,
    Package,
    PackageClaim,
    SlackPost,
)
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import LocalSlack
    from payclerk_core.db import Database
    from payclerk_core.settings import Settings
    from payclerk_core.tables import BillingPeriod, Thread

KILLED = KeyboardInterrupt


@pytest.fixture
def posts(database: Database, settings: Settings) -> Posts:
    return Posts(make_client(settings), database, system_clock, Turns(interval=0))


def said(text: str) -> Post:
    return Post(text, [b.section(text)])


def job(name: str, **payload: Any) -> Job:
    return Job(name, "key", payload, 1)


def channel_texts(slack: LocalSlack, channel: str = CHANNEL) -> list[str]:
    return [texts(message) for message in slack.world.messages(channel)]


def test_posted_once_then_updated_and_an_equal_one_not_sent(posts: Posts, slack: LocalSlack) -> None:
    for text in ("one", "one", "two", "two"):
        posts.show("batch:1", [CHANNEL], lambda text=text: said(text))
    (message,) = slack.world.messages(CHANNEL)
    assert (message.text, message.edited) == ("two", 1)
    assert message.metadata == {"event_type": "payclerk_post", "event_payload": {"subject": "batch:1"}}


def test_a_kill_between_the_post_and_its_note_does_not_double_it(
    posts: Posts, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: object) -> None:
        raise KILLED

    with monkeypatch.context() as patch:
        patch.setattr(posts, "note", killed)
        with pytest.raises(KILLED):
            posts.show("batch:1", [CHANNEL], lambda: said("one"))
    posts.show("batch:2", [CHANNEL], lambda: said("another"))
    posts.show("batch:1", [CHANNEL], lambda: said("two"))
    assert [message.text for message in slack.world.messages(CHANNEL)] == ["two", "another"]


def test_a_kill_before_the_post_loses_nothing(posts: Posts, slack: LocalSlack) -> None:
    posts.start("batch:1", [CHANNEL])
    posts.show("batch:1", [CHANNEL], lambda: said("one"))
    assert [message.text for message in slack.world.messages(CHANNEL)] == ["one"]


def test_what_somebody_deleted_is_said_once_anew(posts: Posts, slack: LocalSlack) -> None:
    posts.show("batch:1", [CHANNEL], lambda: said("one"))
    slack.state.messages.clear()
    posts.show("batch:1", [CHANNEL], lambda: said("two"))
    posts.show("batch:1", [CHANNEL], lambda: said("three"))
    assert [message.text for message in slack.world.messages(CHANNEL)] == ["three"]


def test_a_channel_we_are_not_in_gives_way_to_the_projects(posts: Posts, slack: LocalSlack) -> None:
    posts.show("batch:1", ["C0NOWHERE", CHANNEL], lambda: said("one"))
    assert [message.text for message in slack.world.messages(CHANNEL)] == ["one"]
    with pytest.raises(OutsideError, match="there is no Slack channel #nowhere") as caught:
        posts.show("batch:2", ["nowhere"], lambda: said("one"))
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("fault", "permanent"), [("500", False), ("429", False), ("invalid_auth", False), ("is_archived", True)]
)
def test_slacks_faults_are_passing_or_not(posts: Posts, slack: LocalSlack, fault: str, permanent: bool) -> None:
    slack.state.fail["chat.postMessage"] = [fault, fault]
    with pytest.raises(OutsideError) as caught:
        posts.show("batch:1", [CHANNEL], lambda: said("one"))
    assert caught.value.permanent is permanent
    assert caught.value.retry_after == (1 if fault == "429" else None)
    slack.state.fail.clear()
    posts.show("batch:1", [CHANNEL], lambda: said("one"))
    assert len(slack.world.messages(CHANNEL)) == 1


def test_slack_down_is_passing(posts: Posts, slack: LocalSlack) -> None:
    slack.down()
    with pytest.raises(OutsideError) as caught:
        posts.show("batch:1", [CHANNEL], lambda: said("one"))
    slack.up()
    assert not caught.value.permanent
    posts.show("batch:1", [CHANNEL], lambda: said("one"))
    assert len(slack.world.messages(CHANNEL)) == 1


def test_a_crowd_of_updates_becomes_few_and_the_last_state_is_shown(
    database: Database, settings: Settings, slack: LocalSlack
) -> None:
    posts = Posts(make_client(settings), database, system_clock, Turns(interval=0.3))
    count, lock = [0], threading.Lock()

    def change_and_show() -> None:
        with lock:
            count[0] += 1
        posts.show("batch:1", [CHANNEL], lambda: said(f"{count[0]} of 20"))

    threads = [threading.Thread(target=change_and_show) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (message,) = slack.world.messages(CHANNEL)
    assert message.text == "20 of 20"
    assert message.edited < 10


def test_two_processes_post_one_message(database: Database, settings: Settings, slack: LocalSlack) -> None:
    if database.engine.dialect.name == "sqlite":
        return  # one process runs all of payclerk on SQLite
    both = [Posts(make_client(settings), database, system_clock, Turns(0)) for _ in range(2)]
    threads = [threading.Thread(target=p.show, args=("batch:1", [CHANNEL], lambda: said("one"))) for p in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(slack.world.messages(CHANNEL)) == 1


def test_batch_message_follows_its_items(
    database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month) -> int:
        items = [Item(1, "SC-01 Acme"), Item(2, "SC-02 Bay"), Item(3, "SC-03 Cole", "No contact.")]
        return start_batch(m.call(m.ada), Order("sel:1", m.project.id, None), "invite", items).id

    batch_id = month(fill, contracts=1)
    show = BatchPosts(database, posts)
    show(job("slack.batch", batch_id=batch_id))
    assert slack.world.messages(CHANNEL)[0].text == "Invitations: 2 waiting, 1 left out"
    with database.transaction() as session:
        first, second, _ = session.get_one(Batch, batch_id).items
        call = _call(session)
        settle_item(call, first.id, "done", "sent")
        settle_item(call, second.id, "failed", "bounced: no such user")
    show(job("slack.batch", batch_id=batch_id))
    (message,) = slack.world.messages(CHANNEL)
    assert message.text == "Invitations: 1 sent, 1 bounced, 1 left out"
    assert "• SC-02 Bay: bounced: no such user" in texts(message)


def _call(session: Any) -> Any:
    from bot_office import make_settings
    from payclerk_core.actions.call import Call

    return Call(session, NOON, make_settings("http://127.0.0.1:1"), actor=None, door="mail")


def answer(m: Month, thread: Thread, **more: Any) -> Message:
    facts: dict[str, Any] = {
        "direction": "in",
        "kind": "person",
        "message_id": "<x@y>",
        "sender": "Dana <dana@x.example>",
        "subject": "Re: bill",
        "text": "We will <!channel> see",
        "decision_why": "no clear word",
        "status": "received",
        "status_at": NOON,
        "written_at": NOON,
        **more,
    }
    return m.keep(Message(thread_id=thread.id, **facts))


def invitation(m: Month, period: BillingPeriod, status: str = "invited", **more: Any) -> Invitation:
    contract = m.contracts[0]
    facts: dict[str, Any] = {"status": status, "status_at": NOON, "invited_at": NOON, **more}
    return m.keep(Invitation(contract=contract, period=period, thread_id=m.thread(contract).id, **facts))


def test_every_notice_of_a_month(
    database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month) -> list[tuple[str, int]]:
        period = m.period()
        invited = invitation(m, period)
        m.call(m.ada).record("invited", invited, project_id=m.project.id)
        thread = m.session.get_one(type(m.thread(m.contracts[0])), invited.thread_id)
        claim = m.claim(m.prime, period, "under_review", pdf=False)
        message = answer(m, thread)
        owners = answer(m, m.thread(m.prime, claim), decision="approve")
        hit = m.keep(
            MessageRecipient(message_id=message.id, field="to", name="Dana", email="dana@x.example", failure="550")
        )
        mail = m.keep(
            InboxMail(
                account="a",
                folder="INBOX",
                uidvalidity=1,
                uid=1,
                sha256="0",
                arrived_at=NOON,
                captured_at=NOON,
                size=1,
                raw=b"",
                status="quarantine",
                status_at=NOON,
                reason="a bomb",
            )
        )
        ids = {"unclear": message.id, "late": message.id, "owner_reply": owners.id, "submitted": claim.id}
        ids |= {"bounced": hit.id, "quarantine": mail.id, "unmatched": mail.id, "period": period.id}
        ids |= {"accepted": invited.id, "declined": invited.id, "invoice_total": message.id}
        told = {"due_cents": 100, "gross_cents": 110, "differing": [["a.pdf", 120]], "locked": ["b.pdf"]}
        m.call(m.ada).record("invoice_differs", message, project_id=m.project.id, after=told)
        return list(ids.items())

    show = NoticePosts(database, posts)
    for kind, record_id in month(fill, contracts=1):
        show(job("slack.notice", notice=kind, id=record_id))
        show(job("slack.notice", notice=kind, id=record_id))
    shown = channel_texts(slack)
    assert len(shown) == 11
    assert "> We will &lt;!channel&gt; see" in shown[0]
    assert "It reads like: approve." in shown[2]


def test_a_silent_mailbox_is_one_message_that_says_when_it_is_read_again(
    database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    silence_id = month(lambda m: m.keep(MailboxSilence(account="billing@x", since=NOON, noticed_at=NOON)).id)
    show = NoticePosts(database, posts)
    show(job("slack.notice", notice="mailbox", id=silence_id))
    (shown,) = channel_texts(slack)
    assert "billing@x has not been read since" in shown
    with database.transaction() as session:
        session.get_one(MailboxSilence, silence_id).reason = "the server has no such folder; check its name"
    show(job("slack.notice", notice="mailbox", id=silence_id))
    (shown,) = channel_texts(slack)
    assert "The server has no such folder; check its name." in shown
    with database.transaction() as session:
        session.get_one(MailboxSilence, silence_id).over_at = NOON + timedelta(minutes=5)
    show(job("slack.notice", notice="mailbox", id=silence_id))
    (shown,) = channel_texts(slack)
    assert "billing@x is read again" in shown


def test_a_private_answer_goes_to_its_sender_alone(
    database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month, slack_user: str | None) -> int:
        m.ada.slack_team, m.ada.slack_user = "T0PLAY", slack_user
        claim = m.claim(m.prime, m.period(), "under_review", pdf=False)
        return answer(m, m.thread(m.prime, claim, private=True), text="Our secret").id

    message_id = month(lambda m: fill(m, ADA), contracts=1)
    NoticePosts(database, posts)(job("slack.notice", notice="owner_reply", id=message_id))
    assert channel_texts(slack) == []
    assert "Our secret" in channel_texts(slack, f"D{ADA}")[0]


def test_a_private_answer_to_somebody_without_slack_shows_no_words(
    database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month) -> int:
        claim = m.claim(m.prime, m.period(), "under_review", pdf=False)
        return answer(m, m.thread(m.prime, claim, private=True), text="Our secret").id

    NoticePosts(database, posts)(job("slack.notice", notice="owner_reply", id=month(fill, contracts=1)))
    (shown,) = channel_texts(slack)
    assert "Our secret" not in shown
    assert "private e-mail about PR-01 Owner LLC #1" in shown


def test_a_backup_is_uploaded_once(
    database: Database, settings: Settings, month: Callable[..., Any], posts: Posts, slack: LocalSlack
) -> None:
    def fill(m: Month) -> int:
        m.ada.slack_team, m.ada.slack_user = "T0PLAY", ADA
        claim = m.claim(m.contracts[0], m.period(), pdf=False)
        file = store_file(m.call(), b"%PDF-1.7 backup", "application/pdf")
        index = [{"title": "a.docx", "problem": "not a PDF"}]
        facts: dict[str, Any] = {"name": "Backup.pdf", "requested_at": NOON, "file_id": file.id, "index": index}
        facts["requested_by_id"] = m.ada.id
        package = Package(key="k", project_id=m.project.id, status="compiled", status_at=NOON, **facts)
        package.claims = [PackageClaim(claim=claim, position=0)]
        return m.keep(package).id

    package_id = month(fill, contracts=1)
    show = PackagePosts(settings, database, system_clock, make_client(settings), posts)
    show(job("slack.package", package_id=package_id))
    with database.transaction() as session:  # killed after the upload, before the note
        session.get_one(Package, package_id).status = "compiled"
        session.scalars(select(SlackPost)).one().ts = None
    show(job("slack.package", package_id=package_id))
    (file,) = slack.world.files
    assert (file.name, file.content) == ("Backup.pdf", b"%PDF-1.7 backup")
    assert slack.world.messages(CHANNEL) == []  # a channel may hold people who may not see it
    (message,) = slack.world.messages(f"D{ADA}")
    assert "• a.docx: not a PDF" in message.text
    with database.reading() as session:
        assert session.get_one(Package, package_id).status == "posted"


def test_digest_and_trouble(database: Database, month: Callable[..., Any], posts: Posts, slack: LocalSlack) -> None:
    def fill(m: Month) -> tuple[int, int]:
        m.claim(m.contracts[0], m.period(), pdf=False)
        failed = FailedJob(
            job="mail.send",
            key="mail.send:1",
            payload={"recipient_id": 1},
            attempts=3,
            reason="relay denied",
            status="failed",
            status_at=NOON,
        )
        return m.project.id, m.keep(failed).id

    project_id, failed_id = month(fill, contracts=2)
    routine = RoutinePosts(database, posts)
    routine.digest(job("slack.digest", project_id=project_id, week="2026-W46"))
    routine.trouble(job("slack.trouble", failed_job_id=failed_id))
    digest, trouble = channel_texts(slack)
    assert "SC-01 Trade 001 &amp; Sons #1: Under Review, $1,800.00" in digest
    assert "This could not be done: E-mails to send. relay denied" in trouble
