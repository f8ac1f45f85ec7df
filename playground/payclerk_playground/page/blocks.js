// Block Kit as nodes. `at` is where the blocks stand: see Place in place.js.

import { el } from "./dom.js";
import { control } from "./controls.js";
import { markdown, textNodes } from "./mrkdwn.js";
import { richText, table } from "./tables.js";

const LEVELS = { info: "ℹ️", warning: "⚠️", error: "⛔", success: "✅" };

const RENDERERS = {
  section(block, at) {
    const text = block.text && el("div", { class: "text" }, ...textNodes(block.text, at.names));
    const fields = block.fields && el("div", { class: "fields" }, block.fields.map((one) => el("div", {}, ...textNodes(one, at.names))));
    const words = el("div", { class: "words" }, text, fields);
    return [words, block.accessory && el("div", { class: "accessory" }, element(block, block.accessory, at))];
  },
  header: (block, at) => [el("h3", {}, ...textNodes(block.text, at.names))],
  divider: () => [el("hr")],
  context: (block, at) => block.elements.map((one) => (one.type === "image" ? image(one) : el("span", {}, ...textNodes(one, at.names)))),
  actions: (block, at) => block.elements.map((one) => control(block, one, at)),
  input(block, at) {
    const error = at.errors[block.block_id];
    const optional = block.optional && el("span", { class: "optional" }, " (optional)");
    return [
      el("span", { class: "label" }, ...textNodes(block.label, at.names), optional),
      control(block, block.element, at),
      error && el("p", { class: "error", role: "alert", data: { slack: "error", blockId: block.block_id } }, error),
      block.hint && el("p", { class: "hint" }, ...textNodes(block.hint, at.names)),
    ];
  },
  image: (block, at) => [block.title && el("span", { class: "label" }, ...textNodes(block.title, at.names)), image(block)],
  markdown: (block) => markdown(block.text),
  rich_text: (block, at) => richText(block, at.names),
  table: (block, at) => [table(block, at)],
  data_table: (block, at) => [table(block, at)],
  alert: (block, at) => [el("span", {}, LEVELS[block.level] ?? LEVELS.info), el("span", {}, ...textNodes(block.text, at.names))],
};

export function renderBlocks(blocks, at) {
  return blocks.map((block) => {
    const render = RENDERERS[block.type];
    const inside = render ? render(block, at) : [el("em", {}, `(a ${block.type} block)`)];
    const data = { blockId: block.block_id };
    const failed = at.errors[block.block_id] ? " failed" : "";
    const level = block.type === "alert" ? ` ${block.level ?? "info"}` : "";
    return el("div", { class: `block ${block.type}${level}${failed}`, data }, inside);
  });
}

function element(block, one, at) {
  return one.type === "image" ? image(one) : control(block, one, at);
}

function image(one) {
  return el("img", { src: one.image_url ?? "", alt: one.alt_text ?? "" });
}
