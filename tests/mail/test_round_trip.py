"""Doctor's mail to itself, through a real SMTP server into Dovecot and back."""

# ruff: noqa: ARG002, N802 - aiosmtpd calls its handlers so
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from mail_month import ADDRESS, noon, settings_for
from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_mailbox.capture import Capture
from payclerk_mailbox.checks import check_imap
from payclerk_mailbox.door import MailDoor
from payclerk_mailbox.imap import open_folder
from payclerk_mailbox.round_trip import check_round_trip
from processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imap_servers import Dovecot
    from payclerk_core.settings import Settings


class Delivery:
    """An SMTP server that delivers into the mailbox: everything, only the plain address, or nothing."""

    def __init__(self, server: Dovecot) -> None:
        self.server, self.user = server, server.new_user()
        self.delivers = self.accepts = lambda address: True
        self.recipients: list[str] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return "250 OK" if self.accepts(address) else "550 5.1.1 no such user"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.recipients += envelope.rcpt_tos
        if self.delivers(envelope.rcpt_tos[0]):
            self.server.deliver(self.user, envelope.content)
        return "250 OK"

    def settings(self, **more: Any) -> Settings:
        return settings_for(self.server, self.user, smtp_port=self.controller.port, **more)


@pytest.fixture
def delivery(dovecot_server: Dovecot) -> Iterator[Delivery]:
    delivery = Delivery(dovecot_server)
    yield delivery
    delivery.controller.stop()


def test_a_mail_with_a_token_comes_back(delivery: Delivery):
    assert "came back, with the token" in check_round_trip(delivery.settings())
    plain, tagged = delivery.recipients
    assert plain == ADDRESS
    assert tagged.startswith("billing+doctor")


def test_a_provider_that_drops_the_tag_is_told_with_what_to_do(delivery: Delivery):
    delivery.delivers = lambda address: "+" not in address
    with pytest.raises(UserError, match=r"does not arrive.*DisablePlusAddressInRecipients"):
        check_round_trip(delivery.settings(), patience=1)


def test_a_provider_that_refuses_the_tag_is_told_at_once(delivery: Delivery):
    delivery.accepts = lambda address: "+" not in address
    with pytest.raises(UserError, match=r"refuses an address with a \+ part.*recipient_delimiter"):
        check_round_trip(delivery.settings())


def test_mail_that_goes_elsewhere_is_told(delivery: Delivery):
    delivery.delivers = lambda address: False
    with pytest.raises(UserError, match=r"did not come back within 1 s.*Junk"):
        check_round_trip(delivery.settings(), patience=1)


def test_an_address_nobody_has_is_told(delivery: Delivery):
    delivery.accepts = lambda address: False
    with pytest.raises(UserError, match="PAYCLERK_MAIL_ADDRESS"):
        check_round_trip(delivery.settings())


def test_the_check_leaves_mail_that_payclerk_knows_for_its_own(delivery: Delivery, sqlite_url: str):
    from sqlalchemy import select

    from payclerk_core.jobs import JobRunner
    from payclerk_core.tables import InboxMail

    settings, db = delivery.settings(), Database(sqlite_url)
    with open_folder(settings) as folder:
        Capture(settings, db, noon).run(folder)
    check_round_trip(settings)
    door = MailDoor(settings, db, noon, JobRunner(db, noon, executor_id="mail"))
    assert door.poll_once()
    with db.reading() as session:
        rows = session.scalars(select(InboxMail)).all()
    assert {(row.kind, row.status) for row in rows} == {("own", "done")}
    assert len(rows) == 2
    door.stop()
    db.close()


def test_doctor_says_whether_new_mail_wakes_us(delivery: Delivery):
    assert "wakes payclerk (IDLE)" in check_imap(delivery.settings())
