// Pockets: where workers stand together of whom none can walk to a station that is open at the hour
// that is looked at; each with how many they are.

import { address, ask } from "./ask.js";
import { night, theMap } from "./map.js";
import { hear, known, view } from "./store.js";

/** Workers that a pocket must have to be told; what is smaller is left out. */
export const LEAST_WORKERS = 10;
const NOTHING = { type: "FeatureCollection", features: [] };
let shown = NOTHING;

const ink = () => getComputedStyle(document.documentElement).getPropertyValue("--pocket").trim();

function layers() {
  const halo = night() ? "#1c1714" : "#ffffff";
  return [
    { id: "pockets-fill", source: "pockets", type: "fill", paint: { "fill-color": ink(), "fill-opacity": 0.12 } },
    { id: "pockets-line", source: "pockets", type: "line", layout: { "line-join": "bevel" }, paint: { "line-color": ink(), "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.7, 12, 1.8] } },
    { id: "pockets-workers", source: "pocket-middles", type: "symbol", minzoom: 10, layout: { "text-field": ["to-string", ["round", ["get", "workers"]]], "text-size": 12, "text-font": ["nuanyi bold", "Noto Sans"] }, paint: { "text-color": ink(), "text-halo-color": halo, "text-halo-width": 1.6 } },
  ];
}

/** Those of the areas inside one; beyond the largest hundred of all there may be more. */
function of(told, area) {
  const features = told.features.filter(({ properties: { area_id: id } }) => id === area || known.rates?.byId.has(id));
  return { ...told, features, total: features.length, workers: features.reduce((sum, one) => sum + one.properties.workers, 0) };
}

/** Where the number of each pocket is written: once, however many parts it has. */
const middles = ({ features }) => ({ ...NOTHING, features: features.map(({ properties }) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [properties.lon, properties.lat] } })) });

function draw(collection) {
  shown = collection;
  const map = theMap();
  if (map?.getSource("pockets")) {
    map.getSource("pockets").setData(shown);
    map.getSource("pocket-middles").setData(middles(shown));
  } else if (map && shown.features.length) {
    map.addSource("pockets", { type: "geojson", data: shown });
    map.addSource("pocket-middles", { type: "geojson", data: middles(shown) });
    // Names of areas stay on top and legible.
    for (const layer of layers()) map.addLayer(layer, "area-names");
  }
}

/** Shows the pockets of the day, hour and minutes that are looked at: of the area that is looked at,
 * where it is one.
 *
 * @returns {total, workers}: how many there are, and how many workers stand in them
 */
export async function showPockets(signal) {
  const told = await ask(address("/api/coverage/stations/pockets.geojson", { kind: view.kind, minutes: view.minutes, day: view.day, hour: view.hour, least: LEAST_WORKERS }), { signal });
  const found = view.area === null ? told : of(told, view.area);
  if (view.measure === "stations") draw(found);
  return found;
}

hear("view", (keys) => {
  if (keys.has("measure") && view.measure !== "stations" && shown.features.length) draw(NOTHING);
});
hear("restyled", () => draw(shown));
