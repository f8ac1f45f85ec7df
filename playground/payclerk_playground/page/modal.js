// The modal on top of a person's stack, over the Slack half.

import { el } from "./dom.js";
import { renderBlocks } from "./blocks.js";
import { Place } from "./place.js";

export function modal(pane, screen) {
  const view = screen.view;
  const at = new Place(pane, view.id, { view_id: view.id }, view.values, view.errors);
  const trouble = el("p", { class: "trouble", role: "alert", hidden: true, data: { slack: "trouble" } }, "We had some trouble connecting. Try again?");
  const submit = view.submit && el("button", { type: "button", class: "primary", data: { slack: "submit" } }, view.submit.text);
  const close = el("button", { type: "button", data: { slack: "close" } }, view.close?.text ?? "Cancel");
  const cross = el("button", { type: "button", class: "cross", aria: { label: "Close" }, data: { slack: "cross" } }, "×");

  submit?.addEventListener("click", async () => {
    submit.disabled = true;
    submit.setAttribute("aria-busy", "true");
    const answer = await pane.act({ do: "submit", ...at.where, values: at.typed() });
    submit.disabled = false;
    submit.removeAttribute("aria-busy");
    trouble.hidden = answer.acked !== false || (answer.error ?? "").startsWith("required");
  });
  const shut = () => {
    pane.typed.forget(view.id);
    pane.act({ do: "close", ...at.where });
  };
  close.addEventListener("click", shut);
  cross.addEventListener("click", shut);

  const depth = screen.depth > 1 && el("span", { class: "depth", title: "Closing it leads back to the one below" }, `${screen.depth} of 3`);
  const box = el("form", { class: "modal", role: "dialog", aria: { modal: "true", label: view.title.text }, data: { slack: "modal", callbackId: view.callback_id ?? "", viewId: view.id }, on: { submit: (event) => event.preventDefault() } },
    el("header", {}, el("h2", {}, view.title.text), depth, cross),
    trouble,
    el("div", { class: "body", data: { scroll: view.id } }, renderBlocks(view.blocks, at)),
    el("footer", {}, close, submit),
  );
  return el("div", { class: `overlay depth${screen.depth}`, on: { keydown: (event) => event.key === "Escape" && shut() } }, box);
}
