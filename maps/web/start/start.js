// The start page: asks the API for the nearest stations and shows them as a list.
// Every text from data is put in as text, never as HTML.

const texts = JSON.parse(document.getElementById("texts").textContent);
const language = document.documentElement.lang.startsWith("en") ? "en" : "zh";
const byId = (id) => document.getElementById(id);
const form = byId("form");
const said = byId("said");

/** The text of a key; `values` fill its placeholders. */
function t(key, values = {}) {
  return texts[key].replace(/\{(\w+)(?:\|([^{|}]*)\|([^{|}]*))?\}/g, (_, name, one, more) => (one === undefined ? values[name] : String(values[name]) === "1" ? one : more));
}

/** A coded word in the page's language; one we do not know is shown as it is. */
function word(section, code) {
  return texts[`${section}.${code}`] ?? code;
}

/** An element with a class, holding texts and elements. */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function say(text, wrong = false) {
  said.textContent = text;
  said.classList.toggle("wrong", wrong);
}

function clear() {
  byId("stations").replaceChildren();
  byId("notes").replaceChildren();
}

/** Notes come as "中文 / English". */
function inLanguage(note) {
  const parts = note.split(" / ");
  return parts.length === 2 ? parts[language === "en" ? 1 : 0] : note;
}

function metres(value) {
  return t("start.metres", { n: Math.round(value).toLocaleString(language === "en" ? "en" : "zh-CN") });
}

function clock(time) {
  // The offset in the answer is the service's own: show its clock, not the phone's.
  return time.slice(11, 16);
}

function badge(station) {
  const until = station.open_until ? ` · ${t("start.until", { time: clock(station.open_until) })}` : "";
  return element("span", `badge ${station.hours_state}`, word("hours", station.hours_state) + until);
}

function item(station) {
  const services = station.services.map((code) => word("service", code));
  const between = language === "en" ? ", " : "、";
  const way = element(
    "div", "way",
    element("strong", "", t("start.minutes", { n: Math.max(1, Math.ceil(station.minutes)) })),
    element("span", "", metres(station.metres)),
    station.straight_line ? element("span", "", t("start.straight")) : null,
    !station.straight_line && station.off_street_metres >= 50
      ? element("span", "", t("start.off_street", { n: Math.round(station.off_street_metres) })) : null,
  );
  const phone = station.phone ? element("a", "", station.phone) : null;
  if (phone) phone.href = `tel:${station.phone.replace(/[^\d+]/g, "")}`;
  const access = [word("access", station.access), station.access_method].filter(Boolean).join(" · ");
  const quiet = [
    station.hours_text,
    station.verified_on ? t("start.verified", { date: station.verified_on }) : null,
  ].filter(Boolean).join(" · ");
  const what = element(
    "div", "what",
    element("h3", "", station.name),
    element("p", "badges", badge(station), element("span", "badge", access)),
    services.length ? element("p", "", services.join(between)) : null,
    station.address ? element("p", "quiet", station.address) : null,
    quiet || phone ? element("p", "quiet", quiet, quiet && phone ? " · " : "", phone) : null,
  );
  return element("li", "station", way, what);
}

async function ask(event) {
  event?.preventDefault();
  clear();
  for (const name of ["lon", "lat"]) byId(name).removeAttribute("aria-invalid");
  say(t("start.searching"));
  const question = new URLSearchParams(new FormData(form));
  // The position goes in a header, which stands in no log.
  for (const name of ["lon", "lat"]) question.delete(name);
  const position = ["lon", "lat"].map((name) => byId(name).value.replace(/[^\d.,eE+-]/g, "").replace(",", "."));
  let answer;
  let body;
  try {
    answer = await fetch(`/api/stations/nearest?${question}`, {
      headers: { Accept: "application/json", "Accept-Language": language, "Nuanyi-Position": position.join(",") },
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
    body = await answer.json();
  } catch {
    say(t("start.offline"), true);
    return;
  }
  if (!answer.ok) {
    showProblem(body);
    return;
  }
  const { stations, notes } = body;
  say(
    stations.length === 0 ? t("start.found_none")
      : stations.length === 1 ? t("start.found_one") : t("start.found", { n: stations.length }),
  );
  byId("notes").replaceChildren(...notes.map((note) => element("li", "", inLanguage(note))));
  byId("stations").replaceChildren(...stations.map(item));
  // On a phone the list is below the form: bring it up.
  if (said.getBoundingClientRect().top > innerHeight * 0.6) said.scrollIntoView();
}

function showProblem(problem) {
  const errors = problem.errors ?? [];
  const names = { lon: t("start.lon"), lat: t("start.lat") };
  const reasons = errors.map((error) => {
    byId(error.field)?.setAttribute("aria-invalid", "true");
    return `${names[error.field] ?? error.field}${language === "en" ? " " : ""}${language === "en" ? error.reason : error.reason_zh}`;
  });
  const field = byId(problem.field);
  if (!errors.length) {
    // A detail comes as "中文。 English."
    const end = problem.detail.search(/。\s/) + 1;
    reasons.push(language === "en" ? problem.detail.slice(end).trim() : problem.detail.slice(0, end || undefined));
    field?.setAttribute("aria-invalid", "true");
  }
  say([problem.title, ...reasons].join(language === "en" ? ". " : "。"), true);
  (errors.length ? byId(errors[0].field) : field)?.focus();
}

function locate() {
  if (!navigator.geolocation) {
    say(t("start.not_located"), true);
    return;
  }
  say(t("start.locating"));
  byId("locate").disabled = true;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      byId("locate").disabled = false;
      put(coords.longitude, coords.latitude);
      ask().then(() => {
        const line = t("start.located", { metres: Math.round(coords.accuracy) });
        byId("notes").append(element("li", "", line));
      });
    },
    () => {
      byId("locate").disabled = false;
      say(t("start.not_located"), true);
      byId("lon").focus();
    },
    { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
  );
}

function put(lon, lat) {
  byId("lon").value = lon.toFixed(6);
  byId("lat").value = lat.toFixed(6);
  byId("crs").value = "wgs84"; // what a browser tells
}

/** A place where there is something to find: beside the first station that has one. */
async function example() {
  try {
    const answer = await fetch("/api/stations?limit=50");
    const { stations } = await answer.json();
    const placed = (stations ?? []).find((station) => station.lon !== null);
    if (!placed) {
      say(t("start.no_example"), true);
      return;
    }
    put(placed.lon + 0.002, placed.lat + 0.001);
    await ask();
  } catch {
    say(t("start.offline"), true);
  }
}

async function showEditions() {
  try {
    const answer = await fetch("/api/editions");
    const { editions } = await answer.json();
    const active = editions.filter((edition) => edition.state === "active");
    byId("no-data").hidden = active.length > 0;
    byId("editions").hidden = active.length === 0;
    byId("editions").tBodies[0].replaceChildren(...active.map((edition) => element(
      "tr", "",
      element("td", "", word("dataset", edition.dataset)),
      element("td", "", edition.as_of),
      element("td", "", String(edition.id)),
    )));
  } catch {
    byId("no-data").hidden = false;
  }
}

form.addEventListener("submit", ask);
byId("locate").addEventListener("click", locate);
byId("example").addEventListener("click", example);
showEditions();
