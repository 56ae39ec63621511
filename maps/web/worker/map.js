// The map's place on the page. The map itself is another room's and comes on demand: the page works
// without it.

import { byId } from "./dom.js";
import { hear, now } from "./store.js";
import { page, t } from "./words.js";

const MODULE = "/web/map/worker-map.js";
const WIDE = matchMedia("(min-width: 62rem)");
let mounted = null;
let line = null;

/** On a wide screen with a network to spend, the map comes by itself. */
export function ready() {
  const sparing = navigator.connection?.saveData || /2g|3g/.test(navigator.connection?.effectiveType ?? "");
  if (WIDE.matches && !sparing && navigator.onLine) open();
}

/** Shows the map with what the list shows. */
export async function open() {
  const press = byId("map-open");
  if (mounted) return;
  press.disabled = true;
  try {
    const { mount } = await import(MODULE);
    const element = byId("map");
    element.hidden = false;
    mounted = await mount(element, {
      style: style(),
      stations: placed(),
      position: now.position,
      language: page.language,
      texts: page.texts,
      onSelect: select,
    });
    press.hidden = true;
    byId("map-said").textContent = "";
    if (line) mounted.showLine(line);
  } catch (error) {
    press.disabled = false;
    byId("map").hidden = true;
    byId("map-said").textContent = error.name === "MapUnavailable" && error.message ? error.message : t("map_none");
  }
}

function style() {
  const { theme, contrast } = document.documentElement.dataset;
  const drawn = contrast === "more" ? "contrast" : theme === "dark" ? "night" : "day";
  return `/map/style.json?lang=${page.language}&theme=${drawn}`;
}

/** Stations that have a place, in the list's order. */
const placed = () => now.stations.filter((station) => station.lon !== null && station.lon !== undefined);

function select(id) {
  const chosen = document.querySelector(`#list [data-id="${CSS.escape(String(id))}"]`);
  if (!chosen) {
    location.hash = `s=${id}`;
    return;
  }
  chosen.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  chosen.querySelector(".act")?.focus({ preventScroll: true });
}

hear("shown", () => {
  line = null;
  mounted?.update(placed(), now.position);
});
hear("line", (drawn) => {
  line = drawn;
  mounted?.showLine(drawn);
});
hear("look", () => {
  mounted?.restyle(style());
});
