// What people have typed and chosen, in the shape of Slack's `state.values`. It outlives a new rendering of the same
// block_id and action_id, as in Slack.

export class Typed {
  constructor() {
    this.places = new Map();
  }

  /** All values of a modal, Home tab or message, to be sent along with what is done there. */
  of(place) {
    return this.places.get(place) ?? {};
  }

  get(place, blockId, actionId) {
    return this.places.get(place)?.[blockId]?.[actionId];
  }

  put(place, blockId, actionId, state) {
    if (!this.places.has(place)) this.places.set(place, {});
    const blocks = this.places.get(place);
    blocks[blockId] = { ...blocks[blockId], [actionId]: state };
  }

  /** Forget what belongs to elements that are no longer there. */
  keepOnly(place, blocks) {
    const kept = {};
    for (const block of blocks) {
      const values = this.places.get(place)?.[block.block_id];
      const actions = elementsOf(block).map((element) => element.action_id);
      const left = Object.entries(values ?? {}).filter(([action]) => actions.includes(action));
      if (left.length) kept[block.block_id] = Object.fromEntries(left);
    }
    this.places.set(place, kept);
  }

  forget(place) {
    this.places.delete(place);
  }
}

export function elementsOf(block) {
  const found = [block.element, block.accessory].filter(Boolean);
  return block.type === "actions" ? [...found, ...block.elements] : found;
}

/** The state an element has before anybody touches it. */
export function prefilled(element) {
  const type = element.type;
  if (type === "checkboxes" || type.startsWith("multi_")) return { type, selected_options: element.initial_options ?? [] };
  if (type === "datepicker") return { type, selected_date: element.initial_date ?? null };
  if (type === "radio_buttons" || type.endsWith("_select")) return { type, selected_option: element.initial_option ?? null };
  return { type, value: element.initial_value ?? null };
}
