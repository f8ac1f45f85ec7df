// The whole page: the clock, the tabs, and what stands in each half.

import { getJson } from "/page/dom.js";
import { startMail } from "/page/mail.js";
import { startSigning } from "/page/signing.js";
import { startSlack } from "/page/slack.js";

const part = (id) => document.getElementById(id);
const clock = document.querySelector("[data-playground=clock]");
const ZONE = "America/Chicago";

async function showClock() {
  const { now } = await getJson("/mock/clock");
  const style = { weekday: "short", month: "short", day: "numeric", year: "numeric", hour: "numeric", minute: "2-digit", timeZone: ZONE, timeZoneName: "short" };
  clock.textContent = new Date(now).toLocaleString("en-US", style);
  clock.dateTime = now;
}

for (const tab of document.querySelectorAll("[data-tab]")) {
  tab.addEventListener("click", () => {
    for (const one of document.querySelectorAll("[data-tab]")) {
      one.setAttribute("aria-selected", String(one === tab));
      part(one.dataset.tab).hidden = one !== tab;
    }
  });
}

const keepClock = () => showClock().catch(() => (clock.textContent = "payclerk's playground has stopped"));
keepClock();
setInterval(keepClock, 2000);
startSlack(part("slack"));
startMail(part("mail"));
startSigning(part("signing"));
