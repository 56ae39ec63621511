// The time bar: an edition of the register for each step; an older one colours the areas as they
// were.

import { colour, ratesByArea } from "./areas.js";
import { byId, make } from "./dom.js";
import { comparison, editions, ofArea, sideOf } from "./editions.js";
import { known, hear, look, tell, view } from "./store.js";
import { day, ours, t } from "./words.js";

let begun = false;

function steps(found) {
  const newest = found.at(-1);
  const current = view.edition ?? known.state?.enterprises ?? newest.id;
  const chosen = found.find((one) => one.id === current) ?? newest;
  byId("time").replaceChildren(
    make("div", { class: "slider-head" }, make("strong", { id: "time-title" }, t("time_bar")), make("span", { class: "quiet" }, chosen.id === (known.state?.enterprises ?? newest.id) ? t("time_now") : t("time_then", { day: day(chosen.as_of) }))),
    make("div", { class: "steps", role: "group", "aria-labelledby": "time-title" }, found.map((one) => make("button", {
      type: "button", "aria-pressed": String(one.id === chosen.id), "data-edition": one.id,
      onclick: () => look({ edition: one.id === (known.state?.enterprises ?? newest.id) ? null : one.id }, { push: true }),
    }, day(one.as_of)))));
  byId("time").hidden = Boolean(view.compare) || view.large;
}

/** Colours the areas as the edition that is looked at has them. */
export async function show() {
  if (view.edition === null || view.measure === "stations") return;
  const wanted = view.edition;
  try {
    const found = await editions();
    if (!found.some((one) => one.id === wanted)) {
      look({ edition: null });
      tell("said", t("edition_missing"));
      return;
    }
    const now = known.state?.enterprises ?? found.at(-1).id;
    const told = await comparison(wanted, now);
    if (view.edition !== wanted) return;
    const own = view.area === null ? told.whole : await ofArea(wanted, now, view.area).catch(() => null);
    colour(sideOf(told, "before"));
    known.past = new Map([...told.areas.map((area) => [area.id, area.rates]), [view.area ?? 0, own?.rates]]);
    known.pastDay = day(found.find((one) => one.id === wanted)?.as_of ?? "");
    tell("past");
  } catch (error) {
    tell("said", [t("edition_missing"), ours(error.detail ?? "")].filter(Boolean).join(" "));
  }
}

/** Prepares the bar. */
export function ready(found) {
  steps(found);
  if (begun) return;
  begun = true;
  hear("view", async (keys) => {
    if (keys.has("edition") || keys.has("compare") || keys.has("large")) {
      const held = document.activeElement?.dataset?.edition;
      steps(await editions());
      if (held) byId("time").querySelector(`[data-edition="${held}"]`)?.focus();
      if (view.edition === null && known.past) {
        known.past = null;
        tell("past");
      }
      if (view.edition === null && !view.compare) {
        colour(ratesByArea());
        byId("map-said").textContent = "";
      }
    }
    if (keys.has("kind") || keys.has("measure")) show();
  });
  hear("rates", show);
}
