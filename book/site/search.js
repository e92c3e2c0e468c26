// The search page: what comes first, and two things that Sphinx's search does not do. It runs
// after searchtools.js, which defines Scorer and Search, and before the index arrives.
(() => {
  // How much a result weighs, by where it is found. A section of a chapter comes before an entry
  // of the package, and both before the changelog.
  const weights = [
    [/^book\/\d\d-/, 10],
    [/^book\/(index|train-a-model-tomorrow|hugging-face)$/, 6],
    [/^book\/(notation|glossary)$/, 5],
    [/^exercises\//, 4],
    [/^book\/api/, 3],
    [/^solutions\//, 2],
  ];
  const weight = (page) => (weights.find(([pages]) => pages.test(page)) ?? [null, 1])[1];
  const ENTRY = 100; // what Sphinx gives an index entry that is the query; a title gets 15
  const stemmer = new Stemmer();
  const stems = (title) =>
    new Set(splitQuery(title.toLowerCase()).map((word) => stemmer.stemWord(word)));
  const holds = (words) => asked.size > 0 && [...asked].every((term) => words.has(term));
  let asked = new Set();

  // The more of a title the question covers, the better.
  Scorer.score = ([page, name, anchor, , score]) => {
    if (page === "book/glossary" && anchor !== "") return Math.min(ENTRY, score * 7);
    const bare = name.replace(/<[^>]+>/g, "").split(" > ").pop().replace(/^\d+\. /, "");
    const words = stems(bare);
    const title = holds(words) ? Scorer.title + (10 * asked.size) / words.size : 0;
    return Math.max(score, title) * weight(page);
  };

  // "equation 2.3", "eq. (2.3)" and "2.3" ask for the same.
  const equation = /^\s*(?:eq|eqn|equation)?s?\.?\s*\(?(\d+\.\d+)\)?\s*$/i;
  const parse = Search._parseQuery;
  Search._parseQuery = (query) => {
    const parsed = parse(query.replace(equation, "($1)"));
    asked = parsed[1];
    return parsed;
  };

  // Sphinx finds a section by a part of its title that is at least half of it. Here a section is
  // found, too, if its title holds all the words, in any order.
  const inText = Search.performTermsSearch;
  Search.performTermsSearch = (terms, excluded) => {
    const { alltitles, docnames, filenames, titles } = Search._index;
    const results = inText(terms, excluded);
    for (const [title, places] of Object.entries(alltitles)) {
      if (!holds(stems(title))) continue;
      for (const [file, id] of places) {
        if (id === null) continue; // the page itself is among the results
        const name = `${titles[file]} > ${title}`;
        results.push([docnames[file], name, `#${id}`, null, Scorer.title - 1, filenames[file]]);
      }
    }
    return results;
  };

  // Excerpts show what one reads: neither folded code, nor the contents list for paper, nor a title
  // again that stands above the excerpt.
  const toText = Search.htmlToText;
  const passed = ".onlyprint, details.hide, .highlight, h1";
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const each of page.querySelectorAll(passed)) each.remove();
    return toText(page.documentElement.outerHTML, anchor);
  };

  const field = document.querySelector("form.bd-search input");
  field?.focus();
  field?.select();
})();
