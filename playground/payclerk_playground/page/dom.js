// Making elements. Text is always text: nothing here ever parses HTML.

export function el(tag, { data, on, aria, class: name, ...rest } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), rest);
  if (name) made.className = name;
  for (const [key, value] of Object.entries(data ?? {})) if (value != null) made.dataset[key] = value;
  for (const [key, value] of Object.entries(aria ?? {})) if (value != null) made.setAttribute(`aria-${key}`, value);
  for (const [event, listener] of Object.entries(on ?? {})) made.addEventListener(event, listener);
  made.append(...children.flat().filter((child) => child != null && child !== false));
  return made;
}

export async function getJson(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

export async function postJson(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return answer.json();
}

const COLOURS = ["#1f6f5c", "#8a4b2d", "#3d5a98", "#7a3e74", "#5b6b1e", "#a23b4a", "#2d7287", "#6b4fa0"];

/** A square with somebody's initials, the same colour each time. */
export function avatar(name) {
  const sum = [...name].reduce((total, char) => total * 31 + char.codePointAt(0), 7) >>> 0;
  const initials = name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  const made = el("span", { class: "avatar", aria: { hidden: "true" } }, initials);
  made.style.background = COLOURS[sum % COLOURS.length];
  return made;
}
