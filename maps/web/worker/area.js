// The stations of the area last used, on the phone: asked for by coarse cells, so that the service
// learns a square of some eight kilometres and no more. No position is kept.

import "./outbox.js";
import { ask } from "./ask.js";

const ZOOM = 12;
const AROUND_METRES = 3500;
const MOST_CELLS = 9;
const FRESH_SECONDS = 240;
const { step } = self.nuanyiOutbox;
let inMemory = null;
let checkedAt = 0;

/** The web-mercator tile of zoom 12 that a place lies in: "12-3340-1636". */
export function cellOf(lon, lat) {
  const side = 2 ** ZOOM;
  const turn = (Math.max(-85, Math.min(85, lat)) * Math.PI) / 180;
  const x = Math.floor(((lon + 180) / 360) * side);
  const y = Math.floor(((1 - Math.asinh(Math.tan(turn)) / Math.PI) / 2) * side);
  return `${ZOOM}-${((x % side) + side) % side}-${y}`;
}

/** The cells that lie within walking reach of a place: one to four. */
export function cellsAround(lon, lat, metres = AROUND_METRES) {
  const north = metres / 111200;
  const east = north / Math.cos((lat * Math.PI) / 180);
  const cells = new Set();
  for (const up of [-north, 0, north]) for (const right of [-east, 0, east]) cells.add(cellOf(lon + right, lat + up));
  return [...cells].sort().slice(0, MOST_CELLS);
}

function opened(stored) {
  if (!stored) return null;
  // The spans speak until the last day that was sent ends; beyond it nothing is known.
  return { ...stored, stations: Object.values(stored.stations), reach: Date.parse(stored.until) };
}

/** What is on the phone: {cells, as_of, stations, patterns, detour, reach}; null when nothing is. */
export async function load() {
  if (inMemory) return inMemory;
  try {
    inMemory = opened(await step("area", "readonly", (table) => table.get("last")));
  } catch {
    return null; // the browser keeps nothing for us, as in a private window
  }
  return inMemory;
}

/** Whether what is on the phone reaches around a place. */
export const covers = (area, { lon, lat }) => Boolean(area?.cells.includes(cellOf(lon, lat)));

/** Brings the stations around a place up to date.
 *
 * @param cells names of cells; what was kept of others is dropped
 * @param options.atLeast seconds: do not ask when the last answer is younger
 * @returns the area; throws as `ask` does
 */
export async function sync(cells, { atLeast = FRESH_SECONDS } = {}) {
  const before = await load();
  const same = before && cells.length === before.cells.length && cells.every((cell) => before.cells.includes(cell));
  if (same && Date.now() - checkedAt < atLeast * 1000) return before;
  const asked = new URLSearchParams({ cells: cells.join(",") });
  if (same && before.token) asked.set("since", before.token);
  const told = await ask(`/api/stations/changes?${asked}`, { seconds: 60 });
  const stations = told.full || !same ? {} : Object.fromEntries(before.stations.map((one) => [one.id, one]));
  for (const id of told.removed ?? []) delete stations[id];
  for (const station of told.stations) stations[station.id] = station;
  const stored = {
    cells,
    token: told.token,
    as_of: told.as_of,
    until: told.until ?? lastDay(told),
    stations,
    patterns: told.full || !same ? told.patterns : { ...before.patterns, ...told.patterns },
    detour: { ...(same ? before.detour : {}), ...told.detour },
  };
  checkedAt = Date.now();
  inMemory = opened(stored);
  try {
    await step("area", "readwrite", (table) => table.put(stored, "last"));
  } catch {
    // Kept in memory only.
  }
  return inMemory;
}

/** Eight days from the day of the answer, as the service counts its spans. */
function lastDay({ as_of: asOf }) {
  const midnight = Date.parse(`${asOf.slice(0, 10)}T00:00:00${asOf.slice(-6)}`);
  return new Date(midnight + 8 * 86400000).toISOString();
}

/** Forgets what is on the phone. */
export async function forget() {
  inMemory = null;
  checkedAt = 0;
  await step("area", "readwrite", (table) => table.clear());
}
