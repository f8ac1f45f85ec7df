// Drawing anew without taking the cursor away from somebody who is typing.

export function keepingFocus(root, draw) {
  const held = remember(root);
  const scrolled = [...root.querySelectorAll("[data-scroll]")].map((one) => [one.dataset.scroll, one.scrollTop]);
  draw();
  for (const [name, top] of scrolled) {
    const found = root.querySelector(`[data-scroll="${name}"]`);
    if (found) found.scrollTop = top;
  }
  if (held) giveBack(root, held);
}

function remember(root) {
  const active = document.activeElement;
  if (!active || !root.contains(active)) return null;
  const owner = active.closest("[data-action-id]");
  if (!owner) return null;
  const { actionId, blockId, value } = owner.dataset;
  const inside = owner !== active && active.matches("input");
  const range = "selectionStart" in active && active.type !== "checkbox" ? [active.selectionStart, active.selectionEnd] : null;
  return { actionId, blockId, value, inside, text: inside ? active.value : null, range };
}

function giveBack(root, held) {
  const value = held.value === undefined ? "" : `[data-value="${CSS.escape(held.value)}"]`;
  const owner = root.querySelector(`[data-action-id="${CSS.escape(held.actionId)}"][data-block-id="${CSS.escape(held.blockId)}"]${value}`);
  const target = held.inside ? owner?.querySelector("input") : owner;
  if (!target) return;
  if (held.text) target.value = held.text;
  target.focus({ preventScroll: true });
  if (held.range && held.range[0] !== null && "setSelectionRange" in target && target.type !== "email") target.setSelectionRange(...held.range);
}
