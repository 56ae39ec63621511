// The areas in which the most is missing to the target.

import { classes, classOf } from "../areas.js";
import { ranked } from "../rank.js";
import { known, rateOf, view } from "../store.js";
import { areaName, shortName, number, page, percent, t, word } from "../words.js";
import { asOf, axis, chart, common } from "./frame.js";

const MOST = 15;

export const rankingChart = () => chart({
  id: "ranking", title: t("chart_ranking"), tall: true,
  data: () => {
    const measure = view.measure === "stations" ? "establishment" : view.measure;
    const all = known.rates ? ranked(measure, "gap").filter((area) => rateOf(area, measure).value !== null) : [];
    if (!all.length) return { missing: t("chart_nothing") };
    const byGap = all.some((area) => rateOf(area, measure).gap !== null);
    const shown = all.slice(0, MOST);
    const value = (area) => (byGap ? rateOf(area, measure).gap ?? 0 : rateOf(area, measure).value);
    const of = classes();
    return {
      measure,
      sentence: [asOf(), t("chart_ranking_words", { n: shown.length, all: number(all.length), measure: word("measure", measure) })].filter(Boolean).join(" "),
      table: {
        head: [word("kind", view.kind), t("share_of"), t("gap"), t("numerator"), t("denominator"), t("interval")],
        rows: all.map((area) => {
          const rate = rateOf(area, measure);
          return [areaName(area), percent(rate.value, rate.target), rate.gap === null ? "–" : number(rate.gap), number(rate.numerator), number(rate.denominator), rate.low === null ? "–" : `${percent(rate.low)}–${percent(rate.high)}`];
        }),
      },
      high: 1.65 * shown.length + 2.5,
      option: (look) => ({
        ...common({ grid: { right: 50 } }),
        xAxis: axis(look, { type: "value", axisLabel: { formatter: (one) => (byGap ? number(one) : percent(one)) } }),
        yAxis: axis(look, { type: "category", inverse: true, data: shown.map(shortName), axisLabel: { width: 110, overflow: "truncate" } }),
        series: [{
          type: "bar", barWidth: "62%", data: shown.map((area) => {
            const at = classOf(rateOf(area, measure).value, of);
            return { value: value(area), itemStyle: { color: at < 0 ? page.colours.noData : of.colours[at], borderColor: look.edge, borderWidth: 0.5 } };
          }),
          label: { show: true, position: "right", color: look.ink, formatter: ({ dataIndex }) => (byGap ? number(value(shown[dataIndex])) : percent(value(shown[dataIndex]))) },
          tooltip: { formatter: ({ dataIndex }) => `${shortName(shown[dataIndex])}\n${percent(rateOf(shown[dataIndex], measure).value)}` },
        }],
      }),
    };
  },
});
