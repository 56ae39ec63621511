// Every rate against its target: a bar for the share, a stroke for the target.

import { known, rateOf } from "../store.js";
import { number, page, percent, short, t, word } from "../words.js";
import { asOf, axis, chart, common } from "./frame.js";

export const bulletChart = () => chart({
  id: "targets", title: t("chart_targets"), about: t("chart_targets_about"),
  data: () => {
    const of = known.rates?.own;
    if (!of) return null;
    const names = page.measures.filter((name) => of.rates[name]);
    const rates = names.map((name) => rateOf(of, name));
    const rows = names.map((name, at) => [word("measure", name), percent(rates[at].value, rates[at].target), rates[at].target ? short(rates[at].target) : "–", number(rates[at].numerator), number(rates[at].denominator), rates[at].gap === null ? "–" : number(rates[at].gap)]);
    return {
      sentence: asOf(),
      table: { head: [t("measure"), t("share_of"), t("target"), t("numerator"), t("denominator"), t("gap")], rows },
      high: 2.2 * names.length + 3,
      option: (look) => ({
        ...common({ grid: { right: 6 } }),
        xAxis: axis(look, { type: "value", min: 0, max: 1, axisLabel: { formatter: (value) => short(value) } }),
        yAxis: [
          axis(look, { type: "category", inverse: true, data: names.map((name) => word("measure", name)), axisLabel: { width: 128, overflow: "break", lineHeight: look.size + 2 } }),
          axis(look, { type: "category", inverse: true, position: "right", data: rows.map((row) => row[1]), axisLine: { show: false }, axisLabel: { color: look.ink, fontWeight: "bold" } }),
        ],
        series: [
          { type: "bar", data: rates.map((rate) => ({ value: rate.value ?? 0, itemStyle: { color: rate.value !== null && rate.target && rate.value >= rate.target ? look.met : look.warm } })), barWidth: "46%", showBackground: true, backgroundStyle: { color: look.bar },
            tooltip: { formatter: ({ dataIndex }) => `${word("measure", names[dataIndex])}\n${rows[dataIndex][1]} · ${t("of_base", { n: rows[dataIndex][3], of: rows[dataIndex][4] })}` } },
          { type: "scatter", symbol: "rect", symbolSize: [3, 24], itemStyle: { color: look.ink }, data: rates.map((rate, at) => [rate.target ?? null, at]).filter(([value]) => value !== null), tooltip: { formatter: ({ value }) => t("target_is", { target: short(value[0]) }) } },
        ],
      }),
    };
  },
});
