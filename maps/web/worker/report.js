// Telling that something is not as it says: closed in its hours, a wrong place, broken kit. Nameless;
// written without a network it waits on the phone.

import "./outbox.js";
import { announce, button, make, openSheet } from "./dom.js";
import { keep, kept } from "./store.js";
import { asOf, ours, t, word } from "./words.js";

const KINDS = ["closed", "refused", "wrong_place", "broken_kit", "wrong_facts", "other"];
const LONGEST_NOTE = 300;
const MOST_RECEIPTS = 20;
const box = self.nuanyiOutbox;

/** 32 hexadecimal digits, of a random UUID. */
function newReceipt() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Opens the sheet for a station. */
export function open(station) {
  const receipt = newReceipt(); // of this sheet: pressing twice is one report
  const said = make("p", { class: "wrong", role: "alert" });
  const kinds = make("fieldset", {}, make("legend", {}, t("report_what")),
    KINDS.map((kind) => make("label", { class: "choice" },
      make("input", { type: "radio", name: "kind", value: kind, required: true }), make("span", {}, word("report", `kind_${kind}`)))));
  const service = make("select", { name: "service", id: "report-service" },
    make("option", { value: "" }, t("report_any_service")),
    (station.services ?? []).map((code) => make("option", { value: code }, word("service", code))));
  const which = make("div", { class: "labelled", hidden: true }, make("label", { for: "report-service" }, t("report_which")), service);
  const note = make("textarea", { id: "report-note", name: "note", rows: "3", maxlength: String(LONGEST_NOTE), "aria-describedby": "report-private" });
  const send = make("button", { type: "submit", class: "act wide main" }, make("span", {}, t("report_send")));
  const form = make("form", { class: "report", novalidate: true, onsubmit: submit }, kinds, which,
    make("div", { class: "labelled" }, make("label", { for: "report-note" }, t("report_note")), note),
    make("p", { id: "report-private", class: "quiet small" }, t("report_private")), said, send);
  kinds.addEventListener("change", () => {
    which.hidden = form.elements.kind.value !== "broken_kit";
    said.textContent = "";
  });
  const { sheet } = openSheet(t("report_title"), t("close"), make("p", {}, make("strong", {}, station.name)), form);

  async function submit(event) {
    event.preventDefault();
    const kind = form.elements.kind.value;
    if (!kind) {
      said.textContent = t("report_choose");
      kinds.querySelector("input").focus();
      return;
    }
    const report = { station: station.id, receipt, kind, seen_at: new Date().toISOString() };
    if (kind === "broken_kit" && service.value) report.service = service.value;
    if (note.value.trim()) report.note = note.value.trim();
    send.disabled = true;
    const outcome = await deliver(report);
    send.disabled = false;
    if (outcome.refused) {
      said.textContent = outcome.refused;
      return;
    }
    remember(report, station.name);
    const title = t(outcome.waits ? "report_waits" : "report_thanks");
    const text = make("p", { class: "thanks", tabindex: "-1" }, make("strong", {}, title), make("span", {}, outcome.thanks));
    form.replaceWith(text, make("p", { class: "quiet small" }, t("report_receipt", { receipt })));
    text.focus();
    announce(title);
    sheet.querySelector(".close").classList.add("main");
  }
}

/** Sends a report, or puts it aside for later. */
async function deliver(report) {
  let sent;
  try {
    sent = await box.send(report);
  } catch {
    return waitFor(report);
  }
  const told = await sent.answer.json().catch(() => ({}));
  if (sent.answer.ok) return { thanks: t("report_thanks_text") };
  if (sent.answer.status >= 500) return waitFor(report);
  return { refused: [told.title, ours(told.remedy ?? "")].filter(Boolean).join(" ") || t("unreachable") };
}

async function waitFor(report) {
  try {
    await box.add(report);
  } catch {
    return { refused: t("report_not_kept") };
  }
  const worker = await navigator.serviceWorker?.getRegistration();
  await worker?.sync?.register("reports").catch(() => {});
  return { waits: true, thanks: t("report_waits_text") };
}

function remember({ receipt, kind, seen_at: at }, name) {
  keep({ receipts: [{ receipt, kind, name, at }, ...kept.receipts].slice(0, MOST_RECEIPTS) });
}

/** Sends what waits; how many went. */
export async function sendWaiting() {
  try {
    return await box.flush();
  } catch {
    return 0;
  }
}

/** What became of the reports of this phone: a list of lines, asked for one by one. */
export async function outcomes() {
  const waiting = new Set((await box.waiting().catch(() => [])).map((one) => one.receipt));
  return Promise.all(kept.receipts.map(async ({ receipt, kind, name, at }) => {
    let state = t("report_waiting");
    if (!waiting.has(receipt)) {
      try {
        const answer = await fetch(`/api/reports/${receipt}`, { headers: { Accept: "application/json" }, referrerPolicy: "no-referrer" });
        const told = await answer.json();
        state = answer.ok ? [word("report", `state_${told.state}`), told.answer].filter(Boolean).join(" · ") : told.title;
      } catch {
        state = t("unreachable");
      }
    }
    return make("li", {}, make("strong", {}, name), make("span", {}, `${word("report", `kind_${kind}`)} · ${asOf(at)}`), make("span", {}, state));
  }));
}

/** A button that shows them. */
export const outcomesButton = (into) => button(t("my_reports"), "report", async (event) => {
  event.currentTarget.disabled = true;
  into.replaceChildren(...(kept.receipts.length ? await outcomes() : [make("li", {}, t("my_reports_none"))]));
  event.target.closest("button").disabled = false;
}, { class: "act wide" });
