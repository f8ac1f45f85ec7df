// Where a person types a message or a slash command, with the commands offered as they type.

import { el } from "./dom.js";

export class Composer {
  constructor(pane) {
    this.pane = pane;
    this.input = el("input", { type: "text", autocomplete: "off", data: { slack: "composer" }, aria: { label: "Message" } });
    this.menu = el("div", { class: "menu", role: "listbox", hidden: true, data: { slack: "commands" } });
    this.node = el("form", { class: "composer", on: { submit: (event) => this.send(event) } },
      this.menu, this.input, el("button", { class: "primary", data: { slack: "send" }, aria: { label: "Send" } }, "➤"));
    this.input.addEventListener("input", () => this.offer());
    this.input.addEventListener("focus", () => this.offer());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.node.addEventListener("focusout", (event) => this.node.contains(event.relatedTarget) || (this.menu.hidden = true));
  }

  in(channel) {
    this.input.placeholder = `Message ${channel}, or / for commands`;
  }

  offer() {
    const rows = this.choices().map(([text, words]) =>
      el("button", { type: "button", role: "option", data: { value: text }, on: { click: () => this.take(text) } }, el("strong", {}, text), el("small", {}, words)),
    );
    this.menu.replaceChildren(...rows);
    this.menu.hidden = !rows.length;
  }

  // First the commands, then the words a command's usage hint names: "[invite | claims | help]".
  choices() {
    const typed = this.input.value;
    if (!typed.startsWith("/")) return [];
    const [word, rest] = [typed.split(" ")[0], typed.split(" ").slice(1).join(" ")];
    const known = this.pane.commands.filter((one) => one.command.startsWith(word));
    if (!typed.includes(" ")) return known.map((one) => [one.command, one.description ?? ""]);
    const hints = (known.find((one) => one.command === word)?.usage_hint ?? "").replace(/[[\]]/g, "").split("|");
    return hints.map((hint) => hint.trim()).filter((hint) => hint && hint.startsWith(rest) && hint !== rest).map((hint) => [`${word} ${hint}`, ""]);
  }

  take(text) {
    this.input.value = text.includes(" ") ? text : `${text} `;
    this.input.focus();
    this.offer();
  }

  key(event) {
    if (event.key === "Escape") this.menu.hidden = true;
    if (event.key === "ArrowUp" && !this.menu.hidden) this.menu.lastElementChild?.focus();
    if (event.key === "Tab" && !event.shiftKey && !this.menu.hidden) {
      event.preventDefault();
      this.take(this.menu.firstElementChild.dataset.value);
    }
  }

  async send(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.menu.hidden = true;
    await this.pane.act({ do: text.startsWith("/") ? "command" : "say", text, channel: this.pane.channel });
  }
}
