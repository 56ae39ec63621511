// The charts of the panel; each is drawn when it is looked at.

import { byId } from "../dom.js";
import { hear, view } from "../store.js";
import { bulletChart } from "./bullet.js";
import { distributionChart } from "./distribution.js";
import { funnelChart } from "./funnel.js";
import { rankingChart } from "./ranking.js";
import { seriesChart } from "./series.js";

/** Prepares the charts. */
export function ready() {
  const all = [bulletChart(), seriesChart(), rankingChart(), distributionChart(), funnelChart()];
  byId("panel-charts").replaceChildren(...all.map(({ box }) => box));
  const update = () => {
    if (view.tab === "charts") for (const one of all) one.update();
  };
  hear("rates", update);
  hear("setup", update);
  hear("past", update);
  hear("view", (keys) => {
    if (keys.has("tab") || keys.has("measure")) update();
  });
  update();
}
