// What a link or a printed card leads to: one station, or the stations of an area.

import { cellOf, cellsAround, load, sync } from "./area.js";
import { ask, Problem } from "./ask.js";
import { withState } from "./device.js";
import { button } from "./dom.js";
import * as list from "./list.js";
import { kept, now } from "./store.js";
import { withWay } from "./saved.js";
import { t } from "./words.js";

const MOST = 200;

/** Shows station `id` (kind "s") or the stations of area `id` (kind "a"). */
export async function show(kind, id) {
  list.busy(true);
  const mine = location.hash;
  const current = () => now.view === "one" && location.hash === mine;
  try {
    if (kind === "s") await station(id, current);
    else await area(id, current);
  } catch (error) {
    if (!current()) return;
    const text = error instanceof Problem ? (error.status === 404 ? t("one_gone") : error.message) : t("needs_network");
    list.clear();
    list.say(text, { wrong: true });
    list.explain(text, [error instanceof Problem && error.status === 404 ? t("one_gone_do") : null], [around()]);
  }
}

const around = () => button(t("see_nearby"), "pin", () => {
  location.hash = "nearby";
});

async function facts(id) {
  try {
    return (await ask(`/api/stations/${id}`)).station;
  } catch (error) {
    const onPhone = (await load())?.stations.find((one) => one.id === id);
    if (!onPhone || error instanceof Problem) throw error;
    return onPhone;
  }
}

async function station(id, current) {
  const told = await facts(id);
  if (!current()) return;
  let shown = await timed(told);
  let estimate = true;
  if (now.position && !kept.coarse && told.lon !== null) {
    try {
      const way = await ask(`/api/stations/${id}/route`, { position: now.position });
      shown = { ...shown, metres: way.metres, minutes: way.minutes, off_street_metres: way.off_street_metres, uncertain: way.uncertain, straight_line: way.straight_line };
      estimate = false;
    } catch {
      // The estimate stands.
    }
  }
  if (!current()) return;
  list.show([shown], { estimate: estimate && shown.metres !== null });
  list.say(told.name);
  list.offerMore(t("see_nearby"), () => {
    location.hash = "nearby";
  });
}

/** A station with its hours and its way, from what is on the phone or can be had for its cell. */
async function timed(told) {
  let known = await load();
  if (told.lon !== null && !known?.stations.some((one) => one.id === told.id)) {
    try {
      // Its cell, beside those around the person: the phone keeps one set.
      const cells = new Set([cellOf(told.lon, told.lat), ...(now.position ? cellsAround(now.position.lon, now.position.lat) : [])]);
      known = await sync([...cells].sort(), { atLeast: 0 });
    } catch {
      // Its hours are shown as they are written.
    }
  }
  const onPhone = known?.stations.find((one) => one.id === told.id);
  return withWay(known, onPhone ? { ...told, ...withState(known, onPhone, Date.now()) } : told);
}

async function area(id, current) {
  const told = await ask(`/api/areas/${id}?geometry=none`).catch(() => ask(`/api/areas/${id}`));
  const answer = await ask(`/api/stations?area_id=${id}&limit=${MOST}`);
  const known = await load();
  if (!current()) return;
  const stations = answer.stations.map((one) => {
    const onPhone = known?.stations.find((other) => other.id === one.id);
    return withWay(known, onPhone ? withState(known, { ...one, ...onPhone }, Date.now()) : one);
  });
  stations.sort((one, other) => (one.metres ?? Infinity) - (other.metres ?? Infinity));
  const name = told.area?.name ?? told.name ?? "";
  list.show(stations, { estimate: true, best: false });
  list.say(stations.length ? t("area_found", { name, n: stations.length }) : t("area_none", { name }));
  list.offerMore(t("see_nearby"), () => {
    location.hash = "nearby";
  });
}
