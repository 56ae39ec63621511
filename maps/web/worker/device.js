// The nearest stations by what is on the phone: straight line × how much longer the ways here are
// than the crow flies, open on arrival by the spans that were sent. An estimate, and called one.

import { cellOf } from "./area.js";
import { stateAt } from "./hours.js";
import { straightMetres } from "./position.js";
import { welcome } from "./store.js";
import { page } from "./words.js";

export const CAP_METRES = 3000;
const USUAL_DETOUR = 1.25;

/** Walking metres and minutes to a station, as far as the phone can tell. */
export function estimateWay(area, position, station) {
  const detour = area?.detour?.[cellOf(position.lon, position.lat)] ?? USUAL_DETOUR;
  const metres = straightMetres(position, station) * detour;
  return { metres, minutes: metres / page.metresPerSecond / 60 };
}

/** A station with the state of its hours at a moment. */
export function withState(area, station, time) {
  return { ...station, ...stateAt(station, area.patterns, time, area.reach) };
}

/** The nearest stations that meet the wishes.
 *
 * @param area what is on the phone: {stations, patterns, detour, reach}
 * @param position {lon, lat}
 * @param wishes {open, services, kinds}
 * @param k how many
 * @param time milliseconds since 1970
 * @returns stations in the shape of the nearest list, the fewest estimated metres first
 */
export function nearestHere(area, position, { open, services, kinds }, k, time) {
  const offered = welcome();
  const meets = (station) =>
    offered.includes(station.access)
    && services.every((service) => station.services.includes(service))
    && (!kinds.length || kinds.includes(station.kind));
  return area.stations
    .filter(meets)
    .map((station) => ({ ...station, ...estimateWay(area, position, station) }))
    .filter((station) => station.metres <= CAP_METRES)
    .map((station) => withState(area, station, time + station.minutes * 60000))
    .filter((station) => !open || station.hours_state === "open")
    .sort((one, other) => one.metres - other.metres || one.id - other.id)
    .slice(0, k);
}
