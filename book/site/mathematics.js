// A reader who copies a formula gets its TeX: alone as it is, in a text between dollar signs. Two
// clicks on a formula select all of it.
(() => {
  const texOf = (math) => math.querySelector("annotation").textContent;
  const inDollars = (math) => {
    const dollars = math.getAttribute("display") === "block" ? "$$" : "$";
    return `${dollars}${texOf(math)}${dollars}`;
  };
  const mathAround = (node) => (node.closest ? node : node.parentElement)?.closest("math");

  // The text of what is selected, laid out as a browser does when it copies.
  const textOf = (fragment) => {
    const box = document.createElement("div");
    box.style.cssText = "position: fixed; left: -200vw; width: 100vw";
    box.append(fragment);
    box.querySelectorAll("math").forEach((math) => math.replaceWith(inDollars(math)));
    document.body.append(box);
    const text = box.innerText;
    box.remove();
    return text;
  };

  addEventListener("copy", (event) => {
    const selection = getSelection();
    if (selection.isCollapsed || !selection.rangeCount) return;
    const range = selection.getRangeAt(0).cloneRange();
    const [first, last] = [mathAround(range.startContainer), mathAround(range.endContainer)];
    if (first) range.setStartBefore(first); // a formula is copied whole
    if (last) range.setEndAfter(last);
    const fragment = range.cloneContents();
    if (!fragment.querySelector("math")) return;
    const alone = first && first === last;
    event.clipboardData.setData("text/plain", alone ? texOf(first) : textOf(fragment));
    event.preventDefault();
  });

  addEventListener("dblclick", (event) => {
    const math = event.target.closest("math");
    if (math) getSelection().selectAllChildren(math);
  });
})();

// The search page shows excerpts of other pages: there each formula stands once, as it is read.
addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return;
  const textOfPage = Search.htmlToText;
  Search.htmlToText = (html, anchor) =>
    textOfPage(html.replace(/<annotation.*?<\/annotation>/gs, ""), anchor);
});
