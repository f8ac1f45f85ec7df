"""The local Slack, used by a real Bolt app over a real socket."""

from __future__ import annotations

import pytest
import urllib3
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from payclerk_playground.personas import Persona
from payclerk_playground.slack.control import texts
from payclerk_playground.world import APP_TOKEN, BOT_TOKEN, World
from slack_sockets import let_go
from waiting import eventually

ADA, RITA = "U0ADA", "U0RITA"
PEOPLE = [
    Persona("Ada Admin", "ada@maple.example", "Accountant", ADA, has_slack=True, has_mailbox=False),
    Persona("Rita Reader", "rita@maple.example", "Superintendent", RITA, has_slack=True, has_mailbox=False),
]


def plain(text):
    return {"type": "plain_text", "text": text}


def option(value):
    return {"text": plain(f"Option {value}"), "value": value}


def form(callback_id="form", words="Look"):
    trades = {"type": "external_select", "action_id": "trade"}
    button = {"type": "button", "action_id": "press", "text": plain("Press"), "value": "1"}
    text = {"type": "plain_text_input", "action_id": "text"}
    blocks = [
        {"type": "section", "text": plain(words), "accessory": button, "block_id": "top"},
        {"type": "input", "block_id": "text", "label": plain("Text"), "element": text},
        {"type": "input", "block_id": "trade", "label": plain("Trade"), "element": trades, "optional": True},
    ]
    view = {"type": "modal", "callback_id": callback_id, "title": plain("A form"), "submit": plain("Send")}
    return {**view, "blocks": blocks}


def office(app):
    @app.command("/form")
    def open_form(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=form())

    @app.command("/say")
    def say(ack, body, respond):
        ack("Heard you")

    @app.options("trade")
    def trade(ack, payload):
        ack(options=[option(value) for value in ("roof", "room", "door") if payload["value"] in value])

    @app.view("form")
    def submit(ack, body):
        text = body["view"]["state"]["values"]["text"]["text"]["value"]
        if text == "errors":
            ack(response_action="errors", errors={"text": "Not that"})
        elif text in {"update", "push"}:
            ack(response_action=text, view=form("next", "The next"))
        elif text == "clear":
            ack(response_action="clear")
        else:
            ack()

    @app.action("press")
    def press(ack, body, client):
        ack()
        if "message" in body:
            client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Pressed")


class Attached:
    """An app on a world, and the ways to let it go without waiting for its reader to wake."""

    def __init__(self, world):
        self.client = WebClient(BOT_TOKEN, base_url=f"{world.url}/slack/api/")
        self.app = App(client=self.client, request_verification_enabled=False)
        office(self.app)
        self.handler = SocketModeHandler(self.app, APP_TOKEN)
        before = world.slack.link.connected
        self.handler.connect()
        eventually(lambda: world.slack.link.connected > before)

    def close(self):
        let_go(self.handler)
        self.app.listener_runner.listener_executor.shutdown()


@pytest.fixture
def world(tmp_path):
    world = World.start(tmp_path, PEOPLE)
    yield world
    world.stop()


@pytest.fixture
def attached(world):
    attached = Attached(world)
    yield attached
    attached.close()


@pytest.fixture
def client(world):
    return WebClient(BOT_TOKEN, base_url=f"{world.url}/slack/api/")


@pytest.fixture
def view(world, attached):
    assert world.slack.command(ADA, "/form").acked
    return world.slack.wait_for(lambda: world.slack.view_of(ADA))


@pytest.mark.parametrize(
    ("text", "left"), [("fine", 0), ("errors", 1), ("update", 1), ("push", 2), ("clear", 0), (None, 1)]
)
def test_what_a_submission_answers(world, view, text, left):
    world.slack.type_in(view, "text", text)
    delivery = world.slack.submit(ADA, view)
    assert delivery.acked == (text is not None)
    assert len(world.slack.state.stacks[ADA]) == left
    words = {"errors": "Not that", None: "Please complete this required field."}
    assert view.errors == ({"text": words[text]} if text in words else {})
    if text in {"update", "push"}:
        assert "The next" in texts(world.slack.view_of(ADA))


def test_an_external_select_searches_and_keeps_what_it_found(world, view):
    assert [o["value"] for o in world.slack.search(ADA, view, "trade", "roo")] == ["roof", "room"]
    world.slack.select(view, "trade", "roof")
    assert view.values["trade"]["trade"]["selected_option"] == option("roof")


def test_a_click_in_a_message_changes_it(world, attached):
    attached.client.chat_postMessage(channel="general", text="Look", blocks=form()["blocks"][:1])
    [message] = world.slack.messages("general")
    world.slack.click(ADA, message, "press")
    world.slack.wait_for(lambda: message.text == "Pressed")
    assert message.edited == 1


def test_an_answer_in_the_acknowledgement_is_for_one_person(world, attached):
    world.slack.command(ADA, "/say")
    assert [m.text for m in world.slack.visible_to(ADA, "general")] == ["Heard you"]
    assert world.slack.visible_to(RITA, "general") == []


def test_a_response_url_serves_five_times(world):
    url = f"{world.url}/slack/response/{world.slack.state.new_response('C0GENERAL', ADA, None)}"
    with urllib3.PoolManager(retries=False) as pool:
        answers = [pool.request("POST", url, json={"text": "Hello"}).status for _ in range(6)]
    assert answers == [200] * 5 + [404]
    assert len(world.slack.visible_to(ADA, "general")) == 5


def test_a_file_stands_in_the_channel(world, client):
    client.files_upload_v2(channel="C0GENERAL", content=b"%PDF", filename="a.pdf", title="A claim")
    [file] = world.slack.files
    assert (file.title, file.content) == ("A claim", b"%PDF")
    assert world.slack.messages("general")[0].files == [file.id]


def test_a_trigger_lives_three_seconds_and_serves_once(world, client):
    now = [100.0]
    world.slack.state.monotonic = lambda: now[0]
    trigger = world.slack.state.new_trigger(ADA)
    client.views_open(trigger_id=trigger, view=form())
    late = world.slack.state.new_trigger(ADA)
    now[0] += 3.1
    for trigger_id, word in ((trigger, "exchanged"), (late, "expired"), ("none", "invalid")):
        with pytest.raises(SlackApiError, match=f"{word}_trigger_id"):
            client.views_open(trigger_id=trigger_id, view=form())


def test_a_command_nobody_handles_times_out(world, attached):
    world.slack.link.ack_seconds = 0.05
    assert not world.slack.command(ADA, "/unknown").acked
    assert world.slack.state.toasts == [(ADA, "/unknown failed with the error “operation_timeout”")]


def test_payloads_go_to_every_connection_and_one_going_leaves_the_other(world, attached):
    second = Attached(world)
    assert world.slack.link.connected == 2
    assert all(world.slack.command(ADA, "/say").acked for _ in range(4))
    second.close()
    eventually(lambda: world.slack.link.connected == 1)
    assert world.slack.command(ADA, "/say").acked


def test_the_app_comes_back_when_asked_to(world, attached):
    before = attached.handler.client.current_session
    left = before.sock.sock
    world.slack.link.refresh()
    # The SDK cannot answer while it changes from one session to the next.
    eventually(lambda: attached.handler.client.current_session is not before and attached.handler.client.is_connected())
    eventually(lambda: world.slack.link.connected == 1)
    assert world.slack.command(ADA, "/say").acked
    left.close()  # the SDK forgets the old socket without closing it


def test_invalid_blocks_are_pointed_at(world, client):
    with pytest.raises(SlackApiError) as raised:
        client.chat_postMessage(channel="general", text="x", blocks=[{"type": "header", "text": plain("x" * 151)}])
    assert raised.value.response["error"] == "invalid_blocks"
    assert "[json-pointer:/blocks/0/text/text]" in raised.value.response["response_metadata"]["messages"][0]
    assert len(world.slack.faults_seen) == 1


@pytest.mark.parametrize("fault", ["429", "500", "channel_not_found"])
def test_faults_on_demand_happen_once(world, client, fault):
    world.slack.state.fail["chat.postMessage"] = [fault]
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel="general", text="x")
    assert client.chat_postMessage(channel="general", text="x")["ok"]
