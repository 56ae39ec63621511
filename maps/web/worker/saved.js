// The stations somebody keeps. Only their ids are on the phone.

import { ask, Problem } from "./ask.js";
import { estimateWay, withState } from "./device.js";
import { load } from "./area.js";
import * as list from "./list.js";
import { keep, kept, now } from "./store.js";
import { asOf, t } from "./words.js";

/** Shows them, the nearest first when it is known where somebody is. */
export async function show() {
  if (!kept.saved.length) {
    list.clear();
    list.say(t("saved_none"));
    list.explain(t("saved_none"), [t("saved_none_do")]);
    return;
  }
  list.busy(true);
  const area = await load();
  let offline = false;
  const found = await Promise.all(kept.saved.map(async (id) => {
    const onPhone = area?.stations.find((station) => station.id === id);
    if (onPhone) return withState(area, onPhone, Date.now());
    try {
      return (await ask(`/api/stations/${id}`)).station;
    } catch (error) {
      // Gone from the list of stations: so it goes from here.
      if (error instanceof Problem && error.status === 404) keep({ saved: kept.saved.filter((one) => one !== id) });
      else offline = true;
      return null;
    }
  }));
  if (now.view !== "saved") return;
  const stations = found.filter(Boolean).map((station) => withWay(area, station));
  stations.sort((one, other) => (one.metres ?? Infinity) - (other.metres ?? Infinity));
  const mark = offline ? t("saved_offline") : area && stations.some((one) => one.hours_state) ? t("mark_saved", { time: asOf(area.as_of) }) : null;
  list.show(stations, { estimate: true, mark, best: false });
  list.say(list.found(stations.length));
}

/** A station with the way to it as the phone estimates it. */
export function withWay(area, station) {
  if (!now.position || station.lon === null) return { ...station, metres: null };
  return { ...station, ...estimateWay(area, now.position, station) };
}
