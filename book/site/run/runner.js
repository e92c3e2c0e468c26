// Exercises that run in the page. The page holds a list of its cells (made by
// tools/sphinx_course/run_in_page.py); the rest is loaded only where it can work: browsers start
// Python on pages that come from a server, and not on pages that are opened as files.
(() => {
  const list = document.querySelector("script.course-run");
  if (!list) return;
  const page = JSON.parse(list.textContent);
  const box = document.createElement("section");
  box.className = "run-page";
  box.ariaLabel = "Run in the page";
  document.querySelector("article h1").after(box);
  const say = (text) => box.append(Object.assign(document.createElement("p"), { textContent: text }));
  if (location.protocol === "file:") {
    say(
      "On the published site you can solve these exercises in the page. Here it was opened as a file, " +
        "and browsers start Python only on pages that come from a server: run make serve RUN=1 in " +
        "the course's folder, or make lab for JupyterLab.",
    );
    return;
  }
  import("./page.mjs")
    .then(({ show }) => show(page, box, document.querySelector(".bd-article, article")))
    .catch((error) => {
      say("The exercises cannot run in this page: a part of it could not be loaded.");
      throw error;
    });
})();
