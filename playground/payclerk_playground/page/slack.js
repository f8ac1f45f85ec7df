// Slack as one person sees it: channels, messages, the Home tab, and modals over all of it.

import { el, getJson, postJson } from "./dom.js";
import { renderBlocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { keepingFocus } from "./focus.js";
import { inOrder, message } from "./messages.js";
import { modal } from "./modal.js";
import { Place } from "./place.js";
import { Typed } from "./typed.js";

const HOME = "home";
const TOAST_MS = 8000;

export function startSlack(root) {
  new SlackPane(root).start();
}

class SlackPane {
  constructor(root) {
    this.root = root;
    this.typed = new Typed();
    this.composer = new Composer(this);
    this.person = this.channel = this.screen = null;
    this.read = new Map(); // "person:channel" -> ts of the newest message seen
    this.reset();
  }

  reset() {
    this.nodes = new Map(); // ts -> what was drawn, and of what
    this.drawn = {};
    this.toasts = null;
  }

  async start() {
    const { people, commands } = await getJson("/mock/slack/people");
    Object.assign(this, { people, commands });
    this.build();
    if (people.length) await this.become(people[0].id);
    const events = new EventSource("/mock/events");
    events.addEventListener("message", () => this.look());
    window.addEventListener("pagehide", () => events.close());
  }

  build() {
    const choices = this.people.map((one) => el("option", { value: one.id }, one.title ? `${one.name}, ${one.title}` : one.name));
    this.switch = el("select", { data: { slack: "person" }, aria: { label: "Who you are in Slack" }, on: { change: () => this.become(this.switch.value) } }, choices);
    this.channels = el("nav", { class: "channels", aria: { label: "Channels" } });
    this.title = el("h2", { data: { slack: "title" } });
    this.list = el("ol", { class: "messages", data: { slack: "messages" } });
    this.home = el("div", { class: "home", hidden: true, data: { slack: "home-tab" } });
    this.modals = el("div", { class: "modals" });
    this.notes = el("div", { class: "toasts", role: "status", data: { slack: "toasts" } });
    this.root.replaceChildren(
      el("aside", {}, el("label", { class: "who" }, el("small", {}, "You are"), this.switch), this.channels),
      el("div", { class: "middle" }, el("header", {}, this.title), this.list, this.home, this.composer.node),
      this.modals,
      this.notes,
    );
  }

  nameOf(id) {
    const person = this.people.find((one) => one.id === id);
    if (id === "U0BOT") return "payclerk";
    return person?.name ?? this.screen?.channels.find((one) => one.id === id)?.name;
  }

  async become(person) {
    this.person = this.switch.value = person;
    this.reset();
    this.list.replaceChildren();
    if (this.channel?.startsWith("D")) this.channel = null;
    await this.look();
    if (this.channel === HOME) await this.act({ do: "home" });
  }

  /** Ask what the screen shows now; asked again while asking, look once more. */
  async look() {
    if (this.looking) {
      this.again = true;
      return this.looking;
    }
    this.looking = this.fetchScreen().finally(() => (this.looking = null));
    await this.looking;
    if (this.again) {
      this.again = false;
      await this.look();
    }
  }

  async fetchScreen() {
    const person = this.person;
    const screen = await getJson(`/mock/slack/screen/${person}`);
    if (person !== this.person) {
      this.again = true;
      return;
    }
    this.screen = screen;
    const shared = screen.channels.filter((one) => !one.id.startsWith("D"));
    this.channel ??= (shared.find((one) => one.name !== "general") ?? shared[0]).id;
    this.draw();
  }

  /** Do something as this person, and see what became of it. */
  async act(what) {
    const answer = await postJson(`/mock/slack/act/${this.person}`, what);
    if (answer.error && answer.acked === undefined) this.toast(answer.error);
    if (what.do !== "search") await this.look();
    return answer;
  }

  redraw() {
    this.drawn = {};
    this.nodes.clear();
    this.draw();
  }

  draw() {
    keepingFocus(this.root, () => {
      this.drawChannels();
      this.drawMessages();
      this.drawHome();
      this.drawModal();
    });
    this.drawToasts();
  }

  /** Draw a part only when what it shows has changed. */
  changed(part, shown) {
    const now = JSON.stringify(shown);
    const different = this.drawn[part] !== now;
    this.drawn[part] = now;
    return different;
  }

  open(channel) {
    this.channel = channel;
    this.draw();
    this.list.scrollTop = this.list.scrollHeight;
    if (channel === HOME) this.act({ do: "home" });
  }

  drawChannels() {
    const newest = (id) => this.screen.messages.filter((one) => one.channel === id).at(-1)?.ts ?? "0";
    if (this.channel !== HOME) this.read.set(`${this.person}:${this.channel}`, newest(this.channel));
    const fresh = (id) => Number(newest(id)) > Number(this.read.get(`${this.person}:${id}`) ?? 0);
    const rows = this.screen.channels.map((one) => ({ ...one, fresh: fresh(one.id), here: one.id === this.channel }));
    if (!this.changed("channels", [rows, this.channel])) return;
    const button = (one) =>
      el("button", { type: "button", class: one.fresh ? "fresh" : "", aria: { current: one.here ? "page" : null }, data: { slack: "channel", id: one.id }, on: { click: () => this.open(one.id) } }, one.label);
    const [direct, rest] = [rows.filter((one) => one.id.startsWith("D")), rows.filter((one) => !one.id.startsWith("D"))];
    this.channels.replaceChildren(
      el("small", {}, "Channels"),
      ...rest.map((one) => button({ ...one, label: `# ${one.name}` })),
      el("small", {}, "Apps"),
      ...direct.map((one) => button({ ...one, label: "payclerk" })),
      el("button", { type: "button", aria: { current: this.channel === HOME ? "page" : null }, data: { slack: "home" }, on: { click: () => this.open(HOME) } }, "payclerk Home"),
    );
    const here = rows.find((one) => one.here);
    this.title.textContent = this.channel === HOME ? "payclerk · Home" : here?.id.startsWith("D") ? "payclerk" : `# ${here?.name ?? ""}`;
    this.composer.in(here?.id.startsWith("D") ? "payclerk" : `#${here?.name ?? ""}`);
  }

  drawMessages() {
    this.list.hidden = this.composer.node.hidden = this.channel === HOME;
    const shown = inOrder(this.screen.messages.filter((one) => one.channel === this.channel));
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 60;
    const nodes = shown.map((one) => this.messageNode(one));
    if (!nodes.length) nodes.push((this.nothing ??= el("li", { class: "empty" }, "Nothing here yet.")));
    if (nodes.length !== this.list.children.length || nodes.some((node, index) => node !== this.list.children[index])) {
      const before = this.list.scrollTop;
      this.list.replaceChildren(...nodes);
      this.list.scrollTop = atEnd ? this.list.scrollHeight : before;
    }
  }

  messageNode(one) {
    const json = JSON.stringify(one);
    const known = this.nodes.get(one.ts);
    if (known?.json === json) return known.node;
    this.typed.keepOnly(`${one.channel}:${one.ts}`, one.blocks);
    const node = message(this, one);
    this.nodes.set(one.ts, { json, node });
    return node;
  }

  drawHome() {
    this.home.hidden = this.channel !== HOME;
    const view = this.screen.home;
    if (!this.changed("home", view)) return;
    if (!view) return this.home.replaceChildren(el("p", { class: "empty" }, "payclerk has not filled this tab yet."));
    const key = `home:${this.person}`;
    this.typed.keepOnly(key, view.blocks);
    this.home.replaceChildren(...renderBlocks(view.blocks, new Place(this, key, { home: true }, view.values)));
  }

  drawModal() {
    const { view, depth } = this.screen;
    if (!this.changed("modal", view && [view.id, view.hash, view.errors, view.values, depth])) return;
    const opened = view && this.modals.querySelector("[data-slack=modal]")?.dataset.viewId !== view.id;
    if (view) this.typed.keepOnly(view.id, view.blocks);
    this.modals.replaceChildren(...(view ? [modal(this, this.screen)] : []));
    if (opened) (this.modals.querySelector(".body :is([autofocus], input, textarea, select)") ?? this.modals.querySelector("[data-slack=close]")).focus({ preventScroll: true });
    else this.modals.querySelector(".error")?.scrollIntoView({ block: "nearest" });
  }

  drawToasts() {
    const words = this.screen.toasts;
    for (const one of words.slice(this.toasts ?? words.length)) this.toast(one);
    this.toasts = words.length;
  }

  toast(words) {
    const note = el("p", { data: { slack: "toast" } }, words);
    this.notes.append(note);
    setTimeout(() => note.remove(), TOAST_MS);
  }
}
