// A cell that can be edited: a text area, with its own text shown in colours behind it. So typing,
// undoing, and what a screen reader says are the browser's own.
const WORDS =
  "and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|" +
  "if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield";
const TOKENS = new RegExp(
  [
    "(?<c1>#.*)",
    "(?<s2>[rbfu]*(?:\"\"\"[^]*?(?:\"\"\"|$)|'''[^]*?(?:'''|$)|\"(?:\\\\.|[^\"\\\\\\n])*\"?|'(?:\\\\.|[^'\\\\\\n])*'?))",
    "(?<=\\b(?:def|class)\\s+)(?<nf>\\w+)",
    `(?<k>\\b(?:${WORDS})\\b)`,
    "(?<kc>\\b(?:True|False|None)\\b)",
    "(?<mi>\\b\\d[\\w.]*)",
    "(?<o>[-+*/%@&|^~<>=!]+)",
  ].join("|"),
  "gi",
);

// In colours, as Pygments names them.
function coloured(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [name] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    const part = Object.assign(document.createElement("span"), { className: name, textContent: match[0] });
    parts.push(text.slice(end, match.index), part);
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end), "\n"];
}

// What the keys do to a text area of code; each is one step to undo.
const keys = {
  Tab(area, event) {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const first = value.lastIndexOf("\n", from - 1) + 1;
    if (from === to && !event.shiftKey) {
      replace(area, from, to, " ".repeat(4 - ((from - first) % 4)));
      return;
    }
    const lines = value.slice(first, to).split("\n");
    const moved = lines.map((line) => (event.shiftKey ? line.replace(/^ {1,4}/, "") : line && `    ${line}`));
    replace(area, first, to, moved.join("\n"));
    const shift = moved[0].length - lines[0].length;
    const end = first + moved.join("\n").length;
    area.setSelectionRange(from === to ? Math.max(first, from + shift) : first, end);
    if (from === to) area.setSelectionRange(area.selectionStart, area.selectionStart);
  },
  Enter(area) {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const line = value.slice(value.lastIndexOf("\n", from - 1) + 1, from);
    const indent = line.match(/^ */)[0] + (/:\s*(#.*)?$/.test(line) ? "    " : "");
    replace(area, from, to, `\n${indent}`);
  },
};

function replace(area, from, to, text) {
  area.setSelectionRange(from, to);
  const isHere = document.activeElement === area; // what the browser changes is where the focus is
  const done = isHere && document.execCommand(text ? "insertText" : "delete", false, text);
  if (!done && area.value.slice(from, to) !== text) {
    area.setRangeText(text, from, to, "end");
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}

// Put a text in the place of all that stands there: one step to undo, too.
export function replaceAll(area, text) {
  if (area.value === text) return;
  area.focus({ preventScroll: true });
  replace(area, 0, area.value.length, text);
}

// Turn a listing into an editor; `changed` and `run` are called with nothing, `leave` has the focus
// after Escape.
export function codeEditor(listing, { label, help, changed, run, leave }) {
  const area = document.createElement("textarea");
  Object.assign(area, { className: "run-area", spellcheck: false, ariaLabel: label, wrap: "off" });
  for (const name of ["autocapitalize", "autocomplete", "autocorrect"]) area.setAttribute(name, "off");
  area.setAttribute("aria-describedby", help);
  const lines = document.createElement("div");
  lines.className = "run-lines";
  listing.replaceWith(lines);
  lines.append(listing, area);
  lines.parentElement.classList.add("run-editor");
  listing.ariaHidden = "true";
  const colour = () => listing.replaceChildren(...coloured(area.value));
  area.addEventListener("input", () => {
    colour();
    changed();
  });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey) return;
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) run();
    else if (event.key === "Escape") leave.focus();
    else if (event.key in keys && !event.ctrlKey && !event.metaKey) keys[event.key](area, event);
    else return;
    event.preventDefault();
  });
  return {
    area,
    begin(text) {
      area.value = text;
      colour();
    },
  };
}
