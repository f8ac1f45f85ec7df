// Where blocks stand: a modal, a Home tab or a message, with what is typed there and what can be done there.

export class Place {
  /** `where` is what /mock/slack/act needs to find it; `values` what the server knows was typed. */
  constructor(pane, key, where, values, errors = {}) {
    Object.assign(this, { pane, key, where, values, errors });
    this.names = (id) => pane.nameOf(id);
  }

  state(block, element) {
    const typed = this.pane.typed.get(this.key, block.block_id, element.action_id);
    return typed ?? this.values[block.block_id]?.[element.action_id];
  }

  put(block, element, state) {
    this.pane.typed.put(this.key, block.block_id, element.action_id, state);
  }

  act(block, element, value) {
    const use = { action_id: element.action_id, block_id: block.block_id, value };
    return this.pane.act({ do: "click", ...this.where, ...use, values: this.typed() });
  }

  async search(block, element, typed) {
    const use = { action_id: element.action_id, block_id: block.block_id, typed };
    const answer = await this.pane.act({ do: "search", ...this.where, ...use, values: this.typed() });
    return answer.options ?? [];
  }

  typed() {
    return this.pane.typed.of(this.key);
  }

  redraw() {
    this.pane.redraw();
  }
}
