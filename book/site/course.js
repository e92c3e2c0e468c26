// The search page fetches other pages for the excerpts below its results. Browsers forbid this to
// pages that are opened as files, so there it lists titles only.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// What is wider than its box scrolls inside it. Those who use a keyboard can scroll only what can
// have the focus, so whatever scrolls gets it, and loses it when the window has room again.
(() => {
  // The theme does this for code, outputs and tables.
  const boxes = "div.math, table.equation-table td > p, div.cell_output figure";

  const update = () => {
    for (const box of document.querySelectorAll(boxes)) {
      const scrolls =
        box.scrollWidth > box.clientWidth + 1 &&
        ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
      if (scrolls && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
        box.dataset.scrolls = "";
      } else if (!scrolls && "scrolls" in box.dataset) {
        box.removeAttribute("tabindex");
        delete box.dataset.scrolls;
      }
    }
  };

  addEventListener("load", async () => {
    update();
    await window.MathJax?.startup?.promise; // formulas have their width only now
    update();
  });
  addEventListener("resize", update);
})();
