// The organising ledger as a funnel: from talks to unions.

import { address, ask } from "../ask.js";
import { view } from "../store.js";
import { day, number, percent, t } from "../words.js";
import { axis, chart, common } from "./frame.js";

const STEPS = ["enterprises", "without_union", "agreed", "founded"];
/** Of the step before, over the entries that state both. */
const CONVERSIONS = { without_union: "without_union", agreed: "agreed", founded: "founded_of_agreed" };

export const funnelChart = () => chart({
  id: "funnel", title: t("chart_funnel"), about: t("chart_funnel_about"),
  data: async () => {
    let told;
    try {
      told = await ask(address("/api/ledger", { area_id: view.area }));
    } catch {
      return { missing: t("chart_funnel_none") };
    }
    const of = told.area?.funnel ?? told.whole;
    const sums = Object.fromEntries(Object.entries(of.counts).map(([name, one]) => [name, one.value]));
    const steps = STEPS.filter((name) => sums[name] !== null && sums[name] !== undefined);
    if (!of.entries || !steps.length) return { missing: t("chart_funnel_none") };
    const share = (at) => of.conversions[CONVERSIONS[steps[at]]]?.value ?? null;
    const most = Math.max(...steps.map((name) => sums[name]));
    const stated = (names) => names.filter((name) => sums[name] !== null && sums[name] !== undefined);
    const [talks, people] = [stated(["enterprise_talks", "worker_talks"]), stated(["sign_ups"])];
    return {
      sentence: [`${day(of.first_day)} – ${day(of.last_day)}`, ...[...talks, ...people].map((name) => t(`ledger_${name}`, { n: number(sums[name]) }))].join(" · "),
      table: { head: [t("step"), t("count"), t("of_step_before")], rows: [...steps.map((name, at) => [t(`ledger_step_${name}`), number(sums[name]), share(at) === null ? "–" : percent(share(at))]), ...[...talks, ...people].map((name) => [t(`ledger_${name}`, { n: "" }).trim(), number(sums[name]), "–"])] },
      high: 2.6 * steps.length + 2,
      option: (look) => ({
        ...common({ grid: { right: 60 } }),
        xAxis: axis(look, { type: "value", min: 0, max: most, show: false }),
        yAxis: axis(look, { type: "category", inverse: true, data: steps.map((name) => t(`ledger_step_${name}`)), axisLine: { show: false } }),
        series: [
          // The middle of each bar stands under the one above.
          { type: "bar", stack: "funnel", silent: true, itemStyle: { color: "transparent" }, data: steps.map((name) => (most - sums[name]) / 2) },
          { type: "bar", stack: "funnel", barWidth: "74%", itemStyle: { color: look.warm, borderRadius: 4 }, data: steps.map((name) => sums[name]),
            label: { show: true, position: "right", color: look.ink, formatter: ({ dataIndex }) => `${number(sums[steps[dataIndex]])}${share(dataIndex) === null ? "" : ` · ${percent(share(dataIndex))}`}` },
            tooltip: { formatter: ({ dataIndex }) => `${t(`ledger_step_${steps[dataIndex]}`)}\n${number(sums[steps[dataIndex]])}` } },
        ],
      }),
    };
  },
});
