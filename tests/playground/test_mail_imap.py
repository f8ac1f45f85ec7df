"""payclerk's IMAP client, IMAPClient, against the playground's server."""

from __future__ import annotations

import imaplib
from types import SimpleNamespace

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from payclerk_playground.mail import MailWorld

PAYCLERK = "billing@reply.payclerk.example"
SAM = "sam@northside.example"
DANA = "dana@harbor.example"


def persona(email, name, **more):
    facts = {
        "title": "",
        "user_id": None,
        "has_slack": False,
        "has_mailbox": True,
        "tz": "America/Chicago",
        "locale": "en",
    }
    return SimpleNamespace(email=email, name=name, **{**facts, **more})


PEOPLE = [persona(SAM, "Sam Okafor"), persona(DANA, "Dana Ruiz")]


@pytest.fixture
def world(tmp_path):
    world = MailWorld(tmp_path, PEOPLE)
    world.start()
    yield world
    world.stop()


def sign_in(world, user=PAYCLERK, password=None):
    port = int(world.settings()["PAYCLERK_IMAP_PORT"])
    client = IMAPClient("127.0.0.1", port=port, ssl=False, timeout=10)
    try:
        client.login(user, password or world.password_of(user))
    except LoginError:
        client.shutdown()
        raise
    return client


@pytest.fixture
def client(world):
    client = sign_in(world)
    client.select_folder("INBOX")
    yield client
    client.shutdown()


def uids(client):
    client.noop()
    return client.search(["UID", "1:*"])


def test_what_is_fetched_is_byte_for_byte_what_was_delivered(world, client):
    raw = b"From: " + SAM.encode() + b"\r\nSubject: =?x?q?broken\r\nX-Odd :  spaces \r\n\r\n caf\xe9\r\n.dot\r\n\r\n"
    world.send(SAM, PAYCLERK, "", "", raw=raw)
    [uid] = uids(client)
    got = client.fetch([uid], ["BODY.PEEK[]", "RFC822.SIZE", "INTERNALDATE", "FLAGS"])[uid]
    assert got[b"BODY[]"].endswith(raw)
    assert got[b"BODY[]"] == world.inbox(PAYCLERK)[0].raw
    assert got[b"RFC822.SIZE"] == len(got[b"BODY[]"])
    assert got[b"INTERNALDATE"]
    assert b"\\Seen" not in got[b"FLAGS"]


def test_part_of_a_mail_can_be_fetched(world, client):
    world.send(SAM, PAYCLERK, "long", "x" * 60)
    [uid] = uids(client)
    assert client.fetch([uid], ["BODY.PEEK[]<0.11>"])[uid][b"BODY[]<0>"] == b"Return-Path"


def test_a_search_beyond_the_end_gives_the_last_mail_as_real_servers_do(world, client):
    world.send(SAM, PAYCLERK, "one", "1")
    world.send(SAM, PAYCLERK, "two", "2")
    last = uids(client)[-1]
    assert client.search(["UID", f"{last + 1}:*"]) == [last]
    assert client.fetch([last + 1], ["FLAGS"]) == {}


def test_a_waiting_idle_hears_of_new_mail_at_once(world, client):
    client.idle()
    world.send(SAM, PAYCLERK, "news", "ACCEPT")
    assert (1, b"EXISTS") in client.idle_check(timeout=10)
    client.idle_done()
    assert len(uids(client)) == 1


def test_mails_with_one_message_id_are_all_kept(world, client):
    for _ in range(3):
        world.send(SAM, PAYCLERK, "again", "x", headers={"Message-ID": "<same@northside.example>"})
    assert len(uids(client)) == 3


def test_seen_move_and_copy(world, client):
    for subject in ("one", "two"):
        world.send(SAM, PAYCLERK, subject, "x")
    first, second = uids(client)
    client.create_folder("Processed")
    client.add_flags([second], [b"\\Seen"])
    client.move([first], "Processed")
    client.copy([second], "Processed")
    assert [mail.subject for mail in world.mails(PAYCLERK, "Processed")] == ["one", "two"]
    [left] = world.inbox(PAYCLERK)
    assert (left.subject, left.seen) == ("two", True)


def test_a_deleted_mail_leaves_the_folder_and_the_disk(world, client, tmp_path):
    world.send(SAM, PAYCLERK, "gone", "x")
    client.delete_messages(uids(client))
    client.expunge()
    assert world.inbox(PAYCLERK) == []
    assert [path for part in ("new", "cur") for path in (tmp_path / PAYCLERK / part).iterdir()] == []


def test_a_folder_made_anew_has_another_uidvalidity(client):
    client.create_folder("Done")
    before = client.select_folder("Done")[b"UIDVALIDITY"]
    client.select_folder("INBOX")
    client.delete_folder("Done")
    client.create_folder("Done")
    assert client.select_folder("Done")[b"UIDVALIDITY"] != before


def test_the_folder_can_be_renamed(world, client):
    client.create_folder("Old")
    client.rename_folder("Old", "Archive/2026")
    assert world.folders(PAYCLERK) == ["INBOX", "Archive/2026"]


def test_a_restart_keeps_mails_uids_flags_and_folders(world, client, tmp_path):
    for subject in ("one", "two", "three"):
        world.send(SAM, PAYCLERK, subject, "x")
    first, second, third = uids(client)
    client.create_folder("Processed")
    client.move([third], "Processed")
    client.add_flags([first], [b"\\Seen"])
    validity = client.select_folder("INBOX")[b"UIDVALIDITY"]
    world.stop()
    again = MailWorld(tmp_path, PEOPLE)
    again.start()
    with sign_in(again) as other:
        status = other.select_folder("INBOX")
        assert (status[b"UIDVALIDITY"], status[b"UIDNEXT"]) == (validity, third + 1)
        assert other.search() == [first, second]
        assert b"\\Seen" in other.get_flags([first])[first]
    assert [mail.subject for mail in again.mails(PAYCLERK, "Processed")] == ["three"]
    again.stop()


def test_people_sign_in_by_address_or_bare_name(world):
    for login in (SAM, SAM.upper(), "sam"):
        sign_in(world, login, world.password_of(SAM)).logout()


@pytest.mark.parametrize("login", [PAYCLERK, "stranger@nowhere.example"])
def test_a_wrong_password_is_refused(world, login):
    with pytest.raises(LoginError):
        sign_in(world, login, "guess")


def test_down_breaks_the_line_and_up_takes_the_same_port(world, client):
    world.send(SAM, PAYCLERK, "before", "x")
    port = world.settings()["PAYCLERK_IMAP_PORT"]
    world.imap_down()
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        client.search()
    with pytest.raises(ConnectionRefusedError):
        sign_in(world)
    world.imap_up()
    assert world.settings()["PAYCLERK_IMAP_PORT"] == port
    with sign_in(world) as again:
        again.select_folder("INBOX")
        assert len(again.search()) == 1
