// What waits for a signature, and the way to each signing page.

import { el, getJson } from "./dom.js";

const WORDS = { created: "not yet sent", sent: "sent", delivered: "opened", completed: "completed", declined: "declined", voided: "withdrawn" };
const SIGNER = { created: "not yet their turn", sent: "asked to sign", delivered: "looking at it", completed: "signed", declined: "declined" };

export function startSigning(root) {
  let shown = "";
  const look = async () => {
    const { envelopes } = await getJson("/mock/envelopes");
    const now = JSON.stringify(envelopes);
    if (now !== shown) root.replaceChildren(...list(envelopes));
    shown = now;
  };
  const keepLooking = () => document.hidden || root.hidden || look().catch(() => {});
  new MutationObserver(keepLooking).observe(root, { attributeFilter: ["hidden"] });
  setInterval(keepLooking, 1500);
}

function list(envelopes) {
  if (!envelopes.length) return [el("p", { class: "empty" }, "Nothing waits for a signature. When an application for payment goes out to be signed, it stands here, and each signer has a link by mail.")];
  return [...envelopes].reverse().map((one) =>
    el("article", { data: { signing: "envelope", id: one.id } },
      el("h3", {}, one.subject, el("span", { class: `pill ${one.status}` }, WORDS[one.status] ?? one.status)),
      el("ul", {}, one.signers.map((signer) =>
        el("li", {},
          el("span", {}, `${signer.name} `, el("small", {}, signer.email)),
          el("span", { class: "pill" }, SIGNER[signer.status] ?? signer.status),
          signer.link && el("a", { href: signer.link, target: "_blank", rel: "noopener", data: { signing: "link", email: signer.email } }, "Open the signing page"),
        ),
      )),
    ),
  );
}
