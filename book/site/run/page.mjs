// The page with its cells: buttons, one Python behind them, what it shows, and what was solved.
import { Answers, answersIn, withAnswers } from "./answers.mjs";
import { codeEditor, replaceAll } from "./editor.mjs";
import { clean } from "./output.mjs";

const UNTOUCHED = "YOUR ANSWER HERE";
const TORCH = "This cell uses PyTorch, which does not run in the browser.";
const HINT = "Tab indents. Escape leaves the cell. Shift and Enter runs it.";
const EDITABLE = ["answer", "look", "prose"];

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function button(text, action, className = "") {
  const made = element("button", {
    type: "button",
    className: `run-button ${className}`.trim(),
    textContent: text,
  });
  made.addEventListener("click", action);
  return made;
}

export function show(page, box, article) {
  const answers = new Answers(page.notebook);
  const here = (name) => new URL(name, import.meta.url).href;
  const cells = page.cells.map((cell) => ({ ...cell, place: document.getElementById(`cell-${cell.id}`) }));

  // ---- what is said: seen at the foot of the window while Python works, and read aloud

  const spoken = element("p", { className: "run-spoken", role: "status" });
  const line = element("span");
  const stopButton = button("Stop", () => stop());
  const foot = element("div", { className: "run-foot", hidden: true }, line, stopButton);
  const help = element("p", {
    id: "run-help",
    hidden: true,
    textContent: HINT,
  });
  document.body.append(foot, spoken, help);

  function working(text) {
    line.textContent = spoken.textContent = text;
    foot.hidden = false;
  }

  // ---- one Python, started by the first run

  let python; // the worker, what waits for it, and whether the set-up has run
  const loaded = page.plots ? page.megabytes[0] + page.megabytes[1] : page.megabytes[0];

  function start() {
    const worker = new Worker(here("worker.mjs"), { type: "module" });
    const mine = { worker };
    python = mine;
    worker.onmessage = ({ data }) => receive(mine, data);
    worker.onerror = (event) => broken(mine, event.message || "its files could not be loaded");
    const best = answers.read().best;
    const { notebook, exercises, python: folder } = page;
    return ask({ type: "start", notebook, exercises, folder, best });
  }

  function ask(message) {
    return new Promise((resolve) => {
      python.resolve = resolve;
      python.worker.postMessage(message);
    });
  }

  function receive(mine, data) {
    if (mine !== python) return;
    if (data.type === "shows") put(mine.cell, data);
    else if (data.type === "loads") working(`Loading matplotlib (${page.megabytes[1]} MB, once)`);
    else if (data.type === "broken") broken(mine, data.text);
    else {
      mine.ready = true;
      mine.resolve(data);
    }
  }

  function broken(mine, why) {
    if (mine !== python) return;
    end();
    const said = mine.ready
      ? `Python has ended: ${why}. The next run starts it anew.`
      : `Python does not start in this browser: ${why}.`;
    spoken.textContent = said;
    if (mine.cell) put(mine.cell, { kind: "error", content: said });
    mine.resolve({ type: "ended" });
  }

  function end() {
    python?.worker.terminate();
    python = undefined;
    foot.hidden = true;
    for (const cell of cells) {
      cell.ran = undefined;
      cell.place.classList.remove("run-busy");
    }
  }

  function stop() {
    asked += 1; // what waits behind the busy cell is not run either
    const mine = python;
    const focus = foot.contains(document.activeElement) && mine?.cell?.run;
    end();
    if (mine) {
      const said = "Stopped. What the cells had defined is gone; the next run starts Python anew.";
      spoken.textContent = said;
      if (mine.cell) put(mine.cell, { kind: "error", content: said });
      mine.resolve({ type: "ended" });
    }
    if (focus) focus.focus();
  }

  // ---- running

  let asked = 0; // a later press of a button takes the place of an earlier one

  async function run(list) {
    const turn = ++asked;
    if (python?.busy) await python.busy;
    if (turn !== asked) return undefined;
    (document.activeElement?.closest(".run-bar, .cell") ?? document.body).append(foot); // a Tab away
    let free;
    if (!python) {
      working(`Loading Python and NumPy (${loaded} MB, once)`);
      const started = start();
      python.cell = list.at(-1);
      python.busy = new Promise((resolve) => (free = resolve));
      if ((await started).type !== "ready") return finish(free);
    } else {
      python.busy = new Promise((resolve) => (free = resolve));
    }
    const mine = python;
    const target = list.at(-1);
    for (const cell of list) {
      const goesOn = await runOne(cell);
      if (mine !== python || turn !== asked) break;
      if (!goesOn && cell !== target) {
        target.out.replaceChildren();
        put(target, {
          kind: "error",
          content: "Not run: the cell with your answer ends in an error, see above.",
        });
        spoken.textContent = cell.failed;
        break;
      }
    }
    if (mine === python) {
      foot.hidden = true;
      const silent = turn === asked && target.kind !== "check" && !target.out.childElementCount;
      if (silent) target.out.append(text("note", quiet(target)));
    }
    return finish(free);
  }

  // A cell that shows nothing has run, all the same.
  function quiet(cell) {
    return cell.kind === "answer" ? "It ran and shows nothing. Press Check." : "It ran and shows nothing.";
  }

  function finish(free) {
    box.dataset.runs = Number(box.dataset.runs ?? 0) + 1; // how often a button was served
    free();
  }

  // Whether the next cell may run: not after an answer that ends in an error.
  async function runOne(cell) {
    const mine = python;
    mine.cell = cell;
    const source = sourceOf(cell);
    working(cell.kind === "setup" ? "Running the set-up" : `Running ${cell.name}`);
    cell.out.replaceChildren();
    cell.failed = "";
    cell.place.classList.add("run-busy");
    const result = await ask({ type: "run", source });
    if (result.type !== "done") return false;
    const { progress } = await ask({ type: "progress", best: answers.read().best });
    if (!progress) return false;
    cell.place.classList.remove("run-busy");
    cell.ran = source;
    if (cell.stored) cell.stored.hidden = cell.out.childElementCount > 0 && !cell.failed.startsWith(TORCH);
    answers.solve(progress);
    showProgress(progress);
    const last = cell.out.lastElementChild?.textContent.trim() ?? "";
    spoken.textContent =
      cell.failed || (cell.kind === "check" ? last : `${cell.name} has run. ${last}`.slice(0, 300));
    if (!result.well) cell.ran = undefined;
    return result.well || cell.kind !== "answer";
  }

  // What a cell needs: the set-up, and what stands above it in its exercise, if it has not run as
  // it is now.
  function needed(cell) {
    const above = cells.slice(0, cells.indexOf(cell));
    const isNeeded = ({ kind, exercise }) =>
      kind === "setup" || (exercise === cell.exercise && !["check", "prose"].includes(kind));
    return [...above.filter((one) => isNeeded(one) && one.ran !== sourceOf(one)), cell];
  }

  const sourceOf = (cell) => cell.area?.value ?? cell.listing.textContent.trimEnd();
  const runnable = () => cells.filter((cell) => cell.kind !== "prose");

  // ---- what a cell shows

  function put(cell, { kind, content, alt }) {
    const { out } = cell;
    const last = out.lastElementChild;
    if (kind === "stream") {
      if (last?.dataset.kind === "stream") last.firstChild.append(content);
      else out.append(text("stream", content));
    } else if (kind === "image") {
      const picture = element("img", { alt: cell.alt ?? alt, src: `data:image/png;base64,${content}` });
      picture.addEventListener("load", () => (picture.width = picture.naturalWidth / 1.6));
      out.append(element("div", { className: "output run-figure" }, picture));
    } else if (kind === "html") {
      out.append(element("div", { className: "output text_html" }, clean(content)));
    } else {
      if (kind === "error") {
        const shown = cell.stored && content.startsWith(TORCH) ? " Its stored output is shown." : "";
        cell.failed = content = content.replace(TORCH, TORCH + shown);
      }
      out.append(text(kind, content));
    }
  }

  function text(kind, content) {
    const box = element("div", { className: `output run-${kind}` }, element("pre", { textContent: content }));
    box.dataset.kind = kind;
    return box;
  }

  // ---- the cells

  function changed(cell) {
    const text = cell.area.value;
    answers.keep(cell, text === cell.made ? undefined : text);
    cell.undo.hidden = true;
    if (cell.reset) cell.reset.hidden = text === cell.made;
    warn();
  }

  function warn(text = "") {
    const lost = "This browser does not keep your answers: download them before you leave.";
    warnings.textContent = [text, answers.works ? "" : lost].filter(Boolean).join(" ");
  }

  // One click takes the place of a whole answer, and another one brings it back.
  function exchange(cell, text) {
    const before = cell.area.value;
    replaceAll(cell.area, text);
    cell.undo.onclick = () => replaceAll(cell.area, before);
    cell.undo.hidden = before === text;
  }

  function offerOlder(cell, place) {
    const older = answers.older(cell);
    if (older === undefined || answers.text(cell) !== undefined) return;
    const offer = element("p", { className: "run-older" });
    offer.append(
      "This exercise has changed since you wrote an answer to it. ",
      button("Show my answer", () => {
        exchange(cell, older);
        offer.remove();
      }),
    );
    place.append(offer);
  }

  function prepareProse(cell) {
    const area = element("textarea", {
      className: "run-prose",
      rows: 4,
      placeholder: "Your answer, in words",
    });
    area.ariaLabel = `Your answer to exercise ${cell.exercise}, in words`;
    cell.place.replaceWith(area);
    Object.assign(cell, { place: area, area, made: "", out: undefined });
    area.value = answers.text(cell) ?? "";
    area.addEventListener("input", () => changed(cell));
    const after = element("div", {}, cell.undo);
    area.after(after);
    offerOlder(cell, after);
  }

  function prepareCode(cell) {
    const input = cell.place.querySelector(".cell_input");
    cell.listing = input.querySelector("pre");
    cell.made = cell.listing.textContent.trimEnd();
    cell.stored = cell.place.querySelector(".cell_output");
    cell.name =
      { setup: "the set-up", check: `the check of exercise ${cell.exercise}` }[cell.kind] ??
      `a cell of exercise ${cell.exercise}`;
    const isCheck = cell.kind === "check";
    cell.run = button(
      isCheck ? `Check exercise ${cell.exercise}` : "Run",
      () => run(needed(cell)),
      isCheck ? "run-main" : "",
    );
    if (!isCheck) cell.run.ariaLabel = `Run ${cell.name}`;
    const bar = element("div", { className: "run-bar" }, cell.run);
    if (cell.kind !== "setup") {
      const above = () => run(runnable().slice(0, runnable().indexOf(cell)));
      bar.append(button("Run all above", above, "run-quiet"));
    }
    cell.out = element("div", { className: "cell_output run-output" });
    cell.place.append(bar, cell.out);
    if (EDITABLE.includes(cell.kind)) {
      const label =
        cell.kind === "answer"
          ? `Your answer to exercise ${cell.exercise}`
          : `Code of exercise ${cell.exercise}`;
      cell.editor = codeEditor(cell.listing, {
        label,
        help: help.id,
        changed: () => changed(cell),
        run: () => run(needed(cell)),
        leave: cell.run,
      });
      cell.area = cell.editor.area;
      cell.area.value = cell.made;
      cell.reset = button("As it was", () => exchange(cell, cell.made), "run-quiet");
      cell.reset.hidden = true;
      cell.reset.title = "Put the cell back as it was made";
      const hint = element("span", { className: "run-note run-hint", textContent: HINT });
      hint.setAttribute("aria-hidden", "true"); // the cell is described by the same words
      bar.append(cell.reset, cell.undo, hint);
      const kept = answers.text(cell);
      if (kept !== undefined) {
        cell.editor.begin(kept);
        cell.reset.hidden = false;
      }
      offerOlder(cell, bar);
    }
    if (isCheck) bar.append((cell.mark = element("span", { className: "run-mark" })));
    if (cell.torch) {
      bar.append(
        element("span", {
          className: "run-note",
          textContent: "Uses PyTorch, which does not run in the browser; in JupyterLab it does.",
        }),
      );
    }
  }

  // ---- the box at the top

  const warnings = element("p", { className: "run-warning", role: "status" });
  const progress = element("p", { className: "run-progress" });

  function showProgress({ best, summary }) {
    progress.textContent = summary || page.summary;
    for (const cell of cells) {
      if (!cell.mark) continue;
      const state = best[cell.exercise];
      cell.mark.textContent =
        state === "solved" ? "Solved" : state ? `${state} of ${page.exercises[cell.exercise][0]} points` : "";
      cell.mark.classList.toggle("run-solved", state === "solved");
    }
  }

  async function download() {
    let notebook;
    try {
      const response = await fetch(here(`../../_sources/exercises/${page.notebook}.ipynb`));
      if (!response.ok) throw new Error(`status ${response.status}`);
      notebook = await response.json();
    } catch (error) {
      warn(
        `Your notebook was not downloaded: the site does not answer (${error.message}). ` +
          "Your answers are still in this page: leave it open, and try again.",
      );
      return;
    }
    const texts = cells.filter((cell) => cell.area).map((cell) => [cell.id, cell.area.value || UNTOUCHED]);
    const file = new Blob([withAnswers(notebook, new Map(texts))], {
      type: "application/x-ipynb+json",
    });
    const link = element("a", { href: URL.createObjectURL(file), download: `${page.notebook}-exercises.ipynb` });
    link.click();
    warn();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function load(text) {
    const own = cells.filter((cell) => cell.area);
    let found;
    try {
      found = answersIn(text, new Set(own.map((cell) => cell.id)), page.notebook);
    } catch (error) {
      warnings.textContent = error.message;
      return;
    }
    const before = new Map(own.map((cell) => [cell, cell.area.value]));
    for (const cell of own) {
      const text = found.get(cell.id)?.trimEnd();
      const isEmpty = cell.kind === "prose" && text === UNTOUCHED;
      if (text !== undefined) replaceAll(cell.area, isEmpty ? "" : text);
    }
    const back = button("Undo", () => {
      before.forEach((text, cell) => replaceAll(cell.area, text));
      warnings.textContent = "Your answers are as they were before.";
      loader.focus();
    });
    warnings.replaceChildren("The answers of the notebook are loaded; Run all counts them. ", back);
    back.focus();
  }

  const loader = button("Load a notebook", () => file.click());
  const file = element("input", { type: "file", accept: ".ipynb,application/json", hidden: true });
  file.addEventListener("change", async () => {
    if (file.files[0]) load(await file.files[0].text());
    file.value = "";
  });
  const what = page.plots ? "Python, NumPy and matplotlib" : "Python and NumPy";
  const more = page.plots ? "" : `, and ${page.megabytes[1]} MB more for the first plot`;
  box.append(
    element(
      "p",
      {},
      element("strong", { textContent: "Solve these exercises here." }),
      ` Write in the cells and press Check. The first press downloads ${what} (${loaded} MB${more}); ` +
        "your browser keeps them. Your answers stay in this browser and are sent nowhere.",
    ),
    element(
      "div",
      { className: "run-bar" },
      button("Run all", () => run(runnable())),
      button("Restart Python", () => {
        stop();
        for (const cell of runnable()) cell.out.replaceChildren();
        spoken.textContent = "Python starts anew with the next run.";
      }),
      button("Download my notebook", download),
      loader,
      file,
    ),
    progress,
    warnings,
  );
  for (const cell of cells) {
    cell.undo = button("Undo", () => {}, "run-quiet");
    cell.undo.hidden = true;
    (cell.kind === "prose" ? prepareProse : prepareCode)(cell);
  }
  showProgress(answers.read());
  article.classList.add("run-ready");
}
