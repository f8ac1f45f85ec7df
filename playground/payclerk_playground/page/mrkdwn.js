// Slack's mrkdwn and the markdown of its `markdown` block, made into nodes.

import { el } from "./dom.js";
import { withEmoji } from "./emoji.js";

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const BEFORE = "(?<![\\p{L}\\p{N}])";
const AFTER = "(?![\\p{L}\\p{N}])";
const pair = (mark) => `${BEFORE}${mark}(?=[^\\s])([^\\n]*?[^\\s])${mark}${AFTER}`;
const INLINE = new RegExp(`\`([^\`\\n]+)\`|<([^<>\\n]+)>|${pair("\\*")}|${pair("_")}|${pair("~")}`, "u");
const MARKDOWN = /`([^`\n]+)`|\[([^\]\n]+)\]\((https?:[^)\s]+|mailto:[^)\s]+)\)|\*\*(.+?)\*\*|(?<![\p{L}\p{N}])[*_](\S(?:.*?\S)?)[*_](?![\p{L}\p{N}])|~~(.+?)~~/u;

/** A text object of Slack as nodes. `names` tells the name of a user or channel id. */
export function textNodes(text, names) {
  if (!text) return [];
  if (text.type === "mrkdwn") return mrkdwn(text.text, names);
  return [text.emoji === false ? text.text : withEmoji(text.text)];
}

export function mrkdwn(text, names) {
  return text.split("```").flatMap((part, index) => {
    if (index % 2) return [el("pre", {}, unescape(part.replace(/^\n/, "")))];
    return lines(index ? part.replace(/^\n/, "") : part, (line) => inline(line, names));
  });
}

export function markdown(text) {
  return text.split("```").flatMap((part, index) => {
    if (index % 2) return [el("pre", {}, part.replace(/^\w*\n/, ""))];
    return lines(part, markdownInline, (line) => {
      const heading = /^(#{1,4}) +(.*)/.exec(line);
      if (heading) return el("strong", { class: `heading h${heading[1].length}` }, ...markdownInline(heading[2]));
      return /^(-{3,}|\*{3,})$/.test(line.trim()) ? el("hr") : null;
    });
  });
}

// Line by line: quotes and list items gather, everything else is a line of its own.
function lines(text, words, special = () => null) {
  const made = [];
  let quote = null;
  const rows = text.split("\n");
  rows.forEach((line, index) => {
    const quoted = /^(?:&gt;|>) ?(.*)/.exec(line);
    const item = /^ {0,6}(?:([•◦‣*-])|(\d{1,3}\.)) +(.*)/.exec(line);
    if (quoted) {
      if (!quote) made.push((quote = el("blockquote")));
      else quote.append(el("br"));
      quote.append(...words(quoted[1]));
      return;
    }
    const afterQuote = quote !== null;
    quote = null;
    const own = special(line);
    if (own) made.push(own);
    else if (item) made.push(el("span", { class: "item" }, el("span", { class: "bullet" }, item[2] ?? "•"), el("span", {}, ...words(item[3]))));
    else {
      if (line === "" && afterQuote && index === rows.length - 1) return;
      made.push(...words(line));
      if (index < rows.length - 1) made.push(el("br"));
    }
  });
  return made;
}

function inline(text, names) {
  const found = INLINE.exec(text);
  if (!found) return text ? [withEmoji(unescape(text))] : [];
  const [all, code, angle, bold, italic, strike] = found;
  const rest = inline(text.slice(found.index + all.length), names);
  return [...inline(text.slice(0, found.index), names), middle(), ...rest];

  function middle() {
    if (code !== undefined) return el("code", {}, unescape(code));
    if (angle !== undefined) return reference(angle, names);
    if (bold !== undefined) return el("strong", {}, ...inline(bold, names));
    if (italic !== undefined) return el("em", {}, ...inline(italic, names));
    return el("s", {}, ...inline(strike, names));
  }
}

// What stands between < and >: a link, a mention or a date.
function reference(inside, names) {
  const [target, label] = cutOnce(inside, "|");
  if (target.startsWith("@") || target.startsWith("#")) {
    return el("span", { class: "mention" }, target[0] + (names(target.slice(1)) ?? label ?? target.slice(1)));
  }
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return el("span", { class: "mention" }, `@${label ?? target.slice(1).split("^")[0]}`);
  return link(unescape(target), unescape(label ?? target.replace(/^mailto:/, "")));
}

export function link(target, label) {
  if (!/^(https?:|mailto:)/i.test(target)) return label;
  return el("a", { href: target, target: "_blank", rel: "noopener" }, label);
}

function date(target, fallback) {
  const [, seconds, format] = target.split("^");
  const moment = new Date(Number(seconds) * 1000);
  if (Number.isNaN(moment.getTime()) || !format) return unescape(fallback ?? "");
  const day = (style) => moment.toLocaleDateString([], style);
  const known = {
    date: { month: "long", day: "numeric", year: "numeric" },
    date_short: { month: "short", day: "numeric", year: "numeric" },
    date_long: { weekday: "long", month: "long", day: "numeric", year: "numeric" },
  };
  const shown = format.replace(/\{(\w+)\}/g, (all, word) => {
    const bare = word.replace(/_pretty$/, "");
    if (bare in known) return day(known[bare]);
    if (word === "date_num") return moment.toISOString().slice(0, 10);
    if (word === "time") return moment.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
    return word === "time_secs" ? moment.toLocaleTimeString() : all;
  });
  return el("time", { dateTime: moment.toISOString(), title: unescape(fallback ?? "") }, shown);
}

function markdownInline(text) {
  const found = MARKDOWN.exec(text);
  if (!found) return text ? [withEmoji(text)] : [];
  const [all, code, label, target, bold, italic, strike] = found;
  const before = text.slice(0, found.index);
  const made =
    code !== undefined ? el("code", {}, code)
    : label !== undefined ? link(target, label)
    : bold !== undefined ? el("strong", {}, ...markdownInline(bold))
    : italic !== undefined ? el("em", {}, ...markdownInline(italic))
    : el("s", {}, ...markdownInline(strike));
  return [...markdownInline(before), made, ...markdownInline(text.slice(found.index + all.length))];
}

function unescape(text) {
  return text.replace(/&(lt|gt|amp);/g, (all) => ENTITIES[all]);
}

function cutOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
