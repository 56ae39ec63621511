// Pointing at the map: what stands there, a card with a click, the same for the keyboard with the
// middle of the map; and putting a place of one's own onto it.

import { announce, button, byId, make, settled } from "../leader/dom.js";
import { follow } from "../leader/pointing.js";
import { t } from "../leader/words.js";
import { consent, cost, hostType, people, siteName } from "./figures.js";
import { theMap } from "./map.js";
import { did } from "./sites.js";
import { add, forbid, hear, known, place, siteOf, view } from "./store.js";

const LAYERS = ["candidates", "candidates-no", "stood"];
const REACH_PX = 6;
let placing = false;
let popup = null;
const say = settled((text) => announce(text, { later: true }), 300);

function under({ x, y }) {
  const map = theMap();
  const layers = LAYERS.filter((name) => map.getLayer(name));
  const found = map.queryRenderedFeatures([[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]], { layers });
  const nearest = found.map((one) => {
    const at = map.project(one.geometry.coordinates);
    return { one, away: Math.hypot(at.x - x, at.y - y) };
  }).sort((a, b) => a.away - b.away)[0]?.one;
  if (!nearest) return null;
  return nearest.layer.id === "stood" ? { station: nearest.properties.name, id: null } : { id: nearest.properties.at, station: null };
}

/** What one more site there would add now. */
export const gainOf = (id) => known.told?.gains.find((one) => one.id === id)?.gain ?? null;
const wouldAdd = (gain) => t("would_add", { people: people(gain, known.told.question) });

function sentence({ id, station }) {
  if (station !== null) return [station || t("station"), t("station_stands")];
  const site = siteOf(id);
  const gain = gainOf(id);
  return [siteName(site), [hostType(site), gain === null ? "" : wouldAdd(gain), consent(site), view.question.forbid.includes(id) ? t("forbidden") : ""].filter(Boolean).join(" · ")];
}

/** The card of a candidate on the map. */
function card(id) {
  const site = siteOf(id);
  if (!site) return;
  const gain = gainOf(id);
  const forbidden = view.question.forbid.includes(id);
  const close = () => popup?.remove();
  const register = make("div", { class: "register" });
  import("./register.js").then((room) => room.show(register, site), () => {});
  const box = make("div", { class: "popup" }, make("h4", {}, siteName(site)),
    make("p", { class: "quiet small" }, [hostType(site), site.chain, site.address, cost(site.cost), consent(site)].filter(Boolean).join(" · ")),
    gain === null ? null : make("p", {}, wouldAdd(gain)),
    register,
    site.agreed === false ? make("p", { class: "note" }, t("declined_about")) : null,
    make("div", { class: "acts" },
      button(t("add"), "plus", () => {
        close();
        add(id);
      }, { class: "act main" }),
      button(forbidden ? t("allow") : t("forbid"), "no", () => {
        close();
        forbid(id);
      })));
  popup?.remove();
  popup = new globalThis.maplibregl.Popup({ closeButton: true, focusAfterOpen: true, maxWidth: "18rem" }).setLngLat([site.lon, site.lat]).setDOMContent(box).addTo(theMap());
  popup.getElement().addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  });
  // With what had the focus gone, the keyboard is where it came from.
  popup.on("close", () => document.activeElement === document.body && theMap().getCanvas().focus({ preventScroll: true }));
}

function choose(found, at) {
  if (placing) {
    placing = false;
    shown();
    place(null, at.lng, at.lat);
    did(t("placed"));
    return;
  }
  if (found?.id) card(found.id);
}

function shown() {
  byId("place").setAttribute("aria-pressed", String(placing));
  byId("map-frame").classList.toggle("placing", placing);
  byId("map-hint").hidden = !placing;
}

/** Prepares pointing, and the button that puts a place onto the map. */
export function ready() {
  hear("map", (map) => follow(map, {
    under, sentence, choose, say, nothing: () => t("nothing_here"),
    busy: () => document.querySelector(".pin.moving") !== null,
    cursor: (found) => (placing ? "crosshair" : found ? "pointer" : ""),
  }));
  byId("place").addEventListener("click", () => {
    placing = !placing;
    shown();
    if (placing) byId("map").querySelector("canvas")?.focus({ preventScroll: true });
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !placing) return;
    placing = false;
    shown();
    event.preventDefault();
  });
  hear("view", () => {
    if (popup && !popup.isOpen()) popup = null;
  });
}

