// Pointing at the map: the name and the figure under the pointer, a step down with a click, the
// same for the keyboard with the middle of the map.

import { classes, point as pointArea, shownValue } from "./areas.js";
import { ask } from "./ask.js";
import { point as pointCluster } from "./clusters.js";
import { make } from "./dom.js";
import { enter } from "./drill.js";
import { theMap, tellPlace } from "./map.js";
import { follow } from "./pointing.js";
import { hear, known, look, tell, view } from "./store.js";
import { shortName, number, percent, t, word } from "./words.js";

const ABOVE = ["singles", "clusters-fill", "cells", "areas-touch"];
const REACH_PX = 5;

/** What is drawn at a point of the screen, the uppermost kind first. */
function under({ x, y }, kinds = ABOVE) {
  const map = theMap();
  const layers = kinds.filter((name) => map.getLayer(name));
  const box = [[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]];
  const marks = map.queryRenderedFeatures(box, { layers: layers.filter((name) => name !== "areas-touch") });
  const areas = map.queryRenderedFeatures([x, y], { layers: layers.filter((name) => name === "areas-touch") });
  for (const name of ABOVE) {
    const found = (name === "areas-touch" ? areas : marks).find((one) => one.layer.id === name);
    if (found) return { layer: name, feature: found };
  }
  return null;
}

/** The area of a feature, as the figures or the tile know it. */
function areaOf(feature) {
  return known.rates?.byId.get(feature.id) ?? { id: feature.id, name: feature.properties.name, rates: {} };
}

/** One sentence about what is drawn there. */
function sentence({ layer, feature }) {
  const { properties } = feature;
  if (layer === "areas-touch") {
    const area = areaOf(feature);
    const one = shownValue(feature.id);
    if (!one) return [shortName(area), t("outside_view")];
    const rate = area.rates[view.measure];
    const share = percent(one.value, classes().target);
    const base = rate && one.value !== null && view.edition === null ? t("of_base", { n: number(rate.numerator), of: number(rate.denominator) }) : "";
    return [shortName(area), [share, base, one.few && one.value !== null ? t("few") : ""].filter(Boolean).join(" · ")];
  }
  if (layer === "clusters-fill") {
    return [t("cluster_n", { n: properties.id ?? feature.id }), [word("leader_tier", properties.tier), t("units_without", { n: number(properties.units ?? 0) }), t("employees_n", { n: number(properties.employees ?? 0) })].join(" · ")];
  }
  if (layer === "singles") return [t("one_enterprise"), word("leader_state", properties.state)];
  const stated = ["none", "own", "joint", "in_preparation"].reduce((sum, name) => sum + (properties[name] ?? 0), 0);
  const share = stated ? percent((properties.none ?? 0) / stated) : t("no_data");
  return [t("enterprises_n", { n: number(properties.n ?? 1) }), t("share_without", { share })];
}

/** Points at what is there, on the map and in the lists. */
function pointAt(found) {
  const area = found?.layer === "areas-touch" ? found.feature.id : null;
  const cluster = found?.layer === "clusters-fill" ? found.feature.id : null;
  pointArea(area);
  pointCluster(cluster ?? view.cluster);
  tell("pointed", { area, cluster, from: "map" });
}

/** Goes where a click leads: into an area, to a cluster, to an enterprise, nearer. */
async function choose(found, place) {
  if (!found) return;
  const { layer, feature } = found;
  const map = theMap();
  if (layer === "areas-touch") enter(feature.id);
  else if (layer === "clusters-fill") look({ cluster: Number(feature.id), tab: "clusters" }, { push: true });
  else if (layer === "cells") map.easeTo({ center: feature.geometry.coordinates, zoom: Math.min(map.getZoom() + 2, 18) });
  else {
    const { maplibregl } = globalThis;
    const box = make("div", { class: "popup" }, make("p", {}, t("loading")));
    const popup = new maplibregl.Popup({ closeButton: true, focusAfterOpen: true, maxWidth: "19rem" }).setLngLat(place).setDOMContent(box).addTo(map);
    try {
      const [one, { card }] = await Promise.all([ask(`/api/enterprises/${feature.properties.id ?? feature.id}`), import("./enterprises.js")]);
      box.replaceChildren(card(one.enterprise ?? one));
      popup.setDOMContent(box);
    } catch {
      box.replaceChildren(make("p", {}, t("not_told")));
    }
  }
}

hear("map", (map) => follow(map, {
  under, sentence, choose, point: pointAt, say: tellPlace, nothing: () => t("nothing_here"),
  // Cells are gone nearer to with +; Enter goes into what has a name.
  enter: (at) => under(at, ["singles", "clusters-fill", "areas-touch"]),
}));
hear("pointed", ({ area, cluster, from }) => {
  if (from === "map") return;
  if (area !== undefined) pointArea(area);
  if (cluster !== undefined) pointCluster(cluster ?? view.cluster);
});
