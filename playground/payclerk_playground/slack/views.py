"""Modals and the Home tab: opened by a trigger, stacked three high, updated under a hash."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from .filling import kept_values
from .lint import Fault, lint_blocks
from .refused import Refused
from .state import STACK_LIMIT, SlackState, View

Args = dict[str, Any]
Handler = Callable[[Args], Args]
VIEW_BYTES: Final = 250_000


class Views:
    def __init__(self, state: SlackState) -> None:
        self._state = state

    def methods(self) -> Mapping[str, Handler]:
        return {
            "views.open": self._open,
            "views.push": self._push,
            "views.update": self._update,
            "views.publish": self._publish,
        }

    def checked(self, view: Any, method: str) -> Args:
        """A view's body with ids, if Slack would take it."""
        if not isinstance(view, dict):
            raise Refused("invalid_arguments", [Fault("/view", "not_a_view", "must be a view object")])
        if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES:
            raise Refused("view_too_large")
        found = lint_blocks("home" if method == "views.publish" else "modal", view)
        faults = [Fault(f"/view{fault.pointer}", fault.code, fault.message) for fault in found]
        if faults:
            self._state.faults_seen.append((method, faults))
            raise Refused("invalid_arguments", faults)
        return {**view, "blocks": self._state.with_ids(view["blocks"])}

    def push(self, user: str, body: Args) -> View:
        stack = self._state.stacks.setdefault(user, [])
        if len(stack) >= STACK_LIMIT:
            raise Refused("push_limit_reached")
        self._refuse_same_external_id(body)
        view_id = self._state.new_id("V")
        previous = stack[-1] if stack else None
        view = View(view_id, user, body, stack[0] if stack else view_id, previous, self._state.new_id("h"))
        self._state.views[view_id] = view
        stack.append(view_id)
        return view

    def update(self, view: View, body: Args) -> None:
        """New content; what was typed stays where block_id and action_id are the same."""
        view.values = kept_values(view.values, view.blocks, body["blocks"])
        view.body, view.hash, view.errors = body, self._state.new_id("h"), {}

    def _user(self, args: Args) -> str:
        trigger = self._state.use_trigger(str(args.get("trigger_id") or ""))
        if isinstance(trigger, str):
            raise Refused(trigger)
        return trigger.user

    def _open(self, args: Args) -> Args:
        body = self.checked(args.get("view"), "views.open")
        user = self._user(args)
        # A new modal takes the place of whatever was open.
        self._state.stacks[user] = []
        return {"view": self.push(user, body).as_json()}

    def _push(self, args: Args) -> Args:
        body = self.checked(args.get("view"), "views.push")
        user = self._user(args)
        if not self._state.stacks.get(user):
            raise Refused("not_found")
        return {"view": self.push(user, body).as_json()}

    def _update(self, args: Args) -> Args:
        body = self.checked(args.get("view"), "views.update")
        view = self._find(args)
        if args.get("hash") and args["hash"] != view.hash:
            raise Refused("hash_conflict")
        self.update(view, body)
        return {"view": view.as_json()}

    def _find(self, args: Args) -> View:
        for view in self._open_views():
            if view.id == args.get("view_id"):
                return view
            if args.get("external_id") and view.body.get("external_id") == args["external_id"]:
                return view
        raise Refused("not_found")

    def _open_views(self) -> list[View]:
        return [view for user in self._state.stacks for view in self._state.stack(user)]

    def _refuse_same_external_id(self, body: Args) -> None:
        wanted = body.get("external_id")
        if wanted and any(view.body.get("external_id") == wanted for view in self._open_views()):
            raise Refused("duplicate_external_id")

    def _publish(self, args: Args) -> Args:
        body = self.checked(args.get("view"), "views.publish")
        user = str(args.get("user_id"))
        if user not in self._state.people:
            raise Refused("user_not_found")
        home = self._state.homes.get(user)
        if home is None:
            view_id = self._state.new_id("V")
            home = self._state.homes[user] = View(view_id, user, body, view_id, None, self._state.new_id("h"))
        elif args.get("hash") and args["hash"] != home.hash:
            raise Refused("hash_conflict")
        else:
            self.update(home, body)
        return {"view": home.as_json()}
