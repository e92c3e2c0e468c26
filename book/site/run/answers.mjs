// What a learner writes: kept in the browser's storage, and as a notebook to keep or to load.
// An answer is kept under the hash of the cell as it was made, so that an exercise that has changed
// since then does not swallow an answer to the old one: both are kept.
const MOST_BYTES = 5e6;
const MOST_CHARACTERS = 2e5;

const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

export class Answers {
  constructor(notebook) {
    this.key = `course-answers:${notebook}`;
    this.works = true;
  }

  // Read anew each time: the same page may be open twice.
  read() {
    let found = {};
    try {
      found = JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      // damaged, or the browser keeps nothing
    }
    const table = (value) => (isTable(value) ? value : {});
    const summary = typeof found.summary === "string" ? found.summary : "";
    return { cells: table(found.cells), best: table(found.best), summary };
  }

  change(how) {
    const all = this.read();
    how(all);
    try {
      localStorage.setItem(this.key, JSON.stringify(all));
      this.works = true;
    } catch {
      this.works = false;
    }
    return this.works;
  }

  text({ id, hash }) {
    const text = this.read().cells[id]?.[hash];
    return typeof text === "string" ? text : undefined;
  }

  // The answer to an earlier version of the exercise.
  older({ id, hash }) {
    const texts = Object.entries(this.read().cells[id] ?? {});
    return texts.filter(([key, text]) => key !== hash && typeof text === "string").pop()?.[1];
  }

  keep({ id, hash }, text) {
    return this.change(({ cells }) => {
      cells[id] = { ...cells[id] };
      if (text === undefined) delete cells[id][hash];
      else cells[id][hash] = text;
    });
  }

  solve({ best, summary }) {
    return this.change((all) => Object.assign(all, { best, summary }));
  }
}

// The notebook with these answers, a map from a cell's id to its text.
export function withAnswers(notebook, texts) {
  for (const cell of notebook.cells) {
    if (texts.has(cell.id)) cell.source = texts.get(cell.id).split(/(?<=\n)/);
  }
  return `${JSON.stringify(notebook, null, 1)}\n`;
}

// The answers in a file, a map from a cell's id to its text. The file may hold anything: only the
// texts of cells that are known are taken, and none of it is shown as HTML or run.
export function answersIn(text, ids, name) {
  const wrong = (why) => new Error(`Nothing was loaded: ${why} Expected: ${name}-exercises.ipynb.`);
  if (text.length > MOST_BYTES) throw wrong("the file is too large.");
  let notebook;
  try {
    notebook = JSON.parse(text);
  } catch {
    throw wrong("this file is no notebook.");
  }
  if (!isTable(notebook) || notebook.nbformat !== 4 || !Array.isArray(notebook.cells)) {
    throw wrong("this file is no notebook.");
  }
  const found = new Map();
  for (const cell of notebook.cells) {
    if (!isTable(cell) || !ids.has(cell.id)) continue;
    const source = Array.isArray(cell.source) ? cell.source.join("") : cell.source;
    const isText = typeof source === "string" && source.length <= MOST_CHARACTERS;
    if (isText) found.set(cell.id, source);
  }
  if (!found.size) throw wrong("it holds no answer to these exercises.");
  return found;
}
