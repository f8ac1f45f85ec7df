// The `table` and `data_table` blocks, and rich text, which their cells may hold.

import { el } from "./dom.js";
import { link } from "./mrkdwn.js";
import { withEmoji } from "./emoji.js";

export function table(block, at) {
  const [head, ...rows] = block.rows;
  const settings = block.column_settings ?? [];
  const size = block.type === "data_table" ? (block.page_size ?? 5) : rows.length || 1;
  const body = el("tbody");
  const pager = el("nav", { class: "pager" });
  let page = 0;

  const row = (cells, tag) =>
    el("tr", {}, cells.map((one, column) => {
      const heads = tag === "td" && column === block.row_header_column_index;
      const made = el(heads ? "th" : tag, {}, ...cell(one, at.names));
      if (one.type === "raw_number" || settings[column]?.align) made.style.textAlign = settings[column]?.align ?? "right";
      return made;
    }));
  const turn = (by) => () => ((page += by), draw());
  const step = (label, by, off) => el("button", { type: "button", disabled: off, on: { click: turn(by) } }, label);

  function draw() {
    const pages = Math.ceil(rows.length / size);
    body.replaceChildren(...rows.slice(page * size, (page + 1) * size).map((one) => row(one, "td")));
    const words = el("span", {}, `${page * size + 1} to ${Math.min((page + 1) * size, rows.length)} of ${rows.length}`);
    pager.replaceChildren(...(pages > 1 ? [step("‹", -1, page === 0), words, step("›", 1, page + 1 >= pages)] : []));
  }

  draw();
  const caption = block.caption && el("caption", {}, typeof block.caption === "string" ? block.caption : block.caption.text);
  const made = el("table", {}, caption, el("thead", {}, row(head ?? [], "th")), body);
  return el("div", { class: "table-box" }, made, pager);
}

function cell(one, names) {
  if (one.type === "rich_text") return richText(one, names);
  if (one.type === "raw_number") return [String(one.text ?? one.value ?? "")];
  return [withEmoji(String(one.text ?? ""))];
}

export function richText(block, names) {
  return block.elements.flatMap((part) => {
    if (part.type === "rich_text_list") {
      const tag = part.style === "ordered" ? "ol" : "ul";
      return [el(tag, {}, part.elements.map((item) => el("li", {}, ...runs(item, names))))];
    }
    if (part.type === "rich_text_quote") return [el("blockquote", {}, ...runs(part, names))];
    if (part.type === "rich_text_preformatted") return [el("pre", {}, ...runs(part, names))];
    return runs(part, names);
  });
}

function runs(part, names) {
  return part.elements.map((run) => {
    if (run.type === "link") return link(run.url, run.text ?? run.url);
    if (run.type === "user") return el("span", { class: "mention" }, `@${names(run.user_id) ?? run.user_id}`);
    if (run.type === "channel") return el("span", { class: "mention" }, `#${names(run.channel_id) ?? run.channel_id}`);
    if (run.type === "emoji") return withEmoji(`:${run.name}:`);
    const style = run.style ?? {};
    const tag = style.code ? "code" : style.bold ? "strong" : style.italic ? "em" : style.strike ? "s" : "span";
    return el(tag, {}, run.text ?? "");
  });
}
