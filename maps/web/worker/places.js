// Looking for a place by its name: for those who do not tell their position, and for where one is
// going. The text travels in a header, so that it stands in no address and no log.

import { ask, Problem } from "./ask.js";
import { announce, icon, make } from "./dom.js";
import { kept, now } from "./store.js";
import { ours, t } from "./words.js";

const WAIT_MS = 300;
let numbers = 0;

/** Puts a search into `into`.
 *
 * @param options.label what is looked for, in words
 * @param options.chosen called with the place that was chosen: {name, lon, lat}
 * @param options.focus whether the field takes the focus
 */
export function open(into, { label, chosen, focus = false }) {
  if (into.querySelector("form")) {
    if (focus) into.querySelector("input").focus();
    return;
  }
  numbers += 1;
  const id = `place-${numbers}`;
  const field = make("input", {
    id, type: "search", autocomplete: "off", enterkeyhint: "search", maxlength: "64", placeholder: t("place_example"),
  });
  const said = make("p", { class: "quiet small", role: "status" });
  const results = make("ul", { class: "places", "aria-label": t("places_found") });
  let asking = 0;
  let timer = null;

  async function look() {
    clearTimeout(timer);
    const text = field.value.trim();
    asking += 1;
    const mine = asking;
    if (!text) {
      results.replaceChildren();
      said.textContent = "";
      return;
    }
    try {
      const { places, notes } = await find(text);
      if (mine !== asking) return;
      said.textContent = places.length ? notes.map(ours).join(" ") : t("no_place");
      if (places.length) announce(t("places_count", { n: places.length }));
      results.replaceChildren(...places.map((place) => make("li", {},
        make("button", { type: "button", onclick: () => chosen(place) },
          icon(place.kind === "station" ? "home" : "pin"),
          make("span", {}, make("strong", {}, place.name), place.detail ? make("small", {}, place.detail) : null)))));
    } catch (error) {
      if (mine !== asking) return;
      // What was found for other words must not be taken for the answer to these.
      results.replaceChildren();
      said.textContent = error instanceof Problem ? error.message : t("unreachable");
    }
  }

  const form = make("form", { class: "search", role: "search", onsubmit: (event) => {
    event.preventDefault();
    look().then(() => results.querySelector("button")?.focus());
  } },
  make("label", { for: id }, label),
  make("div", { class: "field" }, field, make("button", { type: "submit", class: "act main" }, icon("search"), make("span", {}, t("search")))),
  said, results);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT_MS);
  });
  into.replaceChildren(form);
  if (focus) field.focus();
}

/** Places of this name, and what the service notes on them; without it the stations on the phone. */
async function find(text) {
  try {
    const { places, notes } = await ask("/api/places?limit=8", { search: text, position: kept.coarse ? null : now.position });
    return { places: places.filter((place) => place.lon !== null && place.lat !== null), notes };
  } catch (error) {
    if (error instanceof Problem) throw error;
    const { load } = await import("./area.js");
    const area = await load();
    if (!area) throw error;
    const places = area.stations
      .filter((station) => `${station.name} ${station.address ?? ""}`.includes(text))
      .slice(0, 8)
      .map((station) => ({ kind: "station", name: station.name, detail: station.address, lon: station.lon, lat: station.lat }));
    return { places, notes: [] };
  }
}
