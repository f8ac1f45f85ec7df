// The mail programs of the playground's people: pick somebody, read, answer.

const API = "/mail/api";
const STYLES = [["gmail", "Gmail"], ["outlook", "Outlook"], ["apple", "Apple Mail"], ["plain", "Plain text"], ["bottom", "Answer below"]];
const LANGUAGES = [["en", "English"], ["fr", "Français"], ["es", "Español"]];
const FOLDER_WORDS = { INBOX: "Inbox" };

export function startMail(root) {
  new MailPane(root).start();
}

class MailPane {
  constructor(root) {
    this.root = root;
    this.person = null;
    this.folder = "INBOX";
    this.open = null;
  }

  async start() {
    addStylesheet();
    this.root.classList.add("mail");
    this.root.replaceChildren(
      element("header", {}, [
        (this.people = element("select", { mail: "people", label: "Whose mail", onchange: () => this.pick(this.people.value) })),
        (this.folders = element("select", { mail: "folders", label: "Folder", onchange: () => this.openFolder(this.folders.value) })),
        (this.write = element("button", { mail: "compose", onclick: () => this.compose() }, ["New mail"])),
      ]),
      (this.list = element("ol", { mail: "list" })),
      (this.reader = element("article", { mail: "reader" })),
    );
    await this.loadPeople();
    new EventSource(`${API}/events`).addEventListener("mail", (event) => this.hear(JSON.parse(event.data).email));
  }

  async loadPeople() {
    this.boxes = await getJson("/mailboxes");
    this.people.replaceChildren(...this.boxes.map((box) => option(box.email, nameOf(box))));
    this.person ??= (this.boxes.find((box) => box.unread && !box.isPayclerk) ?? this.boxes[0])?.email;
    if (this.person) {
      this.people.value = this.person;
      this.showFolders();
      await this.loadList();
    }
  }

  async hear(email) {
    const rows = await getJson("/mailboxes");
    this.boxes = rows;
    for (const box of rows) this.people.querySelector(`option[value="${CSS.escape(box.email)}"]`).textContent = nameOf(box);
    if (email === this.person) {
      this.showFolders();
      await this.loadList();
    }
  }

  async pick(email) {
    this.person = email;
    this.folder = "INBOX";
    this.open = null;
    this.reader.replaceChildren();
    this.showFolders();
    await this.loadList();
  }

  async openFolder(folder) {
    this.folder = folder;
    this.open = null;
    this.reader.replaceChildren();
    await this.loadList();
  }

  showFolders() {
    const box = this.boxes.find((one) => one.email === this.person);
    this.folders.replaceChildren(...box.folders.map((name) => option(name, FOLDER_WORDS[name] ?? name)));
    this.folders.value = this.folder;
    this.folders.hidden = box.folders.length < 2;
    this.write.disabled = box.isPayclerk;
  }

  async loadList() {
    const person = this.person;
    const mails = await getJson(`${this.box()}/mails?folder=${encodeURIComponent(this.folder)}`);
    if (person !== this.person) return; // somebody else was picked meanwhile
    this.list.replaceChildren(...mails.map((mail) => this.row(mail)));
    if (!mails.length) this.list.append(element("li", { class: "empty" }, ["Nothing here yet."]));
  }

  row(mail) {
    const who = this.folder === "Sent" ? `To: ${mail.to}` : displayName(mail.from);
    const button = element("button", { mail: "row", id: mail.id, onclick: () => this.read(mail.id) }, [
      element("span", { class: "who" }, [who]),
      element("time", {}, [shortDate(mail.date)]),
      element("span", { class: mail.hasAttachments ? "subject clip" : "subject" }, [mail.subject || "(no subject)"]),
      element("span", { class: "preview" }, [mail.preview]),
    ]);
    return element("li", { class: [mail.seen ? "" : "unread", mail.id === this.open ? "open" : ""].join(" ") }, [button]);
  }

  async read(id) {
    this.open = id;
    const mail = await getJson(this.path(id));
    await this.loadList();
    this.reader.replaceChildren(
      element("h2", { mail: "subject" }, [mail.subject || "(no subject)"]),
      element("dl", {}, [...field("From", mail.from), ...field("To", mail.to), ...field("Date", new Date(mail.date).toLocaleString())]),
      ...this.attached(mail),
      ...this.body(mail),
      ...(this.isPayclerk() ? [] : [this.answer(mail)]),
    );
    this.reader.scrollTop = 0;
  }

  attached(mail) {
    if (!mail.attachments.length) return [];
    const links = mail.attachments.map((one) =>
      element("a", { mail: "attachment", href: `${this.path(mail.id, true)}/attachments/${one.number}`, target: "_blank", class: "clip" }, [
        `${one.name} (${size(one.size)})`,
      ]),
    );
    return [element("div", { class: "attachments" }, links)];
  }

  body(mail) {
    const plain = element("pre", { mail: "text" }, withLinks(mail.text || "(this mail has no plain text)"));
    const raw = element("a", { mail: "raw", href: `${this.path(mail.id, true)}/raw`, target: "_blank" }, ["Source"]);
    if (!mail.hasHtml) return [element("div", { class: "views" }, [raw]), plain];
    const frame = element("iframe", { mail: "html", title: "The mail", sandbox: "allow-popups allow-popups-to-escape-sandbox" });
    frame.src = `${this.path(mail.id, true)}/html`;
    plain.hidden = true;
    const swap = element("button", { mail: "switch" }, ["Show plain text"]);
    swap.onclick = () => {
      [plain.hidden, frame.hidden] = [frame.hidden, plain.hidden];
      swap.textContent = plain.hidden ? "Show plain text" : "Show HTML";
    };
    return [element("div", { class: "views" }, [swap, raw]), frame, plain];
  }

  answer(mail) {
    const form = this.form("reply", `Answer to ${displayName(mail.replyTo)}`, [
      select("style", STYLES, "As a mail from"),
      select("lang", LANGUAGES, "Language of the mail program"),
    ]);
    form.onsubmit = (event) => this.submit(event, form, `${this.path(mail.id)}/reply`);
    return form;
  }

  compose() {
    this.open = null;
    const form = this.form("new", "New mail", [input("to", "To"), input("subject", "Subject")]);
    form.onsubmit = (event) => this.submit(event, form, `${this.box()}/send`);
    this.reader.replaceChildren(form);
    form.elements.to.focus();
  }

  form(kind, title, extra) {
    return element("form", { mail: `${kind}-form` }, [
      element("h3", {}, [title]),
      element("div", { class: "choices" }, extra),
      element("textarea", { mail: `${kind}-text`, name: "text", rows: 5, label: "Your answer", placeholder: "Write your mail here" }),
      element("div", { class: "choices" }, [
        element("input", { mail: `${kind}-files`, type: "file", name: "files", multiple: true, label: "Attach files" }),
        element("button", { mail: `${kind}-send`, class: "primary" }, ["Send"]),
        element("span", { mail: `${kind}-status`, role: "status" }),
      ]),
    ]);
  }

  async submit(event, form, path) {
    event.preventDefault();
    const status = form.querySelector("[role=status]");
    status.textContent = "Sending …";
    const answer = await fetch(API + path, { method: "POST", body: new FormData(form) });
    const data = await answer.json();
    status.textContent = answer.ok ? "Sent." : data.error;
    if (answer.ok) form.reset();
  }

  isPayclerk() {
    return this.boxes.find((box) => box.email === this.person).isPayclerk;
  }

  box() {
    return `/mailboxes/${encodeURIComponent(this.person)}`;
  }

  path(id, full = false) {
    return `${full ? API : ""}${this.box()}/mails/${encodeURIComponent(id)}`;
  }
}

// `mail` and `id` become data attributes, by which tests find things; `label` what a screen reader says.
function element(tag, { mail, id, label, class: name, ...rest } = {}, children = []) {
  const made = Object.assign(document.createElement(tag), rest);
  if (mail) made.dataset.mail = mail;
  if (id) made.dataset.id = id;
  if (label) made.setAttribute("aria-label", label);
  if (name) made.className = name;
  made.append(...children);
  return made;
}

function option(value, text) {
  return element("option", { value }, [text]);
}

function select(name, choices, label) {
  return element("select", { mail: name, name, label }, choices.map(([value, text]) => option(value, text)));
}

function input(name, label) {
  return element("input", { mail: name, name, label, placeholder: label, required: true });
}

function field(name, value) {
  return [element("dt", {}, [name]), element("dd", { mail: name.toLowerCase() }, [value])];
}

function nameOf(box) {
  const title = box.isPayclerk ? " (its own mailbox)" : box.title ? `, ${box.title}` : "";
  return `${box.name}${title}${box.unread ? ` (${box.unread})` : ""}`;
}

// Addresses in a plain text become links, as mail programs make them.
function withLinks(text) {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((part, index) => (index % 2 ? element("a", { href: part, target: "_blank", rel: "noopener" }, [part]) : part));
}

function displayName(sender) {
  return sender.replace(/<[^>]*>/, "").replaceAll('"', "").trim() || sender;
}

function shortDate(text) {
  const date = new Date(text);
  const today = date.toDateString() === new Date().toDateString();
  return today ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : date.toLocaleDateString([], { month: "short", day: "numeric" });
}

function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

async function getJson(path) {
  const answer = await fetch(API + path);
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer.json();
}

function addStylesheet() {
  const href = new URL("mail.css", import.meta.url).href;
  if (!document.querySelector(`link[href="${href}"]`)) document.head.append(element("link", { rel: "stylesheet", href }));
}
