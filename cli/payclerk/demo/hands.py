"""What the staff do in Slack, in the words of who sits there."""

from __future__ import annotations

from payclerk_playground.slack.control import Delivery, texts
from payclerk_playground.slack.state import Message, View

from .stage import Stage, expect


class Hands:
    """One person at Slack, in the project's channel."""

    def __init__(self, stage: Stage, name: str, channel: str) -> None:
        self._stage, self._slack, self._channel = stage, stage.world.slack, channel
        self.user = stage.world.user(name)

    def command(self, text: str) -> Delivery:
        """Type /billing and something. payclerk has to be there, as it is in a workspace."""
        self._connected()
        done = self._slack.command(self.user, "/billing", text, self._channel)
        expect(done.acked, f"/billing {text} to be acknowledged within 3 s")
        return done

    def _connected(self) -> None:
        self._stage.eventually(lambda: self._slack.link.connected, "payclerk to be connected to Slack")

    def modal(self, callback_id: str) -> View:
        """The modal in front, once it is this one."""

        def shown() -> View | None:
            view = self._slack.view_of(self.user)
            return view if view is not None and view.body.get("callback_id") == callback_id else None

        return self._stage.eventually(shown, f"the modal '{callback_id}'", timeout=15)

    def open(self, command: str, callback_id: str) -> View:
        self.command(command)
        return self.modal(callback_id)

    def submit(self) -> Delivery:
        self._connected()
        done = self._slack.submit(self.user)
        expect(done.acked, "the form to be acknowledged within 3 s")
        return done

    def submit_to(self, callback_id: str) -> View:
        self.submit()
        return self.modal(callback_id)

    def click(self, where: Message | View, action_id: str, value: str | None = None) -> Delivery:
        self._connected()
        done = self._slack.click(self.user, where, action_id, value=value)
        expect(done.acked, f"the click on {action_id} to be acknowledged within 3 s")
        return done

    def click_and_wait(self, view: View, action_id: str) -> View:
        """A click that shows the modal anew."""
        before = view.hash
        self.click(view, action_id)
        self._stage.eventually(lambda: view.hash != before, f"the modal to change after {action_id}")
        return view

    def leave(self) -> None:
        """Close all modals."""
        while self._slack.view_of(self.user) is not None:
            self._slack.close(self.user)

    def message(self, *words: str) -> Message:
        """The newest message of the channel that holds these words and that this person sees."""

        def found() -> Message | None:
            seen = self._slack.visible_to(self.user, self._channel)
            return next((m for m in reversed(seen) if all(word in texts(m) for word in words)), None)

        return self._stage.eventually(found, f"a Slack message with {words}")

    def sees(self, word: str) -> bool:
        channels = (self._channel, self._slack.state.direct(self.user))
        return any(word in texts(m) for channel in channels for m in self._slack.visible_to(self.user, channel))
