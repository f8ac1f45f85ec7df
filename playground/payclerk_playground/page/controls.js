// The interactive elements: each carries its action_id and block_id, its options their value.

import { el } from "./dom.js";
import { confirmed } from "./confirm.js";
import { picker } from "./picker.js";
import { textNodes } from "./mrkdwn.js";
import { prefilled } from "./typed.js";

const TEXTS = { email_text_input: "email", number_input: "text", url_text_input: "url", plain_text_input: "text" };

/** One element of a block, wired to where it stands. */
export function control(block, element, at) {
  const use = new Use(block, element, at);
  if (element.type === "button") return button(use);
  if (element.type === "overflow") return overflow(use);
  if (element.type in TEXTS) return textInput(use);
  if (element.type === "datepicker") return datepicker(use);
  if (element.type === "checkboxes" || element.type === "radio_buttons") return boxes(use);
  if (element.type === "static_select") return select(use);
  if (element.type.endsWith("_select")) return picker(use);
  return el("em", {}, `(a ${element.type})`);
}

/** An element in its block in its place: what it holds, and what happens when it is used. */
class Use {
  constructor(block, element, at) {
    Object.assign(this, { block, element, at });
    this.data = { actionId: element.action_id, blockId: block.block_id };
    this.label = block.label?.text ?? element.accessibility_label ?? element.placeholder?.text;
    this.dispatches = block.type !== "input" || block.dispatch_action === true;
  }

  get state() {
    return this.at.state(this.block, this.element) ?? prefilled(this.element);
  }

  put(state) {
    this.at.put(this.block, this.element, { type: this.element.type, ...state });
  }

  /** Chosen: kept, and told to the app unless the element waits for the form to be sent. */
  async choose(state, value) {
    if (!(await confirmed(this.element.confirm))) return this.at.redraw();
    this.put(state);
    if (this.dispatches) await this.at.act(this.block, this.element, value);
  }

  /** What is offered for these typed words. */
  search(typed) {
    return this.at.search(this.block, this.element, typed);
  }
}

function button(use) {
  const { element, at } = use;
  const made = el("button", { type: "button", class: element.style ?? "", data: { ...use.data, value: element.value }, aria: { label: element.accessibility_label } }, ...textNodes(element.text, at.names));
  made.addEventListener("click", async () => {
    if (!(await confirmed(element.confirm))) return;
    if (element.url) window.open(element.url, "_blank", "noopener");
    made.setAttribute("aria-busy", "true");
    await at.act(use.block, element, element.value ?? null);
    made.removeAttribute("aria-busy");
  });
  return made;
}

function overflow(use) {
  const menu = el("div", { class: "menu", role: "menu", hidden: true });
  const opener = el("button", { type: "button", data: use.data, aria: { label: "More", haspopup: "menu" } }, "⋯");
  const shut = () => (menu.hidden = true);
  menu.append(
    ...use.element.options.map((option) =>
      el("button", { type: "button", role: "menuitem", data: { ...use.data, value: option.value }, on: { click: () => (shut(), use.choose({ selected_option: option }, option.value)) } }, ...textNodes(option.text, use.at.names)),
    ),
  );
  opener.addEventListener("click", () => (menu.hidden = !menu.hidden));
  const box = el("span", { class: "overflow-menu" }, opener, menu);
  box.addEventListener("focusout", (event) => box.contains(event.relatedTarget) || shut());
  return box;
}

function textInput(use) {
  const { element } = use;
  const tag = element.multiline ? "textarea" : "input";
  const made = el(tag, { data: use.data, placeholder: element.placeholder?.text ?? "", value: use.state.value ?? "", aria: { label: use.label }, autofocus: element.focus_on_load === true });
  if (tag === "input") made.type = TEXTS[element.type];
  else made.rows = 4;
  if (element.type === "number_input") made.inputMode = element.is_decimal_allowed ? "decimal" : "numeric";
  if (element.max_length) made.maxLength = element.max_length;
  const told = () => ({ value: made.value || null });
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  made.addEventListener("input", () => {
    use.put(told());
    if (use.block.dispatch_action && triggers.includes("on_character_entered")) use.at.act(use.block, element, made.value);
  });
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || element.multiline) return;
    event.preventDefault();
    if (use.block.dispatch_action && triggers.includes("on_enter_pressed")) use.choose(told(), made.value);
  });
  return made;
}

function datepicker(use) {
  const made = el("input", { type: "date", data: use.data, value: use.state.selected_date ?? "", aria: { label: use.label } });
  made.addEventListener("change", () => use.choose({ selected_date: made.value || null }, made.value));
  return made;
}

function boxes(use) {
  const { element, at } = use;
  const many = element.type === "checkboxes";
  const state = use.state;
  const on = new Set((many ? state.selected_options : [state.selected_option]).filter(Boolean).map((option) => option.value));
  const group = `${at.key}:${use.block.block_id}:${element.action_id}`;
  const rows = element.options.map((option) => {
    const box = el("input", { type: many ? "checkbox" : "radio", name: group, checked: on.has(option.value), data: { ...use.data, value: option.value } });
    const description = option.description && el("small", {}, ...textNodes(option.description, at.names));
    return el("label", {}, box, el("span", {}, ...textNodes(option.text, at.names), description));
  });
  const made = el("fieldset", { class: "boxes", data: use.data, aria: { label: use.label } }, rows);
  made.addEventListener("change", () => {
    const ticked = element.options.filter((option) => made.querySelector(`input[data-value="${CSS.escape(option.value)}"]`).checked);
    if (many) use.choose({ selected_options: ticked }, ticked.map((option) => option.value));
    else use.choose({ selected_option: ticked[0] ?? null }, ticked[0]?.value);
  });
  return made;
}

function select(use) {
  const { element } = use;
  const groups = element.option_groups;
  const options = groups ? groups.flatMap((group) => group.options) : element.options;
  const chosen = use.state.selected_option?.value ?? "";
  const made = el("select", { data: use.data, aria: { label: use.label } });
  const row = (option) => el("option", { value: option.value, data: { value: option.value }, selected: option.value === chosen }, option.text.text);
  made.append(el("option", { value: "", disabled: !use.block.optional, selected: chosen === "" }, element.placeholder?.text ?? "Select an option"));
  if (groups) made.append(...groups.map((group) => el("optgroup", { label: group.label.text }, group.options.map(row))));
  else made.append(...options.map(row));
  made.addEventListener("change", () => {
    const option = options.find((one) => one.value === made.value) ?? null;
    use.choose({ selected_option: option }, option?.value);
  });
  return made;
}
