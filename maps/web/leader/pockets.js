// Pockets: where workers stand together of whom none can walk to a station that is open at the hour
// that is looked at; each with how many they are.

import { address, ask } from "./ask.js";
import { night, theMap } from "./map.js";
import { hear, view } from "./store.js";

const NOTHING = { type: "FeatureCollection", features: [] };
let shown = NOTHING;

const ink = () => (night() ? "#ffb480" : "#b3390b");

function layers() {
  const halo = night() ? "#1c1714" : "#ffffff";
  return [
    { id: "pockets-fill", source: "pockets", type: "fill", paint: { "fill-color": ink(), "fill-opacity": 0.25 } },
    { id: "pockets-halo", source: "pockets", type: "line", layout: { "line-join": "bevel" }, paint: { "line-color": halo, "line-width": 3.6, "line-opacity": 0.8 } },
    { id: "pockets-line", source: "pockets", type: "line", layout: { "line-join": "bevel" }, paint: { "line-color": ink(), "line-width": 1.8 } },
    { id: "pockets-workers", source: "pockets", type: "symbol", minzoom: 11, layout: { "text-field": ["to-string", ["round", ["get", "workers"]]], "text-size": 12, "text-font": ["nuanyi bold", "Noto Sans"] }, paint: { "text-color": ink(), "text-halo-color": halo, "text-halo-width": 1.6 } },
  ];
}

function draw(collection) {
  shown = collection;
  const map = theMap();
  const source = map?.getSource("pockets");
  if (source) source.setData(shown);
  else if (map && shown.features.length) {
    map.addSource("pockets", { type: "geojson", data: shown });
    for (const layer of layers()) map.addLayer(layer);
  }
}

/** Shows the pockets of the day, hour and minutes that are looked at.
 *
 * @returns {total, workers}: how many there are, and how many workers stand in them
 */
export async function showPockets(signal) {
  const told = await ask(address("/api/coverage/stations/pockets.geojson", { kind: view.kind, minutes: view.minutes, day: view.day, hour: view.hour }), { signal });
  if (view.measure === "stations") draw(told);
  return told;
}

hear("view", (keys) => {
  if (keys.has("measure") && view.measure !== "stations" && shown.features.length) draw(NOTHING);
});
hear("restyled", () => draw(shown));
