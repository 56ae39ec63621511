// How the areas lie around the target: how many have which share.

import { classes, classOf } from "../areas.js";
import { known, rateOf, view } from "../store.js";
import { number, page, short, t, word } from "../words.js";
import { asOf, axis, chart, common } from "./frame.js";

const BIN = 0.05;

export const distributionChart = () => chart({
  id: "distribution", title: t("chart_distribution"),
  data: () => {
    const measure = view.measure === "stations" ? "establishment" : view.measure;
    const rates = (known.rates?.areas ?? []).filter((area) => area.rates[measure]).map((area) => rateOf(area, measure)).filter((rate) => rate.value !== null && rate.value !== undefined);
    const shares = rates.map((rate) => rate.value);
    // What rests on few has neither met the target nor missed it.
    const firm = rates.filter((rate) => !rate.small);
    if (!shares.length) return { missing: t("chart_nothing") };
    const bins = Array.from({ length: Math.round(1 / BIN) }, () => 0);
    for (const share of shares) bins[Math.max(0, Math.min(bins.length - 1, Math.floor(share / BIN + 1e-9)))] += 1;
    const of = classes();
    const none = known.rates.areas.length - shares.length;
    const name = (at) => `${short(at * BIN)}–${short((at + 1) * BIN)}`;
    const met = of.target === null ? null : firm.filter((rate) => rate.value >= of.target).length;
    return {
      measure,
      sentence: [asOf(), t("chart_distribution_words", { n: number(shares.length), few: number(shares.length - firm.length), kind: word("kind", view.kind), none: number(none) }), met === null ? "" : t("met_count", { met: number(met), all: number(firm.length) })].filter(Boolean).join(" "),
      table: { head: [t("share_of"), t("areas_count")], rows: [...bins.map((count, at) => [name(at), count]).filter(([, count]) => count), ...(none ? [[t("no_data"), none]] : [])] },
      option: (look) => ({
        ...common({ grid: { top: 26 } }),
        xAxis: [axis(look, { type: "category", data: bins.map((_, at) => name(at)), axisLabel: { interval: 3, formatter: (text) => text.split("–")[0] } }), { type: "value", min: 0, max: 1, show: false }],
        yAxis: axis(look, { type: "value", minInterval: 1 }),
        series: [
          { type: "bar", barCategoryGap: "8%", data: bins.map((count, at) => {
            const klass = classOf((at + 0.5) * BIN, of);
            return { value: count, itemStyle: { color: klass < 0 ? page.colours.noData : of.colours[klass], borderColor: look.edge, borderWidth: 0.5 } };
          }), tooltip: { formatter: ({ dataIndex, value }) => `${name(dataIndex)}\n${t("areas_n", { n: number(value) })}` } },
          ...(of.target === null ? [] : [{ type: "line", xAxisIndex: 1, data: [], markLine: { silent: true, symbol: "none", lineStyle: { color: look.ink, width: 1.6, type: "solid" }, label: { formatter: t("target_is", { target: short(of.target) }), color: look.ink, fontSize: look.size }, data: [{ xAxis: of.target }] } }]),
        ],
      }),
    };
  },
});
