// Enterprises: cells coloured by the share without a union, single ones when one is near.

import { night, theMap, visible } from "./map.js";
import { FILTERS, hear, known, view } from "./store.js";
import { page } from "./words.js";

export const CELL_LAYERS = ["cells", "cell-counts", "singles"];
/** From this zoom on, enterprises are shown over the areas too. */
const NEAR = 13;

const known_ = ["+", ["coalesce", ["get", "none"], 0], ["coalesce", ["get", "own"], 0], ["coalesce", ["get", "joint"], 0], ["coalesce", ["get", "in_preparation"], 0]];
const single = ["has", "state"];

/** Where the enterprises' tiles are, with the filters and the version of what is known. */
export function cellTiles() {
  const query = FILTERS.filter((name) => view.filters[name].length).map((name) => `${name}=${view.filters[name].join(",")}`);
  if (known.state) query.push(`v=${Number(known.state.version).toString(16)}`);
  const asked = query.length ? `?${query.join("&")}` : "";
  return `${location.origin}/tiles/${known.state?.enterprises ?? "current"}/enterprises/{z}/{x}/{y}${asked}`;
}

export const cellSource = () => ({ enterprises: { type: "vector", tiles: [cellTiles()], minzoom: 0, maxzoom: 18 } });

/** Colours of the shares without a union, as the present look has them. */
export const ramp = () => ({ breaks: page.colours.withoutUnion.breaks, colours: page.colours.withoutUnion[night() ? "night" : "day"] });

/** How a single enterprise is drawn: filled or a ring, so that no state depends on its hue alone. */
export function marks() {
  const { colours } = ramp();
  const without = colours[night() ? 3 : 4];
  const paper = night() ? "#1c1714" : "#ffffff";
  const met = night() ? "#7ccfc7" : "#1f7a72";
  return {
    none: { fill: without, edge: paper },
    in_preparation: { fill: paper, edge: without },
    own: { fill: met, edge: paper },
    joint: { fill: paper, edge: met },
    unknown: { fill: paper, edge: "#8d8580" },
  };
}

export function cellLayers(colours = {}) {
  const { breaks, colours: shades } = ramp();
  const share = ["/", ["coalesce", ["get", "none"], 0], ["max", 1, known_]];
  const stepped = ["step", share, shades[0], ...breaks.flatMap((value, at) => [value, shades[at + 1]])];
  const size = ["sqrt", ["coalesce", ["get", "n"], 1]];
  const grown = (factor) => ["interpolate", ["linear"], size, 1, 1.7 * factor, 6, 3.1 * factor, 20, 5 * factor, 70, 8 * factor, 200, 11 * factor];
  const look = marks();
  const byState = (part) => ["match", ["get", "state"], ...["none", "in_preparation", "own", "joint"].flatMap((name) => [name, look[name][part]]), look.unknown[part]];
  const source = { source: "enterprises", "source-layer": "enterprises" };
  const minzoom = view.show === "enterprises" ? 0 : NEAR;
  return [
    { ...source, id: "cells", type: "circle", minzoom, filter: ["!", single], paint: {
      "circle-color": ["case", ["==", known_, 0], "#9b938d", stepped],
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, grown(0.8), 12, grown(1.05), 15, grown(1.6)],
      "circle-opacity": 0.9,
      "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 10, 0.3, 14, 0.9],
      "circle-stroke-color": night() ? "#1c1714" : "#fffdfb",
    } },
    { ...source, id: "singles", type: "circle", minzoom, filter: single, paint: {
      "circle-color": byState("fill"),
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 2.6, 16, 4.6, 19, 8.5],
      "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 13, 1, 17, 2.2],
      "circle-stroke-color": byState("edge"),
    } },
    { ...source, id: "cell-counts", type: "symbol", minzoom: 14, filter: ["all", ["!", single], [">=", ["get", "n"], 10]], layout: {
      "text-field": ["to-string", ["get", "n"]], "text-size": 11, "text-font": ["nuanyi bold", "Noto Sans CJK SC", "Noto Sans"], "text-allow-overlap": false,
    }, paint: { "text-color": colours.ink ?? page.colours.ink, "text-halo-color": night() ? "#1c1714" : "#fffdfb", "text-halo-width": 1.6 } },
  ];
}

/** Shows the enterprises of the filters and the version in force. Old tiles stand until new ones come. */
export function refresh() {
  const source = theMap()?.getSource("enterprises");
  const wanted = cellTiles();
  if (source && source.tiles?.[0] !== wanted) source.setTiles([wanted]);
}

/** Everywhere when one looks at enterprises; near by when one looks at areas. */
export function showMode() {
  const map = theMap();
  if (!map?.getLayer("cells")) return;
  const lowest = view.show === "enterprises" ? 0 : NEAR;
  for (const name of ["cells", "singles"]) map.setLayerZoomRange(name, lowest, 24);
  // Of an older edition the figures of areas are kept, not where each enterprise was.
  visible(CELL_LAYERS, view.edition === null && !view.compare);
}

hear("restyled", showMode);
