// Python for one page. The page asks it to start, and then to run one cell after the other; what a
// cell shows goes back as it comes. All addresses are relative to this file.
const here = (name) => new URL(name, import.meta.url).href;
const PLOTS = /\b(matplotlib|plots|plt)\b/;

let python, notebook, cells, page, hasPlots;

async function fetched(name) {
  const response = await fetch(here(name), { cache: "no-cache" }); // asks whether it is still the same
  if (!response.ok) throw new Error(`${name} cannot be loaded (${response.status})`);
  return response.arrayBuffer();
}

async function start(message) {
  page = message;
  const own = Promise.all(["page_cells.py", "course_pkg.zip"].map(fetched));
  const { loadPyodide } = await import(here(`${page.folder}/pyodide.mjs`));
  python = await loadPyodide({
    indexURL: here(`${page.folder}/`),
    packages: ["numpy"],
    stdin: () => null, // nobody is asked for input
    stdout: () => {},
    stderr: () => {},
  });
  const [text, zip] = await own;
  python.unpackArchive(zip, "zip", { extractDir: "/course" });
  python.FS.writeFile("/course/page_cells.py", new Uint8Array(text));
  python.runPython("import sys; sys.path.insert(0, '/course')");
  cells = python.pyimport("page_cells");
  const show = (kind, content, alt) => postMessage({ type: "shows", kind, content, alt });
  notebook = cells.start(show, page.notebook, python.toPy(page.best));
  return { type: "ready" };
}

async function run({ source }) {
  if (!hasPlots && PLOTS.test(source)) {
    postMessage({ type: "loads" });
    await python.loadPackage("matplotlib", { messageCallback: () => {} });
    notebook.plots();
    hasPlots = true;
  }
  return { type: "done", well: notebook.run(source) };
}

// With what is stored now: the same page may be open twice.
function progress({ best }) {
  const found = cells.progress_of(page.notebook, python.toPy(page.exercises), python.toPy(best));
  return { type: "done", progress: JSON.parse(found) };
}

onmessage = async ({ data }) => {
  try {
    postMessage(await { start, run, progress }[data.type](data));
  } catch (error) {
    postMessage({
      type: "broken",
      text: String(error?.message ?? error)
        .trim()
        .split("\n")
        .pop(),
    });
  }
};
