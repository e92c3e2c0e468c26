// What a cell shows as HTML, a table for instance, without anything that could act: of the text only
// these elements are taken, with these attributes.
const ELEMENTS =
  "B BR CAPTION CODE DETAILS DIV EM I LI OL P PRE SPAN STRONG SUB SUMMARY SUP TABLE TBODY TD TH THEAD TR UL";
const ATTRIBUTES = "class colspan rowspan scope";
const allowed = new Set(ELEMENTS.split(" "));

function copy(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (node.nodeType !== Node.ELEMENT_NODE || ["SCRIPT", "STYLE"].includes(node.tagName)) return "";
  const made = allowed.has(node.tagName) ? document.createElement(node.tagName) : new DocumentFragment();
  for (const name of allowed.has(node.tagName) ? ATTRIBUTES.split(" ") : []) {
    if (node.hasAttribute(name)) made.setAttribute(name, node.getAttribute(name));
  }
  made.append(...[...node.childNodes].map(copy));
  return made;
}

export function clean(html) {
  const made = new DocumentFragment();
  made.append(...[...new DOMParser().parseFromString(html, "text/html").body.childNodes].map(copy));
  return made;
}
