// Where somebody stands, as the phone tells it. Held in memory while the page is open, never kept.

import { keep, kept } from "./store.js";

/** granted, prompt or denied; `none` where the phone does not tell positions at all. */
export async function permission() {
  if (!navigator.geolocation || !window.isSecureContext) return "none";
  try {
    const status = await navigator.permissions.query({ name: "geolocation" });
    return status.state;
  } catch {
    // An old browser that cannot be asked: it has said yes before, or it has to be asked.
    return kept.located ? "granted" : "prompt";
  }
}

const place = ({ coords }) => ({ lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy });

/** Finds out where the phone is: a rough position at once if it has one, then an exact one.
 *
 * @param found called with {lon, lat, accuracy}, once or twice
 * @param failed called when there is none, with `denied` or `unavailable`
 */
export function locate(found, failed) {
  let told = false;
  let exact = false;
  let waiting = 2;
  const fail = (error) => {
    waiting -= 1;
    if (error.code === 1) keep({ located: false });
    if (waiting === 0 && !told) failed(error.code === 1 ? "denied" : "unavailable");
  };
  navigator.geolocation.getCurrentPosition((fix) => {
    waiting -= 1;
    if (exact) return;
    told = true;
    keep({ located: true });
    found(place(fix));
  }, fail, { enableHighAccuracy: false, maximumAge: 60000, timeout: 10000 });
  navigator.geolocation.getCurrentPosition((fix) => {
    waiting -= 1;
    told = true;
    exact = true;
    keep({ located: true });
    found(place(fix));
  }, fail, { enableHighAccuracy: true, maximumAge: 5000, timeout: 20000 });
}

/** Metres between two places as the crow flies, on a sphere of 6,371,009 m: right to 0.5 %. */
export function straightMetres(from, to) {
  const radians = Math.PI / 180;
  const north = Math.sin(((to.lat - from.lat) * radians) / 2) ** 2;
  const east = Math.sin(((to.lon - from.lon) * radians) / 2) ** 2;
  const part = north + Math.cos(from.lat * radians) * Math.cos(to.lat * radians) * east;
  return 2 * 6371009 * Math.asin(Math.sqrt(part));
}
