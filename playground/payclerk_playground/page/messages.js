// The messages of a channel as one person sees them.

import { avatar, el } from "./dom.js";
import { renderBlocks } from "./blocks.js";
import { mrkdwn } from "./mrkdwn.js";
import { Place } from "./place.js";

/** Threads stand below what they answer. */
export function inOrder(messages) {
  const roots = messages.filter((one) => !one.thread_ts || one.thread_ts === one.ts || !messages.some((root) => root.ts === one.thread_ts));
  return roots.flatMap((root) => [root, ...messages.filter((one) => one.thread_ts === root.ts && one.ts !== root.ts)]);
}

export function message(pane, one) {
  const name = one.bot_id ? "payclerk" : (pane.nameOf(one.user) ?? one.user);
  const at = new Place(pane, `${one.channel}:${one.ts}`, { channel: one.channel, ts: one.ts }, one.values ?? {});
  const moment = new Date(Number(one.ts) * 1000);
  const words = one.blocks.length ? renderBlocks(one.blocks, at) : one.text ? [el("div", { class: "block section" }, el("div", { class: "text" }, ...mrkdwn(one.text, at.names)))] : [];
  const kind = `message${one.only ? " only" : ""}${one.thread_ts && one.thread_ts !== one.ts ? " reply" : ""}`;
  return el("li", { class: kind, data: { slack: "message", ts: one.ts } },
    one.only && el("p", { class: "visible" }, "👁 Only visible to you"),
    one.bot_id ? el("span", { class: "avatar bot", aria: { hidden: "true" } }, "p") : avatar(name),
    el("div", { class: "content" },
      el("div", { class: "from" }, el("strong", {}, name), one.bot_id && el("span", { class: "badge" }, "APP"), el("time", { dateTime: moment.toISOString() }, moment.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" }))),
      words,
      one.edited > 0 && el("span", { class: "edited" }, "(edited)"),
      one.files.map((file) => el("a", { class: "file", href: file.url, target: "_blank", data: { slack: "file", id: file.id } }, el("span", { class: "kind" }, extension(file)), file.name)),
    ),
  );
}

function extension(file) {
  const found = /\.(\w{1,5})$/.exec(file.filename ?? file.name);
  return (found ? found[1] : "file").toUpperCase();
}
