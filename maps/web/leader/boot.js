// Runs before anything is drawn: the look somebody chose, the language of the address, the large
// mode of a command room. A plain script, so that nothing flashes.
(() => {
  const root = document.documentElement;
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("nuanyi")) ?? {};
  } catch {
    // Storage is closed to us: the page works without.
  }
  const asked = new URLSearchParams(location.hash.slice(1));
  const language = root.lang.startsWith("en") ? "en" : "zh";
  const said = asked.get("lang") ?? (new URLSearchParams(location.search).has("lang") ? null : kept.language);
  if (["zh", "en"].includes(said) && said !== language) {
    const query = new URLSearchParams(location.search);
    query.set("lang", said);
    location.replace(`${location.pathname}?${query}${location.hash}`);
    return;
  }
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const contrast = matchMedia("(prefers-contrast: more)");

  /** Puts the chosen look on the page; without a choice the machine's own. A wall is dark. */
  function look() {
    const large = root.dataset.large === "1";
    const chosen = kept.theme === "light" || kept.theme === "dark" ? kept.theme : dark.matches ? "dark" : "light";
    root.dataset.theme = large ? "dark" : chosen;
    root.dataset.contrast = kept.contrast || contrast.matches ? "more" : "usual";
    root.dataset.size = ["large", "largest"].includes(kept.size) ? kept.size : "usual";
    document.querySelector('meta[name="theme-color"]').content = root.dataset.theme === "dark" ? "#1a1411" : "#fbf6f1";
  }

  root.dataset.large = asked.get("large") === "1" ? "1" : "0";
  look();
  window.nuanyiLook = (changes = {}) => {
    kept = { ...kept, ...changes };
    try {
      localStorage.setItem("nuanyi", JSON.stringify(kept));
    } catch {
      // The choice holds until the page is left.
    }
    look();
    return kept;
  };
  // What the first view needs is asked for before the modules come that will ask for it.
  if (location.pathname === "/coverage" && ["", "#show=enterprises"].includes(location.hash)) {
    const { theme, contrast: seen } = root.dataset;
    const colours = theme === "dark" ? "night" : seen === "more" ? "contrast" : "day";
    const headers = { Accept: "application/json", "Accept-Language": language };
    const early = [`/map/style.json?lang=${language}&theme=${colours}`, "/api/live/state", "/api/coverage/map", "/api/coverage/columns"];
    window.nuanyiEarly = new Map(early.map((address) => {
      const answer = fetch(address, { headers, cache: "no-cache", credentials: "same-origin" });
      answer.catch(() => {}); // told to whoever asks
      return [address, answer];
    }));
  }
  for (const query of [dark, contrast]) {
    query.addEventListener?.("change", () => {
      look();
      dispatchEvent(new Event("nuanyi-look"));
    });
  }
})();
