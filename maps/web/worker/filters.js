// The chips: what a station must offer. Kept on the phone, so that nobody presses them twice.

import { byId } from "./dom.js";
import { keep, kept, tell, welcome } from "./store.js";
import { listed, t, word } from "./words.js";

const box = () => byId("filters");

function paint() {
  for (const chip of box().querySelectorAll("button[aria-pressed]")) {
    const { service, kind, member } = chip.dataset;
    const on = service ? kept.services.includes(service) : kind ? kept.kinds.includes(kind) : member === undefined ? kept.open : kept.member;
    chip.setAttribute("aria-pressed", String(on));
  }
  const hidden = box().querySelectorAll("details [aria-pressed='true']").length;
  byId("more-count").textContent = hidden ? ` · ${hidden}` : "";
  byId("clear").hidden = kept.open && kept.services.length + kept.kinds.length === 0;
}

const turned = (list, one) => (list.includes(one) ? list.filter((other) => other !== one) : [...list, one]);

/** Makes the chips answer. */
export function ready() {
  box().addEventListener("click", (event) => {
    const chip = event.target.closest("button");
    if (!chip) return;
    const { service, kind, open, member } = chip.dataset;
    if (service) keep({ services: turned(kept.services, service) });
    else if (kind) keep({ kinds: turned(kept.kinds, kind) });
    else if (member !== undefined) keep({ member: !kept.member });
    else if (open !== undefined) keep({ open: !kept.open });
    else if (chip.id === "clear") {
      clear();
      byId("open").focus();
      return;
    } else return;
    paint();
    tell("refresh");
  });
  paint();
}

/** Takes every wish back. */
export function clear() {
  change({ open: true, services: [], kinds: [] });
}

/** Sets wishes and asks again. */
export function change(wishes) {
  keep(wishes);
  paint();
  tell("refresh");
}

/** The wishes as a query of the API. */
export function query(k) {
  const asked = new URLSearchParams({ k, open: kept.open ? "arrival" : "any", access: welcome().join(",") });
  if (kept.services.length) asked.set("services", kept.services.join(","));
  if (kept.kinds.length) asked.set("kinds", kept.kinds.join(","));
  return asked;
}

/** The wishes in words, for when nothing meets them. */
export function inWords() {
  const words = kept.services.map((code) => word("service", code)).concat(kept.kinds.map((code) => word("kind", code)));
  return [kept.open ? t("open_on_arrival") : null, words.length ? listed(words) : null].filter(Boolean).join(" · ");
}
