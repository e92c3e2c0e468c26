// The search page fetches other pages for the excerpts below its results. Browsers forbid this to
// pages that are opened as files, so there it lists titles only.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// What is wider than its box scrolls inside it. The box says on which sides there is more to see
// (data-more: "left", "right", "left right"), and course.css draws an edge there. Those who use a
// keyboard can scroll only what can have the focus, so whatever scrolls gets it, and loses it when
// the window has room again.
(() => {
  const boxes = [
    "div.formula",
    "pre",
    "div.cell_output div.output",
    "div.cell_output figure",
    ".pst-scrollable-table-container",
    "table.equation-table td > p",
  ].join(", ");

  const update = (box) => {
    const hidden = box.scrollWidth - box.clientWidth;
    const scrolls = hidden > 1 && ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
    if (!scrolls) {
      delete box.dataset.more;
      if ("scrolls" in box.dataset) {
        box.removeAttribute("tabindex");
        delete box.dataset.scrolls;
      }
      return;
    }
    const sides = { left: box.scrollLeft > 1, right: box.scrollLeft < hidden - 1 };
    box.dataset.more = Object.keys(sides).filter((side) => sides[side]).join(" ");
    if (box.tabIndex < 0) {
      box.tabIndex = 0; // the theme does this for most boxes, the theme rather late
      box.dataset.scrolls = "";
    }
  };

  // A box changes its size with the window, and when the part that it lies in is unfolded.
  const observer = new ResizeObserver((entries) => entries.forEach((entry) => update(entry.target)));

  addEventListener("load", () => {
    for (const box of document.querySelectorAll(boxes)) {
      observer.observe(box);
      box.addEventListener("scroll", () => update(box), { passive: true });
    }
  });
})();

// Nobody can unfold what is on paper: what is folded prints open, and is folded again afterwards.
// Parts with a toggle button are left to the script that made the button.
(() => {
  const opened = new Set();

  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("main details:not([open], .toggle-details)")) {
      opened.add(part);
      part.open = true;
    }
  });
  addEventListener("afterprint", () => {
    opened.forEach((part) => (part.open = false));
    opened.clear();
  });
})();

// What the buttons in a page's head do. The theme would write it into the buttons, where a strict
// security policy forbids scripts: see tools/sphinx_course/quiet_pages.py.
addEventListener("click", (event) => {
  const does = event.target.closest("[data-does]")?.dataset.does;
  if (does === "print") print();
  if (does === "full-screen") toggleFullScreen();
});
