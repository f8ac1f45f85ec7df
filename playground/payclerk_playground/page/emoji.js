// The few emoji words that are used; any other stays as it was written.

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", hourglass: "⌛", hourglass_flowing_sand: "⏳",
  email: "✉️", envelope: "✉️", mailbox: "📬", paperclip: "📎", page_facing_up: "📄", memo: "📝", pencil: "✏️", pencil2: "✏️",
  lower_left_fountain_pen: "🖋️", black_nib: "✒️", moneybag: "💰", dollar: "💵", bell: "🔔", no_bell: "🔕", calendar: "📅",
  date: "📅", clock3: "🕒", eyes: "👀", tada: "🎉", rocket: "🚀", wave: "👋", mag: "🔍", lock: "🔒", unlock: "🔓", key: "🔑",
  construction: "🚧", building_construction: "🏗️", hammer: "🔨", inbox_tray: "📥", outbox_tray: "📤", link: "🔗",
  red_circle: "🔴", large_yellow_circle: "🟡", large_green_circle: "🟢", large_blue_circle: "🔵", white_circle: "⚪",
  arrow_right: "➡️", arrow_left: "⬅️", back: "🔙", information_source: "ℹ️", question: "❓", exclamation: "❗",
  no_entry: "⛔", stop_sign: "🛑", bulb: "💡", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", bar_chart: "📊", gear: "⚙️",
};

export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (all, word) => EMOJI[word] ?? all);
}
