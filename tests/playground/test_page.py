"""The page in a browser, with a small app behind the local Slack."""

from __future__ import annotations

import pytest
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk import WebClient

from payclerk_playground.personas import Persona
from payclerk_playground.world import APP_TOKEN, BOT_TOKEN, World
from slack_sockets import let_go
from waiting import eventually

ADA, RITA = "U0ADA", "U0RITA"
SAM = "sam@northside.example"
PEOPLE = [
    Persona("Ada Admin", "ada@maple.example", "Project accountant", ADA, has_slack=True, has_mailbox=False),
    Persona("Rita Reader", "rita@maple.example", "Superintendent", RITA, has_slack=True, has_mailbox=False),
    Persona("Sam Okafor", SAM, "Roofer", "", has_slack=False, has_mailbox=True),
]
COMMANDS = [{"command": "/billing", "description": "Progress billing", "usage_hint": "[invite | claims | help]"}]


def plain(text):
    return {"type": "plain_text", "text": text}


def option(value):
    return {"text": plain(f"Trade {value}"), "value": value}


def invite_form(note=""):
    text = {"type": "plain_text_input", "action_id": "text"}
    trades = {"type": "multi_external_select", "action_id": "trades", "min_query_length": 0}
    rows = {"type": "checkboxes", "action_id": "rows", "options": [option("7"), option("8")]}
    again = {"type": "button", "action_id": "again", "text": plain("Look again"), "value": "1"}
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"*2 contracts* &amp; &lt;script&gt; _x_ {note}"}},
        {"type": "actions", "block_id": "bulk", "elements": [again]},
        {"type": "input", "block_id": "reason", "label": plain("Reason"), "element": text},
        {"type": "input", "block_id": "who", "label": plain("Trades"), "element": trades, "optional": True},
        {"type": "input", "block_id": "rows", "label": plain("Contracts"), "element": rows, "optional": True},
    ]
    view = {"type": "modal", "callback_id": "invite", "title": plain("Invite to bill"), "submit": plain("Invite")}
    return {**view, "blocks": blocks}


def office(app):
    @app.command("/billing")
    def billing(ack, body, client, respond):
        ack()
        if body["text"] == "invite":
            client.views_open(trigger_id=body["trigger_id"], view=invite_form())
        else:
            respond(text="Only for *you*: `/billing invite`")

    @app.action("again")
    def again(ack, body, client):
        ack()
        client.views_update(view_id=body["view"]["id"], view=invite_form(":white_check_mark:"))

    @app.options("trades")
    def trades(ack, payload):
        ack(options=[option(value) for value in ("21", "22", "33") if payload["value"] in value])

    @app.view("invite")
    def invite(ack, body, client):
        values = body["view"]["state"]["values"]
        reason = values["reason"]["text"]["value"]
        if reason == "bad":
            ack(response_action="errors", errors={"reason": "Not that one."})
            return
        ack()
        chosen = [one["value"] for one in values["who"]["trades"]["selected_options"]]
        ticked = [one["value"] for one in values["rows"]["rows"]["selected_options"]]
        ask = {"title": plain("Withdraw?"), "text": plain("One invitation."), "confirm": plain("Withdraw it")}
        ask["deny"] = plain("Not now")
        button = {"type": "button", "action_id": "withdraw", "text": plain("Withdraw"), "confirm": ask}
        text = f"Invited: {reason} {chosen} {ticked}"
        section = {"type": "section", "text": {"type": "mrkdwn", "text": text}, "accessory": button}
        client.chat_postMessage(channel="C0GENERAL", text=text, blocks=[section])

    @app.action("withdraw")
    def withdraw(ack, body, client):
        ack()
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Withdrawn")

    @app.event("app_home_opened")
    def home(event, client):
        blocks = [{"type": "header", "text": plain("Hello Ada")}]
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})


@pytest.fixture
def world(tmp_path):
    world = World.start(tmp_path / "world", PEOPLE, commands=COMMANDS)
    client = WebClient(BOT_TOKEN, base_url=f"{world.url}/slack/api/")
    app = App(client=client, request_verification_enabled=False)
    office(app)
    handler = SocketModeHandler(app, APP_TOKEN)
    handler.connect()
    eventually(lambda: world.slack.link.connected)
    yield world
    let_go(handler)
    app.listener_runner.listener_executor.shutdown()
    world.stop()


class Page:
    """Finding and using things as a person does; what is drawn anew in between is looked for again."""

    def __init__(self, driver, url):
        self.driver = driver
        driver.set_window_size(1400, 900)
        driver.get(url)
        self.find('[data-slack="channel"][data-id="C0GENERAL"]')

    def find(self, css):
        def look():
            try:
                return next(
                    (one for one in self.driver.find_elements(By.CSS_SELECTOR, css) if one.is_displayed()), None
                )
            except (NoSuchElementException, StaleElementReferenceException):
                return None

        return eventually(look)

    def click(self, css):
        def clicked():
            try:
                self.find(css).click()
            except StaleElementReferenceException:  # drawn anew before the click reached it
                return False
            return True

        eventually(clicked)

    def gone(self, css):
        eventually(lambda: not self.driver.find_elements(By.CSS_SELECTOR, css))

    def says(self, css, words):
        def look():
            try:
                return words in self.driver.find_element(By.CSS_SELECTOR, css).text
            except (NoSuchElementException, StaleElementReferenceException):
                return False

        eventually(look)

    def command(self, text):
        composer = self.find('[data-slack="composer"]')
        composer.send_keys(text, Keys.ENTER)

    def modal(self, callback_id="invite"):
        return self.find(f'[data-slack="modal"][data-callback-id="{callback_id}"]')


@pytest.fixture
def page(world, chromium):
    yield Page(chromium, world.url)
    chromium.get("about:blank")


def test_a_command_a_form_an_error_and_the_message(page):
    page.command("/billing invite")
    page.modal()
    page.click('[data-slack="submit"]')
    page.says('[data-slack="error"][data-block-id="reason"]', "Please complete this required field.")
    page.find('[data-action-id="text"]').send_keys("bad")
    page.click('[data-slack="submit"]')
    page.says('[data-slack="error"][data-block-id="reason"]', "Not that one.")
    text = page.find('[data-action-id="text"]')
    text.send_keys(Keys.BACKSPACE * 3, "good")
    page.click('[data-action-id="rows"][data-value="8"]')
    page.find('[data-action-id="trades"] input').send_keys("2")
    page.click('[data-action-id="trades"][data-value="22"]')
    page.find('[data-chip="22"]')
    page.click('[data-slack="submit"]')
    page.gone('[data-slack="modal"]')
    page.says('[data-slack="messages"]', "Invited: good ['22'] ['8']")


def test_what_was_typed_stays_when_the_modal_is_drawn_anew(page, world):
    page.command("/billing invite")
    page.find('[data-action-id="text"]').send_keys("half a sent")
    page.click('[data-action-id="again"]')
    page.says('[data-slack="modal"]', "✅")
    assert page.find('[data-action-id="text"]').get_property("value") == "half a sent"
    assert "2 contracts & <script> x" in page.modal().text
    page.click('[data-slack="close"]')
    page.gone('[data-slack="modal"]')
    assert world.slack.view_of(ADA) is None


def test_a_button_that_asks_first(page, world):
    page.command("/billing invite")
    page.find('[data-action-id="text"]').send_keys("good")
    page.click('[data-slack="submit"]')
    page.click('[data-slack="message"] [data-action-id="withdraw"]')
    page.click('[data-slack="deny"]')
    page.gone('[data-slack="confirm-dialog"]')
    assert world.slack.messages("general")[-1].edited == 0
    page.click('[data-slack="message"] [data-action-id="withdraw"]')
    page.click('[data-slack="confirm"]')
    page.says('[data-slack="messages"]', "Withdrawn")
    page.says('[data-slack="messages"]', "(edited)")


def test_an_ephemeral_message_is_for_one_person(page):
    page.command("/billing")
    page.says('[data-slack="messages"]', "Only visible to you")
    page.says('[data-slack="messages"]', "Only for you: /billing invite")
    Select(page.find('[data-slack="person"]')).select_by_value(RITA)
    page.says('[data-slack="messages"]', "Nothing here yet.")


def test_commands_are_offered(page):
    composer = page.find('[data-slack="composer"]')
    composer.send_keys("/b")
    page.click('[data-slack="commands"] [data-value="/billing"]')
    page.click('[data-slack="commands"] [data-value="/billing invite"]')
    composer.send_keys(Keys.ENTER)
    page.modal()


def test_a_command_nobody_answers(page, world):
    world.slack.link.ack_seconds = 0.05
    page.command("/nothing")
    page.says('[data-slack="toasts"]', "/nothing failed with the error “operation_timeout”")


def test_home(page):
    page.click('[data-slack="home"]')
    page.says('[data-slack="home-tab"]', "Hello Ada")


def test_a_mail_is_read_and_answered_beside_it(page, world):
    world.mail.send(world.mail.settings()["PAYCLERK_MAIL_ADDRESS"], SAM, "Invitation", "Please bill")
    page.click('[data-mail="row"]')
    page.says('[data-mail="subject"]', "Invitation")
    page.find('[data-mail="reply-text"]').send_keys("Gladly")
    page.click('[data-mail="reply-send"]')
    page.says('[data-mail="reply-status"]', "Sent.")


def test_signing_says_when_there_is_nothing(page):
    page.click('[data-tab="signing"]')
    page.says("#signing", "Nothing waits for a signature")
