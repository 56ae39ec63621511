// Choices: language, look, how much of the position leaves the phone. Kept on the phone alone.

import { button, make, openSheet } from "./dom.js";
import { keep, kept, tell } from "./store.js";
import { asOf, page, t } from "./words.js";

function choose(name, legend, options, chosen, changed) {
  return make("fieldset", { class: "choices" }, make("legend", {}, legend),
    make("div", { class: "choice-row" }, options.map(([value, label]) => make("label", { class: "choice" },
      make("input", { type: "radio", name, value, checked: value === chosen, onchange: () => changed(value) }), make("span", {}, label)))));
}

function onOff(label, about, on, changed) {
  const id = `set-${label.length}-${about.length}`;
  return make("div", { class: "switch" },
    make("label", {}, make("input", { type: "checkbox", checked: on, "aria-describedby": id, onchange: (event) => changed(event.target.checked) }),
      make("span", {}, label)),
    make("p", { class: "quiet small", id }, about));
}

function look(changes) {
  keep(changes);
  window.nuanyiLook(kept);
  tell("look");
}

/** Opens the sheet. */
export async function open() {
  const reports = make("ul", { class: "mine" });
  const offline = make("p", { class: "quiet small", role: "status" });
  openSheet(t("settings"), t("close"),
    choose("language", t("language"), [["zh", "中文"], ["en", "English"]], page.language, (language) => {
      keep({ language });
      location.replace(`/?lang=${language}${location.hash}`);
    }),
    choose("theme", t("theme"), [["auto", t("theme_auto")], ["light", t("theme_light")], ["dark", t("theme_dark")]], kept.theme ?? "auto", (theme) => look({ theme })),
    choose("size", t("size"), [["usual", t("size_usual")], ["large", t("size_large")], ["largest", t("size_largest")]], kept.size ?? "usual", (size) => look({ size })),
    onOff(t("contrast"), t("contrast_about"), Boolean(kept.contrast), (contrast) => look({ contrast })),
    onOff(t("coarse"), t("coarse_about"), Boolean(kept.coarse), (coarse) => {
      keep({ coarse });
      tell("refresh");
    }),
    make("h3", {}, t("my_reports_title")),
    (await import("./report.js")).outcomesButton(reports), reports,
    make("h3", {}, t("on_phone")), offline,
    button(t("forget"), "close", async () => {
      await forgetEverything();
      offline.textContent = t("forgotten");
    }, { class: "act wide" }),
    make("h3", {}, t("install")), make("p", { class: "quiet small" }, t("install_how")));
  const { load } = await import("./area.js");
  const area = await load();
  offline.textContent = area ? t("on_phone_now", { n: area.stations.length, time: asOf(area.as_of) }) : t("on_phone_nothing");
}

async function forgetEverything() {
  const { forget } = await import("./area.js");
  await forget().catch(() => {});
  const { language, theme, size, contrast } = kept;
  localStorage.removeItem("nuanyi");
  keep({ language, theme, size, contrast, coarse: false, map: undefined, located: undefined, open: true, services: [], kinds: [], saved: [], receipts: [] });
  tell("refresh");
}
