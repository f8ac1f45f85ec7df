// Selects that are searched by typing, with one choice or several as chips.

import { el } from "./dom.js";
import { textNodes } from "./mrkdwn.js";

const PAUSE = 180; // milliseconds after the last key

export function picker(use) {
  return new Picker(use).node;
}

class Picker {
  constructor(use) {
    this.use = use;
    this.many = use.element.type.startsWith("multi_");
    this.external = use.element.type.includes("external");
    const state = use.state;
    this.chosen = this.many ? [...state.selected_options] : state.selected_option ? [state.selected_option] : [];
    this.asked = 0;
    this.input = el("input", { type: "text", placeholder: use.element.placeholder?.text ?? "Type to search", role: "combobox", autocomplete: "off", data: { search: "" }, aria: { label: use.label, expanded: "false" } });
    this.input.addEventListener("input", () => this.soon());
    this.input.addEventListener("focus", () => this.list.hidden && this.offer());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list = el("div", { class: "menu", role: "listbox", hidden: true });
    this.chips = el("span", { class: "chips" });
    this.node = el("div", { class: "picker", data: use.data }, this.chips, this.input, this.list);
    this.node.addEventListener("focusout", (event) => this.node.contains(event.relatedTarget) || this.shut());
    this.drawChips();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.offer(), PAUSE);
  }

  async offer() {
    const typed = this.input.value;
    if (this.external && typed.length < (this.use.element.min_query_length ?? 3)) {
      return this.show([], `Type ${this.use.element.min_query_length ?? 3} letters to search`);
    }
    const asked = ++this.asked;
    const options = this.external ? await this.use.search(typed) : this.known(typed);
    if (asked !== this.asked || !this.node.contains(document.activeElement)) return; // typed on, or gone elsewhere
    const chosen = new Set(this.chosen.map((option) => option.value));
    this.show(options.filter((option) => !chosen.has(option.value)), "No results");
  }

  known(typed) {
    const { options = [], option_groups = [] } = this.use.element;
    const all = [...options, ...option_groups.flatMap((group) => group.options)];
    return all.filter((option) => option.text.text.toLowerCase().includes(typed.toLowerCase()));
  }

  show(options, otherwise) {
    const rows = options.map((option) => {
      const row = el("button", { type: "button", role: "option", data: { ...this.use.data, value: option.value } }, ...textNodes(option.text, this.use.at.names), option.description && el("small", {}, ...textNodes(option.description, this.use.at.names)));
      row.addEventListener("click", () => this.pick(option));
      return row;
    });
    this.list.replaceChildren(...(rows.length ? rows : [el("p", { class: "none" }, otherwise)]));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  shut() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  key(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      if (!this.list.hidden) this.list.querySelector("[data-value]")?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.list.querySelector("[data-value]")?.focus();
    } else if (event.key === "Backspace" && !this.input.value && this.chosen.length) {
      this.drop(this.chosen.at(-1));
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.shut();
    }
  }

  pick(option) {
    this.chosen = this.many ? [...this.chosen, option] : [option];
    this.input.value = "";
    this.shut();
    this.tell();
  }

  drop(option) {
    this.chosen = this.chosen.filter((one) => one.value !== option.value);
    this.tell();
  }

  tell() {
    this.drawChips();
    if (this.many) this.use.choose({ selected_options: this.chosen }, this.chosen.map((option) => option.value));
    else this.use.choose({ selected_option: this.chosen[0] ?? null }, this.chosen[0]?.value);
  }

  drawChips() {
    this.chips.replaceChildren(
      ...this.chosen.map((option) =>
        el("span", { class: "chip", data: { chip: option.value } }, option.text.text, el("button", { type: "button", aria: { label: `Remove ${option.text.text}` }, on: { click: () => this.drop(option) } }, "×")),
      ),
    );
  }
}
