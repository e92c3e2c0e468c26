// Light or dark, before anything is drawn. The theme would decide only when its script has come,
// and draw without any colours until then.
(() => {
  const root = document.documentElement;
  let mode = null;
  try {
    mode = localStorage.getItem("mode"); // a reader's choice
  } catch {
    // a browser that keeps nothing
  }
  root.dataset.mode = mode || root.dataset.theme || "auto";
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = root.dataset.mode === "auto" ? (dark ? "dark" : "light") : root.dataset.mode;
})();
