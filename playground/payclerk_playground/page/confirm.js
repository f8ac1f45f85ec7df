// The small dialog Slack shows before an action that asks to be confirmed.

import { el } from "./dom.js";
import { textNodes } from "./mrkdwn.js";

/** True when there is nothing to confirm, or the person does. */
export function confirmed(words) {
  if (!words) return Promise.resolve(true);
  return new Promise((resolve) => {
    const answer = (yes) => () => (overlay.remove(), resolve(yes));
    const yes = el("button", { type: "button", class: words.style === "danger" ? "danger" : "primary", data: { slack: "confirm" }, on: { click: answer(true) } }, words.confirm?.text ?? "Yes");
    const no = el("button", { type: "button", data: { slack: "deny" }, on: { click: answer(false) } }, words.deny?.text ?? "Cancel");
    const box = el("div", { class: "dialog", role: "alertdialog", aria: { modal: "true", label: words.title?.text ?? "" }, data: { slack: "confirm-dialog" } },
      el("h3", {}, words.title?.text ?? "Are you sure?"),
      el("p", {}, ...textNodes(words.text, () => undefined)),
      el("footer", {}, no, yes),
    );
    const overlay = el("div", { class: "overlay confirm", on: { keydown: (event) => event.key === "Escape" && (event.stopPropagation(), answer(false)()) } }, box);
    document.querySelector("[data-slack=pane]").append(overlay);
    yes.focus();
  });
}
