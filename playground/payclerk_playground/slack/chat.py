"""The methods that put messages into channels, and the response_url that does the same without a token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from .faults import Fault
from .filling import kept_values
from .lint import lint_blocks
from .refused import Refused
from .state import BOT, Message, SlackState

Args = dict[str, Any]
Handler = Callable[[Args], Args]
TEXT_CUT: Final = 40_000
UPDATE_TEXT: Final = 4_000


class Chat:
    def __init__(self, state: SlackState, base: Callable[[], str]) -> None:
        self._state, self._base = state, base

    def methods(self) -> Mapping[str, Handler]:
        return {
            "chat.postMessage": self._post_message,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.getPermalink": self._permalink,
            "reactions.add": self._react,
            "blocks.validate": self._validate,
        }

    def place(self, args: Args) -> str:
        found = self._state.channel_id(str(args.get("channel") or ""))
        if found is None:
            raise Refused("channel_not_found")
        return found

    def post(self, args: Args, method: str, *, only: str | None = None) -> Message:
        """A message of the bot, once it has passed the checks."""
        channel = self.place(args)
        self._check(args, method)
        message = Message(
            channel=channel,
            ts=self._state.new_ts(),
            user=BOT,
            text=str(args.get("text") or "")[:TEXT_CUT],
            blocks=self._state.with_ids(args.get("blocks") or []),
            only=only,
            metadata=args.get("metadata"),
            thread_ts=args.get("thread_ts"),
        )
        self._state.messages.append(message)
        return message

    def _check(self, args: Args, method: str) -> None:
        if not args.get("text") and not args.get("blocks"):
            raise Refused("no_text")
        faults = lint_blocks("message", args)
        # Slack takes it; but then notifications and screen readers have nothing to say.
        silent = [] if args.get("text") else [Fault("/text", "missing", "blocks without top-level text")]
        if faults or silent:
            self._state.faults_seen.append((method, [*faults, *silent]))
        if faults:
            too_long = all(fault.code == "msg_blocks_too_long" for fault in faults)
            raise Refused("msg_blocks_too_long" if too_long else "invalid_blocks", faults)

    def _post_message(self, args: Args) -> Args:
        message = self.post(args, "chat.postMessage")
        return {"channel": message.channel, "ts": message.ts, "message": message.as_json()}

    def _post_ephemeral(self, args: Args) -> Args:
        channel, user = self.place(args), str(args.get("user"))
        if user not in self._state.people or not self._state.in_channel(user, channel):
            raise Refused("user_not_in_channel")
        return {"message_ts": self.post(args, "chat.postEphemeral", only=user).ts}

    def _own(self, args: Args) -> Message:
        message = self._state.message(self.place(args), str(args.get("ts")))
        # An ephemeral message can only be changed through its response_url.
        if message is None or message.only is not None:
            raise Refused("message_not_found")
        return message

    def _update(self, args: Args) -> Args:
        message = self._own(args)
        if message.user != BOT:
            raise Refused("cant_update_message")
        if len(str(args.get("text") or "")) > UPDATE_TEXT:
            raise Refused("msg_too_long")
        self.replace(message, args, "chat.update")
        return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.as_json()}

    def replace(self, message: Message, args: Args, method: str) -> None:
        """New content. Blocks that are not mentioned stay; an empty list takes them away."""
        self._check(args, method)
        if "text" in args:
            message.text = str(args["text"] or "")
        if args.get("blocks") is not None:
            blocks = self._state.with_ids(args["blocks"])
            message.values = kept_values(message.values, message.blocks, blocks)
            message.blocks = blocks
        if args.get("metadata") is not None:
            message.metadata = args["metadata"]
        message.edited += 1

    def _delete(self, args: Args) -> Args:
        message = self._own(args)
        if message.user != BOT:
            raise Refused("cant_delete_message")
        self._state.messages.remove(message)
        return {"channel": message.channel, "ts": message.ts}

    def _permalink(self, args: Args) -> Args:
        channel, ts = self.place(args), str(args.get("message_ts"))
        if self._state.message(channel, ts) is None:
            raise Refused("message_not_found")
        return {"channel": channel, "permalink": f"{self._base()}/#{channel}/{ts}"}

    def _react(self, args: Args) -> Args:
        message = self._state.message(self.place(args), str(args.get("timestamp")))
        if message is None:
            raise Refused("message_not_found")
        users = message.reactions.setdefault(str(args.get("name")), [])
        if BOT in users:
            raise Refused("already_reacted")
        users.append(BOT)
        return {}

    def _validate(self, args: Args) -> Args:
        view = args.get("view")
        body = view or args.get("message") or args
        faults = lint_blocks("home" if body.get("type") == "home" else "modal" if view else "message", body)
        if faults:
            raise Refused("invalid_blocks", faults)
        return {}

    def respond(self, key: str, args: Args) -> None:
        """What came to a response_url."""
        url = self._state.use_response_url(key)
        if isinstance(url, str):
            raise Refused(url)
        message = self._state.message(url.channel, url.ts) if url.ts else None
        if args.get("delete_original"):
            if message is not None:
                self._state.messages.remove(message)
        elif args.get("replace_original") and message is not None:
            self.replace(message, args, "response_url")
        else:
            only = None if args.get("response_type") == "in_channel" else url.user
            self.post({**args, "channel": url.channel}, "response_url", only=only)
