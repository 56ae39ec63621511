// The share over all editions, and where the plain line of the last ones leads.

import { address, ask } from "../ask.js";
import { filtered, hear, known, view } from "../store.js";
import { day, half, number, ours, percent, points as inPoints, short, t, word } from "../words.js";
import { axis, chart, common } from "./frame.js";

let kept = { key: null, told: null };

/** The series of what is looked at; asked once for each view of each version. */
async function series() {
  const measure = view.measure === "stations" ? "establishment" : view.measure;
  const asked = address("/api/coverage/series", { area_id: view.area, measure });
  const key = `${asked}@${known.state?.version ?? ""}`;
  if (kept.key !== key) kept = { key, told: await ask(asked), measure };
  return kept;
}

export const seriesChart = () => {
  const made = chart({
    id: "series", title: t("chart_series"),
    data: async () => {
      let found;
      try {
        found = await series();
      } catch {
        return { missing: t("chart_series_none") };
      }
      const { told, measure } = found;
      const of = told.series[0];
      const points = (of?.points ?? []).filter((one) => one.share).map((one) => ({ as_of: one.as_of, ...one.share }));
      if (!points.length) return { missing: t("chart_series_none") };
      const { forecast } = of;
      const { target } = forecast;
      const ahead = forecast.value === null || points.at(-1).value === null ? [] : [{ as_of: forecast.target_date, value: forecast.value }];
      const at = (point) => day(point.as_of);
      // The axis tells the editions' own days: a round month would stand under the day before it.
      const days = [...points, ...ahead].map(at);
      return {
        measure,
        sentence: [half(forecast, "assumption"), forecast.per_year === null ? "" : t("per_year", { n: inPoints(forecast.per_year) }), ["too_few_points", "no_target"].includes(forecast.state) ? "" : t(`forecast_${forecast.state}`, { day: day(forecast.reaches_on ?? "") }), ...told.notes.map(ours), filtered() ? t("not_filtered") : ""].filter(Boolean).join(" "),
        table: {
          head: [t("day"), t("share_of"), t("numerator"), t("denominator"), t("interval")],
          rows: [...points.map((one) => [at(one), percent(one.value, target), number(one.numerator), number(one.denominator), one.low === null ? "–" : `${percent(one.low)}–${percent(one.high)}`]),
            ...ahead.map((one) => [`${at(one)} (${t("forecast")})`, percent(one.value, target), "–", "–", "–"])],
        },
        option: (look) => ({
          ...common({ tooltip: { trigger: "axis", formatter: (all) => [String(all[0].axisValueLabel ?? "").slice(0, 10), ...all.filter((one) => one.value[1] !== null).map((one) => `${one.seriesName}: ${percent(one.value[1])}`)].join("\n") }, grid: { top: 26, right: 24 } }),
          xAxis: axis(look, { type: "time", minInterval: 28 * 86400000, splitLine: { show: false }, axisLabel: { hideOverlap: true, customValues: days, formatter: "{yyyy}-{MM}-{dd}" } }),
          yAxis: axis(look, { type: "value", scale: true, max: (value) => Math.min(1, Math.ceil((Math.max(value.max, target ?? 0) + 0.01) * 20) / 20), axisLabel: { formatter: (value) => short(Number(value.toFixed(3))) } }),
          series: [
            { name: word("measure", measure), type: "line", symbolSize: 8, lineStyle: { width: 2.5 }, itemStyle: { color: look.warm }, data: points.map((one) => [at(one), one.value]),
              ...(target === null ? {} : { markLine: { silent: true, symbol: "none", lineStyle: { color: look.ink, type: "solid", width: 1.6 }, label: { formatter: t("target_is", { target: short(target) }), position: "insideEndTop", color: look.ink, fontSize: look.size }, data: [{ yAxis: target }] } }) },
            ...(ahead.length ? [{ name: t("forecast"), type: "line", symbol: "emptyCircle", symbolSize: 6, lineStyle: { type: "dashed", width: 2 }, itemStyle: { color: look.soft }, data: [[at(points.at(-1)), points.at(-1).value], ...ahead.map((one) => [at(one), one.value])] }] : []),
          ],
        }),
      };
    },
  });
  hear("state", () => {
    kept = { key: null, told: null };
  });
  return made;
};
