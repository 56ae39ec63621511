// Runs before anything is drawn: the look somebody chose, and the page in their language.
// A plain script, so that nothing flashes. What is kept on the phone is one entry, without a place.
(() => {
  const root = document.documentElement;
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("nuanyi")) ?? {};
  } catch {
    // Storage is closed to us: the page works without.
  }
  const language = root.lang.startsWith("en") ? "en" : "zh";
  if (["zh", "en"].includes(kept.language) && kept.language !== language) {
    location.replace(`/?lang=${kept.language}${location.hash}`);
    return;
  }
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const contrast = matchMedia("(prefers-contrast: more)");

  /** Puts the chosen look on the page; without a choice the phone's own. */
  function look({ theme, size, contrast: chosen } = kept) {
    root.dataset.theme = theme === "light" || theme === "dark" ? theme : dark.matches ? "dark" : "light";
    root.dataset.contrast = chosen || contrast.matches ? "more" : "usual";
    root.dataset.size = ["large", "largest"].includes(size) ? size : "usual";
    const ground = root.dataset.theme === "dark" ? "#1a1411" : "#fbf6f1";
    document.querySelector('meta[name="theme-color"]').content = ground;
  }

  look();
  window.nuanyiLook = (chosen) => {
    kept = chosen;
    look(kept);
  };
  for (const query of [dark, contrast]) query.addEventListener?.("change", () => look(kept));
})();
