"""A mail that could not be read: what its notice says, and who gets it as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot_office import ADA, NOON, RITA
from payclerk_core.actions.inbox import finish_mail
from payclerk_core.tables import Event, InboxMail, Person, ReplyToken
from payclerk_playground.slack.control import texts
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office

TOKEN = "abcdefghijklmnopqrstuvwxyz"
BROKEN = b"To: billing+" + TOKEN.upper().encode() + b"@reply.maple.example\r\n\r\n\xff\x00"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a notice says is no matter of the database."""
    return sqlite_url


def hold(m: Month, status: str = "quarantine", reason: str = "The mail is nested too deep.", **more: Any) -> int:
    facts: dict[str, Any] = {"raw": BROKEN, "size": len(BROKEN), "attempts": 3, **more}
    mail = InboxMail(
        account="a", folder="INBOX", uidvalidity=1, uid=m.session.query(InboxMail).count() + 1, sha256="0",
        arrived_at=NOON, captured_at=NOON, status="new", status_at=NOON, **facts,
    )  # fmt: skip
    m.keep(mail)
    finish_mail(m.call(), mail, status, reason=reason)
    return mail.id


def test_the_notice_says_why_and_how_often_and_the_raw_mail_comes_to_an_administrator(
    month: Callable[..., Any], busy_office: Office
) -> None:
    office = busy_office
    key = month(hold, contracts=1)
    notice = office.message("A mail could not be read")
    assert "The mail is nested too deep." in texts(notice)
    assert f"Mail {key}, arrived 10 Nov 18:00 UTC, tried 3 times." in texts(notice)

    office.world.click(RITA, notice, "mail.raw")
    office.message("'Admin' permission", user=RITA)
    office.world.click(ADA, notice, "mail.raw")
    (file,) = eventually(lambda: office.world.files)
    assert (file.name, file.content, file.channel) == (f"mail-held-{key}.eml", BROKEN, f"D{ADA}")
    with office.database.reading() as session:
        event = session.scalars(select(Event).where(Event.verb == "raw_mail_fetched")).one()
        ada = session.scalars(select(Person.id).where(Person.name == "Ada Admin")).one()
        assert (event.record, event.record_id, event.actor_id) == ("inbox_mail", key, ada)

    office.world.click(ADA, notice, "mail.retry")
    assert "mail.raw" not in str(office.message("It is being read again, or has been.").blocks)


def test_what_was_never_handed_over_or_is_too_large_says_so(month: Callable[..., Any], busy_office: Office) -> None:
    def fill(m: Month) -> None:
        hold(m, reason="The mail server would not hand over this mail.", raw=b"", size=0, attempts=0)
        hold(m, "oversize", "The mail is larger than 25 MB.", size=40 * 1024**2, attempts=0)

    month(fill, contracts=1)
    missing = busy_office.message("would not hand over")
    assert "not tried. Nothing of it could be fetched; it is still in the mailbox." in texts(missing)
    assert "mail.raw" not in str(missing.blocks)
    large = busy_office.message("A mail is too large to be read")
    assert "Of its 40 MB only the beginning is kept" in texts(large)
    assert "mail.retry" not in str(large.blocks)  # its beginning alone would be read as if it were the whole


@pytest.mark.parametrize(("started_by", "may"), [("ada", True), ("otto", False)])
def test_a_mail_that_may_answer_a_private_one_is_not_for_every_administrator(
    month: Callable[..., Any], office: Office, started_by: str, may: bool
) -> None:
    def fill(m: Month) -> None:
        claim = m.claim(m.prime, m.period(), "under_review", pdf=False)
        thread = m.thread(m.prime, claim, private=True, started_by_id=getattr(m, started_by).id)
        m.keep(ReplyToken(token=TOKEN, recipient_key="x@x.example", thread_id=thread.id, purpose="log"))
        hold(m)

    month(fill, contracts=1)
    office.billing(ADA, "status")
    shown = office.modal(ADA, "status")
    assert "The mail is nested too deep. (tried 3 times)" in texts(shown)
    office.world.click(ADA, shown, "mail.raw")
    office.modal_says(ADA, "comes to you" if may else "may answer a private e-mail")
    with office.database.reading() as session:
        assert (session.scalar(select(Event).where(Event.verb == "raw_mail_fetched")) is not None) is may
